/** Where the demo app begins. */
import { render } from 'preact';
import '../../dashboard/src/style.css';
import './style.css';
import { App } from './app.tsx';

const page = document.getElementById('page');
if (page === null) throw new Error('The page has no place for the app.');
render(<App />, page);
