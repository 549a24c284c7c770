/**
 * Runs the loopback relay (relay-core.ts) on 127.0.0.1: WebSockets for clients, and the NIP-11 document for whoever asks for
 * it. It is reachable from this machine only. Any program and any web page on it may connect: what passes is encrypted and
 * signed, and the relay is trusted with nothing.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { isGenuine } from '../core/nip46/event.ts';
import {
  eventContentMax,
  eventTagsMax,
  loopbackConnectionsMax,
  loopbackHttpMax,
  loopbackSubscriptionsMax,
  loopbackUnsentMax,
  loopbackUnsentTotalMax,
  relayDrainMax,
  relayMessageMax,
  subscriptionIdMax,
} from '../core/nip46/limits.ts';
import { primitives } from '../primitives/primitives.ts';
import { type LoopbackEffect, type LoopbackInput, type LoopbackState, startLoopbackCore, step } from './relay-core.ts';

/** `port` 0 (the default) takes any free one. With `auth` "required" only clients that authenticate (NIP-42) are served. */
export type LoopbackRelayOptions = { readonly port?: number; readonly auth?: 'off' | 'required' };

export type LoopbackRelay = {
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** Drops all connections and frees the port. */
  readonly close: () => Promise<void>;
};

/** Listens, and resolves when it does. Rejects with the system's error (EADDRINUSE, EACCES) when the port cannot be had. */
export async function startLoopbackRelay({
  port = 0,
  auth = 'off',
}: LoopbackRelayOptions = {}): Promise<LoopbackRelay> {
  const http = createServer((request, response) => answer(request, response, auth));
  http.maxConnections = loopbackConnectionsMax + loopbackHttpMax;
  const taken = await listen(http, port);
  const hosts = [`127.0.0.1:${taken}`, `localhost:${taken}`];
  const sockets = serve(http, startLoopbackCore({ auth, hosts, isGenuine: (event) => isGenuine(event, primitives) }));
  return {
    url: `ws://127.0.0.1:${taken}`,
    port: taken,
    close: () => close(http, sockets),
  };
}

/** Gives the core what the sockets say, and does what it answers. */
function serve(http: Server, start: LoopbackState): WebSocketServer {
  let state = start;
  let connections = 0;
  let unsentTotal = 0;
  const sockets = new Map<number, WebSocket>();

  function feed(input: LoopbackInput): void {
    const [after, effects] = step(state, input, Date.now());
    state = after;
    for (const effect of effects) perform(effect);
  }

  function perform(effect: LoopbackEffect): void {
    const socket = sockets.get(effect.connection);
    if (socket === undefined) return;
    if (effect.type === 'close') return socket.close(1013, effect.why);
    // Nothing is stored, so whoever does not read is dropped; waiting for it would make everybody wait. Asked before the text
    // becomes bytes: thousands of subscriptions may share one serialization of a large event.
    const isSlow =
      socket.bufferedAmount > loopbackUnsentMax || unsentTotal + effect.text.length > loopbackUnsentTotalMax;
    if (isSlow) return socket.terminate();
    const data = Buffer.from(effect.text);
    unsentTotal += data.length;
    socket.send(data, { binary: false }, () => {
      unsentTotal -= data.length;
    });
  }

  // Compression would let a small message be gigabytes here, and ciphertext does not compress.
  const server = new WebSocketServer({ server: http, maxPayload: relayDrainMax, perMessageDeflate: false });
  server.on('connection', (socket) => {
    const connection = ++connections;
    sockets.set(connection, socket);
    socket.on('error', () => {
      // A broken frame, or one beyond maxPayload: ws closes the connection with the code for it, and that is all there is to do.
    });
    socket.on('message', (data, isBinary) => feed(textInput(connection, data, isBinary)));
    socket.on('close', () => {
      sockets.delete(connection);
      feed({ type: 'closed', connection });
    });
    feed({ type: 'opened', connection, challenge: randomBytes(16).toString('hex') });
  });
  return server;
}

function textInput(connection: number, data: WebSocket.RawData, isBinary: boolean): LoopbackInput {
  const buffer = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
  // Nostr has no binary messages: an empty text is answered as what it is, no JSON array.
  return { type: 'text', connection, text: isBinary ? '' : buffer.toString('utf8'), bytes: buffer.length };
}

/** NIP-11 for those who ask for it, one sentence for a person with a browser. */
function answer(request: IncomingMessage, response: ServerResponse, auth: 'off' | 'required'): void {
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Allow-Headers', '*');
  response.setHeader('Access-Control-Allow-Methods', 'GET, OPTIONS');
  if (request.method === 'OPTIONS') {
    response.writeHead(204).end();
  } else if (request.method === 'GET' && request.headers.accept?.includes('application/nostr+json') === true) {
    response.writeHead(200, { 'Content-Type': 'application/nostr+json' }).end(JSON.stringify(information(auth)));
  } else {
    response.writeHead(426, {
      'Content-Type': 'text/plain; charset=utf-8',
      Connection: 'Upgrade',
      Upgrade: 'websocket',
    });
    response.end('This is a Nostr relay; it is spoken to over a WebSocket.\n');
  }
}

function information(auth: 'off' | 'required') {
  return {
    name: 'Sallyport loopback relay',
    description: 'Carries ephemeral events between the programs of this machine, and stores nothing.',
    supported_nips: auth === 'required' ? [1, 11, 42] : [1, 11],
    limitation: {
      max_message_length: relayMessageMax,
      max_subscriptions: loopbackSubscriptionsMax,
      max_subid_length: subscriptionIdMax,
      max_event_tags: eventTagsMax,
      max_content_length: eventContentMax,
      auth_required: auth === 'required',
      restricted_writes: true,
    },
  };
}

function listen(http: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      http.off('error', reject);
      const address = http.address();
      if (address === null || typeof address === 'string')
        return reject(new Error('A TCP server has an address with a port.'));
      resolve(address.port);
    });
  });
}

function close(http: Server, sockets: WebSocketServer): Promise<void> {
  for (const socket of sockets.clients) socket.terminate();
  sockets.close();
  http.closeAllConnections();
  if (!http.listening) return Promise.resolve();
  return new Promise((resolve, reject) => {
    http.close((error) => (error === undefined ? resolve() : reject(error)));
  });
}
