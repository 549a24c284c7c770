/**
 * Attacks on the user key itself: it is public, so whoever likes may address it. A relay that replays and alters, strangers by the thousand, and an
 * app that asks without end get no second question, no second answer, and no more of the device than their budget.
 */
import { generateSecretKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { bridgeLimits as limits } from '../../host/src/core/bridge/bridge-limits.ts';
import { toRefusal } from '../../host/src/core/device/device-refusal.ts';
import type { NostrEvent } from '../../host/src/core/nip46/event.ts';
import { type UserKeyWorld, userKeyWorld } from '../host/user-key-world.ts';
import { judgedWorlds } from '../support/judged.ts';
import type { MemoryApp } from '../support/memory-app.ts';
import { finalizeEvent } from '../support/quick-nostr.ts';
import { between, chance } from '../support/random.ts';
import { answersAtOwnKey, appAtUserKey, userKeyLine } from '../support/user-key.ts';
import { approves, away, signed, type World, type WorldOptions } from '../support/world.ts';

const note = { kind: 1, created_at: 1_760_000_000, tags: [], content: 'hello' };

const aWorld = judgedWorlds();
function addressed(options: WorldOptions = {}): World {
  const world = aWorld(options);
  answersAtOwnKey(world);
  return world;
}

const asks = (app: MemoryApp, id: string): NostrEvent =>
  app.event('sign_event', [JSON.stringify({ ...note, content: id })], { id });

describe('what a relay carried once', () => {
  test.each([
    ['at once', 0, false],
    ['after five minutes', 300_000, false],
    ['after eleven minutes', 660_000, false],
    ['to a host that was restarted', 1_000, true],
    ['to a host that was restarted, where a line waits', 1_000, true],
  ])('is replayed %s: nobody is asked, and nobody is answered', (name, ms, restarts) => {
    const world = addressed();
    const app = world.stranger(world.device.pubkey);
    world.clock.advance(50);
    const all = [
      app.event('connect', ['', userKeyLine(world)], { id: 'c' }),
      ...['0', '1', '2'].map((id) => asks(app, id)),
    ];
    for (const event of all) {
      app.publish(event);
      world.wait('the answer', () => app.inbox.length === all.indexOf(event) + 1);
    }
    if (restarts) world.restartHost();
    world.clock.advance(ms);
    if (name.endsWith('waits')) userKeyLine(world);
    const { length } = world.device.signatures;
    for (const event of [...all, ...all]) world.relays[0].invent('host', event);
    world.clock.advance(10_000);
    expect(world.device.pairings).toHaveLength(1);
    expect(world.device.prompts).toHaveLength(3);
    expect(world.device.signatures).toHaveLength(length);
    expect(app.inbox).toHaveLength(4);
  });

  test('is signed anew by somebody else, and opens nothing: the key of who signs is the one that it is read by', () => {
    const world = addressed();
    const secret = userKeyLine(world);
    const app = world.stranger(world.device.pubkey);
    world.clock.advance(50);
    world.pairs = away;
    const connect = app.event('connect', ['', secret], { id: 'c' });
    const thief = generateSecretKey();
    const stolen = (event: NostrEvent): NostrEvent => {
      const { kind, created_at, content } = event;
      return finalizeEvent({ kind, created_at, content, tags: [['p', world.device.pubkey]] }, thief);
    };
    world.relays[0].invent('host', stolen(connect));
    world.clock.advance(1_000);
    expect(world.device.pairings).toEqual([]);
    world.pairs = approves;
    app.publish(connect);
    world.wait('the app is paired', () => app.inbox.length === 1);
    userKeyLine(world);
    world.relays[0].invent('host', stolen(asks(app, 'mine')));
    world.clock.advance(5_000);
    expect(world.device.prompts).toEqual([]);
    expect(world.device.pairings).toHaveLength(1);
  });

  test('is doubled, delayed, altered and lost on one of two relays, 8 histories: one prompt and one answer each', () => {
    for (let seed = 1; seed <= 8; seed++) {
      const draw = chance(seed);
      const world = addressed({ relays: ['wss://hostile.example', 'wss://honest.example'], seed });
      world.relays[0].mischief = (text) => {
        if (!text.startsWith('["EVENT"')) return [{ text, ms: 0 }];
        const [label, subscription, event] = JSON.parse(text);
        const other = {
          ...event,
          ...[{ content: 'AAAA' }, { sig: '0'.repeat(128) }, { kind: 1 }][between(draw, 0, 2)],
        };
        const altered = { text: JSON.stringify([label, subscription, other]), ms: 0 };
        const late = { text, ms: between(draw, 1, 50_000) };
        return [[], [altered, { text, ms: 5 }], [late, late], [{ text, ms: 0 }, late]][between(draw, 0, 3)] ?? [];
      };
      const app = appAtUserKey(world);
      const ids = ['0', '1', '2', '3'];
      for (const id of ids) {
        app.publish(asks(app, id));
        world.clock.advance(between(draw, 0, 20_000));
      }
      world.wait(`seed ${seed}: all answers`, () => ids.every((id) => app.answersTo(id).length > 0));
      world.clock.advance(120_000);
      expect(ids.map((id) => app.answersTo(id).length)).toEqual([1, 1, 1, 1]);
      expect(ids.map((id) => JSON.parse(String(app.answersTo(id)[0]?.json.result)).content)).toEqual(ids);
      expect(world.device.prompts).toHaveLength(ids.length);
    }
  });
});

/** A bridge that counts what it verifies, and strangers at its user key. */
function counted(): {
  world: UserKeyWorld;
  verified: () => number;
  flood: (seconds: number, of: readonly NostrEvent[]) => number;
} {
  const world = userKeyWorld();
  const { signer } = world;
  let verified = 0;
  const isGenuine = (event: NostrEvent): boolean => {
    verified++;
    return signer.isGenuine(event);
  };
  world.alter({ ...world.state(), signer: { ...signer, isGenuine } });
  /** So many seconds of a thousand events each; the device answers at once, and it is counted how often it was asked. */
  const flood = (seconds: number, of: readonly NostrEvent[]): number => {
    let asked = 0;
    for (let i = 0; i < seconds * 1_000; i++) {
      const event = of[i % of.length];
      if (event === undefined) throw new Error('no strangers');
      // Each under an id of its own, where it is forged anyway.
      world.deliver(event.sig === forged ? { ...event, id: i.toString(16).padStart(64, '0') } : event);
      if (world.requests().length > 0) {
        asked++;
        world.device(() => ({ type: 'refused', refusal: toRefusal('unauthenticated') }));
      }
      world.pass(1);
    }
    return asked;
  };
  return { world, verified: () => verified, flood };
}

const forged = '0'.repeat(128);

/** Genuine events of as many keys. */
function strangers(world: UserKeyWorld, count: number): NostrEvent[] {
  const created_at = Math.floor(world.now() / 1000);
  return Array.from({ length: count }, () =>
    finalizeEvent(
      { kind: 24133, created_at, tags: [['p', world.user]], content: 'x'.repeat(132) },
      generateSecretKey(),
    ),
  );
}

describe('strangers by the thousand a second', () => {
  test('cost no signature and no question while no line waits for one', () => {
    const { world, verified, flood } = counted();
    const events = strangers(world, 200);
    expect(flood(5, events)).toBe(0);
    expect(
      flood(
        5,
        events.map((event) => ({ ...event, sig: forged })),
      ),
    ).toBe(0);
    expect(verified()).toBe(0);
    expect(world.asks.size).toBe(0);
    expect(world.log).toEqual([]);
    expect(world.state().drops.misaddressed).toBe(10_000);
  });

  test('get no more of the device than the budget of the unread while one waits, and leave the others that of all strangers', () => {
    const { world, verified, flood } = counted();
    world.newUserSecret('abc');
    const events = strangers(world, 500);
    const questions = flood(10, events);
    const budget = limits.unread.burst + 10_000 / limits.unread.eachMs;
    expect(questions).toBeGreaterThan(limits.unread.burst - 1);
    expect(questions).toBeLessThanOrEqual(budget + 1);
    expect(verified()).toBeLessThanOrEqual(budget + 1);
    // Whoever pairs at our own key in the middle of it does not notice.
    const app = world.app();
    world.newSecret('main');
    app.send('connect', ['', 'main']);
    expect(app.last()).toMatchObject({ result: 'ack' });
    // And the line still holds for whom it was made.
    world.pass(60_000);
    world.ask(app, 'connect', [world.user, 'abc']);
    world.device();
    expect(world.kept().apps).toMatchObject([{ client: app.pubkey, addressed: true }]);
  });

  test('that are forged reach no device, and cost no more signatures than strangers ever may', () => {
    const { world, verified, flood } = counted();
    world.newUserSecret('abc');
    const events = strangers(world, 100).map((event) => ({ ...event, sig: forged }));
    expect(flood(10, events)).toBe(0);
    expect(verified()).toBeLessThanOrEqual(limits.strangers.burst + 10_000 / limits.strangers.eachMs + 1);
    expect(world.state().unreadFullAt).toBe(0);
  });
});

test('an app that asks at the user key without end does not keep another one from its turn', () => {
  const world = addressed();
  const [greedy, other] = [appAtUserKey(world), world.app()];
  for (let i = 0; i < 700; i++) greedy.publish(asks(greedy, `${i}`));
  world.clock.advance(2_000);
  const before = world.device.prompts.length;
  signed(world, other, { ...note, content: 'mine' });
  expect(world.device.prompts.length - before).toBeLessThan(10);
  // No more are open than one app may have; what is beyond is not answered, and not asked later.
  expect(world.host().bridge().open.size).toBeLessThanOrEqual(limits.openPerApp);
});
