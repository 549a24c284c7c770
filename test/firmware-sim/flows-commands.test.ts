/**
 * Every command about the device's life and its accounts, over a sealed session: in each state, from a stranger, refused by the human,
 * left alone, cancelled, cut off, and while something else has the screen.
 */
import { decodeMessage, type Request, type RequestOf } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import { lifeBench, pin } from '../support/life-bench.ts';

type Command =
  | 'lock'
  | 'unlock'
  | 'wipe'
  | 'mix_entropy'
  | 'rename_device'
  | 'accounts'
  | 'account_create'
  | 'account_derive'
  | 'account_import'
  | 'account_rename'
  | 'account_remove'
  | 'backup_check';

const bodies: { readonly [C in Command]: RequestOf<C> } = {
  lock: {},
  unlock: {},
  wipe: {},
  mix_entropy: { entropy: new Uint8Array(32).fill(9) },
  rename_device: { name: 'Gate' },
  accounts: {},
  account_create: { name: 'Second' },
  account_derive: { name: 'Third', index: 3 },
  account_import: { name: 'Old key', secret: new Uint8Array(32).fill(3) },
  account_rename: { account: 0, name: 'Renamed' },
  account_remove: { account: 1 },
  backup_check: {},
};

/** What is answered at once; `asks`: the human is asked. An open device has two accounts here. */
const table: readonly (readonly [Command, fresh: string, locked: string, open: string, stranger: string])[] = [
  ['lock', 'fresh', 'done', 'done', 'not_paired'],
  ['unlock', 'fresh', 'asks', 'wrong_state', 'wrong_state'],
  ['wipe', 'fresh', 'asks', 'asks', 'not_paired'],
  ['mix_entropy', 'done', 'wrong_state', 'wrong_state', 'wrong_state'],
  ['rename_device', 'fresh', 'locked', 'asks', 'not_paired'],
  ['accounts', 'fresh', 'locked', 'done', 'not_paired'],
  ['account_create', 'fresh', 'locked', 'asks', 'not_paired'],
  ['account_derive', 'fresh', 'locked', 'asks', 'not_paired'],
  ['account_import', 'asks', 'locked', 'asks', 'not_paired'],
  ['account_rename', 'fresh', 'locked', 'asks', 'not_paired'],
  ['account_remove', 'fresh', 'locked', 'asks', 'not_paired'],
  ['backup_check', 'fresh', 'locked', 'asks', 'not_paired'],
];

const asking = [
  'wipe',
  'rename_device',
  'account_create',
  'account_derive',
  'account_import',
  'account_rename',
  'account_remove',
  'backup_check',
] as const;

type Bench = ReturnType<typeof lifeBench>;

function ask(bench: Bench, command: Command): number {
  return bench.ask<Request['command']>(command, bodies[command]);
}

/** What get_result says of it. */
function resultOf(bench: Bench, request: number): string {
  const id = bench.ask('get_result', { request });
  const answers = bench.said.map((bytes) => decodeMessage(bytes));
  const reply = answers.find((one) => one.type === 'reply' && one.id === id && one.command === 'get_result');
  return reply?.type === 'reply' && reply.command === 'get_result' ? reply.body.state : 'nothing';
}

/** An open device with an imported account 1 besides its own. */
function twoAccounts(): Bench {
  const bench = lifeBench('open');
  const id = bench.ask('account_import', { name: 'Imported', secret: new Uint8Array(32).fill(8) });
  bench.read();
  bench.press('approve', 1_600);
  expect(bench.answer(id)).toBe('done');
  bench.advance(3_000);
  return bench;
}

describe.each(table)('%s', (command, fresh, locked, open, stranger) => {
  test.each([
    ['fresh', () => lifeBench('fresh'), fresh],
    ['locked', () => lifeBench('locked'), locked],
    ['open', twoAccounts, open],
    ['open, from an unknown computer', () => lifeBench('open', false), stranger],
  ] as const)('%s', (_, make, expected) => {
    const bench = make();
    const before = bench.flash.names().map((name) => [name, bench.flash.read(name)]);
    const id = ask(bench, command);
    expect(bench.answer(id) ?? 'asks').toBe(expected);
    expect(bench.firmware().flow !== null).toBe(expected === 'asks');
    // Whoever was only asked, or refused, has written nothing.
    if (expected !== 'done') expect(bench.flash.names().map((name) => [name, bench.flash.read(name)])).toEqual(before);
  });
});

describe.each([...asking, 'unlock'] as const)('%s', (command) => {
  const make = (): Bench => (command === 'unlock' ? lifeBench('locked') : twoAccounts());
  const state = ({ firmware, flash }: Bench) => {
    const { life } = firmware();
    const accounts = life.phase === 'open' ? life.accounts.map(({ number, name }) => [number, name]) : [];
    return [life.phase, accounts, life.phase === 'open' ? life.settings : null, flash.names()];
  };
  const unchanged = (how: string, end: (bench: Bench, id: number) => void, expected: string | null): void =>
    test(how, () => {
      const bench = make();
      const before = state(bench);
      const id = ask(bench, command);
      end(bench, id);
      bench.advance(20);
      expect(bench.answer(id)).toBe(expected);
      expect(state(bench)).toEqual(before);
    });

  unchanged('denied', (bench) => bench.press('deny'), 'denied');
  unchanged('timed out', (bench) => bench.advance(60_100), 'timed_out');
  unchanged('not a moment before its time', (bench) => bench.advance(59_000), null);
  unchanged('cancelled', (bench, id) => bench.say({ type: 'cancel', id, command }), 'cancelled');
  unchanged('cut off', (bench) => bench.replug(), null);
  unchanged(
    'a short press where it takes a hold, and a hold from before',
    (bench) => {
      if (!['wipe', 'account_import', 'account_remove'].includes(command)) return void bench.press('deny');
      bench.press('approve');
      bench.finger('hold', 'approve', bench.now() - 5_000);
      bench.press('deny');
    },
    'denied',
  );

  test('a glitch asks nobody twice: the same computer claims it, and hears how it ended', () => {
    const bench = make();
    const id = ask(bench, command);
    const page = bench.text();
    bench.replug();
    bench.establish();
    expect(bench.text()).toBe(page);
    expect(resultOf(bench, id)).toBe('open');
    bench.press('deny');
    expect(bench.answer(id)).toBe('denied');
  });

  test('what it came to while the cable was out is told to whoever asked', () => {
    const bench = make();
    const id = ask(bench, command);
    bench.replug();
    bench.press('deny');
    bench.establish();
    expect(bench.answer(id)).toBeNull();
    expect(resultOf(bench, id)).toBe('ended');
    expect(bench.answer(id)).toBe('denied');
    expect(bench.firmware().flow).toBeNull();
    // Once more under the same id asks nobody, whatever the computer has lost.
    ask(bench, command);
    bench.say({ type: 'request', id, command, body: bodies[command] } as Request);
    const again = bench.said.map((bytes) => decodeMessage(bytes)).at(-1);
    expect(again).toMatchObject({ type: 'error', id, error: 'duplicate_id' });
  });

  test('nobody claims it: the screen is free after 5 s, but for a PIN that is being entered', () => {
    const bench = make();
    const id = ask(bench, command);
    bench.replug();
    bench.establish();
    bench.advance(4_900);
    expect(bench.firmware().flow?.owner).toMatchObject({ by: 'computer', id });
    bench.advance(200);
    expect(bench.firmware().flow?.owner.by ?? null).toBe(command === 'unlock' ? 'device' : null);
    expect(bench.answer(id)).toBeNull();
    expect(resultOf(bench, id)).toBe('ended');
    expect(bench.answer(id)).toBe('cancelled');
  });

  test('a second one meanwhile is busy, and the first goes on', () => {
    const bench = make();
    const first = ask(bench, command);
    const second = command === 'unlock' ? bench.ask('wipe', {}) : bench.ask('rename_device', { name: 'x' });
    expect([bench.answer(first), bench.answer(second)]).toEqual([null, 'busy']);
    bench.press('deny');
    expect(bench.answer(first)).toBe('denied');
  });

  test('nothing of it goes on when the device is locked', () => {
    if (command === 'unlock') return;
    const bench = make();
    const id = ask(bench, command);
    ask(bench, 'lock');
    expect([bench.answer(id), bench.phase()]).toEqual(['locked', 'locked']);
  });
});

describe('with a yes', () => {
  const done = (
    command: Command,
    yes: (bench: Bench) => void,
    after: (bench: Bench) => unknown,
    expected: unknown,
  ): void =>
    test(command, () => {
      const bench = command === 'unlock' ? lifeBench('locked') : twoAccounts();
      const id = ask(bench, command);
      yes(bench);
      expect(bench.answer(id)).toBe('done');
      expect(after(bench)).toEqual(expected);
    });
  const short = (bench: Bench): void => {
    bench.read();
    bench.press('approve');
  };
  const held = (bench: Bench): void => {
    bench.read();
    bench.press('approve', 1_600);
  };
  const accounts = ({ firmware }: Bench): unknown => {
    const { life } = firmware();
    return life.phase === 'open' ? life.accounts.map(({ number, name, index }) => [number, name, index]) : life.phase;
  };
  const two = [
    [0, 'Main', 0],
    [1, 'Imported', null],
  ];

  done(
    'unlock',
    (bench) => bench.pin(pin),
    (bench) => bench.phase(),
    'open',
  );
  done('wipe', held, (bench) => [bench.phase(), bench.flash.names().toSorted()], ['fresh', ['computers', 'identity']]);
  done('account_create', short, accounts, [...two, [2, 'Second', 1]]);
  done('account_derive', short, accounts, [...two, [2, 'Third', 3]]);
  done('account_import', held, accounts, [...two, [2, 'Old key', null]]);
  done('account_rename', short, accounts, [
    [0, 'Renamed', 0],
    [1, 'Imported', null],
  ]);
  done('account_remove', held, accounts, [[0, 'Main', 0]]);
  done(
    'rename_device',
    short,
    ({ firmware }) => {
      const { life } = firmware();
      return life.phase === 'open' ? life.settings.name : null;
    },
    'Gate',
  );
});

test('a computer that asks for the PIN and takes that back throws nobody out of entering it', () => {
  const bench = lifeBench('locked', false);
  const id = bench.ask('unlock', {});
  bench.turn(pin.charAt(0));
  for (const taken of [id, bench.ask('unlock', {})]) bench.say({ type: 'cancel', id: taken, command: 'unlock' });
  expect(bench.answer(id)).toBe('cancelled');
  expect(bench.firmware().flow?.owner.by).toBe('device');
  bench.pin(pin.slice(1));
  bench.advance(20);
  expect(bench.phase()).toBe('open');
});

test('a locked device is paired with nobody, and an open one is', () => {
  const bench = lifeBench('locked', false);
  expect(bench.answer(bench.ask('pair', { name: 'a thief’s' }))).toBe('locked');
  expect(bench.firmware().pairing).toBeNull();
  bench.unlock();
  expect(bench.answer(bench.ask('pair', { name: 'desk' }))).toBe('done');
});
