/**
 * The listener of the dashboard: on this computer only, and by default on another port at each start. Whoever had the port of an earlier host
 * meanwhile may have left a page in the browser there (its cache, a service worker), which the next link would open.
 */
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { HostView } from '../control/view.ts';
import { dashboardApp } from './app.ts';
import { builtPage, readPage } from './files.ts';
import { isOfAnotherUser } from './peer.ts';
import { codeMade, noWaysIn } from './ways-in.ts';

export type Dashboard = {
  /** Whether there is a page to be served. */
  readonly isBuilt: boolean;
  /** An address that lets one page in, once, within ten minutes. */
  readonly newAddress: () => string;
  readonly close: () => Promise<void>;
};

/** Some tabs, each with a stream and a few requests. */
const connectionsMax = 64;
/** A request that does not come whole within this is none. */
const requestMs = 10_000;

/** Serves until it is closed. `port` 0 is whichever is free, and so is one that is taken. */
export async function serveDashboard(port: number, view: HostView): Promise<Dashboard> {
  let fetch: ReturnType<typeof dashboardApp>['fetch'] = () => new Response(null, { status: 503 });
  const server = createAdaptorServer({ fetch: (request) => fetch(request), overrideGlobalObjects: false }) as Server;
  // Other users of this computer can reach the port, too: they are not even answered, where the system says who they are.
  server.on('connection', (socket) => {
    if (isOfAnotherUser(socket)) socket.destroy();
  });
  server.maxConnections = connectionsMax;
  server.requestTimeout = requestMs;
  server.headersTimeout = requestMs;
  if ((await listen(server, port)) !== null) {
    const problem = await listen(server, 0);
    if (problem !== null) throw problem;
  }
  server.on('error', () => undefined); // A connection that cannot be accepted is that caller's loss.
  const { port: open } = server.address() as AddressInfo;
  const hosts = new Set([`127.0.0.1:${open}`, `localhost:${open}`]);
  const ways = { now: noWaysIn };
  const files = readPage(builtPage('dashboard'));
  ({ fetch } = dashboardApp({ view, hosts, files, ways, newBearer: newSecret }));
  return {
    isBuilt: files !== null,
    newAddress: () => {
      const code = newSecret();
      ways.now = codeMade(ways.now, code, view.now());
      // In the fragment: no server, no log and no other site is told it.
      return `http://127.0.0.1:${open}/#code=${code}`;
    },
    close: () =>
      new Promise((settle) => {
        server.close(() => settle());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<Error | null> {
  return new Promise((settle) => {
    const failed = (problem: Error): void => settle(problem);
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed);
      settle(null);
    });
  });
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
