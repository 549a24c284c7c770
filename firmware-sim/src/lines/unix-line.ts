/**
 * The line over a unix socket, for one host at a time: a second one is turned away, as a serial port that is locked.
 */
import type { Server, Socket } from 'node:net';
import { boundedWriter, type Line, type LineEvents, type LineOpening, noLine } from './line.ts';
import { openPrivateSocket } from './private-socket.ts';

/** Listens on `path`. Its directory is made (0700) if missing, and must belong to this user. */
export async function openUnixLine(path: string, events: LineEvents): Promise<LineOpening> {
  const opened = await openPrivateSocket(path);
  return 'refused' in opened ? noLine(opened.refused) : { line: lineOver(opened.server, path, events) };
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
