/**
 * The dashboard over HTTP: the page's files, and the control API for whoever brought a one-time code. It promises that no other site can
 * speak to it (Host, Origin and Sec-Fetch-Site are checked, there are no cookies, and no header lets anybody in), that the page
 * loads nothing from elsewhere and is framed by nobody, and that no way in is made here: codes come from the control socket.
 */
import { type Context, Hono } from 'hono';
import { addRoutes, problem } from '../control/app.ts';
import type { HostView } from '../control/view.ts';
import type { PageFiles } from './files.ts';
import { type Exchange, exchanged, isLetIn, leftBy, type WaysIn } from './ways-in.ts';

export type DashboardParts = {
  readonly view: HostView;
  /** The Hosts under which it is known: 127.0.0.1 and localhost, with the port. */
  readonly hosts: ReadonlySet<string>;
  /** Null: the page was not built. */
  readonly files: PageFiles | null;
  readonly ways: { now: WaysIn };
  readonly newBearer: () => string;
};

/** A code has 43 letters. */
const codeMax = 128;

const security = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), usb=(), serial=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
} as const;

export function dashboardApp({ view, hosts, files, ways, newBearer }: DashboardParts): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(security)) context.header(name, value);
    context.header('Cache-Control', 'no-store');
    if (!hosts.has(context.req.header('host') ?? ''))
      return context.json(...problem(421, 'foreign', 'This address is for its own page only.'));
    const origin = context.req.header('origin');
    if (origin !== undefined && !hosts.has(origin.replace(/^http:\/\//, '')))
      return context.json(...problem(403, 'foreign', 'Requests of other sites are refused.'));
    return next();
  });
  app.get('*', async (context, next) => {
    const { pathname } = new URL(context.req.url);
    const file = files?.get(pathname);
    if (file !== undefined) return sendFile(context, file);
    if (pathname === '/') return context.text(unbuilt, 503);
    const isTyped = context.req.header('sec-fetch-mode') === 'navigate' && !pathname.startsWith('/v0/');
    return isTyped ? context.text(noPage, 404) : next();
  });
  // From here on: a page of this very origin. A browser cannot leave the header out; a program that does has no other's rights.
  app.use(async (context, next) => {
    const site = context.req.header('sec-fetch-site');
    if (site !== undefined && site !== 'same-origin')
      return context.json(...problem(403, 'foreign', 'Requests of other sites are refused.'));
    return next();
  });
  app.post('/session', async (context) => {
    const code = await codeOf(context);
    const bearer = newBearer();
    const [next, said] = exchanged(ways.now, code ?? '', bearer, view.now());
    ways.now = next;
    return said === 'let_in' ? context.json({ bearer }) : context.json(...wordsOf(said));
  });
  app.use('/v0/*', async (context, next) => {
    if (!isLetIn(ways.now, bearerOf(context), view.now())) return context.json(...notLetIn);
    return next();
  });
  app.delete('/session', (context) => {
    ways.now = leftBy(ways.now, bearerOf(context));
    return context.json({ done: true });
  });
  addRoutes(app, view, new Set(['read', 'write']));
  return app;
}

function bearerOf(context: Context): string {
  return /^Bearer (.+)$/.exec(context.req.header('authorization') ?? '')?.[1] ?? '';
}

/** The code in a body; null for whatever else may be there. */
async function codeOf(context: Context): Promise<string | null> {
  if (!/^application\/json\b/.test(context.req.header('content-type') ?? '')) return null;
  if (Number(context.req.header('content-length') ?? Number.NaN) <= codeMax) {
    try {
      const said: unknown = JSON.parse(await context.req.text());
      if (typeof said === 'object' && said !== null && 'code' in said && typeof said.code === 'string')
        return said.code;
    } catch {
      return null; // No JSON is no code.
    }
  }
  return null;
}

/** A file of a page, compressed for whoever takes that. */
export function sendFile(
  context: Context,
  { type, bytes, gzip, lasting }: NonNullable<ReturnType<PageFiles['get']>>,
): Response {
  if (lasting) context.header('Cache-Control', 'private, max-age=31536000, immutable');
  context.header('Content-Type', type);
  context.header('Vary', 'Accept-Encoding');
  if (!/\bgzip\b/.test(context.req.header('accept-encoding') ?? '')) return context.body(bytes);
  context.header('Content-Encoding', 'gzip');
  return context.body(gzip);
}

function wordsOf(said: Exclude<Exchange, 'let_in'>): ReturnType<typeof problem> {
  const advice = 'Open the dashboard again: sallyport dashboard, or the tray.';
  return said === 'unknown_code'
    ? problem(403, 'unknown_code', 'This link was used already, or its time is over.', advice)
    : problem(429, 'too_many_tries', 'Too many wrong links within a minute.', advice);
}

const notLetIn = problem(
  401,
  'not_let_in',
  'This page is not let in (any more): each start of the host asks for a new link.',
  'Open the dashboard again: sallyport dashboard, or the tray.',
);

const noPage = 'There is no such page. The dashboard is opened by: sallyport dashboard, or the tray.\n';

const unbuilt =
  'The page of the dashboard was not built. In the repository: npm run pages. The commands of the CLI do the same.\n';
