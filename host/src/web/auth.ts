/**
 * The pages behind `auth_url`: looking at one changes nothing (programs that preview links do that), a click is a POST from the page
 * itself, and where the app wants its user back is a link that waits for one more click. What happens then is decided in
 * core/web/challenges.ts.
 */
import type { Context, Hono } from 'hono';
import { wishWords } from '../core/bridge/asked-words.ts';
import { type Challenge, type ChallengedRequest, challengeAt } from '../core/web/challenge.ts';
import type { WebView } from './app.ts';
import { challengePage, gonePage } from './pages.ts';
import { type ReturnTo, returnTo } from './return-to.ts';

/** A challenge as whoever has its address may see it. What the app says of itself is its claim. */
export type ChallengeView = {
  readonly state: 'waiting' | 'asking' | 'approved' | 'denied' | 'expired' | 'failed';
  /** Why the last click came to nothing; empty where it did not. */
  readonly words: string;
  readonly method: string;
  readonly asks: string;
  /** What it would like to be allowed without being asked about each time, in plain words. */
  readonly wishes: readonly string[];
  readonly app: { readonly client: string; readonly name: string; readonly url: string };
};

/** Adds them. */
export function addAuth(app: Hono, view: WebView): void {
  const found = (context: Context): Challenge | null =>
    challengeAt(view.bridge().challenges, context.req.param('token') ?? '', view.now());

  app.get('/auth/:token', (context) => {
    const one = found(context);
    const back = returnTo(queryOf(context));
    if (wantsJson(context)) return one === null ? context.json(gone, 404) : context.json(stateOf(one, back));
    if (one === null) return context.html(gonePage(), 404);
    return context.html(challengePage(viewOf(one), `/auth/${one.token}${back?.query ?? ''}`, back));
  });
  app.get('/auth/:token/state', (context) => {
    const one = found(context);
    return one === null ? context.json(gone, 404) : context.json(stateOf(one, returnTo(queryOf(context))));
  });
  app.post('/auth/:token', (context) => {
    if (!isOwnPage(view, (name) => context.req.header(name))) return context.text('Click on the page itself.\n', 403);
    const one = found(context);
    if (one === null) return context.html(gonePage(), 404);
    view.click(one.token);
    // A page of its own, so that a reload is no second click.
    return context.redirect(`/auth/${one.token}${returnTo(queryOf(context))?.query ?? ''}`, 303);
  });
}

const gone = { state: 'expired' } as const;

/** The script of a page asks how it stands at the page's own address. */
export function wantsJson(context: Context): boolean {
  return context.req.header('accept') === 'application/json';
}

function stateOf(one: Challenge, back: ReturnTo | null) {
  return { ...viewOf(one), returnTo: back?.href ?? null };
}

function viewOf({ request, origin, stage }: Challenge): ChallengeView {
  return {
    state: stage.type === 'ended' ? stage.how : stage.type,
    words: stage.type === 'waiting' ? stage.words : '',
    method: request.method,
    asks: asksOf(request),
    wishes: wishWords(request.perms),
    app: { client: origin.client, ...(request.method === 'connect' ? request.metadata : { name: '', url: '' }) },
  };
}

/** The same for an email that is known here and one that is not: whoever asked may look, too. */
function asksOf(request: ChallengedRequest): string {
  const named = request.method === 'create_account' && request.name !== '' ? ` with the name ${request.name}` : '';
  return request.method === 'connect' ? 'to be paired with this signer' : `for an account${named}`;
}

/** A form of another site is sent by a browser that says so. */
export function isOwnPage(view: WebView, header: (name: string) => string | undefined): boolean {
  const site = header('sec-fetch-site');
  return view.origins.has(header('origin') ?? '') && (site === undefined || site === 'same-origin');
}

export function queryOf(context: Context): URLSearchParams {
  return new URL(context.req.url).searchParams;
}
