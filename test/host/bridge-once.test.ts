/** The bridge asks at most once per request, ends each exactly once, and has a limit on everything. */
import { generateSecretKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { endedAnswer, keepAnswer, noneEnded } from '../../host/src/core/bridge/ended.ts';
import { refuse } from '../../host/src/core/nip46/refusal.ts';
import { effectNames, makeWorld, pairedApp, signedBy } from './bridge-world.ts';

const note1 = { kind: 1, content: 'hello', tags: [['t', 'x']], created_at: 1_700_000_000 };

describe('at most once', () => {
  test('the same event over two relays is one ask and one answer', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const event = app.event('sign_event', [note1]);
    world.deliver(event, 'wss://a');
    world.deliver(event, 'wss://b');
    expect(world.asks.size).toBe(1);
    world.press();
    world.deliver(event, 'wss://c');
    expect(app.inbox).toHaveLength(1);
    expect(world.state().drops.seen).toBe(2);
  });

  test('a repeat while open joins: one prompt, one answer, as the last repeat asked', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [note1], { id: 'r', relay: 'wss://a' });
    world.pass(65_000);
    app.send('sign_event', [JSON.stringify(note1)], { id: 'r', relay: 'wss://b', encryption: 'nip04' });
    expect(world.asks.size).toBe(1);
    world.press();
    expect(app.inbox).toHaveLength(1);
    expect(app.inbox[0]?.event.content).toContain('?iv=');
    expect(new Set(app.inbox[0]?.relays)).toEqual(new Set(['wss://a', 'wss://b']));
  });

  test('a repeat after the end gets the same answer in a new event, without a prompt, for ten minutes', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [note1], { id: 'r' });
    world.press();
    world.pass(65_000);
    app.send('sign_event', [note1], { id: 'r' });
    expect(world.asks.size).toBe(0);
    expect(app.inbox).toHaveLength(2);
    expect(app.inbox[1]?.json).toEqual(app.inbox[0]?.json);
    expect(app.inbox[1]?.event.id).not.toBe(app.inbox[0]?.event.id);
    world.pass(600_001);
    app.send('sign_event', [note1], { id: 'r' });
    expect(world.asks.size).toBe(1);
  });

  test('a "no" of the human is repeated, not asked again; an absent device is asked again', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    for (const [code, asksAgain] of [
      ['denied', 0],
      ['timed_out', 0],
      ['device_rebooted', 0],
      ['device_unplugged', 0],
      ['device_absent', 1],
    ] as const) {
      app.send('sign_event', [note1], { id: code });
      world.press({ type: 'refused', refusal: refuse(code, 'Words.', 'Advice.') });
      expect(app.last()).toEqual({ id: code, result: 'error', error: 'Words. Advice.' });
      app.send('sign_event', [note1], { id: code });
      expect(world.asks.size).toBe(asksAgain);
    }
  });

  test('the same id with other params, or of another app, is another request', () => {
    const world = makeWorld();
    const [first, second] = [pairedApp(world), pairedApp(world)];
    first.send('sign_event', [note1], { id: '' });
    first.send('sign_event', [{ ...note1, content: 'other' }], { id: '' });
    second.send('sign_event', [note1], { id: '' });
    expect(world.asks.size).toBe(3);
    world.press();
    world.press();
    world.press();
    expect(first.inbox.map(({ json }) => JSON.parse(String(json.result)).content)).toEqual(['hello', 'other']);
    expect(second.inbox).toHaveLength(1);
  });

  test('get_public_key is never answered from memory', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    for (let i = 0; i < 2; i++) {
      app.send('get_public_key', [], { id: 'k' });
      world.press();
    }
    expect(app.inbox).toHaveLength(2);
  });

  test('what was seen before a restart is not asked again', () => {
    const world = makeWorld();
    const secret = generateSecretKey();
    const app = world.app(secret);
    world.newSecret('abc');
    app.send('connect', ['', 'abc']);
    const event = app.event('sign_event', [note1]);
    world.deliver(event);
    const restarted = makeWorld(world.kept(), world.signer);
    restarted.app(secret);
    restarted.deliver(event);
    expect(restarted.asks.size).toBe(0);
    expect(restarted.state().drops.seen).toBe(1);
  });

  test('a late answer to a request that has ended does nothing', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [note1]);
    const [job] = world.asks.keys();
    world.pass(120_000);
    expect(app.inbox).toHaveLength(1);
    expect(world.feed({ type: 'answered', job: job ?? 0, answer: { type: 'text', text: 'x' } })).toEqual([]);
    expect(world.state().drops.late).toBe(1);
  });
});

describe('limits', () => {
  test('a request ends after 120 s: the device is told, the app is told', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [note1]);
    world.pass(119_999);
    expect(app.inbox).toEqual([]);
    world.log.length = 0;
    world.pass(1);
    expect(effectNames(world)).toEqual(['cancel', 'answer', 'note', 'save ended']);
    expect(world.notes()).toEqual(['timed_out']);
    expect(world.state().open.size).toBe(0);
  });

  test('what waits for its turn while nobody presses ends after 120 s, is told so, and may be repeated', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    world.setRoom(1);
    for (const id of ['shown', 'waiting']) app.send('sign_event', [{ ...note1, content: id }], { id });
    world.log.length = 0;
    world.pass(120_000);
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
    expect(app.inbox.map(({ json }) => [json.id, json.error])).toEqual([
      ['waiting', expect.stringContaining('busy with other requests')],
      ['shown', expect.stringContaining('did not answer in time')],
    ]);
    for (const id of ['shown', 'waiting']) app.send('sign_event', [{ ...note1, content: id }], { id });
    expect(world.questions()).toMatchObject([{ event: { content: 'waiting' } }]);
  });

  test('a hundred decryptions of one app wait while the human works through them', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    world.setRoom(7);
    for (let i = 0; i < 100; i++) app.send('nip44_decrypt', ['ab'.repeat(32), `${i}`], { id: i });
    expect(world.asks.size).toBe(100);
    for (let i = 0; i < 100; i++) {
      world.pass(5_000);
      world.press({ type: 'text', text: `${i}` });
    }
    expect(app.inbox.map(({ json }) => json.result)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
  });

  test('but not for ever: who works slowly leaves the rest unasked after ten minutes, and all has ended after fourteen', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    world.setRoom(2);
    for (let i = 0; i < 100; i++) app.send('nip44_decrypt', ['ab'.repeat(32), `${i}`], { id: i });
    for (let i = 0; i < 6; i++) {
      world.pass(100_000);
      if (world.asks.size > 0) world.press({ type: 'text', text: `${i}` });
    }
    expect(world.asks.size).toBeLessThanOrEqual(2);
    world.pass(240_000);
    expect(app.inbox).toHaveLength(100);
    expect(world.state().open.size).toBe(0);
  });

  test('512 open requests per app, 1,024 in all; the next is told, and may be repeated later', () => {
    const world = makeWorld();
    const apps = Array.from({ length: 3 }, () => pairedApp(world));
    for (const [n, app] of apps.entries()) {
      for (let i = 0; i < 513; i++) app.send('nip44_decrypt', ['ab'.repeat(32), `${n} ${i}`], { id: i });
    }
    expect(world.asks.size).toBe(1_024);
    expect(world.notes().filter((outcome) => outcome === 'busy')).toHaveLength(2 + 513);
    expect(apps.map((app) => app.inbox.length)).toEqual([1, 1, 513]);
    world.press({ type: 'text', text: 'x' });
    apps[0]?.send('nip44_decrypt', ['ab'.repeat(32), '0 512'], { id: 512 });
    expect(world.asks.size).toBe(1_024);
  });

  test('what is open is bounded in size, too, and an app that fills its part leaves the others theirs', () => {
    const world = makeWorld();
    const [app, quiet] = [pairedApp(world), pairedApp(world)];
    const content = 'x'.repeat(1_000_000);
    for (let i = 0; i < 8; i++) app.send('sign_event', [{ ...note1, content: `${i}${content}` }], { id: i });
    expect(world.notes().filter((outcome) => outcome === 'asked')).toHaveLength(5);
    expect(world.notes().filter((outcome) => outcome === 'busy')).toHaveLength(3);
    quiet.send('sign_event', [{ ...note1, content }]);
    expect(world.asks.size).toBe(6);
  });

  test('kept answers are bounded by bytes, those of the largest are forgotten first, and then nobody is asked again', () => {
    const world = makeWorld();
    const [app, quiet] = [pairedApp(world), pairedApp(world)];
    const decrypt = (by: typeof app, id: string, text: string): void => {
      by.send('nip44_decrypt', ['ab'.repeat(32), 'x'], { id });
      if (world.asks.size > 0) world.press({ type: 'text', text });
    };
    decrypt(quiet, 'quiet', 'said to the quiet one');
    for (let i = 0; i < 6; i++) decrypt(app, `big${i}`, 'y'.repeat(1_000_000));
    const chunks = world.state().ended.get(app.pubkey)?.chunks ?? [];
    const texts = chunks.flatMap((chunk) => [...chunk.values()]).map(({ text }) => text !== null);
    expect(texts).toEqual([false, false, false, true, true, true, true]);
    decrypt(app, 'big0', 'never');
    expect(app.last()).toMatchObject({ id: 'big0', error: expect.stringContaining('asked before') });
    decrypt(quiet, 'quiet', 'never');
    expect(quiet.last()).toMatchObject({ result: 'said to the quiet one' });
    app.send('logout', []);
    expect([...world.state().ended.keys()]).toEqual([quiet.pubkey]);
  });

  test('requests that ended are remembered, 2,048 of each app, and a flood of one app forgets its own only', () => {
    const answer = { text: 'x', endedAt: 1 };
    let ended = keepAnswer(noneEnded, 'quiet', 'q', answer, 1);
    for (let i = 0; i < 3_000; i++) ended = keepAnswer(ended, 'loud', `${i}`, answer, 1);
    expect(endedAnswer(ended, 'quiet', 'q', 1)).toEqual(answer);
    expect(endedAnswer(ended, 'loud', '951', 1)).toBeNull();
    expect(endedAnswer(ended, 'loud', '952', 1)).toEqual(answer);
    for (let i = 0; i < 30_000; i++) ended = keepAnswer(ended, `${i % 20}`, `${i}`, answer, 1);
    expect([...ended.values()].reduce((sum, { count }) => sum + count, 0)).toBe(16_384);
    expect(endedAnswer(ended, 'quiet', 'q', 1)).toEqual(answer);
  });

  test('a conversation of large texts works', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [JSON.stringify({ ...note1, content: '"'.repeat(250_000) })]);
    world.press();
    expect(signedBy(app)).toMatchObject({ content: '"'.repeat(250_000) });
  });
});
