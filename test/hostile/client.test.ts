/**
 * A hostile app: paired, and then it floods, sends what is no request, lies about its name, and pretends to be another app. It must
 * get an answer to whatever can be read as a request, nothing without a press, and it must not take the device from the others.
 *
 * HOSTILE_SEED replays one mutation history.
 */
import * as nip44 from 'nostr-tools/nip44';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { judgedWorlds } from '../support/judged.ts';
import type { MemoryApp } from '../support/memory-app.ts';
import { finalizeEvent } from '../support/quick-nostr.ts';
import { between, type Chance, chance, pick } from '../support/random.ts';
import { approves, away, prompted, signed, type World } from '../support/world.ts';

const note = { kind: 1, created_at: 1_760_000_000, tags: [], content: 'hello' };
const onlySeed = process.env['HOSTILE_SEED'];
const seeds = onlySeed === undefined ? Array.from({ length: 20 }, (_, i) => i + 1) : [Number(onlySeed)];

const aWorld = judgedWorlds();

const sign = (i: number): [string, unknown] => ['sign_event', [JSON.stringify({ ...note, content: `${i}` })]];

test('control: an app that behaves gets its signature', () => {
  const world = aWorld();
  expect(signed(world, world.app(), note).content).toBe('hello');
  expect(world.device.signatures).toHaveLength(1);
});

describe('floods', () => {
  test('200 requests at once: each is asked in turn, and answered', () => {
    const world = aWorld();
    const app = world.app();
    world.human = { ...approves, afterMs: 400 };
    const sent = Array.from({ length: 200 }, (_, i) => app.send(...sign(i)));
    world.wait('all answers', () => sent.every((id) => app.answersTo(id).length === 1), 300_000);
    for (const id of sent) expect(app.answersTo(id)[0]?.json.result).toContain('"sig"');
    expect(world.device.prompts).toHaveLength(200);
    signed(world, app, { ...note, content: 'afterwards' });
  });

  test('nobody presses: every one of them ends, and so does the request of another app behind them', () => {
    const world = aWorld();
    const [flooder, other] = [world.app('Flooder'), world.app('Other')];
    world.human = away;
    const sent = Array.from({ length: 100 }, (_, i) => flooder.send(...sign(i)));
    world.clock.advance(1_000);
    const id = other.send(...sign(1_000));
    expect(world.ask(other, 'ping', [])).toMatchObject({ result: 'pong' });
    // What came onto the device just before the rest of the queue ended has its own two minutes.
    world.wait('all answers', () => sent.every((one) => flooder.answersTo(one).length === 1), 250_000);
    world.wait('the other answer', () => other.answersTo(id).length === 1);
    world.clock.advance(5_000);
    expect(world.device.firmware().jobs).toEqual([]);
  });

  test('one app fills the queue: another one gets its turn at once, and its signature', () => {
    const world = aWorld();
    const [flooder, other] = [world.app('Flooder'), world.app('Other')];
    world.human = { ...approves, afterMs: 400 };
    for (let i = 0; i < 100; i++) flooder.send(...sign(i));
    world.clock.advance(2_000);
    const before = world.device.prompts.length;
    expect(signed(world, other, { ...note, content: 'in turn' }).content).toBe('in turn');
    expect(world.device.prompts.length - before).toBeLessThan(10);
    world.clock.advance(200_000);
  });

  test('a list of texts to be opened waits behind what a person asks for, of the same app too', () => {
    const world = aWorld();
    const app = world.app();
    world.human = { ...approves, afterMs: 400 };
    for (let i = 0; i < 40; i++) {
      const friend = generateSecretKey();
      const text = nip44.encrypt(`${i}`, nip44.getConversationKey(friend, world.device.pubkey));
      app.send('nip44_decrypt', [getPublicKey(friend), text]);
    }
    world.clock.advance(1_000);
    const before = app.inbox.length;
    expect(signed(world, app, note).content).toBe('hello');
    // Behind what the device had already, and what was grouped with that.
    expect(app.inbox.length - before).toBeLessThan(20);
  });

  test('the same request 500 times: one prompt', () => {
    const world = aWorld();
    const app = world.app();
    const [method, params] = sign(1);
    const events = Array.from({ length: 100 }, () => app.event(method, params, { id: 'same' }));
    for (const event of events) for (let i = 0; i < 5; i++) app.publish(event);
    world.wait('an answer', () => app.answersTo('same').length > 0);
    world.clock.advance(60_000);
    expect(world.device.prompts).toHaveLength(1);
    expect(new Set(app.answersTo('same').map(({ text }) => text)).size).toBe(1);
  });
});

describe('secret races: of all who have one line, one gets in', () => {
  /** Strangers who all know the secret of one line. */
  function racers(world: World, count: number, secret = world.newSecret()) {
    const all = Array.from({ length: count }, () => world.stranger());
    world.clock.advance(50);
    const ids = all.map((app, i) => {
      const params = [world.host().pubkey, secret, '', JSON.stringify({ name: `racer ${i}` })];
      return app.send('connect', params, { relays: [world.relays[i % world.relays.length]?.url ?? ''] });
    });
    const results = () => all.map((app, i) => app.answersTo(ids[i])[0]?.json.result);
    return { all, ids, results };
  }

  test.each([
    ['two clients, one secret', 2, 700],
    ['two clients, one secret, and the human takes a minute', 2, 55_000],
    ['twenty clients on two relays', 20, 700],
  ])('%s: exactly one wins, one question is asked, and the others can do nothing', (_name, count, afterMs) => {
    const world = aWorld({ relays: ['wss://one.example', 'wss://two.example'] });
    world.pairs = { ...approves, afterMs };
    const { all, results } = racers(world, count);
    world.wait('the winner', () => results().includes('ack'));
    world.clock.advance(180_000);
    expect(results().filter((result) => result === 'ack')).toHaveLength(1);
    expect(world.device.pairings).toHaveLength(1);
    for (const [i, app] of all.entries()) {
      if (results()[i] === 'ack') expect(signed(world, app, note).content).toBe('hello');
      else app.send(...sign(i));
    }
    world.clock.advance(60_000);
    expect(world.device.signatures).toHaveLength(1);
  });

  test('whoever asks for the secret of a line that was used gets nothing, also after a restart', () => {
    const world = aWorld();
    const secret = world.newSecret();
    const winner = racers(world, 1, secret);
    world.wait('the winner', () => winner.results().includes('ack'));
    for (let twice = 0; twice < 2; twice++) {
      const late = racers(world, 2, secret);
      world.clock.advance(180_000);
      expect(late.results()).not.toContain('ack');
      world.restartHost();
    }
    expect(world.device.pairings).toHaveLength(1);
  });

  test('the human says no to the first: the line is void for all', () => {
    const world = aWorld();
    world.pairs = { ...approves, decide: () => 'deny' };
    const { results } = racers(world, 3);
    world.clock.advance(300_000);
    expect(results()).not.toContain('ack');
    expect(world.device.pairings).toHaveLength(1);
  });
});

test('whatever apps ask, in whatever order, while hands and cables fail: every request ends in one answer, none is asked twice', () => {
  for (const seed of seeds.slice(0, 3)) {
    const draw = chance(seed);
    const world = aWorld({ seed });
    const apps = [world.app('One'), world.app('Two')] as const;
    const keys = ['approve', 'deny', null] as const;
    world.human = { afterMs: 700, decide: () => pick(draw, keys) };
    const sent: (readonly [app: MemoryApp, id: unknown])[] = [];
    for (let i = 0; i < 25; i++) {
      const app = pick(draw, apps);
      const peer = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
      const [method, params] = pick<readonly [string, unknown]>(draw, [
        sign(i),
        ['nip44_encrypt', [peer, `${i}`]],
        ['nip04_encrypt', [peer, `${i}`]],
        ['ping', []],
        ['get_public_key', []],
        ['sign_event', ['{']],
        ['none', [i]],
      ]);
      const asked = { id: `${seed}.${i}` };
      for (let times = between(draw, 1, 3); times > 0; times--) app.send(method, params, asked);
      sent.push([app, asked.id]);
      if (draw() < 0.15) {
        world.unplug();
        world.clock.advance(between(draw, 0, 8_000));
        world.plug();
      }
      world.clock.advance(between(draw, 0, 8_000));
    }
    world.wait(`seed ${seed}: all answers`, () => sent.every(([app, id]) => app.answersTo(id).length > 0), 900_000);
    world.clock.advance(120_000);
    for (const [app, id] of sent) expect(new Set(app.answersTo(id).map(({ text }) => text)).size, String(id)).toBe(1);
    const asked = world.device.prompts.map(({ eventId }) => eventId).filter((id) => id !== null);
    expect(new Set(asked).size).toBe(asked.length);
    expect(world.device.firmware().jobs).toEqual([]);
  }
});

describe('what is no request', () => {
  const base = (draw: Chance): string =>
    JSON.stringify({
      id: pick<unknown>(draw, ['a', 1, '', null, 'x'.repeat(50)]),
      method: pick(draw, ['ping', 'get_public_key', 'connect', 'nip44_encrypt', 'switch_relays', 'x']),
      params: pick<unknown>(draw, [[], [''], ['79'.repeat(32), 'text'], null, {}, [[[[[]]]]], ['\u0000', 7, null]]),
    });

  function mutated(draw: Chance): string {
    let text = base(draw);
    for (let i = between(draw, 0, 3); i > 0; i--) {
      const place = between(draw, 0, text.length);
      const piece = pick(draw, ['"', '}', '[', '\u0000', '\ud83d', '\u202e', '\\u0000', ',', '9'.repeat(400), '{"a":']);
      text = text.slice(0, place) + piece + text.slice(place + between(draw, 0, 4));
    }
    return text;
  }

  test(`mutations, ${seeds.length} histories: each that decrypts is answered, and the host serves on`, () => {
    let refusals = 0;
    for (const seed of seeds) {
      const draw = chance(seed);
      const world = aWorld({ seed });
      const app = world.app();
      const before = app.inbox.length;
      const texts = Array.from({ length: 20 }, () => mutated(draw).toWellFormed());
      for (const text of texts) {
        app.publish(app.event('', [], { text }));
        world.clock.advance(1_500);
      }
      world.wait(`seed ${seed}: all answers`, () => app.inbox.length === before + texts.length);
      refusals += app.inbox.filter(({ json }) => json.error !== undefined).length;
      expect(world.device.signatures).toEqual([]);
      expect(signed(world, app, note).content).toBe('hello');
    }
    expect(refusals).toBeGreaterThan(seeds.length);
  });

  const envelopes: [name: string, event: (world: World, app: MemoryApp) => unknown][] = [
    ['for nobody', (_world, app) => app.event('ping', [], { tags: [] })],
    ['for somebody else', (_world, app) => app.event('ping', [], { tags: [['p', app.pubkey]] })],
    ['with 1,000 tags', (world, app) => app.event('ping', [], { tags: Array(1_000).fill(['p', world.host().pubkey]) })],
    ['from next week', (_world, app) => app.event('ping', [], { createdAt: 1_760_600_000 })],
    [
      'with a content of five megabytes',
      (_world, app) => ({ ...app.event('ping', []), content: 'x'.repeat(5_000_000) }),
    ],
    ['signed by somebody else', (world, app) => impostor(world, app)],
  ];
  test.each(envelopes)('an event %s leads to nothing, and the next request is served', (_name, event) => {
    const world = aWorld();
    const app = world.app();
    const before = app.inbox.length;
    world.relays[0].invent('host', event(world, app));
    world.clock.advance(5_000);
    expect(app.inbox).toHaveLength(before);
    expect(signed(world, app, note).content).toBe('hello');
    expect(world.device.prompts).toHaveLength(1);
  });

  /** The event of a paired app's key, with the signature of another key. */
  function impostor(world: World, app: MemoryApp): unknown {
    const genuine = app.event(...sign(1));
    const tags = [['p', world.host().pubkey]];
    const { kind, created_at, content } = genuine;
    const other = finalizeEvent({ kind, created_at, tags, content }, generateSecretKey());
    return { ...genuine, sig: other.sig };
  }
});

describe('names that lie', () => {
  const names: [name: string, claimed: string][] = [
    ['control characters', 'A\u0000\u0007\u001b[2J\u001b[31mB\r\n\tC'],
    ['line breaks', 'Coracle\nKEY1 approves\n\u2028everything\u2029'],
    ['bidirectional overrides', '\u202eelcaroC\u202c \u2066x\u2069\u200f'],
    ['invisible characters', '\u200b\u200d\ufeff\u{e0041}\u{e0042}\u00ad'],
    ['a megabyte', 'A'.repeat(15_000)],
    ['wide characters', '🐎'.repeat(64)],
    ['marks without end', `a${'\u0301'.repeat(60)}`],
    ['the words of the device', 'Sign note  ▼ KEY1 sign KEY3 deny'],
  ];
  let plainPages: readonly (readonly string[])[] | null = null;
  const honest = (): readonly (readonly string[])[] => {
    plainPages ??= pagesFor('Coracle');
    return plainPages;
  };
  test.each(names)('%s stay within the lines of the name', (_name, claimed) => {
    const pages = pagesFor(claimed);
    const [plain, rows] = [honest().flat(), pages.flat()];
    expect(rows[0]?.slice(0, -3)).toBe(plain[0]?.slice(0, -3)); // but for the page number
    expect(rows[1]).toMatch(/^app▸/);
    expect(rows.join('')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    for (const page of pages) expect(page.at(-1)).toMatch(/^KEY1 (sign|always…) {2,3}KEY3 (deny|never)/);
    // Everything below the name stands as it did, and on the first page: a long name must not push the event off it.
    const end = plain.findIndex((row) => row.startsWith('▒ end'));
    const below = plain.slice(3, end).filter((row) => row.trim() !== '');
    const first = pages[0] ?? [];
    expect(first.filter((row) => below.includes(row))).toEqual(below);
    expect(first.some((row) => row.startsWith('▸the app signed this'))).toBe(true);
  });

  test('half a character is no text: the app is told, and not paired', () => {
    const world = aWorld();
    const app = world.stranger();
    world.clock.advance(50);
    expect(world.ask(app, 'connect', ['', world.newSecret(), '', { name: 'a\ud800b' }])).toMatchObject({
      result: 'error',
    });
  });

  /** The rows of each page that the human can turn to. */
  function pagesFor(name: string): readonly (readonly string[])[] {
    const world = aWorld();
    const app = world.stranger();
    world.clock.advance(50);
    const secret = world.newSecret();
    const answer = world.ask(app, 'connect', ['', secret, '', JSON.stringify({ name })]);
    expect(answer).toMatchObject({ result: 'ack' });
    world.human = away;
    app.send(...sign(1));
    prompted(world);
    world.clock.advance(500); // the keys are named by now
    const pages = [world.device.firmware().screen.rows];
    for (world.device.press('next'); ; world.device.press('next')) {
      const { rows } = world.device.firmware().screen;
      if (rows[0] === pages[0]?.[0]) return pages;
      // The page after the last one is the device's own.
      if (rows.at(-1)?.includes('always…  KEY3 never') === true) continue;
      pages.push(rows);
    }
  }
});

test('an app does not get what another one asked for, nor its answers', () => {
  const world = aWorld();
  const [one, other] = [world.app('One'), world.app('Other')];
  const [method, params] = sign(1);
  world.ask(one, method, params, { id: 'shared' });
  const before = other.inbox.length;
  world.human = away;
  other.send(method, params, { id: 'shared' });
  prompted(world, 2);
  expect(other.inbox).toHaveLength(before);
  expect(world.device.prompts[1]?.rows.join('\n')).toContain('Other');
});
