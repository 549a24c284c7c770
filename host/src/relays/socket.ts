/**
 * Runs one relay machine (core/relay/relay.ts) over a real WebSocket: performs its effects in order, feeds it what happens, and
 * wakes it at its deadline. It decides nothing itself. After `close()` it holds no socket and no timer.
 */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { newAlarm } from '../alarm.ts';
import type { NostrEvent } from '../core/nip46/event.ts';
import { relayDrainMax, relayMessageMax, relayOpenMs, relayUnsentMax } from '../core/nip46/limits.ts';
import {
  deadline,
  type RelayEffect,
  type RelayInput,
  type RelayOptions,
  type RelaySnapshot,
  type RelayStatus,
  snapshot,
  startRelay,
  step,
} from '../core/relay/relay.ts';
import { relayTrouble } from './relay-trouble.ts';

/** Who is told what. Callbacks are called one at a time, and may publish or close. */
export type RelayCallbacks = {
  /** An event that matches our filter; its id and signature have not been verified. */
  readonly onEvent: (event: NostrEvent, relayUrl: string) => void;
  readonly onStatus: (status: RelayStatus, relayUrl: string) => void;
  readonly onPublished: (eventId: string, ok: boolean, words: string, relayUrl: string) => void;
  /** Signs NIP-42 events (kind 22242), one for each of these remote-signer keys, which the relay shall know. */
  readonly signAuth: (relayUrl: string, challenge: string, pubkeys: readonly string[]) => readonly NostrEvent[];
  /** An event of the remote-signer key to itself, another one each time: what the relay makes of it says whether it delivers. */
  readonly signProbe: () => NostrEvent;
  /** An event that is said to be of the remote-signer key, and was not sent on this connection. */
  readonly onOwnEvent: (event: NostrEvent, relayUrl: string) => void;
};

export type RelaySocket = {
  readonly url: string;
  readonly publish: (event: NostrEvent) => void;
  readonly snapshot: () => RelaySnapshot;
  /** The remote-signer keys whose requests are asked for from now on. */
  readonly listenFor: (pubkeys: readonly string[]) => void;
  /** The clock jumped: this computer slept, or its clock was set. */
  readonly woke: () => void;
  /** Ends at once; what was not acknowledged ends with `onPublished(…, false)`. */
  readonly close: () => void;
};

/** Starts to connect, and stays connected until `close`. */
export function openRelay(options: RelayOptions, callbacks: RelayCallbacks): RelaySocket {
  const { url } = options;
  let state = startRelay(options);
  let socket: WebSocket | null = null;
  const alarm = newAlarm(Date.now);
  const streams = new WeakMap<WebSocket, Socket>();
  let running = false;
  const inputs: RelayInput[] = [];

  // Callbacks and signing feed in more while an effect is being performed; it is taken in order, never in between.
  function feed(input: RelayInput): void {
    inputs.push(input);
    if (running) return;
    running = true;
    try {
      for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
        const [after, effects] = step(state, next, Date.now());
        state = after;
        for (const effect of effects) perform(effect);
      }
    } finally {
      running = false;
    }
    wakeAtDeadline();
  }

  function wakeAtDeadline(): void {
    alarm(deadline(state), () => feed(tick()));
  }

  function perform(effect: RelayEffect): void {
    switch (effect.type) {
      case 'open':
        socket = connect(effect.url);
        return;
      case 'close':
        drop();
        return;
      case 'send':
        return send(effect.text);
      case 'ping':
        if (socket?.readyState === WebSocket.OPEN) socket.ping();
        return;
      case 'deliver':
        return callbacks.onEvent(effect.event, url);
      case 'sign_auth': {
        const events = callbacks.signAuth(effect.relay, effect.challenge, effect.pubkeys);
        return feed({ type: 'auth_signed', challenge: effect.challenge, events });
      }
      case 'sign_probe':
        return feed({ type: 'probe_signed', event: callbacks.signProbe() });
      case 'own_event':
        return callbacks.onOwnEvent(effect.event, url);
      case 'published':
        return callbacks.onPublished(effect.eventId, effect.ok, effect.words, url);
      case 'status':
        return callbacks.onStatus(effect.status, url);
    }
  }

  function send(text: string): void {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount <= relayUnsentMax) {
      leaveTogether(socket);
      return socket.send(text);
    }
    drop();
    feed({ type: 'closed', reason: 'The relay takes nothing any more.', jitter: Math.random() });
  }

  /** What is sent in one turn of the program leaves in one write: with many requests open, many answers come at once. */
  function leaveTogether(current: WebSocket): void {
    const stream = streams.get(current);
    if (stream === undefined || stream.writableCorked > 0) return;
    stream.cork();
    setImmediate(() => stream.uncork());
  }

  function drop(): void {
    const old = socket;
    socket = null;
    if (old === null) return;
    // What was said before the end still leaves: an answer to an app that logs out.
    streams.get(old)?.uncork();
    old.terminate();
  }

  // Every listener asks whether this is still the socket: one that was dropped goes on to report errors and its end.
  function connect(to: string): WebSocket {
    // Compression would let 6 MiB on the wire be gigabytes here, and ciphertext does not compress.
    const opened = new WebSocket(to, {
      maxPayload: relayDrainMax,
      perMessageDeflate: false,
      handshakeTimeout: relayOpenMs,
    });
    const isCurrent = () => socket === opened;
    let reason = '';
    opened.on('upgrade', ({ socket: stream }) => streams.set(opened, stream));
    opened.on('open', () => isCurrent() && feed({ type: 'opened' }));
    opened.on('pong', () => isCurrent() && feed({ type: 'pong' }));
    opened.on('ping', () => isCurrent() && feed({ type: 'pong' }));
    opened.on('message', (data, isBinary) => isCurrent() && feed(textInput(data, isBinary)));
    opened.on('error', (error) => {
      reason = relayTrouble(error);
    });
    opened.on('close', (code, said) => {
      if (!isCurrent()) return;
      socket = null;
      if (reason === '') reason = said.length > 0 ? said.toString() : `The relay closed the connection (${code}).`;
      feed({ type: 'closed', reason, jitter: Math.random() });
    });
    return opened;
  }

  wakeAtDeadline();
  return {
    url,
    publish: (event) => feed({ type: 'publish', event }),
    snapshot: () => snapshot(state),
    listenFor: (pubkeys) => feed({ type: 'keys', pubkeys }),
    woke: () => feed({ type: 'woke' }),
    close: () => feed({ type: 'stop' }),
  };
}

function tick(): RelayInput {
  return { type: 'tick', jitter: Math.random() };
}

function textInput(data: WebSocket.RawData, isBinary: boolean): RelayInput {
  const buffer = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
  // Nostr has no binary messages: an empty text counts as malformed. What is too long is not even decoded.
  const text = isBinary || buffer.length > relayMessageMax ? '' : buffer.toString('utf8');
  return { type: 'text', text, bytes: buffer.length };
}
