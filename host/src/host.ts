/**
 * The running host: the joined machines (wiring.ts) between real edges: relays, wire, store, timers. A save that fails is a fault:
 * it throws, and nothing that depended on it happens.
 */
import { randomBytes } from 'node:crypto';
import { announcing, type RelayVerdict } from './announcing.ts';
import { relaysOfApps } from './core/apps/introducing.ts';
import { heardKeys, signersOf } from './core/apps/line-keys.ts';
import type { Introduction } from './core/apps/nostrconnect-uri.ts';
import type { RelayChange } from './core/apps/own-relays.ts';
import type { BridgeState } from './core/bridge/bridge.ts';
import type { DeviceAnswer, DeviceAsk } from './core/device/device-port.ts';
import type { HostIdentity } from './core/device/device-session.ts';
import { change, type NarrowChange, type Narrowing } from './core/narrowing/narrowing.ts';
import { narrowingText } from './core/narrowing/narrowing-text.ts';
import { remoteSigner } from './core/nip46/envelope.ts';
import type { NostrEvent } from './core/nip46/event.ts';
import { relaysMax } from './core/nip46/limits.ts';
import { type Refusal, refuse } from './core/nip46/refusal.ts';
import type { RelaySnapshot } from './core/relay/relay.ts';
import { announcement } from './core/web/announcement.ts';
import { type NameChange, named } from './core/web/naming.ts';
import { emailKeyOf, peopleText } from './core/web/people.ts';
import type { Wire, WireEvents } from './device/wire.ts';
import { introducer } from './introducer.ts';
import { lineMaker, type NewLine, type WantedLine } from './new-line.ts';
import { authEvent, probeEvent, signed } from './own-events.ts';
import { keepOwnRelays } from './own-relays.ts';
import { primitives } from './primitives/primitives.ts';
import { createRelays } from './relays/relays.ts';
import { watchClock } from './relays/sleep.ts';
import type { Reporter } from './report.ts';
import type { StageClock } from './stages.ts';
import { narrowingIn, peopleIn } from './store/settings.ts';
import type { Store } from './store/store.ts';
import { createTimers } from './timers.ts';
import { watchForTwin } from './twin.ts';
import { joinMachines } from './wiring.ts';

export type HostParts = {
  readonly store: Store;
  /** The remote-signer key, 32 bytes. */
  readonly secret: Uint8Array;
  /** Who this computer is to the device, and which device is pinned. */
  readonly identity: HostIdentity;
  /** Lines and apps get a remote-signer key of their own where nothing else is said. */
  readonly keyPerApp: boolean;
  /** Those that it is started with. */
  readonly relays: readonly string[];
  readonly wire: (events: WireEvents) => Wire;
  readonly report: Reporter;
  /** Measures where the time of requests goes. */
  readonly stages: StageClock;
  /** Milliseconds of Unix time. */
  readonly now: () => number;
};

export type Host = {
  /** A new `bunker://` line with a one-time secret, and where that is said a key, of its own; or why there is none. */
  readonly newLine: (wanted: WantedLine) => NewLine | Refusal;
  /** Pairs the app of a `nostrconnect://` line as this account, once the device's human said yes; or says why not. */
  readonly introduce: (
    introduction: Introduction,
    account: number,
    until: AbortSignal,
    ownKey?: boolean,
  ) => Promise<Refusal | null>;
  /** The same about an app that nobody announced: none of its relays is spoken to before the device's human said yes. */
  readonly introduceStranger: (introduction: Introduction, account: number) => Promise<Refusal | null>;
  /** Asks the device on the user's own behalf; aborting gives it up. */
  readonly askDevice: (ask: DeviceAsk, until: AbortSignal) => Promise<DeviceAnswer>;
  /** Makes an unused line void. */
  readonly dropLine: (hash: string) => void;
  /** Changes what is let through, on disk first; null when that cannot be. */
  readonly narrow: (change: NarrowChange) => Narrowing | null;
  /** Others know this host by this address; `logins`: apps may ask there without a line, and get this account. */
  readonly isAt: (url: string, logins: number | null) => void;
  /** Somebody clicked on the page of a challenge. */
  readonly click: (token: string) => void;
  /** Tells the world of this signer (NIP-89), on its own relays and these; or says why not. */
  readonly announce: (name: string, relays: readonly string[], until: AbortSignal) => Promise<Announced | Refusal>;
  /** Changes who has a name, on disk first; or says why not. */
  readonly name: (change: NameChange) => Refusal | null;
  /** Ends the session of an app. */
  readonly revoke: (client: string) => void;
  /** Refuses an open request, by its number. */
  readonly reject: (job: number) => void;
  readonly bridge: () => BridgeState;
  readonly relays: () => readonly RelaySnapshot[];
  /** Changes the relays of everybody, on disk first; or says why not. */
  readonly changeRelays: (change: RelayChange) => Refusal | null;
  /** Settles when at least one relay listens, or after the time given. */
  readonly listening: (withinMs: number) => Promise<void>;
  /** Begins a pairing with the unpaired device that is there. */
  readonly pair: () => void;
  /** What the human said to the code. */
  readonly answerPairing: (yes: boolean) => void;
  readonly store: Pick<Store, 'copy' | 'setting' | 'saveSetting'>;
  readonly close: () => Promise<void>;
};

/** What was announced, and what each relay made of it. */
export type Announced = { readonly event: NostrEvent; readonly relays: readonly RelayVerdict[] };

/** Time for the last answers to leave: a relay nearby takes them at once, and nobody waits long for a program to end. */
const farewellMs = 150;
/** A device ends its questions by itself; one that never does must not keep a program waiting for ever. Many grants take a while. */
const errandMs = 600_000;
/** Starts everything; nothing is answered before the state was loaded. */
export function runHost(parts: HostParts): Host {
  const { store, report, now, keyPerApp } = parts;
  const signer = remoteSigner(parts.secret, primitives);
  const timers = createTimers(now);
  const introducing = new Map<string, readonly string[]>();
  let tellsUnused: ReadonlySet<string> = new Set();
  let wakeListeners = (): void => undefined;

  const { toBridge, toDevice, resume, bridge, errand } = joinMachines(signer, {
    store,
    identity: parts.identity,
    report,
    stages: parts.stages,
    now,
    random: (length) => Uint8Array.from(randomBytes(length)),
    wakeAt: timers.wakeAt,
    write: (bytes) => wire.write(bytes),
    publish: (event, [first, ...others]) => {
      const only = [...others, ...bridge().ownRelays.all];
      return relays.publish(event, first === undefined ? { only } : { first, only });
    },
    appRelays: () => joinRelays(),
    listenFor: (pubkeys) => relays.listenFor(pubkeys),
  });
  const twin = watchForTwin(signer, now(), now, (words) => report({ type: 'warning', words }));
  const relays = createRelays(heardKeys(bridge()), {
    onEvent: (event, url) => toBridge({ type: 'event', relay: url, event }),
    onStatus: (status, url) => {
      report({ type: 'relay', url, status });
      if (status.type === 'listening') wakeListeners();
    },
    onPublished: (id, ok, words, url) => {
      if (world.said(id, ok, words, url)) return;
      if (ok) parts.stages.taken(id, now());
      else report({ type: 'warning', words: `${url} did not take an answer: ${words}` });
    },
    signAuth: (url, challenge, keys) => signersOf(bridge(), keys).map((one) => authEvent(one, url, challenge, now())),
    signProbe: () => twin.sent(probeEvent(signer, now())),
    onOwnEvent: twin.seen,
  });
  const world = announcing(joinRelays, (event, urls) => relays.publish(event, { only: urls }));
  const wire = parts.wire({
    opened: () => toDevice({ type: 'wire_opened' }),
    bytes: (bytes) => toDevice({ type: 'bytes', bytes }),
    closed: (words) => {
      report({ type: 'port', words });
      toDevice({ type: 'wire_closed' });
    },
    waiting: (words) => report({ type: 'port', words }),
  });
  toBridge({ type: 'narrow', narrowing: narrowingIn(store) });
  toBridge({ type: 'people', people: peopleIn(store) });
  const changeRelays = keepOwnRelays(parts.relays, store, toBridge, joinRelays);
  resume();
  const unwatch = watchClock(now, () => {
    timers.woke();
    relays.woke();
  });

  /** The relays of the host, of its apps, and of those that are just being introduced. */
  function joinRelays(): void {
    const unused = relays.keep([
      ...bridge().ownRelays.all,
      ...relaysOfApps(bridge().sessions),
      ...[...introducing.values()].flat(),
      ...world.relays(),
    ]);
    for (const url of unused)
      if (!tellsUnused.has(url)) report({ type: 'warning', words: `${url} is not used: ${tooManyRelays}` });
    tellsUnused = new Set(unused);
  }

  function askDevice(ask: DeviceAsk, until: AbortSignal): Promise<DeviceAnswer> {
    return new Promise((settle) => {
      let patience: NodeJS.Timeout | undefined;
      const forget = errand(ask, (answer) => {
        clearTimeout(patience);
        settle(answer);
      });
      const giveUp = (): void => {
        clearTimeout(patience);
        forget();
        settle({ type: 'refused', refusal: givenUp });
      };
      patience = setTimeout(giveUp, errandMs).unref();
      if (until.aborted) giveUp();
      else until.addEventListener('abort', giveUp, { once: true });
    });
  }

  function joined(): readonly string[] {
    joinRelays();
    return relays.snapshots().map(({ url }) => url);
  }

  const introducers = introducer({ bridge, toBridge, askDevice, now, introducing, join: joined, keyPerApp });

  return {
    newLine: lineMaker({ bridge, toBridge, signer, keyPerApp }),
    ...introducers,
    askDevice,
    dropLine: (hash) => toBridge({ type: 'void_secret', hash }),
    narrow: (what) => {
      const narrowing = change(bridge().narrowing, what, now());
      if (narrowing === null) return null;
      store.saveSetting('narrowing', narrowingText(narrowing));
      toBridge({ type: 'narrow', narrowing });
      return narrowing;
    },
    isAt: (url, account) => {
      const keys = { key: randomBytes(32), emailKey: emailKeyOf(parts.secret) };
      toBridge({ type: 'web', web: { url, logins: account === null ? null : { account, ...keys } } });
    },
    click: (token) => toBridge({ type: 'clicked', token }),
    announce: async (name, others, until) => {
      const template = announcement(bridge(), name, now());
      if ('code' in template) return template;
      const event = signed(template, parts.secret);
      const urls = [...new Set([...bridge().ownRelays.reachable, ...others])];
      return { event, relays: await world.announce(event, urls, until) };
    },
    name: (change) => {
      const people = named(bridge(), change);
      if ('code' in people) return people;
      store.saveSetting('people', peopleText(people));
      toBridge({ type: 'people', people });
      return null;
    },
    revoke: (client) => toBridge({ type: 'unpair', client }),
    reject: (job) => toBridge({ type: 'reject', job }),
    bridge,
    store,
    relays: () => relays.snapshots(),
    changeRelays,
    listening: (withinMs) =>
      new Promise((resolve) => {
        const patience = setTimeout(resolve, withinMs);
        wakeListeners = () => {
          clearTimeout(patience);
          resolve();
        };
        if (relays.snapshots().some((relay) => relay.status.type === 'listening')) wakeListeners();
      }),
    pair: () => toDevice({ type: 'pair' }),
    answerPairing: (yes) => toDevice({ type: 'pair_answer', yes }),
    close: async () => {
      // Whoever waits is told that the signer ends; the answers need a moment to leave.
      toBridge({ type: 'stop' });
      await new Promise((resolve) => setTimeout(resolve, farewellMs));
      unwatch();
      timers.close();
      relays.close();
      await wire.close();
      store.close();
    },
  };
}

const givenUp = refuse('cancelled', 'Nobody waits for the device any more.', '');

const tooManyRelays = `this signer uses ${relaysMax} relays at most. Apps that are only there are not heard.`;
