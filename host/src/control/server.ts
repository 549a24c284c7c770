/** The control API on its socket. Only its owner can open it; one that an earlier host left behind is replaced. */
import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { privateDirectory, type StoreRefused, writePrivately } from '../store/private-files.ts';
import { controlAddress } from './address.ts';
import { controlApp } from './app.ts';
import type { HostView } from './view.ts';

export type ControlServer = { readonly type: 'server'; readonly path: string; readonly close: () => Promise<void> };

/** Who is connected at once: a few programs of one user. */
const connectionsMax = 64;
/** A request that does not come whole within this is none. */
const requestMs = 10_000;

/** Listens for the host whose state this is; its lock on the store says that there is no other. */
export async function serveControl(view: HostView, state: string): Promise<ControlServer | StoreRefused> {
  const { path, dir, tokenFile } = controlAddress(state);
  const refused = dir === null ? null : privateDirectory(dir);
  if (refused !== null) return refused;
  const token = tokenFile === null ? null : randomBytes(32).toString('hex');
  if (tokenFile !== null && token !== null) writePrivately(tokenFile, `${token}\n`);
  if (dir !== null) rmSync(path, { force: true });
  const { fetch } = controlApp(view, new Set(['read', 'write', 'socket']), token);
  const server = createAdaptorServer({ fetch, overrideGlobalObjects: false }) as Server;
  server.maxConnections = connectionsMax;
  server.requestTimeout = requestMs;
  server.headersTimeout = requestMs;
  const problem = await new Promise<Error | null>((settle) => {
    server.once('error', settle);
    server.listen(path, () => settle(null));
  });
  if (problem !== null) {
    return { type: 'refused', words: `The control socket ${path} cannot be opened: ${problem.message}.` };
  }
  server.on('error', () => undefined); // A connection that cannot be accepted is that program's loss.
  if (dir !== null) chmodSync(path, 0o600);
  return {
    type: 'server',
    path,
    close: () =>
      new Promise((settle) => {
        server.close(() => settle());
        server.closeAllConnections();
        if (tokenFile !== null) rmSync(tokenFile, { force: true });
      }),
  };
}
