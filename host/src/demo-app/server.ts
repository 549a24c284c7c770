/**
 * The demo app's page, served on this computer: an app with nostr-tools, to try a signer without an account elsewhere. It holds nothing and
 * speaks to nobody but the relays that its user names; nothing of the host is reached through it.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { sendFile } from '../dashboard/app.ts';
import { builtPage, type PageFiles, readPage } from '../dashboard/files.ts';

export type DemoApp = { readonly url: string; readonly close: () => void };

/** One page and its files, and no browser keeps many connections for that. */
const connectionsMax = 32;

/** Relays are wherever its user says: sockets go anywhere, and everything else is the page's own. */
const security = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
} as const;

/** Serves until it is closed; or says why it cannot. */
export async function serveDemoApp(port: number): Promise<DemoApp | { readonly refused: string }> {
  const files = readPage(builtPage('demo-app'));
  if (files === null) return { refused: 'The page of the demo app was not built. In the repository: npm run pages.' };
  const hosts = new Set<string>();
  const { fetch } = demoApp(files, hosts);
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  server.maxConnections = connectionsMax;
  const problem = await new Promise<Error | null>((settle) => {
    server.once('error', settle);
    server.listen(port, '127.0.0.1', () => settle(null));
  });
  if (problem !== null) return { refused: `Port ${port} cannot be opened: ${problem.message}.` };
  server.on('error', () => undefined); // A connection that cannot be accepted is that caller's loss.
  const { port: open } = server.address() as AddressInfo;
  for (const name of ['127.0.0.1', 'localhost']) hosts.add(`${name}:${open}`);
  return {
    url: `http://127.0.0.1:${open}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** `hosts`: the names by which it may be asked; another that leads here is refused. */
export function demoApp(files: PageFiles, hosts: ReadonlySet<string>): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries(security)) context.header(name, value);
    if (!hosts.has(context.req.header('host') ?? '')) return context.text('No such host here.\n', 421);
    return next();
  });
  app.get('*', (context) => {
    const file = files.get(new URL(context.req.url).pathname);
    return file === undefined ? context.text('There is nothing here.\n', 404) : sendFile(context, file);
  });
  return app;
}
