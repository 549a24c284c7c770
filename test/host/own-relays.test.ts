/** The relays of the host change, while it runs and over a restart: apps are led on, and heard where they are until they came. */
import { describe, expect, test } from 'vitest';
import { relaysOfApps } from '../../host/src/core/apps/introducing.ts';
import { parseRelays } from '../../host/src/core/apps/own-relays.ts';
import { keepOwnRelays } from '../../host/src/own-relays.ts';
import { makeWorld, pairedApp } from './bridge-world.ts';

const [one, two, three, here] = ['wss://one.example', 'wss://two.example', 'wss://three.example', 'ws://127.0.0.1:7'];

/** A bridge with a paired app, and a host that was started with these relays. */
function hostWith(given: readonly string[]) {
  const world = makeWorld();
  const kept = new Map<string, string>();
  const store = {
    setting: (name: string) => kept.get(name) ?? null,
    saveSetting: (name: string, text: string) => void kept.set(name, text),
  };
  const start = (urls: readonly string[]) => keepOwnRelays(urls, store, world.feed, () => undefined);
  const change = start(given);
  const app = pairedApp(world);
  return {
    world,
    app,
    change,
    start,
    own: () => world.state().ownRelays.all,
    /** Where apps are that are not at all relays of now. */
    elsewhere: () => relaysOfApps(world.state().sessions),
    switched: (relay: string) => {
      world.pass(1_000);
      app.send('switch_relays', [], { relay });
      return app.last().result;
    },
  };
}

describe('one is added', () => {
  test('apps hear of it once, when they ask; a restart remembers it', () => {
    const { change, start, own, elsewhere, switched } = hostWith([one]);
    expect(switched(one)).toBe('null');
    expect(change({ type: 'add', url: two })).toBeNull();
    expect(own()).toEqual([one, two]);
    expect(switched(one)).toBe(JSON.stringify([one, two]));
    expect(switched(one)).toBe('null');
    expect(elsewhere()).toEqual([]);
    start([one]);
    expect(own()).toEqual([one, two]);
    expect(switched(one)).toBe('null');
  });

  test('twice: nothing changes', () => {
    const { change, own, switched } = hostWith([one]);
    for (const url of [one, two, two]) expect(change({ type: 'add', url })).toBeNull();
    expect(own()).toEqual([one, two]);
    expect(switched(one)).toBe(JSON.stringify([one, two]));
  });

  test('and is one too many', () => {
    const { change, own } = hostWith(Array.from({ length: 15 }, (_, n) => `wss://${n}.example`));
    expect(change({ type: 'add', url: one })).toBeNull();
    expect(change({ type: 'add', url: two })).toMatchObject({ code: 'full' });
    expect(own()).toHaveLength(16);
  });
});

describe('one is removed', () => {
  test('apps that share another one with us are told so, and it is left when they asked', () => {
    const { change, own, elsewhere, switched } = hostWith([one]);
    change({ type: 'add', url: two });
    expect(switched(one)).not.toBe('null');
    expect(change({ type: 'remove', url: two, atOnce: false })).toBeNull();
    expect(own()).toEqual([one]);
    expect(elsewhere()).toEqual([one, two]);
    expect(switched(two)).toBe(JSON.stringify([one]));
    expect(elsewhere()).toEqual([]);
  });

  test('and added again before anybody asked: nobody is led anywhere', () => {
    const { change, elsewhere, switched } = hostWith([one]);
    change({ type: 'add', url: two });
    switched(one);
    change({ type: 'remove', url: two, atOnce: false });
    change({ type: 'add', url: two });
    expect(switched(one)).toBe('null');
    expect(elsewhere()).toEqual([]);
  });

  test('at once: no app is waited for there', () => {
    const { change, elsewhere } = hostWith([here]);
    change({ type: 'add', url: two });
    change({ type: 'add', url: three });
    expect(change({ type: 'remove', url: two, atOnce: true })).toBeNull();
    expect(elsewhere()).not.toContain(two);
  });

  test('but was given at the start, or is none: that is said', () => {
    const { change, own } = hostWith([one]);
    expect(change({ type: 'remove', url: one, atOnce: true })).toMatchObject({
      advice: expect.stringContaining('--relay'),
    });
    expect(change({ type: 'remove', url: two, atOnce: false })).toMatchObject({ code: 'malformed' });
    expect(own()).toEqual([one]);
  });
});

describe('the host is started with others', () => {
  test('apps are heard where they are, told the new ones, and left when they came', () => {
    const { start, world, own, elsewhere, switched } = hostWith([one]);
    start([two, three]);
    expect(own()).toEqual([two, three]);
    expect(elsewhere()).toEqual([one]);
    expect(world.kept().apps).toMatchObject([{ relays: [one] }]);
    for (let twice = 0; twice < 2; twice++) expect(switched(one)).toBe(JSON.stringify([two, three]));
    expect(switched(three)).toBe('null');
    expect(elsewhere()).toEqual([]);
    expect(world.kept().apps).toMatchObject([{ relays: [] }]);
  });

  test('on this machine alone for once, apps wait where they are, and nothing is led anywhere', () => {
    const { start, elsewhere, switched } = hostWith([one]);
    start([here]);
    expect(switched(here)).toBe('null');
    start([one]);
    expect(switched(one)).toBe('null');
    start([two]);
    expect(elsewhere()).toEqual([one]);
  });
});

describe('anybody may copy an event of an app to another relay', () => {
  /** The app is at `one`, we are at two others by now, and it asks there. */
  function copied() {
    const host = hostWith([one]);
    const change = host.start([two, three]);
    const { app } = host;
    return { ...host, change, ask: () => app.event('switch_relays', []), relays: () => app.inbox.at(-1)?.relays };
  }

  test('before the list was told: it is told where the app is, and the app is not left', () => {
    const { world, app, ask, relays, elsewhere } = copied();
    const event = ask();
    world.deliver(event, two);
    world.deliver(event, one);
    expect(app.last().result).toBe(JSON.stringify([two, three]));
    expect(relays()).toEqual([two, one]);
    expect(elsewhere()).toEqual([one]);
    expect(world.kept().apps).toMatchObject([{ relays: [one] }]);
  });

  test('what was signed before the list was told, and comes after it: nothing changes', () => {
    const { world, app, ask, switched, elsewhere } = copied();
    const event = ask();
    expect(switched(one)).toBe(JSON.stringify([two, three]));
    world.deliver(event, two);
    expect(app.last().result).toBe('null');
    expect(elsewhere()).toEqual([one]);
    expect(switched(two)).toBe('null');
    expect(elsewhere()).toEqual([]);
  });

  test('what was answered is not taken a second time by a host that was restarted', () => {
    const { world, ask } = copied();
    const event = ask();
    world.deliver(event, one);
    const later = makeWorld(world.kept(), world.signer);
    later.feed({ type: 'own_relays', relays: { all: [two, three], reachable: [two, three] } });
    later.deliver(event, two);
    expect(later.log).toEqual([]);
    expect(relaysOfApps(later.state().sessions)).toEqual([one]);
  });

  test('a list that was told is another one when the relays change again', () => {
    const { world, ask, app, change, switched, elsewhere } = copied();
    switched(one);
    change({ type: 'add', url: 'wss://four.example' });
    world.pass(1_000);
    world.deliver(ask(), two);
    expect(JSON.parse(String(app.last().result))).toContain('wss://four.example');
    expect(elsewhere()).toContain(one);
  });
});

test('what is kept and cannot be read is not guessed', () => {
  for (const text of [
    '',
    '{',
    '[]',
    '{"added":[]}',
    '{"added":[1],"last":[]}',
    JSON.stringify({ added: Array(17).fill(one), last: [] }),
  ])
    expect(parseRelays(text), text).toBeNull();
  expect(() =>
    keepOwnRelays(
      [one],
      { setting: () => '{', saveSetting: () => undefined },
      () => undefined,
      () => undefined,
    ),
  ).toThrow('cannot be read');
});
