/**
 * The whole product in memory: apps, relays, the host, the cable, the firmware and a human, all on one virtual clock and one seed.
 * Stories and attacks are told on it, and `judge` says at their end whether what must always be true was true.
 */
import { type Event, getEventHash, verifyEvent } from 'nostr-tools/pure';
import type { Store } from '../../host/src/store/store.ts';
import { nodeDh } from '../conformance/dh.ts';
import { type CableFaults, soundCable } from './cable.ts';
import { type Clock, virtualClock } from './clock.ts';
import { settledFlash } from './life-bench.ts';
import { type Answer, type Asked, type MemoryApp, memoryApp } from './memory-app.ts';
import { type Key, type MemoryDevice, memoryDevice, type Prompt } from './memory-device.ts';
import { memoryFlash, pairedBefore } from './memory-flash.ts';
import { type MemoryHost, memoryHost } from './memory-host.ts';
import { type MemoryRelay, memoryRelay } from './memory-relay.ts';
import { memoryStore } from './memory-store.ts';
import { bytesFrom, chance } from './random.ts';

/** What the human does about a prompt: a key, or nothing. */
export type Decide = (prompt: Prompt) => Key | null;

export type WorldOptions = {
  readonly seed?: number;
  readonly relays?: readonly string[];
  readonly auth?: 'off' | 'required';
  readonly store?: Pick<Store, 'load' | 'save'>;
  readonly faults?: CableFaults;
  /** The device has a PIN, and begins locked; open and without one where nothing is said. */
  readonly locked?: boolean;
};

export type World = {
  readonly clock: Clock;
  readonly relays: readonly [MemoryRelay, ...MemoryRelay[]];
  readonly device: MemoryDevice;
  readonly host: () => MemoryHost;
  /** Looks up this long after a prompt came, and decides. */
  human: { readonly afterMs: number; readonly decide: Decide };
  /** The same when an app is to be paired: yes, where a story says nothing else. */
  pairs: { readonly afterMs: number; readonly decide: Decide };
  /** An app that nobody knows. */
  readonly stranger: (key?: string) => MemoryApp;
  /** An app that paired with a secret of its own. */
  readonly app: (name?: string) => MemoryApp;
  readonly newSecret: (name?: string) => string;
  /** Asks and waits for the answer; no answer is a failure. */
  readonly ask: (app: MemoryApp, method: string, params: unknown, asked?: Asked) => Answer;
  /** Waits until something holds; it not holding is a failure. */
  readonly wait: (what: string, holds: () => boolean, limitMs?: number) => void;
  readonly unplug: () => void;
  readonly plug: () => void;
  /** Ends the host and starts one anew, with what the store kept. */
  readonly restartHost: (awayMs?: number) => void;
  readonly judge: () => void;
};

export const approves: World['human'] = { afterMs: 700, decide: () => 'approve' };
export const denies: World['human'] = { afterMs: 700, decide: () => 'deny' };
export const away: World['human'] = { afterMs: 700, decide: () => null };

/** A clock that is in the middle of 2025: `created_at` has to be believable. */
const start = 1_760_000_000_000;
/** Longer than any request may take (two approvals), so that no answer by then is none. */
const answerMs = 200_000;

export function makeWorld(options: WorldOptions = {}): World {
  const clock = virtualClock(start);
  const draw = chance(options.seed ?? 1);
  const [first = 'wss://one.example', ...more] = options.relays ?? [];
  const relayAt = (url: string): MemoryRelay => memoryRelay(url, clock, draw, options.auth);
  const relays: readonly [MemoryRelay, ...MemoryRelay[]] = [relayAt(first), ...more.map(relayAt)];
  const store = { ...memoryStore(), ...options.store };
  const secret = bytesFrom(draw)(32);
  let plugged = true;
  let secrets = 0;

  const flash = memoryFlash();
  const identity = pairedBefore(flash, bytesFrom(draw), nodeDh);
  if (options.locked === true) settledFlash(flash);
  const device = memoryDevice(
    clock,
    draw,
    {
      toHost: (bytes) => host.bytes(bytes),
      prompted: (prompt) => {
        const { afterMs, decide } = prompt.command === 'pair' ? world.pairs : world.human;
        clock.after(afterMs, () => {
          const key = device.prompt() === prompt ? decide(prompt) : null;
          if (key !== null) device.press(key);
        });
      },
    },
    { flash, starts: options.locked === true ? 'flash' : 'demo' },
  );
  const sealed = new Set<string>();
  const startHost = (): MemoryHost =>
    memoryHost({
      ...{ clock, draw, secret, store, identity, relays },
      write: (bytes) => device.cable.toDevice(bytes),
      published: (event) => {
        if (event.pubkey === device.pubkey && event.kind === 24133)
          sealed.add(getEventHash({ ...event, tags: event.tags.map((tag) => [...tag]) }));
      },
    });
  let host = startHost();

  const wait: World['wait'] = (what, holds, limitMs = answerMs) => {
    if (!clock.until(holds, limitMs)) throw new Error(`${what}: not within ${limitMs / 1000} s`);
  };
  const stranger = (key = host.pubkey): MemoryApp => memoryApp(clock, draw, relays, key);
  const newSecret = (name = ''): string => {
    const words = `secret${++secrets}`;
    host.newSecret(words, name);
    return words;
  };
  const ask: World['ask'] = (app, method, params, asked = {}) => {
    const before = app.inbox.length;
    const id = app.send(method, params, asked);
    const isAnswer = (one: MemoryApp['inbox'][number]): boolean => JSON.stringify(one.json.id) === JSON.stringify(id);
    wait(`an answer to ${method}`, () => app.inbox.slice(before).some(isAnswer));
    return app.inbox.slice(before).find(isAnswer)?.json ?? {};
  };

  const world: World = {
    clock,
    relays,
    device,
    host: () => host,
    human: approves,
    pairs: approves,
    stranger,
    app: (name = 'Coracle') => {
      const app = stranger();
      clock.advance(50);
      const answer = ask(app, 'connect', [host.pubkey, newSecret(), '', JSON.stringify({ name })]);
      if (answer.result !== 'ack') throw new Error('the app could not pair');
      return app;
    },
    newSecret,
    ask,
    wait,
    unplug: () => {
      plugged = false;
      device.cable.setPlugged(false);
      host.unplugged();
    },
    plug: () => {
      plugged = true;
      device.cable.setPlugged(true);
      host.plugged();
    },
    restartHost: (awayMs = 500) => {
      host.stop();
      clock.advance(awayMs);
      host = startHost();
      if (plugged) host.plugged();
      untilListening();
    },
    judge: () => {
      judge(device, sealed);
      judgeLoad(device);
    },
  };
  const untilListening = (): void =>
    wait('the host listens', () => host.relays().every(({ status }) => status.type === 'listening'));
  device.cable.faults = options.faults ?? soundCable;
  host.plugged();
  untilListening();
  if (options.locked !== true)
    wait('the device is known', () => host.reports.some((report) => report.type === 'account'));
  return world;
}

/** Asks for a signature and returns the event that came back, verified by nostr-tools. */
export function signed(world: World, app: MemoryApp, template: Record<string, unknown>): Event {
  const { result, error } = world.ask(app, 'sign_event', [JSON.stringify(template)]);
  if (error !== undefined) throw new Error(String(error));
  const event: Event = JSON.parse(String(result));
  if (!verifyEvent(event)) throw new Error('the signature does not verify');
  return event;
}

/** Waits until this many requests have been on the screen. */
export function prompted(world: World, count = 1): void {
  world.wait('a prompt', () => world.device.prompts.length >= count);
}

/**
 * What must be true after every story: nothing signed but what was on the screen, by a press, each prompt at most once; and beside that answers of
 * the user key itself, whose ids are `sealed`, each of them once.
 */
export function judge(device: MemoryDevice, sealed: ReadonlySet<string> = new Set()): void {
  const spent = new Set<Prompt>();
  const answers = device.signatures.map(({ hash }) => hash).filter((hash) => sealed.has(hash));
  if (answers.length !== new Set(answers).size) throw new Error('an answer that was sealed twice');
  for (const { hash, prompt, drawnAt, pressedAt } of device.signatures) {
    if (sealed.has(hash)) continue;
    if (prompt === null || pressedAt === null) throw new Error('a signature without a press');
    if (pressedAt < drawnAt) throw new Error('a signature by a press that began before the screen was drawn');
    if (prompt.eventId !== hash) throw new Error('another event was signed than the one that was shown');
    if (spent.has(prompt)) throw new Error('two signatures for one prompt');
    spent.add(prompt);
  }
}

/** An honest host never gives the device more than it announced. */
function judgeLoad(device: MemoryDevice): void {
  const announced = device.firmware().link.facts.requestsMax;
  if (device.held() > announced)
    throw new Error(`the device held ${device.held()} requests, ${announced} were announced`);
}
