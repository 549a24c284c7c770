/**
 * The running host: the pure bridge and the pure device session between real edges (relays, wire, store). It performs their
 * effects in order and decides nothing. A save that fails is a fault: it throws, and nothing that depended on it happens.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { finalizeEvent } from 'nostr-tools/pure';
import { type BridgeEffect, type BridgeInput, deadline, startBridge, step } from './core/bridge.ts';
import { formatBunkerUri } from './core/bunker-uri.ts';
import {
  type DeviceSessionEffect,
  type DeviceSessionInput,
  type DeviceStatus,
  deviceSessionDeadline,
  startDeviceSession,
  stepDeviceSession,
} from './core/device-session.ts';
import { remoteSigner } from './core/envelope.ts';
import { type NostrEvent, parseEvent } from './core/event.ts';
import { hashSecret } from './core/sessions.ts';
import type { Wire, WireEvents } from './device/wire.ts';
import { createRelays } from './relays/relays.ts';
import type { Reporter } from './report.ts';
import type { Store } from './store/store.ts';

export type HostParts = {
  readonly store: Store;
  /** The remote-signer key, 32 bytes. */
  readonly secret: Uint8Array;
  readonly relays: readonly string[];
  readonly wire: (events: WireEvents) => Wire;
  readonly report: Reporter;
  /** Milliseconds of Unix time. */
  readonly now: () => number;
};

export type Host = {
  /** A new `bunker://` line with a one-time secret of its own. */
  readonly newBunkerUri: (name: string) => string;
  /** Settles when at least one relay listens, or after the time given. */
  readonly listening: (withinMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Jobs of the bridge count from 1; this one is the host's own question which key the device has. */
const ownJob = 0;
/** 32 letters and digits: 190 bits. Alphanumeric only, because nostr-tools' expression rejects the rest. */
const secretLength = 32;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Starts everything; nothing is answered before the state was loaded. */
export function runHost(parts: HostParts): Host {
  const { store, report, now } = parts;
  const signer = remoteSigner(parts.secret);
  const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
  const timers = new Map<string, NodeJS.Timeout>();
  let bridge = startBridge(signer, store.load());
  let session = startDeviceSession(random);
  let wakeListeners = (): void => undefined;

  function toBridge(input: BridgeInput): void {
    const [next, effects] = step(bridge, input, now());
    bridge = next;
    for (const effect of effects) perform(effect);
    wakeAt('bridge', deadline(bridge), () => toBridge({ type: 'tick' }));
  }

  function perform(effect: BridgeEffect): void {
    switch (effect.type) {
      case 'save':
        return store.save(effect.row);
      case 'ask':
        return toDevice({ type: 'ask', job: effect.job, ask: effect.ask });
      case 'cancel':
        return toDevice({ type: 'cancel', job: effect.job });
      case 'note':
        return report({ type: 'request', note: effect });
      case 'answer': {
        const [first] = effect.relays;
        const event = signer.seal({ ...effect, nonce: random(32) });
        const told = relays.publish(event, first === undefined ? {} : { first });
        if (told.length === 0) report({ type: 'warning', words: 'An answer could not be sent: no relay takes it.' });
      }
    }
  }

  function toDevice(input: DeviceSessionInput): void {
    const [next, effects] = stepDeviceSession(session, input, now(), random);
    session = next;
    for (const effect of effects) performDevice(effect);
    wakeAt('device', deviceSessionDeadline(session), () => toDevice({ type: 'tick' }));
  }

  function performDevice(effect: DeviceSessionEffect): void {
    if (effect.type === 'write') wire.write(effect.bytes);
    else if (effect.type === 'status') deviceIs(effect.status);
    else if (effect.type === 'answered' && effect.job !== ownJob) {
      toBridge({ type: 'answered', job: effect.job, answer: effect.answer });
    } else if (effect.type === 'answered' && effect.answer.type === 'public_key') {
      const { pubkey } = effect.answer;
      if (bridge.account !== pubkey) report({ type: 'account', pubkey });
      toBridge({ type: 'account', pubkey });
    }
  }

  function deviceIs(status: DeviceStatus): void {
    report({ type: 'device', status });
    if (status.state === 'absent') toBridge({ type: 'account', pubkey: null });
    if (status.state === 'ready' && status.info.state === 'ready') {
      toDevice({ type: 'ask', job: ownJob, ask: { method: 'get_public_key' } });
    }
  }

  function wakeAt(name: string, due: number | null, wake: () => void): void {
    clearTimeout(timers.get(name));
    if (due !== null) timers.set(name, setTimeout(wake, Math.max(0, due - now())));
  }

  const relays = createRelays([signer.pubkey], {
    onEvent: (event, url) => toBridge({ type: 'event', relay: url, event }),
    onStatus: (status, url) => {
      report({ type: 'relay', url, status });
      if (status.type === 'listening') wakeListeners();
    },
    onPublished: (_id, ok, words, url) => {
      if (!ok) report({ type: 'warning', words: `${url} did not take an answer: ${words}` });
    },
    signAuth: (url, challenge) => [authEvent(parts.secret, url, challenge, now())],
  });
  const wire = parts.wire({
    opened: () => toDevice({ type: 'wire_opened' }),
    bytes: (bytes) => toDevice({ type: 'bytes', bytes }),
    closed: (words) => {
      report({ type: 'port', words });
      toDevice({ type: 'wire_closed' });
    },
    waiting: (words) => report({ type: 'port', words }),
  });
  relays.start(parts.relays);

  return {
    newBunkerUri: (name) => {
      const secret = Array.from({ length: secretLength }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
      toBridge({ type: 'secret', hash: hashSecret(secret), name });
      return formatBunkerUri({ pubkey: signer.pubkey, relays: parts.relays, secret });
    },
    listening: (withinMs) =>
      new Promise((resolve) => {
        const patience = setTimeout(resolve, withinMs);
        wakeListeners = () => {
          clearTimeout(patience);
          resolve();
        };
        if (relays.snapshots().some((relay) => relay.status.type === 'listening')) wakeListeners();
      }),
    close: async () => {
      for (const timer of timers.values()) clearTimeout(timer);
      relays.close();
      await wire.close();
      store.close();
    },
  };
}

/** The answer to an AUTH challenge (NIP-42): kind 22242 by the remote-signer key, with the relay's address and its challenge. */
function authEvent(secret: Uint8Array, relay: string, challenge: string, nowMs: number): NostrEvent {
  const tags = [
    ['relay', relay],
    ['challenge', challenge],
  ];
  const created_at = Math.floor(nowMs / 1000);
  const event = parseEvent(finalizeEvent({ kind: 22242, created_at, tags, content: '' }, secret));
  if (event === null) throw new Error('an AUTH event of ours is no event');
  return event;
}
