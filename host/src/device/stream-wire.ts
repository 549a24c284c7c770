/**
 * The wire over Node streams: a child process's pipes, for systems without pseudo-terminals, and a unix socket, where the
 * simulator listens. The pair of streams is one connection and ends with it; the socket is dialled again.
 */
import { connect } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { type Pipe, type PipeEvents, redial } from './redial.ts';
import { type After, afterRealTime, type Wire, type WireEvents } from './wire.ts';

/** Where bytes come from and go to: a child's stdout and stdin, say, or the same duplex twice. */
export type StreamPair = { readonly input: Readable; readonly output: Writable };

/** What tests replace. */
export type StreamDeps = { readonly after?: After };

/** A wire over streams that are open already. It ends with them, and `close` destroys them. */
export function streamWire(streams: StreamPair, events: WireEvents, deps: StreamDeps = {}): Wire {
  const after = deps.after ?? afterRealTime;
  return redial(
    (pipeEvents) => {
      queueMicrotask(pipeEvents.opened);
      return pipeOver(streams, pipeEvents, (error) => ended(error));
    },
    events,
    { again: false, after },
  );
}

/** A wire to whoever listens on a unix socket (a named pipe on Windows); dialled again until closed. */
export function socketWire(path: string, events: WireEvents, deps: StreamDeps = {}): Wire {
  const after = deps.after ?? afterRealTime;
  return redial(
    (pipeEvents) => {
      const socket = connect({ path });
      socket.once('connect', pipeEvents.opened);
      // The same handler serves before and after the connection stands: redial knows which of the two it is.
      return pipeOver({ input: socket, output: socket }, pipeEvents, (error) => socketTrouble(path, error));
    },
    events,
    { again: true, after },
  );
}

function pipeOver(streams: StreamPair, events: PipeEvents, words: (error: Error | null) => string): Pipe {
  const { input, output } = streams;
  input.on('data', (chunk: Uint8Array) => events.bytes(chunk));
  for (const stream of new Set<Readable | Writable>([input, output])) {
    stream.on('error', (error: Error) => events.ended(words(error)));
    stream.on('close', () => events.ended(words(null)));
  }
  input.on('end', () => events.ended(words(null)));
  return {
    write(piece, done) {
      output.write(piece, (error) => {
        if (error === null || error === undefined) done();
      });
    },
    async close() {
      await Promise.all([gone(input), gone(output)]);
    },
  };
}

function gone(stream: Readable | Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    stream.once('close', resolve);
    stream.destroy();
  });
}

function ended(error: Error | null): string {
  return error === null ? 'The device ended the connection.' : `The connection to the device broke (${error.message}).`;
}

const SOCKET_TROUBLES: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `There is no socket ${path}. Start the simulator, or check the path.`,
  ECONNREFUSED: (path) => `Nobody listens on ${path}. Start the simulator.`,
  EACCES: (path) => `This user may not open ${path}: it belongs to another user.`,
  ENOTSOCK: (path) => `${path} is not a socket. Name the socket of the simulator.`,
};

function socketTrouble(path: string, error: Error | null): string {
  const code = error !== null && 'code' in error ? String(error.code) : '';
  return SOCKET_TROUBLES[code]?.(path) ?? ended(error);
}
