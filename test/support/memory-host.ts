/**
 * The host in memory: the machines of the product, joined by the product's own wiring, with relays, wire, timers and store of the
 * test. It runs until it is stopped; what it saved is what the next one loads.
 */
import { heardKeys, signersOf } from '../../host/src/core/apps/line-keys.ts';
import { hashSecret } from '../../host/src/core/apps/sessions.ts';
import type { BridgeInput, BridgeState, Drops } from '../../host/src/core/bridge/bridge.ts';
import type { HostIdentity } from '../../host/src/core/device/device-session.ts';
import { remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import type { NostrEvent } from '../../host/src/core/nip46/event.ts';
import {
  deadline,
  type RelayEffect,
  type RelayInput,
  type RelaySnapshot,
  snapshot,
  startRelay,
  step,
} from '../../host/src/core/relay/relay.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import type { Report } from '../../host/src/report.ts';
import type { Store } from '../../host/src/store/store.ts';
import { joinMachines, type Machines } from '../../host/src/wiring.ts';
import type { Clock } from './clock.ts';
import type { Line, MemoryRelay } from './memory-relay.ts';
import { bytesFrom, type Chance } from './random.ts';

export type MemoryHost = {
  readonly pubkey: string;
  readonly reports: readonly Report[];
  /** Makes a one-time secret known. */
  readonly newSecret: (secret: string, name?: string, account?: number) => void;
  readonly relays: () => readonly RelaySnapshot[];
  readonly plugged: () => void;
  readonly bytes: (bytes: Uint8Array) => void;
  readonly unplugged: () => void;
  readonly drops: () => Drops;
  readonly bridge: () => BridgeState;
  readonly toBridge: (input: BridgeInput) => void;
  /** Asks the device on the user's own behalf. */
  readonly errand: Machines['errand'];
  /** The computer sleeps: nothing of the host runs, and what is said to it is lost. It wakes up without a word from its relays. */
  readonly sleep: () => void;
  readonly wake: () => void;
  /** Ends it in order: what is open is answered. */
  readonly end: () => void;
  readonly pair: () => void;
  readonly answerPairing: (yes: boolean) => void;
  /** Ends it as a crash would: nothing is said to anybody. */
  readonly stop: () => void;
};

export type MemoryHostParts = {
  readonly clock: Clock;
  readonly draw: Chance;
  readonly secret: Uint8Array;
  readonly store: Pick<Store, 'load' | 'save' | 'savePin' | 'setting' | 'saveSetting'>;
  readonly identity: HostIdentity;
  readonly relays: readonly MemoryRelay[];
  readonly write: (bytes: Uint8Array) => void;
  /** Hears of every event that it publishes. */
  readonly published?: (event: NostrEvent) => void;
};

export function memoryHost(parts: MemoryHostParts): MemoryHost {
  const { clock, draw, secret, store, identity, relays, write } = parts;
  const signer = remoteSigner(secret, primitives);
  const reports: Report[] = [];
  const due = new Map<string, { readonly at: number; readonly wake: () => void }>();
  let running = true;
  let asleep = false;
  const wakeAt = (name: string, at: number | null, wake: () => void): void => {
    if (at === null || !running) due.delete(name);
    else due.set(name, { at, wake });
  };
  clock.watch(
    () => (due.size === 0 || asleep ? null : Math.min(...[...due.values()].map(({ at }) => at))),
    () => {
      for (const [name, { at, wake }] of [...due]) {
        if (at > clock.now()) continue;
        due.delete(name);
        wake();
      }
    },
  );
  const { toBridge, toDevice, resume, errand, drops, bridge } = joinMachines(signer, {
    store,
    identity,
    report: (report) => reports.push(report),
    now: clock.now,
    random: bytesFrom(draw),
    wakeAt,
    write,
    later: (run) => run(),
    appRelays: () => undefined,
    listenFor: (pubkeys) => {
      for (const connection of connections) connection.feed({ type: 'keys', pubkeys });
    },
    publish: (event, [first]) => {
      parts.published?.(event);
      const ordered = [...connections].sort((a, b) => Number(b.url === first) - Number(a.url === first));
      for (const connection of ordered) connection.feed({ type: 'publish', event });
      return ordered.map(({ url }) => url);
    },
  });
  const connections = relays.map((relay) =>
    runRelay(relay, clock, draw, heardKeys(bridge()), wakeAt, (effect) => {
      if (effect.type === 'sign_probe') return { type: 'probe_signed', event: probe() };
      if (effect.type === 'deliver') toBridge({ type: 'event', relay: relay.url, event: effect.event });
      else if (effect.type === 'sign_auth') {
        const { challenge, pubkeys } = effect;
        const createdAt = Math.floor(clock.now() / 1000);
        const events = signersOf(bridge(), pubkeys).map((one) =>
          one.authenticate(effect.relay, challenge, createdAt, bytesFrom(draw)(32)),
        );
        return { type: 'auth_signed', challenge, events };
      } else if (effect.type === 'status') reports.push({ type: 'relay', url: relay.url, status: effect.status });
      return null;
    }),
  );

  /** An event to ourselves, as the product makes it. */
  function probe(): NostrEvent {
    const createdAt = Math.floor(clock.now() / 1000);
    return signer.seal({
      client: signer.pubkey,
      encryption: 'nip44',
      text: 'probe',
      createdAt,
      random: bytesFrom(draw)(64),
    });
  }

  const all = relays.map(({ url }) => url);
  toBridge({ type: 'own_relays', relays: { all, reachable: all } });
  resume();

  return {
    pubkey: signer.pubkey,
    reports,
    newSecret: (words, name = '', account = 0) => toBridge({ type: 'secret', hash: hashSecret(words), name, account }),
    relays: () => connections.map((connection) => connection.see()),
    plugged: () => running && toDevice({ type: 'wire_opened' }),
    bytes: (bytes) => running && !asleep && toDevice({ type: 'bytes', bytes }),
    unplugged: () => running && toDevice({ type: 'wire_closed' }),
    pair: () => toDevice({ type: 'pair' }),
    answerPairing: (yes) => toDevice({ type: 'pair_answer', yes }),
    drops,
    bridge,
    toBridge,
    errand,
    sleep: () => {
      asleep = true;
      for (const connection of connections) connection.lose();
    },
    wake: () => {
      asleep = false;
      for (const connection of connections) connection.feed({ type: 'woke' });
    },
    end: () => toBridge({ type: 'stop' }),
    stop: () => {
      running = false;
      for (const connection of connections) connection.drop();
      due.clear();
    },
  };
}

/** One relay machine over a line in memory, as socket.ts runs it over a real one. `other` may answer an effect with an input. */
function runRelay(
  relay: MemoryRelay,
  clock: Clock,
  draw: Chance,
  pubkeys: readonly string[],
  wakeAt: (name: string, at: number | null, wake: () => void) => void,
  other: (effect: RelayEffect) => RelayInput | null,
) {
  let state = startRelay({ url: relay.url, pubkeys });
  let line: Line | null = null;
  let running = false;
  const inputs: RelayInput[] = [];

  function feed(input: RelayInput): void {
    inputs.push(input);
    if (running) return;
    running = true;
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      const [after, effects] = step(state, next, clock.now());
      state = after;
      for (const effect of effects) perform(effect);
    }
    running = false;
    plan();
  }

  function plan(): void {
    wakeAt(relay.url, deadline(state), () => feed({ type: 'tick', jitter: draw() }));
  }

  function perform(effect: RelayEffect): void {
    if (effect.type === 'open') line = open();
    else if (effect.type === 'close') drop();
    else if (effect.type === 'send') line?.send(effect.text);
    else if (effect.type === 'ping') line?.ping();
    else {
      const input = other(effect);
      if (input !== null) feed(input);
    }
  }

  function open(): Line {
    const heard = (input: RelayInput): void => {
      if (line === opened) feed(input);
    };
    const opened: Line = relay.connect('host', {
      opened: () => heard({ type: 'opened' }),
      text: (text) => heard({ type: 'text', text, bytes: Buffer.byteLength(text) }),
      pong: () => heard({ type: 'pong' }),
      closed: (reason) => heard({ type: 'closed', reason, jitter: draw() }),
    });
    return opened;
  }

  function drop(): void {
    const old = line;
    line = null;
    old?.close();
  }

  /** The other end gives the connection up, and we do not hear of it. What is said on it goes nowhere. */
  function lose(): void {
    line?.close();
    line = { send: () => undefined, ping: () => undefined, close: () => undefined };
  }

  plan();
  return { url: relay.url, feed, drop, lose, see: () => snapshot(state) };
}
