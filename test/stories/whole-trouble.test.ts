/**
 * Stories of trouble over the whole product in memory: cables come out, devices restart, relays die, the host is restarted. The
 * app always hears what became of its request, nobody is asked twice, and everything heals.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyEvent } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { hashSecret } from '../../host/src/core/apps/sessions.ts';
import { openStore, type Store } from '../../host/src/store/store.ts';
import { askedOverGlitch, glitches } from '../support/glitch.ts';
import { judgedWorlds } from '../support/judged.ts';
import { approves, away, prompted, signed, type World } from '../support/world.ts';

const two = { relays: ['wss://one.example', 'wss://two.example'] };
const note = { kind: 1, created_at: 1_760_000_000, tags: [], content: 'hello' };

const aWorld = judgedWorlds();

test('The cable was never plugged in: the app hears it within seconds', () => {
  const world = aWorld();
  const app = world.app();
  world.unplug();
  const before = world.clock.now();
  expect(world.ask(app, 'get_public_key', [])).toMatchObject({ error: expect.stringContaining('not connected') });
  expect(world.clock.now() - before).toBeLessThan(10_000);
  world.plug();
  expect(world.ask(app, 'get_public_key', [])).toMatchObject({ result: world.device.pubkey });
});

test.each(glitches)('The cable comes out %s and goes back in: I am asked once, and the answer arrives', (when) => {
  const world = aWorld();
  const app = world.app();
  const id = askedOverGlitch(world, app, note, when);
  expect(verifyEvent(JSON.parse(String(app.answersTo(id)[0]?.json.result)))).toBe(true);
  expect(world.device.prompts).toHaveLength(1);
});

test('The cable comes out and stays out: the app hears why, and after replugging it works again', () => {
  const world = aWorld();
  const app = world.app();
  world.human = away;
  const id = app.send('sign_event', [JSON.stringify(note)]);
  prompted(world);
  world.unplug();
  world.wait('the answer', () => app.answersTo(id).length === 1, 10_000);
  expect(app.answersTo(id)[0]?.json).toMatchObject({ result: 'error', error: expect.stringContaining('unplugged') });
  world.plug();
  world.clock.advance(5_000);
  expect(world.device.prompt()).toBeNull();
  world.human = approves;
  app.send('sign_event', [JSON.stringify(note)], { id });
  world.wait('the same answer', () => app.answersTo(id).length === 2);
  expect(world.device.prompts).toHaveLength(1);
  signed(world, app, { ...note, content: 'after' });
});

test('The device restarts under a request: the app hears why', () => {
  const world = aWorld();
  const app = world.app();
  world.human = away;
  const id = app.send('sign_event', [JSON.stringify(note)]);
  prompted(world);
  world.device.reboot();
  world.wait('the answer', () => app.answersTo(id).length === 1);
  expect(app.answersTo(id)[0]?.json).toMatchObject({ result: 'error', error: expect.stringContaining('restarted') });
  world.human = approves;
  signed(world, app, { ...note, content: 'after' });
});

test('The relay dies between request and answer and comes back: the answer arrives', () => {
  const world = aWorld();
  const app = world.app();
  const id = app.send('sign_event', [JSON.stringify(note)]);
  prompted(world);
  world.relays[0].set('down');
  world.clock.advance(20_000);
  expect(world.device.signatures).toHaveLength(1);
  world.relays[0].set('up');
  world.wait('the answer', () => app.answersTo(id).length === 1, 90_000);
});

test('One of two relays is down: everything works over the other, and the first comes back', () => {
  const world = aWorld(two);
  const app = world.app();
  world.relays[0].set('down');
  signed(world, app, note);
  world.relays[0].set('up');
  world.wait(
    'it listens',
    () =>
      world
        .host()
        .relays()
        .every(({ status }) => status.type === 'listening'),
    90_000,
  );
  const id = app.send('ping', [], { relays: [world.relays[0].url] });
  world.wait('pong', () => app.answersTo(id).length === 1);
});

test('My relay demands authentication: host and app authenticate, and it works', () => {
  const world = aWorld({ auth: 'required' });
  signed(world, world.app(), note);
});

test('At a key of its own an app pairs and signs, where the relay wants to know who listens, and after I restarted the host', () => {
  const world = aWorld({ auth: 'required' });
  const secret = 'ofOneApp';
  const hash = hashSecret(secret);
  world.host().toBridge({ type: 'secret', hash, name: '', account: 0, ownKey: true });
  const key = world.host().bridge().signer.at(hash).pubkey;
  const app = world.stranger(key);
  world.clock.advance(50);
  expect(world.ask(app, 'connect', [key, secret])).toMatchObject({ result: 'ack' });
  signed(world, app, note);
  world.restartHost();
  signed(world, app, { ...note, content: 'and after the restart' });
  signed(world, world.app(), note);
});

test.each(['in memory', 'on disk'])('I restart the host, its store %s: nothing is forgotten', (where) => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-story-'));
  let open: Store | null = null;
  const store = (): Store => {
    open?.close();
    const opened = openStore(dir);
    if (opened.type === 'refused') throw new Error(opened.words);
    open = opened;
    return opened;
  };
  try {
    // A host that loads finds the file as the one before left it: the store is opened anew for each.
    const onDisk = { load: () => store().load(), save: (row: Parameters<Store['save']>[0]) => open?.save(row) };
    const world = aWorld(where === 'on disk' ? { store: onDisk } : {});
    const app = world.stranger();
    world.clock.advance(50);
    const secret = world.newSecret();
    world.ask(app, 'connect', [world.host().pubkey, secret]);
    const asked = app.event('sign_event', [JSON.stringify(note)], { id: 'kept' });
    app.publish(asked);
    world.wait('the answer', () => app.answersTo('kept').length === 1);
    world.restartHost();
    world.relays[0].invent('host', asked);
    world.clock.advance(5_000);
    expect(world.device.prompts).toHaveLength(1);
    expect(world.ask(app, 'get_public_key', [])).toMatchObject({ result: world.device.pubkey });
    const other = world.stranger();
    world.clock.advance(50);
    const late = world.ask(other, 'connect', [world.host().pubkey, secret]);
    expect(late).toMatchObject({ error: expect.stringContaining('used before') });
  } finally {
    (open as Store | null)?.close();
    rmSync(dir, { recursive: true });
  }
});

test('I restart the host while a request is on the screen: it stays there, and my press is the answer', () => {
  const world = aWorld();
  const app = world.app();
  world.human = away;
  const asked = app.event('sign_event', [JSON.stringify(note)], { id: 'open' });
  app.publish(asked);
  prompted(world);
  world.restartHost(3_000);
  world.relays[0].invent('host', asked);
  world.clock.advance(5_000);
  expect(world.device.prompt()).not.toBeNull();
  world.device.press('approve');
  world.wait('the answer', () => app.answersTo('open').length > 0, 10_000);
  expect(app.answersTo('open')).toMatchObject([{ json: { id: 'open', result: expect.stringContaining('"sig"') } }]);
  // Whoever repeats it, as apps do, gets that answer.
  expect(world.ask(app, 'sign_event', [JSON.stringify(note)], { id: 'open' }).result).toContain('"sig"');
  expect(world.device.prompts).toHaveLength(1);
  expect(world.device.signatures).toHaveLength(1);
});

test('The host dies between the signature and the answer: the device is asked what became of it, not I', () => {
  const world = aWorld();
  const app = world.app();
  world.human = away;
  const id = app.send('sign_event', [JSON.stringify(note)]);
  prompted(world);
  world.clock.advance(1_000);
  // What the device says now is on the cable when the host is gone.
  world.device.press('approve');
  world.restartHost(5_000);
  world.wait('the answer', () => app.answersTo(id).length > 0, 10_000);
  expect(app.answersTo(id)).toMatchObject([{ json: { result: expect.stringContaining('"sig"') } }]);
  expect(world.device.prompts).toHaveLength(1);
});

test('The host dies with many requests open: each is asked once and answered once', () => {
  const world = aWorld();
  const app = world.app();
  const ids = Array.from({ length: 20 }, (_, i) =>
    app.send('sign_event', [JSON.stringify({ ...note, content: `${i}` })]),
  );
  for (const after of [900, 1_700, 2_600]) {
    world.clock.advance(after);
    world.restartHost(1_500);
  }
  world.wait('all answers', () => ids.every((id) => app.answersTo(id).length > 0));
  expect(ids.map((id) => app.answersTo(id).at(-1)?.json)).toEqual(
    ids.map((id) => ({ id, result: expect.stringContaining('"sig"') })),
  );
  expect(world.device.prompts).toHaveLength(20);
  expect(world.device.signatures).toHaveLength(20);
});

test.each<[string, (world: World) => void]>([
  ['is away so long that the device has forgotten what it answered', (world) => world.restartHost(20_000)],
  [
    'dies, and the device restarts',
    (world) => {
      world.device.reboot();
      world.restartHost(1_000);
    },
  ],
])('The host %s: the app hears that, and nobody is asked again', (_how, dies) => {
  const world = aWorld();
  const app = world.app();
  world.human = away;
  const id = app.send('sign_event', [JSON.stringify(note)]);
  prompted(world);
  world.clock.advance(1_000);
  world.device.press('approve');
  expect(world.device.signatures).toHaveLength(1);
  dies(world);
  world.wait('the answer', () => app.answersTo(id).length > 0, 20_000);
  expect(app.answersTo(id)).toMatchObject([{ json: { result: 'error', error: expect.any(String) } }]);
  expect(world.device.prompts).toHaveLength(1);
  world.human = approves;
  signed(world, app, { ...note, content: 'after' });
});

test('I end the host while requests are open: every app hears it, and the screen is empty', () => {
  const world = aWorld();
  const app = world.app();
  world.human = away;
  const ids = [0, 1, 2].map((i) => app.send('sign_event', [JSON.stringify({ ...note, content: `${i}` })]));
  prompted(world);
  world.host().end();
  world.wait('the answers', () => ids.every((id) => app.answersTo(id).length === 1), 1_000);
  for (const id of ids) expect(app.answersTo(id)[0]?.json.error).toContain('shutting down');
  world.clock.advance(1_000);
  expect(world.device.prompt()).toBeNull();
});

test('The clock of the app is a quarter of an hour ahead: the app hears that', () => {
  const world = aWorld();
  const app = world.app();
  const createdAt = Math.floor(world.clock.now() / 1000) + 900;
  const answer = world.ask(app, 'sign_event', [JSON.stringify(note)], { createdAt });
  expect(answer).toMatchObject({ error: expect.stringContaining('15 minutes apart') });
});
