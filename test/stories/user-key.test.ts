/**
 * Stories of an app of early 2024 over the whole product in memory: it knows no remote-signer key, and asks the key of its user itself. The host
 * carries what it cannot read; the device opens it, asks me, and seals what the app is told.
 */
import { verifyEvent } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { askedOverGlitch, glitches } from '../support/glitch.ts';
import { judgedWorlds } from '../support/judged.ts';
import { pin } from '../support/life-bench.ts';
import { memoryStore } from '../support/memory-store.ts';
import { answersAtOwnKey, appAtUserKey, handsOf, screenOf, userKeyLine } from '../support/user-key.ts';
import {
  approves,
  away,
  denies,
  makeWorld,
  prompted,
  signed,
  type World,
  type WorldOptions,
} from '../support/world.ts';

const note = { kind: 1, created_at: 1_760_000_000, tags: [], content: 'hello' };

const aWorld = judgedWorlds();

/** A world whose account answers at its own key. */
function addressed(options: WorldOptions = {}): World {
  const world = aWorld(options);
  answersAtOwnKey(world);
  return world;
}

const log = (world: World): unknown[] =>
  world.host().reports.flatMap((report) => (report.type === 'request' ? [report.note.outcome] : []));

test.each(['off', 'required'] as const)(
  'An app of early 2024 gets a line with my own key, pairs by a press, and has a note signed; AUTH at the relay: %s',
  (auth) => {
    const world = addressed({ relays: ['wss://one.example', 'wss://two.example'], auth });
    const app = world.stranger(world.device.pubkey);
    world.clock.advance(50);
    const secret = userKeyLine(world);
    expect(world.ask(app, 'connect', [world.device.pubkey, secret])).toEqual({ id: expect.any(String), result: 'ack' });
    expect(world.device.pairings).toHaveLength(1);
    expect(world.ask(app, 'get_public_key', [])).toMatchObject({ result: world.device.pubkey });
    expect(world.ask(app, 'ping', [], { encryption: 'nip04' })).toMatchObject({ result: 'pong' });
    expect(signed(world, app, note)).toMatchObject({ ...note, pubkey: world.device.pubkey });
    expect(world.device.prompts).toHaveLength(1);
    // Whoever reads along sees the user key on both sides, and no key of the host.
    expect(app.inbox.map(({ event }) => event.pubkey)).toEqual(app.inbox.map(() => world.device.pubkey));
    expect(app.inbox.map(({ encryption }) => encryption)).toEqual(['nip44', 'nip44', 'nip04', 'nip44']);
    expect(world.ask(app, 'logout', [])).toMatchObject({ result: 'ack' });
    app.send('ping', []);
    world.clock.advance(10_000);
    expect(app.inbox).toHaveLength(5);
  },
);

test('I say no to it: the app hears that, and the line is void', () => {
  const world = addressed();
  world.pairs = denies;
  const app = world.stranger(world.device.pubkey);
  const secret = userKeyLine(world);
  world.clock.advance(50);
  expect(world.ask(app, 'connect', ['', secret])).toMatchObject({ result: 'error', error: expect.any(String) });
  world.pairs = approves;
  app.send('connect', ['', secret]);
  world.clock.advance(10_000);
  expect(world.device.pairings).toHaveLength(1);
  expect(app.inbox).toHaveLength(1);
});

test.each(glitches)('The cable comes out %s and goes back in: I am asked once, and one answer arrives', (when) => {
  const world = addressed();
  const app = appAtUserKey(world);
  const id = askedOverGlitch(world, app, note, when);
  world.clock.advance(60_000);
  expect(app.answersTo(id)).toHaveLength(1);
  expect(verifyEvent(JSON.parse(String(app.answersTo(id)[0]?.json.result)))).toBe(true);
  expect(world.device.prompts).toHaveLength(1);
});

test.each(['before I press', 'between my press and the answer'])(
  'The host dies %s, and another one starts: one prompt, one answer',
  (when) => {
    const world = addressed();
    const app = appAtUserKey(world);
    world.human = away;
    const asked = app.event('sign_event', [JSON.stringify(note)], { id: 'open' });
    app.publish(asked);
    prompted(world);
    world.clock.advance(1_000);
    if (when !== 'before I press') world.device.press('approve');
    world.restartHost(3_000);
    world.relays[0].invent('host', asked);
    world.clock.advance(3_000);
    if (when === 'before I press') world.device.press('approve');
    world.wait('the answer', () => app.answersTo('open').length > 0, 10_000);
    world.clock.advance(60_000);
    expect(app.answersTo('open')).toMatchObject([{ json: { result: expect.stringContaining('"sig"') } }]);
    expect(world.device.prompts).toHaveLength(1);
    world.human = approves;
    signed(world, app, { ...note, content: 'after' });
  },
);

test('The host dies while I look at the new app: I am asked once, and it is paired', () => {
  const world = addressed();
  world.pairs = away;
  const app = world.stranger(world.device.pubkey);
  world.clock.advance(50);
  const id = app.send('connect', [world.device.pubkey, userKeyLine(world)]);
  world.wait('the question', () => world.device.pairings.length === 1);
  world.restartHost(2_000);
  world.clock.advance(1_000);
  world.device.press('approve');
  world.wait('the answer', () => app.answersTo(id).length === 1, 10_000);
  expect(app.answersTo(id)).toMatchObject([{ json: { result: 'ack' } }]);
  expect(world.device.pairings).toHaveLength(1);
  signed(world, app, note);
});

test('The cable comes out in the middle and the host dies as well: one prompt, one answer', () => {
  const world = addressed();
  const app = appAtUserKey(world);
  world.human = away;
  const id = app.send('sign_event', [JSON.stringify(note)]);
  prompted(world);
  world.clock.advance(1_000);
  world.unplug();
  world.restartHost(1_000);
  world.device.press('approve');
  world.clock.advance(500);
  world.plug();
  world.wait('the answer', () => app.answersTo(id).length > 0, 20_000);
  expect(app.answersTo(id)).toMatchObject([{ json: { result: expect.stringContaining('"sig"') } }]);
  expect(world.device.prompts).toHaveLength(1);
});

test('The device is locked: what the app asks waits for my PIN, also when it is to be paired', () => {
  const world = aWorld({ locked: true });
  const hands = handsOf(world);
  hands.press('next');
  hands.pin(pin);
  world.clock.advance(2_000);
  answersAtOwnKey(world);
  const app = appAtUserKey(world);
  world.clock.advance(3_600_000);
  expect(world.device.firmware().life.phase).toBe('locked');
  world.human = away;
  const id = app.send('sign_event', [JSON.stringify(note)]);
  world.wait('the PIN is asked for', () => screenOf(world).startsWith('Unlock'), 5_000);
  hands.pin(pin);
  world.clock.advance(2_000);
  expect(world.device.prompts).toHaveLength(1);
  world.device.press('approve');
  world.wait('the answer', () => app.answersTo(id).length === 1);
  world.clock.advance(3_600_000);
  const other = world.stranger(world.device.pubkey);
  world.clock.advance(50);
  const asked = other.send('connect', [world.device.pubkey, userKeyLine(world)]);
  world.wait('the PIN is asked for', () => screenOf(world).startsWith('Unlock'), 5_000);
  expect(other.inbox).toEqual([]);
  hands.pin(pin);
  world.wait('the app is paired', () => other.answersTo(asked).length === 1);
  expect(other.answersTo(asked)).toMatchObject([{ json: { result: 'ack' } }]);
});

test('I take it back on the device: what is open there ends in silence, and the key is not listened for any more', () => {
  const world = addressed();
  const app = appAtUserKey(world);
  world.human = away;
  app.send('sign_event', [JSON.stringify(note)]);
  prompted(world);
  const heard = app.inbox.length;
  world.host().errand({ method: 'account_address', account: 0, addressed: false }, () => undefined);
  world.clock.advance(5_000);
  expect(log(world).at(-1)).toBe('wrong_state');
  app.send('ping', []);
  world.clock.advance(10_000);
  expect(app.inbox).toHaveLength(heard);
  expect(world.device.prompts).toHaveLength(1);
  // And with it again, the pairing is what it was.
  answersAtOwnKey(world);
  world.human = approves;
  signed(world, app, note);
});

test('I end its session at the computer: it gets nothing more, and the device does not know it either', () => {
  const world = addressed();
  const app = appAtUserKey(world);
  world.host().toBridge({ type: 'unpair', client: app.pubkey });
  world.clock.advance(2_000);
  const heard = app.inbox.length;
  userKeyLine(world);
  app.send('sign_event', [JSON.stringify(note)]);
  world.clock.advance(10_000);
  expect(log(world).at(-1)).toBe('not_paired');
  expect(app.inbox).toHaveLength(heard);
  expect(world.device.prompts).toEqual([]);
});

test('Another computer, or one that lost its store: the app gets nothing there until it shows a line of it, and then without a question', () => {
  const kept = memoryStore();
  let isLost = false;
  const load = () => ({ ...kept.load(), ...(isLost ? { apps: [], secrets: [], seen: [] } : {}) });
  // Not judged: what the device seals and the host keeps back, nobody here sees.
  const world = makeWorld({ store: { ...kept, load } });
  answersAtOwnKey(world);
  const app = appAtUserKey(world);
  isLost = true;
  world.restartHost();
  const secret = userKeyLine(world);
  app.send('get_public_key', []);
  world.clock.advance(5_000);
  app.send('connect', ['', '']);
  world.clock.advance(5_000);
  expect(app.inbox).toHaveLength(1);
  expect(log(world)).toEqual(['asked', 'not_paired', 'asked', 'spent_secret']);
  expect(world.ask(app, 'connect', ['', secret])).toMatchObject({ result: 'ack' });
  expect(world.device.pairings).toHaveLength(1);
  signed(world, app, note);
});
