/**
 * The line over a unix socket, for one host at a time: a second one is turned away, as a serial port that is locked. The
 * socket is for this user alone. A socket file that a crashed simulator left is replaced; one that answers is not touched.
 */
import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { boundedWriter, type Line, type LineEvents, type LineOpening, messageOf, noLine } from './line.ts';

/** Listens on `path`. Its directory is made (0700) if missing, and must belong to this user. */
export async function openUnixLine(path: string, events: LineEvents): Promise<LineOpening> {
  try {
    const refused = (await refuseDirectory(path)) ?? (await refuseExisting(path));
    if (refused !== null) return noLine(refused);
    const server = createServer();
    // The socket is made inside the call: with the usual mask others could connect before any chmod.
    const mask = process.umask(0o177);
    const listening = listen(server, path);
    process.umask(mask);
    await listening;
    chmodSync(path, 0o600);
    return { line: lineOver(server, path, events) };
  } catch (error) {
    return noLine(`The simulator cannot listen on ${path}: ${messageOf(error)}`);
  }
}

function lineOver(server: Server, path: string, events: LineEvents): Line {
  let peer: Socket | null = null;
  let closing: Promise<void> | null = null;
  const writer = boundedWriter(() => peer);

  server.on('connection', (socket) => {
    // A socket without this handler would end the process when its other end vanishes; `close` follows and tells.
    socket.on('error', () => socket.destroy());
    if (peer !== null || closing !== null) {
      socket.destroy();
      return;
    }
    peer = socket;
    socket.on('data', (chunk) => closing === null && events.bytes(chunk));
    socket.on('close', () => {
      peer = null;
      if (closing === null) events.peer(false);
    });
    events.peer(true);
  });
  server.on('error', (error) => closing === null && events.failed(`The socket broke: ${error.message}`));

  return {
    path,
    ...writer,
    close() {
      closing ??= new Promise((resolve) => {
        // The server ends when its last connection has; it removes the socket file itself.
        server.close(() => resolve());
        peer?.destroy();
      });
      return closing;
    },
  };
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
async function refuseDirectory(path: string): Promise<string | null> {
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
