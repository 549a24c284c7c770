/** What apps address to the user key, when the user narrows, the device lies or refuses, nobody answers, or the host is cut off. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSecretKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { hashSecret } from '../../host/src/core/apps/sessions.ts';
import { bridgeLimits as limits } from '../../host/src/core/bridge/bridge-limits.ts';
import type { DeviceAnswer } from '../../host/src/core/device/device-port.ts';
import { refusalOfNumber, toRefusal } from '../../host/src/core/device/device-refusal.ts';
import { change, everybody, type NarrowChange, noNarrowing } from '../../host/src/core/narrowing/narrowing.ts';
import { openStore } from '../../host/src/store/store.ts';
import { effectNames, type TestApp } from './bridge-world.ts';
import { type Lie, pairedAtUser, type UserKeyWorld, userKeyWorld } from './user-key-world.ts';

const note1 = JSON.stringify({ kind: 1, content: 'hello', tags: [], created_at: 1_700_000_000 });
const pong = JSON.stringify({ id: 'r', result: 'pong' });
const refused = (error: Parameters<typeof toRefusal>[0]): DeviceAnswer => ({
  type: 'refused',
  refusal: toRefusal(error),
});

/** A world with a paired app. */
function started(): { world: UserKeyWorld; app: TestApp } {
  const world = userKeyWorld();
  return { world, app: pairedAtUser(world) };
}

function narrow(world: UserKeyWorld, ...changes: readonly NarrowChange[]): void {
  const narrowing = changes.reduce((before, one) => change(before, one, world.now()) ?? before, noNarrowing);
  world.feed({ type: 'narrow', narrowing });
}

const noRule = { client: null, method: null, kind: null, note: '' };

describe('what the user refuses', () => {
  test.each<[string, (app: TestApp) => NarrowChange]>([
    ['by the kill switch', () => ({ type: 'kill' })],
    ['by a pause of everything', () => ({ type: 'pause', client: everybody, until: null })],
    ['by a pause of the app', ({ pubkey }) => ({ type: 'pause', client: pubkey, until: null })],
    ['by a rule about all that it asks', ({ pubkey }) => ({ type: 'add_rule', rule: { ...noRule, client: pubkey } })],
  ])('%s is not asked, not answered, and not asked later', (_how, how) => {
    const { world, app } = started();
    narrow(world, how(app));
    const event = app.event('ping', [], { to: world.user, tags: [['p', world.user]] });
    world.deliver(event);
    expect(effectNames(world)).toEqual(['save seen', 'note']);
    narrow(world);
    world.deliver(event);
    world.restarted().deliver(event);
    expect(world.asks.size).toBe(0);
    expect(app.inbox).toEqual([]);
  });

  test('while it is open ends at once, for the device too', () => {
    const { world, app } = started();
    world.ask(app, 'sign_event', [note1]);
    narrow(world, { type: 'kill' });
    expect(effectNames(world).slice(3)).toEqual(['cancel', 'note', 'save ended']);
    expect(world.kept().asked).toEqual([]);
    expect(world.asks.size).toBe(0);
    expect(app.inbox).toEqual([]);
  });

  test('lets nobody in: a line is not asked about while there is a pause', () => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    narrow(world, { type: 'pause', client: everybody, until: null });
    world.ask(world.app(), 'connect', [world.user, 'abc']);
    expect(world.asks.size).toBe(0);
  });

  test('by a rule that names a method is judged when the device has said what it was: the answer stays here', () => {
    const { world, app } = started();
    narrow(world, { type: 'add_rule', rule: { ...noRule, method: 'sign_event', kind: 1 } });
    world.ask(app, 'sign_event', [note1]);
    world.device();
    expect(world.notes()).toEqual(['asked', 'narrowed']);
    expect(app.inbox).toEqual([]);
    expect(world.kept().asked).toEqual([]);
    world.ask(app, 'ping', []);
    world.device();
    expect(app.last()).toMatchObject({ result: 'pong' });
  });

  test('by hand at the computer is taken off the screen, and the line of a pairing lives on', () => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    world.ask(world.app(), 'connect', [world.user, 'abc']);
    const [job = 0] = world.asks.keys();
    world.feed({ type: 'reject', job });
    expect(world.asks.size).toBe(0);
    expect(world.notes().at(-1)).toBe('denied');
    expect(world.kept().secrets).toMatchObject([{ spent: null }]);
  });

  test('never leaving: a logout is carried through a rule about everything that the app asks by name', () => {
    const { world, app } = started();
    for (const method of ['ping', 'sign_event']) narrow(world, { type: 'add_rule', rule: { ...noRule, method } });
    world.ask(app, 'logout', []);
    world.device();
    expect(app.last()).toMatchObject({ result: 'ack' });
  });
});

describe('a lying device', () => {
  const stranger = generateSecretKey();
  test.each<[string, Lie]>([
    ['a signature that is none', { sig: '11'.repeat(64) }],
    ['half a signature', { sig: '11'.repeat(32) }],
    ['another id', { id: 'ab'.repeat(32) }],
    ['another key', { by: stranger }],
    ['another kind', { event: { kind: 1 } }],
    ['another time', { event: { created_at: 1 }, createdAt: 2 }],
    ['another recipient', { event: { tags: [['p', 'ab'.repeat(32)]] } }],
    [
      'a tag more',
      {
        event: {
          tags: [
            ['p', 'ab'.repeat(32)],
            ['e', 'cd'.repeat(32)],
          ],
        },
      },
    ],
    ['another content', { event: { content: 'other' } }],
  ])('that seals %s has nothing published', (_what, lie) => {
    const { world, app } = started();
    world.ask(app, 'ping', []);
    world.device(world.lying(pong, lie));
    expect(world.published()).toEqual([]);
    expect(world.notes()).toEqual(['asked', 'bad_device_answer']);
    expect(world.kept().asked).toEqual([]);
  });

  test('that seals more than a relay carries has nothing published', () => {
    const { world, app } = started();
    world.ask(app, 'ping', []);
    world.device(world.lying(pong, { content: 'x'.repeat(limits.contentMax + 1) }));
    expect(world.published()).toEqual([]);
    expect(world.notes()).toEqual(['asked', 'too_large']);
  });

  test.each<[string, DeviceAnswer]>([
    ['a text', { type: 'text', text: 'pong' }],
    ['a signature', { type: 'signature', id: 'ab'.repeat(32), sig: 'cd'.repeat(64), pubkey: 'ef'.repeat(32) }],
    ['a pairing', { type: 'paired', by: 'device' }],
    ['nothing', { type: 'done' }],
  ])('that answers with %s has nothing published, and nobody is paired', (_what, said) => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    world.ask(world.app(), 'connect', [world.user, 'abc']);
    world.device(() => said);
    expect(effectNames(world).filter((name) => name === 'publish' || name === 'answer')).toEqual([]);
    expect(world.notes().at(-1)).toBe('bad_device_answer');
    expect(world.kept().apps).toEqual([]);
  });

  test('answers one app with nothing of another: a sealed answer is of the client that asked', () => {
    const { world, app } = started();
    const other = pairedAtUser(world);
    world.ask(other, 'ping', []);
    const [theirs] = world.requests();
    world.ask(app, 'ping', []);
    if (theirs === undefined) throw new Error('not asked');
    const answer = world.honest(theirs);
    world.device(() => answer);
    world.device(() => answer);
    expect(other.inbox).toHaveLength(1);
    expect(app.inbox).toEqual([]);
  });

  test.each<[string, (world: UserKeyWorld) => string | null]>([
    ['no line at all', () => null],
    ['a line that nobody made', () => hashSecret('nobody')],
    ['a line for the main key', (world) => made('main', (words) => world.newSecret(words))],
    ['a line of another account', (world) => made('other', (words) => world.newUserSecret(words, 1))],
    ['the line of another app', (world) => hashSecret(`u${pairedAtUser(world).pubkey.slice(0, 16)}`)],
  ])('pairs nobody by %s, and makes none void', (_what, lies) => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    const secret = lies(world);
    const lines = world.kept().secrets;
    const apps = world.kept().apps;
    const app = world.app();
    for (const refusal of [toRefusal('denied'), null]) {
      world.ask(app, 'connect', [world.user, 'abc']);
      world.device(world.lying(pong, { about: 'pair', secret, refusal }));
    }
    expect(world.kept()).toMatchObject({ apps, secrets: lines });
  });

  test('that says another number than there is for an error has said no: an app hears it, and nothing comes of it', () => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    const app = world.app();
    world.ask(app, 'connect', [world.user, 'abc']);
    const secret = hashSecret('abc');
    world.device(world.lying(pong, { about: 'pair', secret, refusal: refusalOfNumber(60_000) }));
    expect(world.notes().at(-1)).toBe('device_refused');
    expect(world.kept()).toMatchObject({ apps: [], secrets: [{ spent: null }] });
  });

  test('does not keep others waiting by what no human did', () => {
    const { world, app } = started();
    world.setRoom(1);
    world.ask(app, 'sign_event', [note1]);
    world.pass(100_000);
    const timedOut = toRefusal('timed_out');
    world.device(world.lying(pong, { about: 'sign_event', kind: 1, refusal: timedOut }));
    expect(world.state().workedAt).toBeLessThan(world.now());
  });
});

describe('what the device refuses', () => {
  test.each([
    'unknown_client',
    'not_announced',
    'replayed',
    'unauthenticated',
    'wrong_state',
    'rate_limited',
    'locked',
    'busy',
  ] as const)('with %s is noted, and nothing is published: nobody here could seal it', (error) => {
    const { world, app } = started();
    world.ask(app, 'ping', []);
    world.device(() => refused(error));
    expect(effectNames(world).slice(3)).toEqual(['note', 'save ended']);
    expect(world.notes().at(-1)).toBe(toRefusal(error).code);
    expect(world.kept()).toMatchObject({ asked: [], apps: [{ client: app.pubkey }] });
  });
});

describe('without an answer', () => {
  test('a request ends when time is up, and the device stops asking', () => {
    const { world, app } = started();
    world.ask(app, 'sign_event', [note1]);
    world.pass(limits.requestMs + 1);
    expect(effectNames(world).slice(3)).toEqual(['cancel', 'note', 'save ended']);
    expect(world.notes().at(-1)).toBe('timed_out');
    expect(app.inbox).toEqual([]);
    expect(world.kept().asked).toEqual([]);
  });

  test('a request ends with the host, and none begins after that', () => {
    const { world, app } = started();
    world.ask(app, 'sign_event', [note1]);
    world.feed({ type: 'stop' });
    expect(world.notes().at(-1)).toBe('shutting_down');
    world.ask(app, 'ping', []);
    expect(world.asks.size).toBe(0);
    expect(app.inbox).toEqual([]);
  });

  test('an answer that comes too late is nobody’s', () => {
    const { world, app } = started();
    world.ask(app, 'ping', []);
    const [job = 0] = world.asks.keys();
    const [ask] = world.requests();
    world.pass(limits.requestMs + 1);
    if (ask !== undefined) world.feed({ type: 'answered', job, answer: world.honest(ask) });
    expect(world.published()).toEqual([]);
    expect(world.state().drops.late).toBe(1);
  });
});

describe('a host that was cut off', () => {
  test('knows again who is paired where, and takes no event a second time', () => {
    const { world, app } = started();
    const event = app.event('ping', [], { to: world.user, tags: [['p', world.user]] });
    world.deliver(event);
    world.device();
    const next = world.restarted();
    const again = next.app(app.secret);
    next.deliver(event);
    expect(next.asks.size).toBe(0);
    expect(next.state().drops.seen).toBe(1);
    next.ask(again, 'ping', []);
    next.device();
    expect(again.last()).toMatchObject({ result: 'pong' });
  });

  test('finds all of that on a real disk as in memory', () => {
    const world = userKeyWorld();
    world.addressed(false);
    world.addressed(true);
    const [app, other] = [world.app(), world.app()];
    for (const [words, one] of [
      ['abc', app],
      ['def', other],
    ] as const) {
      world.newUserSecret(words);
      world.ask(one, 'connect', [world.user, words]);
      world.device();
    }
    world.newUserSecret('unused');
    world.feed({ type: 'unpair', client: other.pubkey });
    world.ask(app, 'sign_event', [note1]);
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-user-key-'));
    try {
      const store = openStore(join(dir, 'state'));
      if (store.type === 'refused') throw new Error(store.words);
      for (const row of world.rows()) store.save(row);
      const { apps, secrets, known, asked, revocations } = world.kept();
      const sorted = <T extends { readonly hash: string }>(list: readonly T[]) =>
        list.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
      const loaded = store.load();
      expect(loaded).toMatchObject({ apps, known, asked, revocations });
      expect(sorted(loaded.secrets)).toEqual(sorted(secrets));
      expect([apps, revocations, asked].map(({ length }) => length)).toEqual([1, 1, 1]);
      store.close();
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('asks what became of what was open, and publishes the answer once', () => {
    const { world, app } = started();
    const event = app.event('sign_event', [note1], { to: world.user, tags: [['p', world.user]] });
    world.deliver(event);
    const before = world.requests();
    const next = world.restarted();
    const again = next.app(app.secret);
    next.feed({ type: 'resume', asked: world.kept().asked });
    expect(next.requests()).toEqual(before);
    expect(next.log).toMatchObject([{ type: 'ask', resumed: true }]);
    next.deliver(event);
    next.device();
    expect(next.published()).toHaveLength(1);
    expect(again.inbox).toHaveLength(1);
    expect(effectNames(next).at(-1)).toBe('save ended');
  });

  test('between a pairing on disk and its answer says it once more, to the same app', () => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    const app = world.app();
    world.ask(app, 'connect', [world.user, 'abc']);
    const [ask] = world.requests();
    const { asked } = world.kept();
    if (ask === undefined) throw new Error('not asked');
    const answer = world.honest(ask);
    world.device(() => answer);
    const next = world.restarted();
    const again = next.app(app.secret);
    next.feed({ type: 'resume', asked });
    // What a device keeps of its answers is the answer itself.
    next.device(() => answer);
    expect(again.last()).toMatchObject({ result: 'ack' });
    expect(next.state().sessions.apps.size).toBe(1);
  });

  test.each<[string, (world: UserKeyWorld, app: TestApp) => void]>([
    ['when it answers at its own key no more', (world) => world.addressed(false)],
    ['of an app whose session the user ended', (world, app) => world.feed({ type: 'unpair', client: app.pubkey })],
  ])('goes on with nothing %s', (_when, happens) => {
    const { world, app } = started();
    world.ask(app, 'sign_event', [note1]);
    const { asked } = world.kept();
    happens(world, app);
    const next = world.restarted();
    next.app(app.secret);
    next.feed({ type: 'resume', asked: world.kept().asked });
    expect(next.published()).toEqual([]);
    // And where a crash left the row: what the device answers is published for nobody.
    const other = world.restarted();
    other.app(app.secret);
    other.feed({ type: 'resume', asked });
    if (other.asks.size > 0) other.device();
    expect(other.published()).toEqual([]);
  });

  test('refuses what the user refuses by now, and the device stops asking', () => {
    const { world, app } = started();
    world.ask(app, 'sign_event', [note1]);
    const next = world.restarted();
    narrow(next, { type: 'kill' });
    next.feed({ type: 'resume', asked: world.kept().asked });
    expect(next.log.map(({ type }) => type)).toEqual(['ask', 'cancel', 'note', 'save']);
    expect(next.asks.size).toBe(0);
  });
});

describe('another device in place of the one before', () => {
  const known = (user: string, device: string, number: number) => ({
    type: 'accounts' as const,
    device,
    accounts: [{ account: number, name: '', pubkey: user, addressed: true as const }],
  });

  test('pairs the app anew by the line that it had, under the number that the account has there', () => {
    const { world, app } = started();
    world.paired.clear();
    world.feed(known(world.user, 'd2'.repeat(32), 3));
    world.ask(app, 'ping', []);
    world.device();
    expect(world.notes().at(-1)).toBe('not_paired');
    const words = `u${app.pubkey.slice(0, 16)}`;
    world.ask(app, 'connect', [world.user, words]);
    expect(world.requests()).toMatchObject([{ carried: { account: 3 }, secrets: [hashSecret(words)] }]);
    world.device();
    expect(app.last()).toMatchObject({ result: 'ack' });
    expect(world.kept().apps).toMatchObject([{ client: app.pubkey, account: 3, onDevice: true, addressed: true }]);
  });

  test('is nobody’s where it has another key: nothing is heard at the old one, and no line of before lets anybody in', () => {
    const { world, app } = started();
    world.newUserSecret('abc');
    const other = 'cd'.repeat(32);
    world.feed(known(other, 'd2'.repeat(32), 0));
    world.ask(app, 'ping', []);
    world.ask(world.app(), 'connect', [world.user, 'abc']);
    expect(world.asks.size).toBe(0);
    expect(world.kept()).toMatchObject({ apps: [], known: { accounts: [{ pubkey: other }] } });
    expect(world.kept().secrets.filter(({ spent }) => spent === null)).toEqual([]);
  });
});

/** The hash of a line that was just made. */
function made(words: string, makes: (words: string) => unknown): string {
  makes(words);
  return hashSecret(words);
}
