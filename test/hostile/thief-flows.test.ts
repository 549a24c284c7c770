/**
 * The power goes at every write of the flows that make, change and take keys, as a human goes through them: afterwards the device is as it
 * was, or as it was to be, and never something between; what a human or a computer was told is so.
 *
 * What lies in flash when the power goes at a write is what lay there before it. So each flow is gone through once, and the device is
 * started from each of the flashes that it leaves behind.
 */
import { expect, test } from 'vitest';
import type { Flash } from '../../firmware-sim/src/firmware/env.ts';
import { generateMnemonic } from '../../firmware-sim/src/firmware/formats/keys.ts';
import { listed } from '../../firmware-sim/src/firmware/policy/clients.ts';
import { readWords } from '../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { lifeBench, pairFresh, pin, settledFlash } from '../support/life-bench.ts';
import { testEntropy } from '../support/open-life.ts';
import { usedFlash } from '../support/used-flash.ts';
import { flashOn, type Records } from './thief-stories.ts';

type Bench = ReturnType<typeof lifeBench>;

/** Begins a flow; gives how it is agreed to, and whether somebody was told by now that it is done. */
type Told = () => boolean;
type Flow = {
  readonly name: string;
  readonly starts: 'fresh' | 'settled' | 'in use';
  readonly before: unknown;
  /** What may be between, where a flow takes things away one after the other. */
  readonly between?: readonly unknown[];
  readonly after: unknown;
  readonly begin: (bench: Bench) => Told;
  readonly agree: (bench: Bench) => void;
};

const held = (bench: Bench): void => {
  bench.read();
  bench.press('approve', 1_600);
};
const short = (bench: Bench): void => {
  bench.read();
  bench.press('approve');
};
const choosePin = (bench: Bench): void => {
  bench.advance(20);
  bench.pin(pin);
  bench.pin(pin);
  bench.advance(20);
};
const reads =
  (bench: Bench, words: string): Told =>
  () =>
    bench.text().includes(words);

/** A computer asks; it was told when its answer says done. */
const asks =
  (ask: (bench: Bench) => number): Flow['begin'] =>
  (bench) => {
    const id = ask(bench);
    return () => bench.answer(id) === 'done';
  };

/** Opens lines of the menu, one in the other. */
const opens =
  (lines: readonly string[], told: (bench: Bench) => Told): Flow['begin'] =>
  (bench) => {
    bench.press('next');
    for (const line of lines) bench.choose(line);
    bench.advance(20);
    return told(bench);
  };

const secret = new Uint8Array(32).fill(3);
const words12 = new Uint8Array(16).fill(1);
const entersWords = (bench: Bench): void => {
  for (const word of generateMnemonic(words12).split(' ')) bench.word(word);
  choosePin(bench);
};

/** The words that the screen shows, written down and given back. */
const writesDown = (bench: Bench): void => {
  short(bench);
  const pages = bench.read();
  const words = pages.flatMap((page) => [...page.matchAll(/^ ?\d+ ([a-z]+) *$/gm)].map((found) => found[1] ?? ''));
  bench.press('approve');
  bench.choose('Ask 4 of them');
  for (let i = 0; i < 4; i++) bench.word(words[Number(/Word (\d+)\?/.exec(bench.text())?.[1]) - 1] ?? '');
  choosePin(bench);
};

type State = { accounts: unknown; words?: unknown; apps?: unknown; name?: string; lock?: number; suspended?: boolean };
const is = (state: State): unknown => ({
  words: hex(testEntropy),
  apps: [],
  name: '',
  lock: 15,
  suspended: false,
  ...state,
});
const main = [0, 'Main', 0];
const spare = [1, 'Spare', null];
const settled = is({ accounts: [main] });
const [coracle, amethyst, nameless] = [
  ['Coracle', 0, 3],
  ['Amethyst\nCoracle\u202e', 1, 1],
  ['', 0, 0],
];
const inUse = is({ accounts: [main, spare], apps: [coracle, amethyst, nameless] });

const flows: readonly Flow[] = [
  {
    name: 'the device is set up with new words',
    starts: 'fresh',
    before: 'fresh',
    after: is({ accounts: [[0, 'account 0', 0]], words: expect.stringMatching(/^[0-9a-f]{64}$/) }),
    begin: opens(['New key'], (bench) => reads(bench, 'Ready')),
    agree: writesDown,
  },
  {
    name: 'the device is restored from its words',
    starts: 'fresh',
    before: 'fresh',
    after: is({ accounts: [[0, 'account 0', 0]], words: hex(words12) }),
    begin: opens(['Use 12 words'], (bench) => reads(bench, 'Ready')),
    agree: entersWords,
  },
  {
    name: 'a first key is imported',
    starts: 'fresh',
    before: 'fresh',
    after: is({ accounts: [[0, 'Old', null]], words: null }),
    begin: asks((bench) => bench.ask('account_import', { name: 'Old', secret })),
    agree: (bench) => {
      held(bench);
      choosePin(bench);
      bench.advance(400);
      bench.press('approve');
    },
  },
  {
    name: 'another key is imported',
    starts: 'settled',
    before: settled,
    after: is({ accounts: [main, [1, 'Old', null]] }),
    begin: asks((bench) => bench.ask('account_import', { name: 'Old', secret })),
    agree: held,
  },
  {
    name: 'an account is made',
    starts: 'settled',
    before: settled,
    after: is({ accounts: [main, [1, 'Second', 1]] }),
    begin: asks((bench) => bench.ask('account_create', { name: 'Second' })),
    agree: short,
  },
  {
    name: 'an account is derived',
    starts: 'settled',
    before: settled,
    after: is({ accounts: [main, [1, 'Third', 7]] }),
    begin: asks((bench) => bench.ask('account_derive', { name: 'Third', index: 7 })),
    agree: short,
  },
  {
    name: 'an account is made by hand',
    starts: 'settled',
    before: settled,
    after: is({ accounts: [main, [1, 'account 1', 1]] }),
    begin: opens(['Accounts', 'New account'], (bench) => reads(bench, '> account 1')),
    agree: (bench) => {
      short(bench);
      bench.press('next');
    },
  },
  {
    name: 'an account is renamed',
    starts: 'settled',
    before: settled,
    after: is({ accounts: [[0, 'Renamed', 0]] }),
    begin: asks((bench) => bench.ask('account_rename', { account: 0, name: 'Renamed' })),
    agree: short,
  },
  {
    name: 'an account is removed, and its app with it',
    starts: 'in use',
    before: inUse,
    // The app goes first: what is left is an account without it, never an app without its account.
    between: [is({ accounts: [main, spare], apps: [coracle, nameless] })],
    after: is({ accounts: [main], apps: [coracle, nameless] }),
    begin: asks((bench) => bench.ask('account_remove', { account: 1 })),
    agree: held,
  },
  {
    name: 'an app is removed by hand',
    starts: 'in use',
    before: inUse,
    after: is({ accounts: [main, spare], apps: [amethyst, nameless] }),
    begin: opens(['Apps', 'Coracle'], (bench) => reads(bench, '> Amethyst')),
    agree: (bench) => {
      bench.choose('Revoke the app');
      short(bench);
    },
  },
  {
    name: 'all grants are suspended',
    starts: 'settled',
    before: settled,
    after: is({ accounts: [main], suspended: true }),
    begin: opens(['Emergency lock'], (bench) => () => bench.phase() === 'locked'),
    agree: short,
  },
  {
    name: 'the minutes to the lock are chosen',
    starts: 'settled',
    before: settled,
    after: is({ accounts: [main], lock: 5 }),
    begin: opens(['Auto-lock'], (bench) => reads(bench, 'Menu')),
    agree: (bench) => bench.choose('5 minutes'),
  },
  {
    name: 'the device is renamed',
    starts: 'settled',
    before: settled,
    after: is({ accounts: [main], name: 'Gate' }),
    begin: asks((bench) => bench.ask('rename_device', { name: 'Gate' })),
    agree: short,
  },
  {
    name: 'the device is wiped',
    starts: 'in use',
    before: inUse,
    after: 'fresh',
    begin: asks((bench) => bench.ask('wipe', {})),
    agree: held,
  },
];

test.each(flows)('$name', ({ starts, before, between = [], after, begin, agree }) => {
  const records: Records = new Map();
  pairFresh(flashOn(records));
  if (starts === 'settled') settledFlash(flashOn(records));
  if (starts === 'in use') usedFlash(flashOn(records));
  const { flash, left, watch } = watched(records);
  const bench = lifeBench('fresh', true, flash);
  if (starts !== 'fresh') bench.unlock();
  watch(begin(bench));
  agree(bench);
  const all = left();
  expect(all.at(-1)?.told).toBe(true);
  for (const { records: cut, told } of all) {
    const state = found(cut);
    if (told) expect(state).toEqual(after);
    else expect([before, ...between, after]).toContainEqual(state);
  }
  expect(found(all[0]?.records ?? new Map())).toEqual(before);
});

/** Flash that keeps what lay in it before each write, and at the end, and whether somebody was told by then that it is done. */
function watched(records: Records) {
  const all: { readonly records: Records; readonly told: boolean }[] = [];
  let told: Told | null = null;
  const keep = (): void => void (told !== null && all.push({ records: new Map(records), told: told() }));
  const whole = flashOn(records);
  const flash: Flash = {
    ...whole,
    write: (name, bytes) => {
      keep();
      whole.write(name, bytes);
    },
    remove: (name) => {
      if (records.has(name)) keep();
      whole.remove(name);
    },
  };
  const watch = (by: Told): void => {
    told = by;
  };
  const left = () => {
    keep();
    return all;
  };
  return { flash, watch, left };
}

/** What a restart finds, opened with the PIN: `fresh`, or all that was made. */
function found(records: Records): unknown {
  const device = lifeBench('fresh', false, flashOn(new Map(records)));
  if (device.phase() === 'fresh') return 'fresh';
  device.unlock();
  const { life } = device.firmware();
  if (life.phase !== 'open') return life.phase;
  const { accounts, clients, settings, vault } = life;
  const words = readWords(vault);
  return {
    accounts: accounts.map(({ number, name, index }) => [number, name, index]),
    words: words instanceof Uint8Array ? hex(words) : words,
    apps: listed(clients).map(({ name, account, grants }) => [name, account, grants.length]),
    name: settings.name,
    lock: settings.autoLockMinutes,
    suspended: clients.suspended,
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
