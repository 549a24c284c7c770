/**
 * How the machines of the host are joined: what the bridge asks goes to the device session, what the device says goes back to the
 * bridge, answers are sealed and published. The edges are given, so that the program with its sockets and a test world with its
 * virtual clock run the same joints. It performs effects in order and decides nothing.
 *
 * Inputs are taken one at a time: one that an effect causes waits until all effects of its step are done. Otherwise frames would
 * be written in another order than they were numbered, and notes would tell the end of a request before its beginning.
 */

import { relaysOfApps } from './core/apps/introducing.ts';
import { heardKeys } from './core/apps/line-keys.ts';
import { wishesOf } from './core/apps/wishes.ts';
import {
  type AnswerEffect,
  type BridgeEffect,
  type BridgeInput,
  type BridgeState,
  type Drops,
  deadline,
  startBridge,
  step,
} from './core/bridge/bridge.ts';
import { accountsIn, knownDevice, ownQuestion } from './core/device/device-care.ts';
import type { DeviceAccount, DeviceAnswer, DeviceAsk } from './core/device/device-port.ts';
import {
  type DeviceSessionEffect,
  type DeviceSessionInput,
  type DeviceStatus,
  deviceSessionDeadline,
  type HostIdentity,
  startDeviceSession,
  stepDeviceSession,
} from './core/device/device-session.ts';
import type { RemoteSigner } from './core/nip46/envelope.ts';
import type { NostrEvent } from './core/nip46/event.ts';
import type { Reporter } from './report.ts';
import type { StageClock } from './stages.ts';
import type { Store } from './store/store.ts';

/** What the machines need of the world. Times are ms Unix time. */
export type Edges = {
  readonly store: Pick<Store, 'load' | 'save' | 'savePin' | 'setting' | 'saveSetting'>;
  /** Who this computer is to the device, and which device is pinned. */
  readonly identity: HostIdentity;
  readonly report: Reporter;
  /** Measures where the time of requests goes; nothing depends on it. */
  readonly stages?: StageClock;
  readonly now: () => number;
  /** Strong random bytes of the given length. */
  readonly random: (length: number) => Uint8Array;
  /** Calls `wake` at `due` instead of whatever was planned for this machine before; null plans nothing. */
  readonly wakeAt: (machine: 'bridge' | 'device', due: number | null, wake: () => void) => void;
  /** Writes to the wire of the device. */
  readonly write: (bytes: Uint8Array) => void;
  /** Publishes to these relays, which an app uses, in this order, and to all that are everybody's. Returns those that have it now. */
  readonly publish: (event: NostrEvent, to: readonly string[]) => readonly string[];
  /** Calls this when what was published has left this program: left out, at the end of a turn, as sockets send it (`relays/socket.ts`). */
  readonly later?: (run: () => void) => void;
  /** These are now the relays that apps brought themselves. */
  readonly appRelays: (urls: readonly string[]) => void;
  /** These are now the remote-signer keys that are listened for, the main one first. */
  readonly listenFor: (pubkeys: readonly string[]) => void;
};

/** `toBridge({ type: 'stop' })` answers everything that is open with an error; what it publishes needs a moment to leave. */
export type Machines = {
  readonly toBridge: (input: BridgeInput) => void;
  readonly toDevice: (input: DeviceSessionInput) => void;
  /** Goes on with what a host before this one had asked; once, before the device is there. */
  readonly resume: () => void;
  /** What was dropped without a word so far, by reason. */
  readonly drops: () => Drops;
  readonly bridge: () => BridgeState;
  /** Asks the device on the user's own behalf; `done` is told how that ended. Returns how to give it up: then `done` is not called. */
  readonly errand: (ask: DeviceAsk, done: (answer: DeviceAnswer) => void) => () => void;
};

/** Jobs of the bridge count up from 1, errands of the user down from -1; this one is the host's own question which keys the device has. */
const ownJob = 0;

/** Joins a bridge with what the store kept, and a session with a device that is not there yet. */
export function joinMachines(signer: RemoteSigner, edges: Edges): Machines {
  const { store, report, now, random, wakeAt } = edges;
  const inOrder = oneAtATime();
  const loaded = store.load();
  let bridge = startBridge(signer, loaded);
  let session = startDeviceSession(random, edges.identity, store.setting('boot'));
  let atDevice: ReadonlySet<number> = new Set();
  const errands = new Map<number, (answer: DeviceAnswer) => void>();
  const keysTold = new Map<number, string>();
  let nextErrand = ownJob - 1;

  const toBridge = (input: BridgeInput): void => inOrder(() => takeBridge(input));
  const toDevice = (input: DeviceSessionInput): void => inOrder(() => takeDevice(input));

  function takeBridge(input: BridgeInput): void {
    const [next, effects] = step(bridge, input, now());
    const { sessions, known } = bridge;
    bridge = next;
    // Before whatever is answered: who learns a key by an answer may ask at it at once.
    if (next.sessions !== sessions || next.known !== known) edges.listenFor(heardKeys(next));
    if (next.sessions.apps !== sessions.apps) edges.appRelays(relaysOfApps(next.sessions));
    for (const effect of effects) perform(effect);
    wakeAt('bridge', deadline(bridge), () => toBridge({ type: 'tick' }));
  }

  function perform(effect: BridgeEffect): void {
    switch (effect.type) {
      case 'save': {
        const { row } = effect;
        // The answer is said before, and is still in this program: killed now, the next host has to say it once more.
        if (row.type !== 'ended') return store.save(row);
        const { later = setImmediate } = edges;
        later(() => store.save(row));
        return;
      }
      case 'ask':
        return toDevice(effect);
      case 'cancel':
        edges.stages?.ended(effect.job, now());
        return toDevice({ type: 'cancel', job: effect.job });
      case 'replaced':
        return report({ type: 'replaced', comparison: effect.comparison });
      case 'propose': {
        const { client, remoteSigner, perms } = effect;
        const grants = wishesOf(perms);
        const ask = { method: 'grants_propose', client, remoteSigner, grants } as const;
        // The human looks at the device, and what they gave is listed there: nobody waits for the answer here.
        if (grants.length > 0) errand(ask, () => undefined);
        return;
      }
      case 'publish':
        return publish(effect.event, effect);
      case 'note':
        // Now and not later: the answer is still in this program, and whose app it was is known.
        return report({ type: 'request', note: effect });
      case 'answer': {
        const sealed = signer.at(effect.line).seal({ ...effect, random: random(64) });
        return publish(sealed, effect);
      }
    }
  }

  function publish(event: NostrEvent, { client, relays }: Pick<AnswerEffect, 'client' | 'relays'>): void {
    const own = bridge.sessions.apps.get(client)?.relays ?? [];
    edges.stages?.published(event.id, now());
    const told = edges.publish(event, [...relays, ...own]);
    if (told.length === 0) report({ type: 'warning', words: 'An answer could not be sent: no relay takes it.' });
  }

  function takeDevice(input: DeviceSessionInput): void {
    const [next, effects] = stepDeviceSession(session, input, now(), random);
    // Before anything is asked in it: the next host has to know whether this boot is still the one.
    if (next.bootId !== null && next.bootId !== session.bootId) store.saveSetting('boot', next.bootId);
    session = next;
    for (const effect of writesTogether(effects)) performDevice(effect);
    tellSent();
    wakeAt('device', deviceSessionDeadline(session), () => toDevice({ type: 'tick' }));
  }

  /** What left the queue of the session is with the device: a human may see it. */
  function tellSent(): void {
    const sent = session.open.filter(({ phase, job }) => phase !== 'waiting' && job > ownJob).map(({ job }) => job);
    for (const job of sent) {
      if (atDevice.has(job)) continue;
      edges.stages?.sent(job, now());
      toBridge({ type: 'sent', job });
    }
    atDevice = new Set(sent);
  }

  function performDevice(effect: DeviceSessionEffect): void {
    if (effect.type === 'write') edges.write(effect.bytes);
    else if (effect.type === 'status') deviceIs(effect.status);
    else if (effect.type === 'pin') store.savePin(effect.device, now());
    else if (effect.type === 'pairing') report({ type: 'pairing', news: effect.news });
    else if (effect.type === 'progress') edges.stages?.progress(effect.job, effect.progress.step, now());
    else if (effect.type === 'answered' && effect.job > ownJob) {
      edges.stages?.ended(effect.job, now());
      toBridge({ type: 'answered', job: effect.job, answer: effect.answer });
    } else if (effect.type === 'answered' && effect.job < ownJob) {
      const done = errands.get(effect.job);
      errands.delete(effect.job);
      done?.(effect.answer);
    } else if (effect.type === 'answered') {
      const accounts = accountsIn(effect.answer);
      if (accounts !== null) knowAccounts(accounts);
    }
  }

  function knowAccounts(accounts: readonly DeviceAccount[]): void {
    // A signature may have named one before the device told them all: what counts is what people were told.
    if (bridge.accounts.size === 0) keysTold.clear();
    for (const each of accounts) {
      if (keysTold.get(each.account) === each.pubkey) continue;
      keysTold.set(each.account, each.pubkey);
      report({ type: 'account', ...each, of: accounts.length });
    }
    const { channel } = session;
    const device = channel.phase === 'sealed' && channel.paired ? channel.device : null;
    toBridge({ type: 'accounts', device, accounts });
  }

  function deviceIs(status: DeviceStatus): void {
    report({ type: 'device', status });
    const known = knownDevice(status);
    if (known !== undefined) toBridge({ type: 'device', device: known });
    const ask = ownQuestion(status);
    if (ask !== null) toDevice({ type: 'ask', job: ownJob, client: '', ask });
  }

  function errand(ask: DeviceAsk, done: (answer: DeviceAnswer) => void): () => void {
    const job = nextErrand--;
    errands.set(job, done);
    toDevice({ type: 'ask', job, client: '', ask });
    return () => {
      if (errands.delete(job)) toDevice({ type: 'cancel', job });
    };
  }

  const resume = (): void => toBridge({ type: 'resume', asked: loaded.asked, challenges: loaded.challenges });

  return { toBridge, toDevice, resume, errand, drops: () => bridge.drops, bridge: () => bridge };
}

/** Frames that follow each other leave in one write: each wakes the device. */
function writesTogether(effects: readonly DeviceSessionEffect[]): readonly DeviceSessionEffect[] {
  const together: DeviceSessionEffect[] = [];
  for (const effect of effects) {
    const last = together.at(-1);
    if (effect.type !== 'write' || last?.type !== 'write') together.push(effect);
    else together[together.length - 1] = { type: 'write', bytes: Buffer.concat([last.bytes, effect.bytes]) };
  }
  return together;
}

/** Runs what it is given; what is given meanwhile runs after it. */
function oneAtATime(): (take: () => void) => void {
  const waiting: (() => void)[] = [];
  let running = false;
  return (take) => {
    waiting.push(take);
    if (running) return;
    running = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
    } finally {
      // A fault ends the program; what waited behind it depended on what did not happen.
      waiting.length = 0;
      running = false;
    }
  };
}
