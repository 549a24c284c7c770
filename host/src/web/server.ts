/**
 * The listener of the pages: on this computer only. Who wants them reachable from elsewhere puts a reverse proxy with TLS in front,
 * and says the name that it has there.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { StoreRefused } from '../store/private-files.ts';
import { type WebView, webApp } from './app.ts';

/**
 * `port` 0 is any that is free; `url` is the origin under which others know it, null: none but this computer does. `logins`: apps may
 * ask without a bunker line.
 */
export type WebOptions = { readonly port: number; readonly url: string | null; readonly logins: boolean };

export type WebServer = { readonly type: 'server'; readonly url: string; readonly close: () => Promise<void> };

/** Behind a proxy these are many people's; each is short. */
const connectionsMax = 256;
/** A request that does not come whole within this is none. */
const requestMs = 10_000;

/** Serves until it is closed; or says why it cannot. */
export async function serveWeb(
  { port, url }: Pick<WebOptions, 'port' | 'url'>,
  view: Omit<WebView, 'url' | 'hosts' | 'origins'>,
): Promise<WebServer | StoreRefused> {
  let fetch: ReturnType<typeof webApp>['fetch'] = () => new Response(null, { status: 503 });
  const server = createAdaptorServer({
    fetch: (request) => fetch(request),
    overrideGlobalObjects: false,
  }) as Server;
  server.maxConnections = connectionsMax;
  server.requestTimeout = requestMs;
  server.headersTimeout = requestMs;
  const problem = await new Promise<Error | null>((settle) => {
    server.once('error', settle);
    server.listen(port, '127.0.0.1', () => settle(null));
  });
  if (problem !== null) return { type: 'refused', words: `Port ${port} cannot be opened: ${problem.message}.` };
  server.on('error', () => undefined); // A connection that cannot be accepted is that caller's loss.
  const { port: open } = server.address() as AddressInfo;
  const origin = url ?? `http://127.0.0.1:${open}`;
  const origins = new Set([origin, `http://127.0.0.1:${open}`, `http://localhost:${open}`]);
  const hosts = new Set([...origins].map((each) => new URL(each).host));
  ({ fetch } = webApp({ ...view, url: origin, origins, hosts }));
  return {
    type: 'server',
    url: origin,
    close: () =>
      new Promise((settle) => {
        server.close(() => settle());
        server.closeAllConnections();
      }),
  };
}
