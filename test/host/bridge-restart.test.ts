/** The host ends, in order or by a crash, and another one begins: nobody is asked a second time, and every app hears what became. */
import { generateSecretKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { noNarrowing } from '../../host/src/core/narrowing/narrowing.ts';
import { refuse } from '../../host/src/core/nip46/refusal.ts';
import { effectNames, makeWorld, pairedApp, type TestApp, type World } from './bridge-world.ts';

const note1 = { kind: 1, content: 'hello', tags: [['t', 'x']], created_at: 1_700_000_000 };

/** A paired app whose key is known, so that it can come back. */
function started(): { world: World; app: TestApp; restart: (passMs?: number) => { world: World; app: TestApp } } {
  const secret = generateSecretKey();
  const world = makeWorld();
  const app = world.app(secret);
  world.newSecret('abc');
  app.send('connect', ['', 'abc']);
  world.log.length = 0;
  const restart = (passMs = 0) => {
    const next = makeWorld(world.kept(), world.signer);
    next.pass(passMs);
    return { world: next, app: next.app(secret) };
  };
  return { world, app, restart };
}

describe('after a crash', () => {
  test('a repeat that had joined, or was answered from memory, is not asked when a relay replays it', () => {
    const { world, app, restart } = started();
    const events = [0, 1, 2].map((i) => {
      world.pass(i * 1_000);
      return app.event('sign_event', [note1], { id: 'r' });
    });
    for (const [i, event] of events.entries()) {
      if (i === 2) world.press({ type: 'refused', refusal: refuse('denied', 'No.', '') });
      world.deliver(event);
    }
    expect(world.notes()).toEqual(['asked', 'joined', 'denied', 'repeated']);
    const after = restart();
    for (const event of events) after.world.deliver(event);
    expect(after.world.asks.size).toBe(0);
    expect(after.world.state().drops.seen).toBe(3);
  });

  test.each([
    ['was open', false],
    ['was answered', true],
  ])('a repeat, signed anew, of what %s is an error that says why, not a second prompt', (_name, isAnswered) => {
    const { world, app, restart } = started();
    app.send('sign_event', [note1], { id: 'r' });
    if (isAnswered) world.press();
    const after = restart();
    after.app.send('sign_event', [note1], { id: 'r' });
    expect(after.app.last()).toMatchObject({ id: 'r', result: 'error', error: expect.stringContaining('restarted') });
    expect(after.world.notes()).toEqual(['interrupted']);
    after.app.send('sign_event', [note1], { id: 'new' });
    expect(after.world.asks.size).toBe(1);
  });

  test('what was open goes on, once: a repeat waits for its answer, and nothing of it stays on disk', () => {
    const { world, app, restart } = started();
    app.send('sign_event', [note1], { id: 'r' });
    const { asked } = world.kept();
    expect(asked).toHaveLength(1);
    const after = restart();
    after.world.feed({ type: 'resume', asked });
    expect(after.world.log).toMatchObject([{ type: 'ask', resumed: true, ask: { method: 'client_request' } }]);
    after.app.send('sign_event', [note1], { id: 'r' });
    expect(after.world.asks.size).toBe(1);
    after.world.press();
    expect(after.app.inbox.map(({ json }) => [json.id, json.error])).toEqual([['r', undefined]]);
    expect(after.world.rows().at(-1)).toMatchObject({ type: 'ended', client: app.pubkey });
  });

  test('what the user refuses by now ends so, and the device is told', () => {
    const { world, app, restart } = started();
    app.send('sign_event', [note1], { id: 'r' });
    const after = restart();
    after.world.feed({ type: 'narrow', narrowing: { ...noNarrowing, killedAt: 1 } });
    after.world.feed({ type: 'resume', asked: world.kept().asked });
    expect(after.app.last()).toMatchObject({ id: 'r', result: 'error' });
    expect(after.world.asks.size).toBe(0);
    expect(after.world.state().open.size).toBe(0);
  });

  test('an app whose session is over has nothing open at the next host', () => {
    const { world, app } = started();
    app.send('sign_event', [note1], { id: 'r' });
    app.send('logout', []);
    expect(world.kept().asked).toEqual([]);
  });

  test('a pairing that was written down and not told is told', () => {
    const { world, app, restart } = started();
    const event = app.event('connect', ['', 'abc'], { id: 'first' });
    const asked = [{ event, request: 'f'.repeat(64), relay: 'wss://one.example', cameAt: world.now() }];
    const after = restart();
    after.world.feed({ type: 'resume', asked });
    expect(after.app.inbox.map(({ json }) => json)).toEqual([{ id: 'first', result: 'ack' }]);
    expect(after.world.rows()).toMatchObject([{ type: 'ended' }]);
  });

  test('twenty minutes later it may be asked again, and nothing of it is kept', () => {
    const { app, restart } = started();
    app.send('sign_event', [note1], { id: 'r' });
    const after = restart(1_200_001);
    after.app.send('sign_event', [note1], { id: 'r' });
    expect(after.world.asks.size).toBe(1);
  });

  test('what no human saw is asked again: the device was not there, or busy with others', () => {
    const { world, app, restart } = started();
    world.setRoom(1);
    for (const id of ['absent', 'shown', 'waiting']) app.send('sign_event', [{ ...note1, content: id }], { id });
    world.press({ type: 'refused', refusal: refuse('device_absent', 'Not there.', '') });
    world.pass(120_000);
    const after = restart(121_000);
    for (const id of ['absent', 'shown', 'waiting']) {
      after.app.send('sign_event', [{ ...note1, content: id }], { id });
    }
    expect(after.world.questions()).toMatchObject([
      { event: { content: 'absent' } },
      { event: { content: 'waiting' } },
    ]);
    expect(after.world.notes().filter((outcome) => outcome === 'interrupted')).toHaveLength(1);
  });

  test('what was refused as busy is not asked when a relay replays it', () => {
    const { world, app, restart } = started();
    for (let i = 0; i < 512; i++) app.send('nip44_decrypt', ['ab'.repeat(32), `${i}`]);
    const refused = app.event('sign_event', [note1]);
    world.deliver(refused);
    expect(world.notes().at(-1)).toBe('busy');
    const after = restart();
    after.world.deliver(refused);
    expect(after.world.asks.size).toBe(0);
  });
});

describe('in order', () => {
  test('the device is told, each app hears it, and nothing begins any more', () => {
    const { world, app } = started();
    world.setRoom(1);
    for (const id of ['shown', 'waiting']) app.send('sign_event', [{ ...note1, content: id }], { id });
    world.log.length = 0;
    world.feed({ type: 'stop' });
    expect(effectNames(world)).toEqual([
      'cancel',
      'save unasked',
      'answer',
      'note',
      'cancel',
      'answer',
      'note',
      'save ended',
    ]);
    expect(app.inbox.slice(-2).map(({ json }) => json.id)).toEqual(['waiting', 'shown']);
    for (const { json } of app.inbox.slice(-2)) expect(json.error).toContain('shutting down');
    app.send('sign_event', [note1], { id: 'late' });
    expect(app.last()).toMatchObject({ id: 'late', error: expect.stringContaining('shutting down') });
    expect(world.asks.size).toBe(0);
  });

  test('the next host asks for what was never shown, and not for what was', () => {
    const { world, app, restart } = started();
    world.setRoom(1);
    for (const id of ['shown', 'waiting']) app.send('sign_event', [{ ...note1, content: id }], { id });
    world.feed({ type: 'stop' });
    const after = restart();
    for (const id of ['shown', 'waiting']) after.app.send('sign_event', [{ ...note1, content: id }], { id });
    expect(after.world.questions()).toMatchObject([{ event: { content: 'waiting' } }]);
    expect(after.world.notes()).toEqual(['interrupted', 'asked']);
  });
});

test('an app that was unplugged under its request is not asked twice', () => {
  const world = makeWorld();
  const app = pairedApp(world);
  app.send('sign_event', [note1], { id: 'r' });
  world.press({ type: 'refused', refusal: refuse('device_unplugged', 'Unplugged.', '') });
  world.pass(65_000);
  app.send('sign_event', [note1], { id: 'r' });
  expect(world.asks.size).toBe(0);
  expect(app.inbox).toHaveLength(2);
});

test('an answer that no relay would carry is an error that says so', () => {
  const world = makeWorld();
  const app = pairedApp(world);
  app.send('nip44_decrypt', ['ab'.repeat(32), 'x'], { id: 'r' });
  world.press({ type: 'text', text: '\u0001'.repeat(1024 * 1024) });
  expect(app.last()).toMatchObject({ id: 'r', result: 'error', error: expect.stringContaining('larger') });
  expect(world.notes().at(-1)).toBe('too_large');
  app.send('nip44_decrypt', ['ab'.repeat(32), 'x'], { id: 'largest' });
  world.press({ type: 'text', text: 'x'.repeat(1024 * 1024) });
  expect(String(app.last().result)).toHaveLength(1024 * 1024);
});
