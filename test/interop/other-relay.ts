/**
 * A relay that we did not write: `@nostr-relay/core` on a WebSocket of this machine, as its README joins the two. It keeps what is
 * to be kept nowhere: what passes in these tests is ephemeral.
 */
import { EventRepository, type IncomingMessage } from '@nostr-relay/common';
import { NostrRelay } from '@nostr-relay/core';
import { WebSocketServer } from 'ws';

export type OtherRelay = { readonly url: string; readonly close: () => Promise<void> };

class NothingKept extends EventRepository {
  isSearchSupported(): boolean {
    return false;
  }
  upsert(): { isDuplicate: boolean } {
    return { isDuplicate: false };
  }
  find(): [] {
    return [];
  }
  async destroy(): Promise<void> {
    // Nothing is held.
  }
}

/** Listens on a free port of 127.0.0.1. */
export async function startOtherRelay(): Promise<OtherRelay> {
  const relay = new NostrRelay(new NothingKept());
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject));
  server.on('connection', (socket) => {
    relay.handleConnection(socket);
    socket.on('message', (data) => {
      // It trusts its caller to have parsed the message; only what nostr libraries write comes here.
      const message = JSON.parse(String(data)) as IncomingMessage;
      relay.handleMessage(socket, message).catch((error) => socket.close(1011, String(error)));
    });
    socket.on('close', () => relay.handleDisconnect(socket));
    socket.on('error', () => socket.terminate());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the other relay has no port');
  return {
    url: `ws://127.0.0.1:${address.port}`,
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
      await relay.destroy();
    },
  };
}
