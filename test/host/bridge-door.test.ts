/** The door of the bridge: forgers, strangers, repeaters and floods. Nothing of theirs reaches the device, all of it is counted. */
import { generateSecretKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { startBridge, step } from '../../host/src/core/bridge/bridge.ts';
import { isSeen, isSeenOf, markSeen, markSeenOf, seenByClient, seenIds } from '../../host/src/core/bridge/seen.ts';
import { putsDuring } from '../support/work.ts';
import { makeWorld, nothing, pairedApp, wire } from './bridge-world.ts';

const note1 = { kind: 1, content: 'hello', tags: [], created_at: 1_700_000_000 };
const pairing = {
  account: 0,
  remoteSigner: '',
  ownKey: false,
  onDevice: true,
  relays: [],
  name: '',
  url: '',
  perms: '',
  pairedAt: 0,
  secretHash: '0'.repeat(64),
};
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
    const random = new Uint8Array(64);
    const createdAt = world.now() / 1000;
    const own = world.signer.seal({ text: '{}', client: world.signer.pubkey, encryption: 'nip44', createdAt, random });
    expect(world.deliver(own)).toEqual([]);
    expect(world.state().drops.misaddressed).toBe(2);
  });

  test('it is more than a day away from our clock; ten minutes are nothing', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const now = world.now() / 1000;
    for (const createdAt of [now - 86_401, now + 86_401, 0, Number.MAX_SAFE_INTEGER]) {
      expect(app.send('sign_event', [note1], { createdAt })).toEqual([]);
    }
    expect(world.state().drops.stale).toBe(4);
    for (const createdAt of [now - 600, now + 600]) app.send('ping', [], { createdAt });
    expect(app.inbox).toHaveLength(2);
  });

  test('it is too large to open, or its tags are', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const event = app.event('ping', []);
    expect(world.deliver({ ...event, content: 'x'.repeat(5 * 1024 * 1024) })).toEqual([]);
    expect(world.deliver({ ...event, tags: [['e', 'x'.repeat(70_000)]] })).toEqual([]);
    expect(world.deliver({ ...event, tags: Array(30_000).fill([]) })).toEqual([]);
    expect(world.state().drops.oversized).toBe(3);
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

  test('a stranger may not be long-winded, neither in its text nor in its tags', () => {
    const world = makeWorld();
    const stranger = world.app();
    const ours = ['p', world.signer.pubkey];
    stranger.send('ping', ['x'.repeat(40_000)]);
    stranger.send('ping', [], { tags: [ours, ['x', 'x'.repeat(5_000)]] });
    stranger.send('ping', [], { tags: [ours, ...Array(33).fill(['x'])] });
    expect(world.state().drops.oversized).toBe(3);
  });

  test('what a stranger was told is not asked when it has paired, also not after a restart', () => {
    const world = makeWorld();
    const secret = generateSecretKey();
    const stranger = world.app(secret);
    const early = stranger.event('sign_event', [note1]);
    world.deliver(early);
    const restarted = makeWorld(world.kept(), world.signer);
    const app = restarted.app(secret);
    restarted.newSecret('abc');
    app.send('connect', ['', 'abc']);
    restarted.deliver(early);
    expect(restarted.asks.size).toBe(0);
    expect(restarted.state().drops.seen).toBe(1);
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

describe('what is wrong with the event of an app is told', () => {
  test.each([
    ['eleven minutes behind', -660],
    ['eleven minutes ahead', 660],
  ])('a clock that is %s, once', (_name, off) => {
    const world = makeWorld();
    const app = pairedApp(world);
    const createdAt = world.now() / 1000 + off;
    const event = app.event('sign_event', [note1], { id: 'r', createdAt });
    for (const relay of ['wss://a', 'wss://b']) world.deliver(event, relay);
    expect(app.inbox.map(({ json }) => json)).toEqual([
      { id: 'r', result: 'error', error: expect.stringContaining('11 minutes apart') },
    ]);
    expect(world.notes()).toEqual(['stale']);
    expect(world.asks.size).toBe(0);
  });

  test('a clock that is ahead: the host restarts, time catches up, and a relay replays it', () => {
    const world = makeWorld();
    const secret = generateSecretKey();
    const app = world.app(secret);
    world.newSecret('abc');
    app.send('connect', ['', 'abc']);
    const event = app.event('sign_event', [note1], { createdAt: world.now() / 1000 + 601 });
    world.deliver(event);
    const later = makeWorld(world.kept(), world.signer);
    later.app(secret);
    later.pass(60_000);
    later.deliver(event);
    expect(later.asks.size).toBe(0);
  });

  test.each([
    ['more than 32 tags', (ours: string[]) => [ours, ...Array(32).fill(['t', 'x'])]],
    ['two recipients', (ours: string[]) => [ours, ['p', other]]],
    ['one recipient twice', (ours: string[]) => [ours, ours]],
  ])('%s', (_name, tags) => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [note1], { id: 'r', tags: tags(['p', world.signer.pubkey]) });
    expect(app.last()).toMatchObject({ id: 'r', result: 'error' });
    expect(world.notes()).toEqual(['malformed']);
    expect(world.asks.size).toBe(0);
  });

  test('a relay that replays an archive costs the app none of its work, and us sixty answers', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    for (let i = 0; i < 80; i++) app.send('ping', [], { createdAt: world.now() / 1000 - 3_600 });
    expect(app.inbox).toHaveLength(60);
    expect(world.state().drops.flooded).toBe(20);
    app.send('ping', []);
    expect(app.last().result).toBe('pong');
  });

  test('a forger cannot use up what an app may do', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const event = app.event('ping', [], { createdAt: world.now() / 1000 - 3_600 });
    for (let i = 0; i < 100; i++) world.deliver({ ...event, sig: '0'.repeat(128) });
    world.deliver(event);
    expect(world.notes()).toEqual(['stale']);
  });
});

describe('seen ids of apps', () => {
  test('no app makes the signer forget those of another', () => {
    let seen = markSeenOf(seenByClient(4, 8, 20), 'quiet', 'q');
    for (let i = 0; i < 100; i++) seen = markSeenOf(seen, i % 3 === 0 ? 'loud' : 'louder', `${i}`);
    expect(isSeenOf(seen, 'quiet', 'q')).toBe(true);
    expect(isSeenOf(seen, 'quiet', '99')).toBe(false);
    expect(isSeenOf(seen, 'loud', '99')).toBe(true);
    expect(seen.count).toBeLessThanOrEqual(20);
  });

  test('nor at a start: all that can be kept of each is loaded in work that grows as it does', () => {
    const ids = Array.from({ length: 65_536 }, (_, i) => i.toString(16).padStart(64, '0'));
    const apps = ['aa', 'bb', 'cc', 'dd', 'ee'].map((two) => ({ ...pairing, client: two.repeat(32) }));
    const seen = apps.flatMap(({ client }, n) =>
      ids
        .slice(0, n === 0 ? 1 : ids.length)
        .map((id, i) => ({ id, client, request: id, createdAt: 1_760_000_000 + i })),
    );
    const loaded = { apps, secrets: [], revocations: [], known: null, seen, asked: [], challenges: [] };
    const { signer } = makeWorld();
    let state = startBridge(signer, nothing);
    const puts = putsDuring(() => {
      state = startBridge(signer, loaded);
    });
    expect(puts).toBeGreaterThan(seen.length);
    expect(puts).toBeLessThan(3 * seen.length);
    expect(state.seen.count).toBeLessThanOrEqual(262_144);
    expect(isSeenOf(state.seen, 'aa'.repeat(32), ids[0] ?? '')).toBe(true);
    expect(isSeenOf(state.seen, 'ee'.repeat(32), ids.at(-1) ?? '')).toBe(true);
    expect([...state.ended.values()].map(({ count }) => count)).toEqual([1, 2_048, 2_048, 2_048, 2_048]);
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
