/**
 * A hostile relay: it doubles, delays, re-orders, replays, forges and alters what it carries, says what no relay should, and falls
 * silent. It must never cause a second prompt, silence a request that an honest relay also carries, or get anything signed.
 *
 * HOSTILE_SEED replays one history.
 */
import { describe, expect, test } from 'vitest';
import { judgedWorlds } from '../support/judged.ts';
import type { Carried, MemoryRelay } from '../support/memory-relay.ts';
import { between, type Chance, chance } from '../support/random.ts';
import { approves, signed, type World } from '../support/world.ts';

const two = { relays: ['wss://hostile.example', 'wss://honest.example'] };
const note = { kind: 1, created_at: 1_760_000_000, tags: [], content: 'hello' };
const onlySeed = process.env['HOSTILE_SEED'];
const seeds = onlySeed === undefined ? Array.from({ length: 20 }, (_, i) => i + 1) : [Number(onlySeed)];

const aWorld = judgedWorlds();

/** What a relay may do with an EVENT that it carries. Nothing here needs a key. */
const tricks: readonly [name: string, (text: string, draw: Chance) => readonly Carried[]][] = [
  ['loses', () => []],
  ['doubles', (text) => [at(text), at(text), at(text)]],
  ['delays', (text, draw) => [at(text, between(draw, 1, 50_000))]],
  ['replays', (text, draw) => [0, 1, 2, 3].map((i) => at(text, i * between(draw, 1, 20_000)))],
  ['forges the content first', (text) => [at(altered(text, { content: 'AAAA' })), at(text, 5)]],
  ['forges the signature first', (text) => [at(altered(text, { sig: '0'.repeat(128) })), at(text, 5)]],
  ['forges the time', (text) => [at(altered(text, { created_at: 1_760_000_100 })), at(text, 5)]],
  ['forges the sender', (text) => [at(altered(text, { pubkey: '79'.repeat(32) })), at(text, 5)]],
  ['forges the id', (text) => [at(altered(text, { id: 'ab'.repeat(32) })), at(text, 5)]],
  ['damages', (text, draw) => [at(cut(text, between(draw, 0, text.length))), at(text, 5)]],
];

function at(text: string, ms = 0): Carried {
  return { text, ms };
}

function altered(text: string, fields: Record<string, unknown>): string {
  const [label, subscription, event] = JSON.parse(text);
  return JSON.stringify([label, subscription, { ...event, ...fields }]);
}

function cut(text: string, length: number): string {
  return text.slice(0, length);
}

function isEvent(text: string): boolean {
  return text.startsWith('["EVENT"');
}

/** Makes a relay play tricks of these kinds on every EVENT, and counts them. */
function turn(relay: MemoryRelay, draw: Chance, from: typeof tricks, counts = new Map<string, number>()): void {
  relay.mischief = (text) => {
    const [name, trick] = from[between(draw, 0, from.length - 1)] ?? ['none', (): Carried[] => [at(text)]];
    if (!isEvent(text)) return [at(text)];
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return trick(text, draw);
  };
}

/** An app asks for some signatures, one after the other and together, and each must be answered exactly as asked. */
function someRequests(world: World, draw: Chance): void {
  const app = world.app();
  const sent = new Map<unknown, string>();
  for (let i = 0; i < 5; i++) {
    const content = `request ${i}`;
    sent.set(app.send('sign_event', [JSON.stringify({ ...note, content })]), content);
    if (draw() < 0.5) world.clock.advance(between(draw, 0, 20_000));
  }
  world.wait('all answers', () => [...sent.keys()].every((id) => app.answersTo(id).length > 0));
  world.clock.advance(120_000); // what was delayed arrives now, and must find nothing to do
  for (const [id, content] of sent) {
    const results = new Set(app.answersTo(id).map(({ json }) => String(json.result)));
    expect(results.size).toBe(1);
    expect(JSON.parse([...results][0] ?? '')).toMatchObject({ content });
  }
  expect(world.device.prompts).toHaveLength(sent.size);
  expect(world.device.signatures).toHaveLength(sent.size);
}

test('control: honest relays, one prompt and one signature a request', () => {
  someRequests(aWorld(two), chance(1));
});

test(`beside an honest relay: ${seeds.length} histories`, () => {
  const counts = new Map<string, number>();
  for (const seed of seeds) {
    const draw = chance(seed);
    const world = aWorld({ ...two, seed });
    turn(world.relays[0], draw, tricks, counts);
    try {
      someRequests(world, draw);
    } catch (problem) {
      throw new Error(`seed ${seed}: ${problem instanceof Error ? problem.message : problem}`, { cause: problem });
    }
  }
  console.log('tricks of the hostile relay:', Object.fromEntries(counts));
  for (const [name] of tricks) if (onlySeed === undefined) expect(counts.get(name) ?? 0, name).toBeGreaterThan(5);
});

test('alone, as long as it carries everything in the end', () => {
  const kind = tricks.filter(([name]) => name !== 'loses');
  for (const seed of seeds.slice(0, 8)) {
    const draw = chance(seed);
    const world = aWorld({ seed });
    turn(world.relays[0], draw, kind);
    someRequests(world, draw);
  }
});

describe('what was carried once', () => {
  test.each([
    ['at once', 0, false],
    ['after five minutes', 300_000, false],
    ['after eleven minutes', 660_000, false],
    ['after the host was restarted', 1_000, true],
  ])('is replayed %s: nobody is asked', (_name, ms, restarts) => {
    const world = aWorld();
    const app = world.app();
    const asked = [0, 1, 2].map((i) =>
      app.event('sign_event', [JSON.stringify({ ...note, content: `${i}` })], { id: i }),
    );
    for (const event of asked) app.publish(event);
    world.wait('all answers', () => [0, 1, 2].every((id) => app.answersTo(id).length === 1));
    if (restarts) world.restartHost();
    world.clock.advance(ms);
    for (const event of [...asked, ...asked]) world.relays[0].invent('host', event);
    world.clock.advance(10_000);
    expect(world.device.prompts).toHaveLength(3);
    expect(app.inbox.filter(({ json }) => typeof json.id === 'number')).toHaveLength(3);
  });

  test('is kept from the host and delivered a day later: it is too old to be asked', () => {
    const world = aWorld();
    const app = world.app();
    const asked = app.event('sign_event', [JSON.stringify(note)], { id: 'late' });
    world.clock.advance(24 * 3_600_000);
    world.relays[0].invent('host', asked);
    world.clock.advance(10_000);
    expect(world.device.prompts).toEqual([]);
    signed(world, app, note);
  });
});

const huge = {
  id: 'ab'.repeat(32),
  pubkey: '79'.repeat(32),
  created_at: 1_760_000_000,
  kind: 24133,
  tags: [],
  content: 'x'.repeat(7 * 1024 * 1024),
  sig: '0'.repeat(128),
};

describe('what no relay should say', () => {
  const nonsense: [name: string, text: string][] = [
    ['nothing', ''],
    ['no JSON', '["EVENT", "sallyport-1", {'],
    ['a number', '7'],
    ['null', 'null'],
    ['an unknown message', '["HELLO"]'],
    ['a million brackets', '['.repeat(1_000_000)],
    ['an event without fields', '["EVENT","sallyport-1",{}]'],
    ['a foreign subscription', '["EVENT","other",{}]'],
    ['seven megabytes', JSON.stringify(['NOTICE', 'x'.repeat(7 * 1024 * 1024)])],
    ['an event of seven megabytes', JSON.stringify(['EVENT', 'sallyport-1', huge])],
    ['a challenge of a megabyte', JSON.stringify(['AUTH', 'x'.repeat(1024 * 1024)])],
    ['a notice in control characters', JSON.stringify(['NOTICE', '\u0000\u001b[2J\u202e'.repeat(100)])],
    ['an OK for what was never sent', JSON.stringify(['OK', 'ab'.repeat(32), true, ''])],
    ['the end of another subscription', '["CLOSED","other","error: no"]'],
  ];
  test.each(nonsense)('%s', (_name, text) => {
    const world = aWorld();
    const app = world.app();
    for (let i = 0; i < 3; i++) world.relays[0].say('host', text);
    world.clock.advance(1_000);
    expect(signed(world, app, note).content).toBe('hello');
  });

  test('that the subscription has ended, and that we must authenticate, over and over', () => {
    const world = aWorld();
    const app = world.app();
    for (let i = 0; i < 50; i++) {
      world.relays[0].say('host', `["CLOSED","sallyport-${i + 1}","auth-required: who are you"]`);
      world.relays[0].say('host', JSON.stringify(['AUTH', `challenge ${i}`]));
    }
    world.clock.advance(300_000);
    world.wait('it listens again', () =>
      world
        .host()
        .relays()
        .every(({ status }) => status.type === 'listening'),
    );
    expect(signed(world, app, note).content).toBe('hello');
  });
});

test('a relay goes deaf: the other one serves, the host notices, and it is back when the relay is', () => {
  const world = aWorld(two);
  const app = world.app();
  world.relays[0].set('deaf');
  signed(world, app, note);
  world.wait('the host notices', () => world.host().relays()[0]?.status.type !== 'listening', 60_000);
  world.clock.advance(120_000);
  signed(world, app, { ...note, content: 'still' });
  world.relays[0].set('up');
  world.wait('it listens', () => world.host().relays()[0]?.status.type === 'listening', 120_000);
});

test('a relay answers pings and delivers nothing: the host notices by an event to itself, and says so', () => {
  const world = aWorld(two);
  const app = world.app();
  const [bad] = world.relays;
  const status = () => world.host().relays()[0]?.status;
  bad.mischief = (text, who) => (who === 'host' && isEvent(text) ? [] : [at(text)]);
  world.wait('the host notices', () => status()?.type === 'failed', 300_000);
  expect(status()).toMatchObject({ reason: expect.stringContaining('did not come back') });
  world.clock.advance(10_000);
  expect(status()).toMatchObject({ type: 'deaf' });
  expect(signed(world, app, note).content).toBe('hello');
  bad.mischief = (text) => [at(text)];
  world.wait('it is heard again', () => status()?.type === 'listening', 300_000);
  expect(world.host().relays()[1]?.health.silences).toBe(0);
});

test('a relay that limits rates delays answers, and loses none', () => {
  const world = aWorld();
  const app = world.app();
  const until = world.clock.now() + 10_000;
  let refused = 0;
  world.relays[0].mischief = (text, who) => {
    if (world.clock.now() >= until) return [at(text)];
    if (who === 'app') return isEvent(text) ? [] : [at(text)];
    const [label, id, ok] = JSON.parse(text);
    if (label !== 'OK' || ok !== true) return [at(text)];
    refused++;
    return [at(JSON.stringify(['OK', id, false, 'rate-limited: slow down']))];
  };
  const ids = [0, 1, 2, 3, 4].map((i) => app.send('nip44_encrypt', ['79'.repeat(32), `${i}`]));
  ids.push(...Array.from({ length: 20 }, () => app.send('ping', [])));
  world.wait('all answers', () => ids.every((id) => app.answersTo(id).length === 1), 60_000);
  expect(refused).toBeGreaterThan(20);
  expect(refused).toBeLessThan(40);
  expect(world.host().relays()[0]?.health).toMatchObject({ rateLimited: refused, refused: 0 });
});

test('requests in the opposite order: each is asked once, and answered as asked', () => {
  const world = aWorld();
  const app = world.app();
  let held = 5;
  world.relays[0].mischief = (text, who) => [at(text, who === 'host' && isEvent(text) ? 1_000 * held-- : 0)];
  const ids = [0, 1, 2, 3, 4].map((i) => app.send('sign_event', [JSON.stringify({ ...note, content: `${i}` })]));
  world.wait('all answers', () => ids.every((id) => app.answersTo(id).length === 1));
  expect(ids.map((id) => JSON.parse(String(app.answersTo(id)[0]?.json.result)).content)).toEqual([
    '0',
    '1',
    '2',
    '3',
    '4',
  ]);
  expect(world.device.prompts.map(({ eventId }) => eventId)).toEqual(
    ids.map((id) => JSON.parse(String(app.answersTo(id)[0]?.json.result)).id).reverse(),
  );
});

test('while any relay lives, no answer is lost: two of three come, go, fall silent and lie, 4 histories', () => {
  for (const seed of seeds.slice(0, 4)) {
    const draw = chance(seed);
    const world = aWorld({ relays: ['wss://bad.example', 'wss://worse.example', 'wss://honest.example'], seed });
    const app = world.app();
    const ids: unknown[] = [];
    for (let i = 0; i < 12; i++) {
      const relay = world.relays[between(draw, 0, 1)];
      relay?.set((['up', 'down', 'deaf'] as const)[between(draw, 0, 2)] ?? 'up');
      if (relay !== undefined) turn(relay, draw, tricks);
      ids.push(app.send('sign_event', [JSON.stringify({ ...note, content: `${i}` })]));
      world.clock.advance(between(draw, 0, 45_000));
    }
    world.wait(`seed ${seed}: all answers`, () => ids.every((id) => app.answersTo(id).length > 0));
    world.clock.advance(60_000);
    expect(ids.map((id) => new Set(app.answersTo(id).map(({ json }) => json.result)).size)).toEqual(ids.map(() => 1));
    expect(world.device.prompts).toHaveLength(ids.length);
  }
});

test('a flood of strangers while an app signs: the app does not wait, the strangers get their budget and no more', () => {
  const world = aWorld();
  const app = world.app();
  const stranger = world.stranger();
  world.clock.advance(50);
  const before = world.clock.now();
  world.human = { ...approves, afterMs: 1_000 };
  const id = app.send('sign_event', [JSON.stringify(note)]);
  const forged = stranger.event('ping', [], { id: 'x' });
  for (let i = 0; i < 20_000; i++) {
    world.relays[0].invent('host', { ...forged, id: i.toString(16).padStart(64, '0') });
  }
  for (let i = 0; i < 100; i++) stranger.publish(stranger.event('connect', ['', `guess${i}`], { id: `guess ${i}` }));
  world.wait('the answer', () => app.answersTo(id).length === 1, 5_000);
  expect(world.clock.now() - before).toBeLessThan(3_000);
  world.clock.advance(1_000);
  expect(stranger.inbox.length).toBeLessThanOrEqual(5);
  expect(world.host().drops().flooded).toBeGreaterThan(10_000);
  expect(world.device.prompts).toHaveLength(1);
});
