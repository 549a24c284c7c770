/** The door of the bridge: forgers, strangers, repeaters and floods. Nothing of theirs reaches the device, all of it is counted. */
import { generateSecretKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { step } from '../../host/src/core/bridge.ts';
import { isSeen, markSeen, seenIds } from '../../host/src/core/seen.ts';
import { noStrangers, spend } from '../../host/src/core/strangers.ts';
import { makeWorld, pairedApp, wire } from './bridge-world.ts';

const note1 = { kind: 1, content: 'hello', tags: [], created_at: 1_700_000_000 };
const other = 'ab'.repeat(32);

describe('an event of a paired app is dropped and counted when', () => {
  test('its signature is forged, its content changed, or its author another', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const event = app.event('sign_event', [note1]);
    const stranger = world.app().event('sign_event', [note1]);
    for (const forged of [
      { ...event, sig: stranger.sig },
      { ...event, content: stranger.content },
      { ...event, created_at: event.created_at + 1 },
      { ...stranger, pubkey: app.pubkey },
    ]) {
      expect(world.deliver(wire(forged))).toEqual([]);
    }
    expect(world.state().drops.forged).toBe(4);
    expect(world.asks.size).toBe(0);
  });

  test('a forged copy came first, the genuine one still gets through', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const event = app.event('sign_event', [note1]);
    world.deliver({ ...event, sig: '0'.repeat(128) }, 'wss://hostile');
    world.deliver(event, 'wss://honest');
    expect(world.asks.size).toBe(1);
  });

  test.each([
    ['no p tag', []],
    ['a foreign p tag', [['p', other]]],
    [
      'two p tags',
      [
        ['p', 'OURS'],
        ['p', other],
      ],
    ],
    [
      'our p tag twice',
      [
        ['p', 'OURS'],
        ['p', 'OURS'],
      ],
    ],
    ['an empty p tag', [['p']]],
  ])('it has %s', (_name, tags) => {
    const world = makeWorld();
    const app = pairedApp(world);
    const ours = tags.map((tag) => tag.map((item) => (item === 'OURS' ? world.signer.pubkey : item)));
    expect(app.send('sign_event', [note1], { tags: ours })).toEqual([]);
    expect(world.state().drops.misaddressed).toBe(1);
  });

  test('other tags do not disturb', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('ping', [], { tags: [['expiration', '1'], ['p', world.signer.pubkey], []] });
    expect(app.last().result).toBe('pong');
  });

  test('it is of another kind, or our own', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    expect(world.deliver({ ...app.event('ping', []), kind: 4 })).toEqual([]);
    const nonce = new Uint8Array(32);
    const createdAt = world.now() / 1000;
    const own = world.signer.seal({ text: '{}', client: world.signer.pubkey, encryption: 'nip44', createdAt, nonce });
    expect(world.deliver(own)).toEqual([]);
    expect(world.state().drops.misaddressed).toBe(2);
  });

  test('it is more than ten minutes away from our clock', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const now = world.now() / 1000;
    for (const createdAt of [now - 601, now + 601, 0, Number.MAX_SAFE_INTEGER]) {
      expect(app.send('sign_event', [note1], { createdAt })).toEqual([]);
    }
    expect(world.state().drops.stale).toBe(4);
    for (const createdAt of [now - 600, now + 600]) app.send('ping', [], { createdAt });
    expect(app.inbox).toHaveLength(2);
  });

  test('it is too large to open, or has too many tags', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const event = app.event('ping', []);
    expect(world.deliver({ ...event, content: 'x'.repeat(5 * 1024 * 1024) })).toEqual([]);
    expect(world.deliver({ ...event, tags: Array(33).fill(['e']) })).toEqual([]);
    expect(world.state().drops.oversized).toBe(2);
  });

  test('it does not decrypt', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const elsewhere = makeWorld();
    const secret = generateSecretKey();
    const twin = elsewhere.app(secret);
    const misdirected = twin.event('ping', [], { tags: [['p', world.signer.pubkey]] });
    expect(world.deliver(misdirected)).toEqual([]);
    expect(world.state().drops.undecryptable).toBe(1);
    app.send('ping', []);
    expect(app.last().result).toBe('pong');
  });
});

describe('strangers', () => {
  test.each(['sign_event', 'get_public_key', 'ping', 'nip44_decrypt', 'logout', 'switch_relays', 'nonsense'])(
    '%s is told that it is not paired, and the device hears nothing',
    (method) => {
      const world = makeWorld();
      const stranger = world.app();
      stranger.send(method, method === 'sign_event' ? [note1] : [other, 'x'], { id: 'r' });
      expect(stranger.last()).toMatchObject({ id: 'r', result: 'error' });
      expect(world.notes()).toEqual(['not_paired']);
      expect(world.asks.size).toBe(0);
    },
  );

  test('one stranger has five events, then one each ten seconds', () => {
    const world = makeWorld();
    const stranger = world.app();
    for (let i = 0; i < 20; i++) stranger.send('ping', []);
    expect(stranger.inbox).toHaveLength(5);
    expect(world.state().drops.flooded).toBe(15);
    world.pass(10_000);
    for (let i = 0; i < 5; i++) stranger.send('ping', []);
    expect(stranger.inbox).toHaveLength(6);
  });

  test('nonsense of a stranger is not answered', () => {
    const world = makeWorld();
    const stranger = world.app();
    stranger.send('', [], { text: 'nonsense' });
    stranger.send('', [], { text: '{"method":"ping"}' });
    expect(stranger.inbox).toEqual([]);
    expect(world.state().drops.senseless).toBe(2);
  });

  test('a stranger may not be long-winded', () => {
    const world = makeWorld();
    const stranger = world.app();
    stranger.send('ping', ['x'.repeat(40_000)]);
    expect(world.state().drops.oversized).toBe(1);
  });

  test('a flood of strangers is bounded in work and in memory, and does not disturb a paired app', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const genuine = world.app().event('sign_event', [note1]);
    let state = world.state();
    // The pairing of the app was one of the sixty.
    for (let i = 0; i < 5_000; i++) {
      // Free keys, fresh ids: nothing that a forger would have to pay for.
      const pubkey = i.toString(16).padStart(64, '0');
      const event = wire({ ...genuine, pubkey, id: pubkey });
      const [next, effects] = step(state, { type: 'event', relay: 'wss://hostile', event }, world.now());
      expect(effects).toEqual([]);
      state = next;
    }
    expect(state.drops.forged).toBe(59);
    expect(state.drops.flooded).toBe(4_941);
    expect(state.strangers.fullAt.size).toBeLessThanOrEqual(256);
    const input = { type: 'event', relay: 'wss://honest', event: wire(app.event('ping', [])) } as const;
    expect(step(state, input, world.now())[1]).toMatchObject([
      { type: 'answer' },
      { type: 'note', outcome: 'answered' },
    ]);
  });
});

describe('the budget of strangers', () => {
  test('a clock that is set back locks nobody out for longer than the budget takes to fill', () => {
    let strangers = noStrangers;
    for (let i = 0; i < 5; i++) strangers = spend(strangers, other, 1e12) ?? strangers;
    expect(spend(strangers, other, 1e12)).toBeNull();
    expect(spend(strangers, other, 5e11)).toBeNull();
    const later = spend(spend(strangers, other, 1e12 + 10_000) ?? noStrangers, other, 1e12 + 10_000);
    expect(later).toBeNull();
    expect(spend(strangers, other, 1e12 + 50_000)).not.toBeNull();
  });

  test('the table is bounded', () => {
    let strangers = noStrangers;
    for (let i = 0; i < 1_000; i++) strangers = spend(strangers, `${i}`, 1e12 + i * 1_000) ?? strangers;
    expect(strangers.fullAt.size).toBe(256);
  });
});

describe('seen ids', () => {
  test('remember at least what they promise, and are bounded', () => {
    let seen = seenIds(4, 3);
    for (let i = 0; i < 100; i++) {
      seen = markSeen(seen, `${i}`);
      for (let recent = Math.max(0, i - 7); recent <= i; recent++) expect(isSeen(seen, `${recent}`)).toBe(true);
    }
    expect(isSeen(seen, '80')).toBe(false);
    expect(seen.full.length).toBeLessThan(3);
  });

  test('start with what was kept, newest last', () => {
    const ids = Array.from({ length: 100 }, (_, i) => `${i}`);
    const seen = seenIds(4, 3, ids);
    expect(isSeen(seen, '99') && isSeen(seen, '92')).toBe(true);
    expect(isSeen(seen, '50')).toBe(false);
    expect(isSeen(markSeen(seen, 'x'), '99')).toBe(true);
  });

  test('a mark does not change the set it was made from', () => {
    const before = seenIds(4, 3);
    markSeen(before, 'x');
    expect(isSeen(before, 'x')).toBe(false);
  });
});
