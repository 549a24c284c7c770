/**
 * The pages behind `auth_url`: looking at one changes nothing (programs that preview links do that), a click is a POST from the page
 * itself, and where the app wants its user back is a link that waits for one more click. What happens then is decided in
 * core/web/challenges.ts.
 */
import type { Context, Hono } from 'hono';
import { type Challenge, type ChallengedRequest, challengeAt } from '../core/web/challenge.ts';
import type { WebView } from './app.ts';
import { challengePage, gonePage } from './pages.ts';
import { returnTo } from './return-to.ts';

/** A challenge as whoever has its address may see it. What the app says of itself is its claim. */
export type ChallengeView = {
  readonly state: 'waiting' | 'asking' | 'approved' | 'denied' | 'expired' | 'failed';
  /** Why the last click came to nothing; empty where it did not. */
  readonly words: string;
  readonly method: string;
  readonly asks: string;
  readonly app: { readonly client: string; readonly name: string; readonly url: string };
};

/** Adds them. */
export function addAuth(app: Hono, view: WebView): void {
  const found = (context: Context): Challenge | null =>
    challengeAt(view.bridge().challenges, context.req.param('token') ?? '', view.now());

  app.get('/auth/:token', (context) => {
    const one = found(context);
    if (one === null) return context.html(gonePage(), 404);
    const back = returnTo(queryOf(context));
    return context.html(challengePage(viewOf(one), `/auth/${one.token}${back?.query ?? ''}`, back));
  });
  app.get('/auth/:token/state', (context) => {
    const one = found(context);
    if (one === null) return context.json({ state: 'expired' }, 404);
    return context.json({ ...viewOf(one), returnTo: returnTo(queryOf(context))?.href ?? null });
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

function viewOf({ request, origin, stage }: Challenge): ChallengeView {
  return {
    state: stage.type === 'ended' ? stage.how : stage.type,
    words: stage.type === 'waiting' ? stage.words : '',
    method: request.method,
    asks: asksOf(request),
    app: { client: origin.client, ...(request.method === 'connect' ? request.metadata : { name: '', url: '' }) },
  };
}

/** The same for an email that is known here and one that is not: whoever asked may look, too. */
function asksOf(request: ChallengedRequest): string {
  const { perms } = request;
  const named = request.method === 'create_account' && request.name !== '' ? ` with the name ${request.name}` : '';
  const what = request.method === 'connect' ? 'to be paired' : `for an account${named}`;
  return perms === '' ? what : `${what}, and to be allowed: ${perms}`;
}

/** A form of another site is sent by a browser that says so. */
export function isOwnPage(view: WebView, header: (name: string) => string | undefined): boolean {
  const site = header('sec-fetch-site');
  return view.origins.has(header('origin') ?? '') && (site === undefined || site === 'same-origin');
}

export function queryOf(context: Context): URLSearchParams {
  return new URL(context.req.url).searchParams;
}
