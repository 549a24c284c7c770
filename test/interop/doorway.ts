/**
 * A way to a relay on which one sees that a client listens. What a relay carries here reaches only who listens at that moment, and a
 * person who takes a line from a screen to the signer is slower than a client that subscribes; a test is not.
 */
import { connect, createServer, type Socket } from 'node:net';

export type Doorway = {
  readonly url: string;
  /** How many subscriptions were confirmed on the way so far. */
  readonly confirmed: () => number;
  /** Settles when more than so many were. */
  readonly confirms: (moreThan: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Passes bytes on to the relay. What a server sends is not masked (RFC 6455, 5.1), so its texts can be read in passing. */
export async function openDoorway(relay: string): Promise<Doorway> {
  const sockets = new Set<Socket>();
  let confirmed = 0;
  let changed = Promise.withResolvers<void>();
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(relay).port), '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one.pipe(other));
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one));
    }
    upstream.on('data', (bytes) => {
      if (!bytes.includes('["EOSE"')) return;
      confirmed++;
      changed.resolve();
      changed = Promise.withResolvers();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the doorway has no port');
  return {
    url: `ws://127.0.0.1:${address.port}`,
    confirmed: () => confirmed,
    confirms: async (moreThan) => {
      while (confirmed <= moreThan) await changed.promise;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
