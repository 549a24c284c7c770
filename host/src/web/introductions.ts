/**
 * Where an app sends its user with a nostrconnect line (`nostrconnect_url` of 2024-11): the line is the path of the page. Anybody can
 * write such an address, so a look does nothing; a click has the device asked, once at a time and within a budget, as about an app that
 * nobody announced; and no relay that the line names is spoken to before the device's human said yes.
 */
import { createHash } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { type Introduction, parseNostrconnect } from '../core/apps/nostrconnect-uri.ts';
import { wishWords } from '../core/bridge/asked-words.ts';
import { take } from '../core/bridge/budget.ts';
import { type Refusal, refusalText } from '../core/nip46/refusal.ts';
import { challengeLimits } from '../core/web/challenge.ts';
import { adviceAtPage, endingOf, mayClickAgain } from '../core/web/challenge-ending.ts';
import { parseRelayUrl } from '../relays/relay-url.ts';
import type { WebView } from './app.ts';
import { type ChallengeView, isOwnPage, queryOf, wantsJson } from './auth.ts';
import { challengePage, gonePage } from './pages.ts';
import { returnTo } from './return-to.ts';

/** How a line stands, for as long as its page is looked at. */
type Standing = Pick<ChallengeView, 'state' | 'words'> & { readonly since: number };

const unasked: Standing = { state: 'waiting', words: '', since: 0 };

/** The template that apps fill in. */
export function introductionsAt(url: string): string {
  return `${url}/<nostrconnect>`;
}

/** Adds them, where the user lets apps ask without a line of theirs. */
export function addIntroductions(app: Hono, view: WebView): void {
  const standings = new Map<string, Standing>();
  let clicksFullAt = 0;

  function standingOf(line: string): Standing {
    const one = standings.get(nameOf(line));
    return one === undefined || view.now() >= one.since + challengeLimits.keptMs ? unasked : one;
  }

  function stands(line: string, state: Standing['state'], words: string): void {
    standings.delete(nameOf(line));
    standings.set(nameOf(line), { state, words, since: view.now() });
    const [oldest] = standings.keys();
    if (standings.size > challengeLimits.keptMax && oldest !== undefined) standings.delete(oldest);
  }

  function click(line: string, introduction: Introduction, account: number): void {
    if (standingOf(line).state !== 'waiting') return;
    const paid = take(clicksFullAt, challengeLimits.clicks, 1, view.now());
    const isBusy = [...standings.values()].some(({ state }) => state === 'asking');
    if (isBusy || paid === null)
      return stands(line, 'waiting', 'The device is asked about enough apps just now. Click again in a minute.');
    clicksFullAt = paid;
    stands(line, 'asking', '');
    const fail = (problem: unknown): void => {
      stands(line, 'failed', '');
      view.fault(problem);
    };
    view.introduce(introduction, account).then((refusal) => end(line, refusal), fail);
  }

  function end(line: string, refusal: Refusal | null): void {
    if (refusal === null) stands(line, 'approved', '');
    else if (mayClickAgain(refusal)) stands(line, 'waiting', refusalText(adviceAtPage(refusal)));
    else stands(line, endingOf(refusal), refusalText(refusal));
  }

  app.on(['GET', 'POST'], '*', (context, next) => {
    const { pathname, search } = new URL(context.req.url);
    const line = lineIn(pathname, search);
    const logins = view.bridge().web?.logins ?? null;
    if (line === null || logins === null) return next();
    const introduction = parseNostrconnect(line, parseRelayUrl);
    if ('code' in introduction) return context.html(gonePage(), 404);
    if (context.req.method === 'GET') return show(context, introduction, standingOf(line), pathname + search);
    if (!isOwnPage(view, (name) => context.req.header(name))) return context.text('Click on the page itself.\n', 403);
    click(line, introduction, logins.account);
    return context.redirect(pathname + search, 303);
  });
}

function show(context: Context, introduction: Introduction, { state, words }: Standing, action: string) {
  const { client, name, url, perms } = introduction;
  const asks = 'to be paired with this signer';
  const app = { client, name, url };
  const said: ChallengeView = { state, words, method: 'connect', asks, wishes: wishWords(perms), app };
  const back = returnTo(queryOf(context));
  if (wantsJson(context)) return context.json({ ...said, returnTo: back?.href ?? null });
  return context.html(challengePage(said, action, back));
}

/** The line that an address is made of, plain or encoded; null where it is none. Some proxies make one slash of two. */
function lineIn(pathname: string, search: string): string | null {
  const path = pathname.slice(1);
  const text = /^nostrconnect%3a/i.test(path) ? decoded(path) : path + search;
  return text !== null && /^nostrconnect:/i.test(text) ? text.replace(/^nostrconnect:\/*/i, 'nostrconnect://') : null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // bytes that are no UTF-8: no line
  }
}

/** The secret of the line is not kept. */
function nameOf(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}
