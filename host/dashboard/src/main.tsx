/** The page begins: it comes in by its link, listens to the host, and shows what that says. */
import { render } from 'preact';
import { App } from './app.tsx';
import { listen } from './live.ts';
import { enter } from './session.ts';
import './style.css';

const page = document.getElementById('page');
if (page === null) throw new Error('The page has no place to be.');
render(<App />, page);
listen();
void enter();
