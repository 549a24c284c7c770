/** What the flows come to: the end state, what was written, and what computers heard. */
import { decodeMessage } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import { LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import { entropyOf, generateMnemonic } from '../../firmware-sim/src/firmware/formats/keys.ts';
import { readWords } from '../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { lifeBench, pin } from '../support/life-bench.ts';
import { memoryFlash } from '../support/memory-flash.ts';
import { testEntropy } from '../support/open-life.ts';
import { owner } from '../support/owner.ts';

type Bench = ReturnType<typeof lifeBench>;

function open({ firmware }: Pick<Bench, 'firmware'>) {
  const { life } = firmware();
  if (life.phase !== 'open') throw new Error(`the device is ${life.phase}`);
  return life;
}

/** Opens a line of the main menu. */
function menu(bench: Bench, line: string): void {
  bench.press('next');
  bench.choose(line);
}

describe('set-up', () => {
  const words12 = generateMnemonic(new Uint8Array(16).fill(1)).split(' ');
  const words24 = generateMnemonic(testEntropy).split(' ');

  test.each([
    ['Use 12 words', words12],
    ['Use 24 words', words24],
  ] as const)('%s', (line, words) => {
    const device = owner(memoryFlash(), LCD240);
    device.press('next');
    device.choose(line);
    for (const word of words) device.word(word);
    device.wait(20);
    device.pin(pin);
    device.pin(pin);
    device.wait(20);
    expect(readWords(open(device).vault)).toEqual(entropyOf(words.join(' ')));
    expect(open(device).settings.backupChecked).toBe(false);
  });

  test('words that do not fit are put right one by one', () => {
    const device = owner(memoryFlash(), LCD240);
    device.press('next');
    device.choose('Use 12 words');
    for (const word of ['zoo', ...words12.slice(1)]) device.word(word);
    expect(device.text()).toContain('Not right');
    device.press('approve');
    device.choose(' 1 zoo');
    device.word(words12[0] ?? '');
    device.wait(20);
    expect(device.text()).toContain('New PIN');
  });

  test.each([
    ['123', '1234', 'a PIN of three digits is not taken'],
    ['12345678901234567', '1234567890123456', 'a seventeenth digit is not taken'],
  ])('%s', (entered, taken) => {
    const bench = lifeBench('fresh');
    const id = bench.ask('account_import', { name: 'Old', secret: new Uint8Array(32).fill(3) });
    bench.read();
    bench.press('approve', 1_600);
    bench.pin(entered);
    if (entered.length < 4) {
      expect(bench.text()).toContain('New PIN');
      bench.turn(taken.slice(3));
      bench.turn('done');
    }
    bench.pin(taken);
    bench.advance(20);
    expect(bench.text()).toContain('Ready');
    // It is done, though nobody reads the last page.
    bench.say({ type: 'cancel', id, command: 'account_import' });
    expect([bench.answer(id), bench.phase()]).toEqual(['done', 'open']);
    expect(open(bench).accounts.map(({ name, index }) => [name, index])).toEqual([['Old', null]]);
  });

  test('PINs that differ are asked for anew, and nothing was written', () => {
    const bench = lifeBench('fresh');
    bench.ask('account_import', { name: 'Old', secret: new Uint8Array(32).fill(3) });
    bench.read();
    bench.press('approve', 1_600);
    const before = bench.flash.names();
    bench.pin('1234');
    bench.pin('1243');
    expect(bench.text()).toContain('Not the same');
    bench.press('approve');
    expect(bench.text()).toContain('New PIN');
    expect([bench.flash.names(), bench.phase()]).toEqual([before, 'fresh']);
  });
});

describe('an ncryptsec', () => {
  const ncryptsec =
    'ncryptsec1qgg9947rlpvqu76pj5ecreduf9jxhselq2nae2kghhvd5g7dgjtcxfqtd67p9m0w57lspw8gsq6yphnm8623nsl8xn9j4jdzz84zm3frztj3z7s35vpzmqf6ksu8r89qk5z2zxfmu5gv8th8wclt0h4p';
  const type = (bench: Bench, text: string): void => {
    for (const [group, letter] of [...text].map((one) => [groupOf(one), one] as const)) {
      bench.turn(group);
      bench.turn(letter);
    }
    bench.turn('done');
    bench.advance(400);
  };
  const groupOf = (letter: string): string =>
    ['abcdefg', 'hijklmn', 'opqrstu', 'vwxyz'].find((group) => group.includes(letter)) ?? '';

  test.each([
    ['nostr', 'done', 2],
    ['nosts', 'bad_payload', 1],
  ] as const)('with the password %s', (password, answer, accounts) => {
    const bench = lifeBench('open');
    const id = bench.ask('account_import', { name: 'Old', ncryptsec });
    type(bench, password);
    if (answer === 'done') bench.read();
    if (answer === 'done') bench.press('approve', 1_600);
    expect([bench.answer(id), open(bench).accounts.length]).toEqual([answer, accounts]);
  });
});

describe('the PIN', () => {
  /** Enters a wrong one, and reads that it was wrong. */
  const wrong = (bench: Bench): void => {
    bench.pin('0000');
    bench.advance(20);
    expect(bench.text()).toContain('Wrong PIN');
    bench.press('approve');
  };

  test('after a wrong one the wait is shown, and held, and left with deny', () => {
    const bench = lifeBench('locked');
    bench.press('next');
    wrong(bench);
    bench.advance(1_000);
    wrong(bench);
    bench.advance(1_500);
    expect(bench.text()).toMatch(/Next try in *\n1 s/);
    bench.press('deny');
    bench.press('next');
    expect(bench.text()).toContain('Next try in');
    bench.advance(600);
    expect(bench.text()).toContain('8 tries left');
    bench.pin(pin);
    bench.advance(20);
    expect(bench.phase()).toBe('open');
  });

  test('a wrong one costs its wait on an open device, too: leaving, and locking, take none of it back', () => {
    const bench = lifeBench('open');
    menu(bench, 'Change PIN');
    for (const wait of [1_000, 2_000, 4_000, 8_000]) {
      wrong(bench);
      bench.advance(wait);
    }
    wrong(bench);
    bench.press('deny');
    bench.choose('Change PIN');
    expect(bench.text()).toContain('Next try in');
    bench.press('deny');
    bench.choose('Lock now');
    bench.press('next');
    expect([bench.phase(), bench.text()]).toEqual(['locked', expect.stringContaining('Next try in')]);
    bench.advance(16_000);
    expect(bench.text()).toContain('5 tries left');
  });

  test('ten wrong ones on an open device wipe', () => {
    const bench = lifeBench('open');
    menu(bench, 'Change PIN');
    for (let failures = 1; failures < 10; failures++) {
      wrong(bench);
      bench.advance(1_000 * 2 ** (failures - 1));
    }
    bench.pin('0000');
    bench.advance(20);
    expect([bench.phase(), bench.text()]).toEqual(['fresh', expect.stringContaining('Wiped')]);
  });

  test('it is changed by whoever knows the old one', () => {
    const bench = lifeBench('open');
    menu(bench, 'Change PIN');
    wrong(bench);
    bench.advance(1_000);
    bench.pin(pin);
    bench.advance(20);
    bench.pin('2222');
    bench.pin('2222');
    bench.advance(20);
    expect(bench.text()).toContain('PIN changed');
    const again = lifeBench('fresh', true, bench.flash);
    again.press('next');
    again.pin('2222');
    again.advance(20);
    expect(again.phase()).toBe('open');
  });
});

describe('auto-lock', () => {
  const minutes = 60_000;

  test('after its minutes, not before, and not while somebody is there', () => {
    const bench = lifeBench('open');
    menu(bench, 'Auto-lock');
    bench.choose('5 minutes');
    bench.press('deny');
    expect(open(bench).settings.autoLockMinutes).toBe(5);
    bench.advance(5 * minutes - 1_000);
    expect(bench.phase()).toBe('open');
    bench.press('approve');
    bench.advance(5 * minutes - 1_000);
    expect(bench.phase()).toBe('open');
    bench.advance(1_000);
    expect(bench.phase()).toBe('locked');
    expect(bench.said.map((bytes) => decodeMessage(bytes)).at(-1)).toMatchObject({ body: { state: 'locked' } });
  });

  test('a question that is on the screen is use', () => {
    const bench = lifeBench('open');
    menu(bench, 'Auto-lock');
    bench.choose('1 minute');
    bench.press('deny');
    bench.advance(50_000);
    bench.ask('rename_device', { name: 'x' });
    bench.advance(55_000);
    expect(bench.phase()).toBe('open');
    bench.press('deny');
    bench.advance(50_000);
    expect(bench.phase()).toBe('open');
    bench.advance(11_000);
    expect(bench.phase()).toBe('locked');
  });
});

describe('the menu', () => {
  test('backup check: right and wrong', () => {
    for (const [last, title, checked] of [
      ['zoo', 'Not right', false],
      [null, 'All right', true],
    ] as const) {
      const bench = lifeBench('open');
      const id = bench.ask('backup_check', {});
      const words = generateMnemonic(testEntropy).split(' ');
      bench.read();
      bench.press('approve');
      for (const word of last === null ? words : [...words.slice(0, 23), last]) bench.word(word);
      expect([bench.text(), open(bench).settings.backupChecked]).toEqual([expect.stringContaining(title), checked]);
      // Nobody reads the last page: what was found out stands.
      bench.advance(60_100);
      expect(bench.answer(id)).toBe(checked ? 'done' : 'timed_out');
    }
  });

  test('accounts are made, renamed and removed by hand', () => {
    const bench = lifeBench('open');
    menu(bench, 'Accounts');
    bench.choose('New account');
    bench.advance(20);
    bench.read();
    bench.press('approve');
    expect(open(bench).accounts.map(({ number, index }) => [number, index])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    bench.choose('account 1');
    bench.choose('Rename');
    bench.turn('abcdefg');
    bench.turn('b');
    bench.turn('done');
    bench.read();
    bench.press('approve');
    expect(open(bench).accounts[1]?.name).toBe('b');
    bench.choose('Remove');
    bench.read();
    bench.press('approve');
    expect(open(bench).accounts).toHaveLength(2);
    bench.press('approve', 1_600);
    expect(open(bench).accounts).toHaveLength(1);
  });

  test('a computer that is forgotten is unknown at once', () => {
    const bench = lifeBench('open');
    menu(bench, 'Computers');
    bench.choose('desk');
    bench.press('approve');
    expect(bench.text()).toContain('No computer is paired');
    bench.press('approve');
    bench.press('deny');
    expect(bench.answer(bench.ask('lock', {}))).toBe('not_paired');
  });

  test('the window for an app is five minutes', () => {
    const bench = lifeBench('open');
    menu(bench, 'Pair an app');
    const { expectedUntil } = bench.firmware().appTries;
    expect(Math.round((expectedUntil - bench.now()) / 1_000)).toBe(300);
    expect(bench.text().replaceAll(/\s+/g, ' ')).toContain('For 5 minutes');
  });

  test('the emergency lock locks, and suspends grants until the device takes it back', () => {
    const bench = lifeBench('open');
    menu(bench, 'Emergency lock');
    bench.read();
    bench.press('approve');
    expect(bench.phase()).toBe('locked');
    bench.unlock();
    expect(open(bench).clients.suspended).toBe(true);
    const again = lifeBench('fresh', true, bench.flash);
    again.unlock();
    expect(open(again).clients.suspended).toBe(true);
    menu(again, 'Resume grants');
    again.read();
    again.press('approve');
    expect(open(again).clients.suspended).toBe(false);
  });
});

test('a key that was down when a page came does nothing there, however long it is held', () => {
  const bench = lifeBench('open');
  bench.press('next');
  for (let i = 0; i < 64 && !bench.text().includes('> Wipe'); i++) bench.press('next');
  // Said at the very moment it went down: the page that it brings is drawn then, and the key stays down.
  const at = bench.now();
  bench.finger('press', 'approve', at);
  expect(bench.text()).toContain('Wipe device?');
  bench.advance(5_000);
  bench.finger('hold', 'approve', at);
  expect(bench.phase()).toBe('open');
});
