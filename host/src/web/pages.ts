/**
 * The pages of auth challenges, plain: without scripts, every word of an app escaped by the template and shown as its claim. The states
 * behind them are told as JSON as well, for better pages than these.
 */
import { html } from 'hono/html';
import type { ChallengeView } from './auth.ts';
import type { ReturnTo } from './return-to.ts';

type Html = ReturnType<typeof html>;

/** How often a page that waits for the device looks again, in seconds. */
const lookAgain = 2;

/** The page of a challenge. It is handed on by `action`, the path of its own address with what the app wished. */
export function challengePage(view: ChallengeView, action: string, back: ReturnTo | null): Html {
  const { state, words } = view;
  const again = state === 'asking' ? html`<meta http-equiv="refresh" content="${lookAgain}">` : '';
  const said = words === '' ? '' : html`<p class="words">${words}</p>`;
  const form = state === 'waiting' ? clickForm(view.method, action) : '';
  const link =
    back === null || state === 'waiting' || state === 'asking'
      ? ''
      : html`<p>The app wants you back at <strong>${back.origin}</strong>. Nobody has checked that address.</p>
<p><a href="${back.href}" rel="noopener noreferrer">Go to ${back.origin}</a></p>`;
  return page(again, html`<h1>${titles[state]}</h1>${said}${about(view)}${form}${link}`);
}

/** What a page says that has no challenge. */
export function gonePage(): Html {
  return page(
    '',
    html`<h1>This page has ended</h1><p>It was for one request of an app, or never there. Begin again in the app.</p>`,
  );
}

const titles = {
  waiting: 'An app asks to use this signer',
  asking: 'Look at the device',
  approved: 'Approved: go back to the app',
  denied: 'Denied on the device',
  expired: 'Nobody answered in time',
  failed: 'It could not be done',
} as const;

function about({ app, asks }: ChallengeView): Html {
  return html`<dl>
<dt>The app calls itself</dt><dd>${app.name === '' ? 'nothing' : app.name}</dd>
<dt>Its address, as it says</dt><dd>${app.url === '' ? 'none' : app.url}</dd>
<dt>Its key</dt><dd><code>${app.client.slice(0, 8)}…${app.client.slice(-8)}</code></dd>
<dt>It asks</dt><dd>${asks}</dd>
</dl>`;
}

function clickForm(method: string, action: string): Html {
  const first = method === 'connect' ? 'open “Pair an app” in the menu of the device, then' : 'unlock the device, and';
  return html`<p>If this is not your doing, close this page: nothing happens.</p>
<p>If it is: ${first} let it ask you.</p>
<form method="post" action="${action}"><button>Ask me on the device</button></form>`;
}

function page(head: Html | '', body: Html): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">${head}
<title>Sallyport</title><link rel="stylesheet" href="/style.css"></head><body><main>${body}</main></body></html>`;
}

export const style = `body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 0; color: #222; background: #f4f2ee; }
main { max-width: 34rem; margin: 8vh auto; padding: 1.5rem 2rem; background: #fff; border-radius: 0.5rem; }
h1 { font-size: 1.5rem; margin-top: 0; }
dt { color: #666; font-size: 0.9rem; }
dd { margin: 0 0 0.6rem; overflow-wrap: anywhere; }
.words { border-left: 0.25rem solid #b8860b; padding-left: 0.75rem; }
button { font: inherit; padding: 0.5rem 1.25rem; }
`;
