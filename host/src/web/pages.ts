/**
 * The pages of auth challenges: whole without a script, every word of an app escaped by the template and shown as its claim. A small
 * script of our own (`host/auth-page/`) looks whether the outcome is there; without it the page looks by itself now and then.
 */
import { readFileSync } from 'node:fs';
import { html } from 'hono/html';
import type { ChallengeView } from './auth.ts';
import type { ReturnTo } from './return-to.ts';

type Html = ReturnType<typeof html>;
type State = ChallengeView['state'];

/** How often a page without scripts looks again while it waits for the device, in seconds. */
const lookAgain = 2;

/** The files beside the pages, by address. */
export const pageFiles = {
  '/page.css': { type: 'text/css; charset=utf-8', text: fileText('page.css') },
  '/page.js': { type: 'text/javascript; charset=utf-8', text: fileText('page.js') },
} as const;

/** The page of a challenge. It is handed on by `action`, the path of its own address with what the app wished. */
export function challengePage(view: ChallengeView, action: string, back: ReturnTo | null): Html {
  const { state, words } = view;
  const title = titleOf(view);
  const again = state === 'asking' ? html`<noscript><meta http-equiv="refresh" content="${lookAgain}"></noscript>` : '';
  const said = words === '' ? '' : html`<p class="words">${words}</p>`;
  const body = html`<main class="${state}" data-state="${state}" data-words="${words}">
<h1><span aria-hidden="true">${signs[state]}</span>${title}</h1>
<p class="lost" id="lost" role="status" hidden>The signer does not answer. This page tries again by itself.</p>
${state === 'asking' ? picture : ''}${said}${about(view)}${nextOf(view, action)}${isOpen(state) ? '' : wayBack(state, back)}
</main>`;
  return page(title, html`${again}<script type="module" src="/page.js"></script>`, body);
}

/** What a page says that has no challenge. */
export function gonePage(): Html {
  const title = 'This page has ended';
  return page(
    title,
    '',
    html`<main class="expired"><h1><span aria-hidden="true">○</span>${title}</h1>
<p>It was for one request of an app, or never there. Begin again in the app.</p></main>`,
  );
}

/** A sign for each state, so that nobody needs the colour. */
const signs = { waiting: '●', asking: '◐', approved: '✔', denied: '✖', expired: '○', failed: '▲' } as const;

const titles = {
  asking: 'Look at the device',
  approved: 'Approved on the device',
  denied: 'Denied on the device',
  expired: 'Nobody answered in time',
  failed: 'It could not be done',
} as const;

function titleOf({ state, method }: ChallengeView): string {
  if (state !== 'waiting') return titles[state];
  return method === 'connect' ? 'An app asks to use this signer' : 'An app asks for an account here';
}

function isOpen(state: State): boolean {
  return state === 'waiting' || state === 'asking';
}

/** Two keys, one of which is to be pressed. */
const picture = html`<div class="device" aria-hidden="true"><i></i><i></i><i></i></div>`;

function about({ app, asks, wishes }: ChallengeView): Html {
  const name = app.name === '' ? 'An app without a name' : app.name;
  const url = app.url === '' ? '' : html`<p>${app.url}</p>`;
  const claims = app.name + app.url === '' ? '' : html`<p class="quiet">That is what it says of itself.</p>`;
  const list = wishes.map((wish) => html`<li>${wish}</li>`);
  const more =
    wishes.length === 0
      ? ''
      : html`<p class="wishes">It would like to do this without asking each time:</p><ul>${list}</ul>`;
  return html`<div class="app"><p class="name">${name}</p>${url}${claims}
<p class="quiet">Its key: <code>${app.client.slice(0, 8)}…${app.client.slice(-8)}</code></p>
<p class="wishes">It asks <strong>${asks}</strong>.</p>${more}</div>`;
}

/** What the visitor does now, or what there is to wait for. */
function nextOf({ state, method, wishes }: ChallengeView, action: string): Html | '' {
  const each = wishes.length === 0 ? '' : ' It asks about each permission by itself, and you can say no to any.';
  if (state === 'asking')
    return html`<p>The device shows this app, and waits for you. Decide there: this page follows.${each}</p>`;
  if (state !== 'waiting') return '';
  const first =
    method === 'connect' ? 'Open “Pair an app” in the menu of your device.' : 'Have your device at hand, and unlocked.';
  return html`<p>If this is not your doing, close this page: nothing happens. If it is:</p>
<ol><li>${first}</li><li>Click here. Then the device asks you, and only what you press there counts.${each}</li></ol>
<form method="post" action="${action}"><button>Ask me on the device</button></form>`;
}

/** After the end: where to go, if the app said where, and only by a click. */
function wayBack(state: State, back: ReturnTo | null): Html {
  const advice = state === 'approved' ? 'Go back to the app: it has been told.' : 'The app was not let in.';
  if (back === null) return html`<p>${advice} You can close this page.</p>`;
  return html`<p>${advice}</p>
<p>The app wants you back at <strong>${back.origin}</strong>. Nobody has checked that address.</p>
<p><a class="button" href="${back.href}" rel="noopener noreferrer" autofocus>Go to ${back.origin}</a></p>`;
}

function page(title: string, head: Html | '', body: Html): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${title} · Sallyport</title>
<link rel="stylesheet" href="/page.css">${head}</head>
<body>${body}<footer class="foot quiet">Sallyport, a signer whose key stays on a device</footer></body></html>`;
}

function fileText(name: string): string {
  return readFileSync(new URL(`../../auth-page/${name}`, import.meta.url), 'utf8');
}
