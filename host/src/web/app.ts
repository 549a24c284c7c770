/**
 * What this host serves to browsers and apps elsewhere, off unless it was asked for. It promises that nobody reaches it by a name that
 * is not its own (a foreign name that resolves to this computer is refused), that no answer loads or frames anything, and that the
 * control API is not here.
 */
import { Hono } from 'hono';
import type { Introduction } from '../core/apps/nostrconnect-uri.ts';
import type { BridgeState } from '../core/bridge/bridge.ts';
import type { Refusal } from '../core/nip46/refusal.ts';
import { nostrJson } from '../core/web/well-known.ts';
import { addAuth } from './auth.ts';
import { addIntroductions, introductionsAt } from './introductions.ts';
import { pageFiles } from './pages.ts';

/** What the pages need of the running host. */
export type WebView = {
  /** The origin under which others know it. */
  readonly url: string;
  /** Every origin of its own, and every Host that a request may name. */
  readonly origins: ReadonlySet<string>;
  readonly hosts: ReadonlySet<string>;
  readonly bridge: () => BridgeState;
  /** Somebody clicked on the page of a challenge. */
  readonly click: (token: string) => void;
  /** Has the device asked about the app of a line that nobody announced; or says why not. */
  readonly introduce: (introduction: Introduction, account: number) => Promise<Refusal | null>;
  readonly now: () => number;
  /** A request met a fault of ours. */
  readonly fault: (problem: unknown) => void;
};

/**
 * No page of ours loads anything from elsewhere or is framed, and no address of ours is told to where a link leads. `same-origin`, as under
 * `no-referrer` a browser would not say where a form of ours was sent from.
 */
const security = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const;

/** The longest address that is looked at: a nostrconnect line, or a token and where to go afterwards. */
const urlMax = 8_192;

export function webApp(view: WebView): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(security)) context.header(name, value);
    if (!view.hosts.has(context.req.header('host') ?? '')) return context.text('No such host here.\n', 421);
    if (context.req.url.length > urlMax) return context.text('That address is too long.\n', 414);
    return next();
  });
  // NIP-05: every page may read it, and it never redirects.
  app.get('/.well-known/nostr.json', (context) => {
    const { signer, people, ownRelays, web } = view.bridge();
    context.header('Access-Control-Allow-Origin', '*');
    context.header('Cross-Origin-Resource-Policy', 'cross-origin');
    const known = {
      remoteSigner: signer.pubkey,
      people,
      ownRelays,
      introductions: web?.logins ? introductionsAt(view.url) : null,
    };
    return context.json(nostrJson(known, context.req.query('name') ?? ''));
  });
  for (const [path, { type, text }] of Object.entries(pageFiles))
    app.get(path, (context) => context.body(text, 200, { 'Content-Type': type }));
  addAuth(app, view);
  addIntroductions(app, view);
  app.notFound((context) => context.text('There is nothing here.\n', 404));
  app.onError((problem, context) => {
    view.fault(problem);
    return context.text('A fault of the host; its log says more.\n', 500);
  });
  return app;
}
