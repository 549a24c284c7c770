/**
 * A unix socket for this user alone: mode 0600, in a directory that nobody else can change. A socket file that a crashed program
 * left is replaced; one that answers, or anything else of that name, is not touched.
 */
import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { messageOf } from './line.ts';

/** Listens on `path`. Its directory is made (0700) if missing, and must belong to this user. */
export async function openPrivateSocket(
  path: string,
): Promise<{ readonly server: Server } | { readonly refused: string }> {
  try {
    const refused = refuseDirectory(path) ?? (await refuseExisting(path));
    if (refused !== null) return { refused };
    const server = createServer();
    // The socket is made inside the call: with the usual mask others could connect before any chmod.
    const mask = process.umask(0o177);
    const listening = listen(server, path);
    process.umask(mask);
    await listening;
    chmodSync(path, 0o600);
    return { server };
  } catch (error) {
    return { refused: `The simulator cannot listen on ${path}: ${messageOf(error)}` };
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** In a directory that others may write to, the socket could be swapped for theirs. */
function refuseDirectory(path: string): string | null {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (process.getuid === undefined) return null; // Windows: named pipes and profile folders have rights of their own
  const { uid, mode } = statSync(directory);
  if (uid === process.getuid() && (mode & 0o022) === 0) return null;
  return `${directory} can be changed by others: a socket needs a directory of this user (mode 0700).`;
}

async function refuseExisting(path: string): Promise<string | null> {
  const existing = lstatSync(path, { throwIfNoEntry: false });
  if (existing === undefined) return null;
  if (!existing.isSocket()) return `${path} exists and is not a socket; it was left alone.`;
  if (await answers(path)) return `Another simulator listens on ${path}.`;
  unlinkSync(path);
  return null;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
