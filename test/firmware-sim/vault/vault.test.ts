/** The vault: created, opened by its PIN and by no other, changed, wiped; and what it says when flash is not what it was. */
import { limits } from '@sallyport/device-protocol';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { flashName, keyOf } from '../../../firmware-sim/src/firmware/vault/open-vault.ts';
import {
  changePin,
  createVault,
  loadVault,
  openDemo,
  tryPin,
  type VaultBoard,
  waitMs,
  wipe,
} from '../../../firmware-sim/src/firmware/vault/vault.ts';
import { memoryFlash, testChip } from '../../support/memory-flash.ts';
import { bytesFrom, chance } from '../../support/random.ts';

/** How often a record was opened by its key. */
const deciphered = vi.hoisted(() => ({ count: 0 }));
vi.mock('../../../firmware-sim/src/firmware/vault/sealed.ts', async (original) => {
  const real = await original<typeof import('../../../firmware-sim/src/firmware/vault/sealed.ts')>();
  const openSealed: typeof real.openSealed = (...args) => {
    deciphered.count += 1;
    return real.openSealed(...args);
  };
  return { ...real, openSealed };
});

const pin = '2580';
const some = Uint8Array.of(1, 2, 3);

function board(seed = 1): VaultBoard {
  return { ...testChip, flash: memoryFlash(), random: bytesFrom(chance(seed)) };
}

/** A board with a locked vault that holds `some` under the name `thing`. */
function locked(): VaultBoard {
  const made = board();
  createVault(made, pin, [['thing', some]]).close();
  return made;
}

function opened(from: VaultBoard, digits = pin) {
  const tried = tryPin(from, digits);
  if (tried.type !== 'open') throw new Error(`the vault is ${tried.type}`);
  return tried.vault;
}

function flip(from: VaultBoard, name: string, at = -1): void {
  const record = from.flash.read(name) ?? new Uint8Array();
  const index = at < 0 ? record.length + at : at;
  record[index] = (record[index] ?? 0) ^ 1;
  from.flash.write(name, record);
}

test('a vault holds records, and gives them to the PIN only', () => {
  const device = board();
  expect(loadVault(device)).toEqual({ phase: 'fresh' });
  const vault = createVault(device, pin, [['thing', some]]);
  vault.write('more', Uint8Array.of(4));
  vault.write('gone', Uint8Array.of(5));
  vault.remove('gone');
  vault.remove('never-there');
  vault.close();
  expect(() => vault.read('thing')).toThrow('closed');
  expect(loadVault(device)).toEqual({ phase: 'locked', failures: 0, demo: false });
  expect(openDemo(device)).toBeNull();
  expect(tryPin(device, '2581')).toEqual({ type: 'wrong', left: 9 });
  expect(loadVault(device)).toMatchObject({ failures: 1 });
  const again = opened(device);
  expect(again.names()).toEqual(['more', 'thing']);
  expect(again.read('thing')).toEqual(some);
  expect(again.read('gone')).toBeNull();
  expect(loadVault(device)).toMatchObject({ failures: 0 });
});

test('nothing that the vault holds, nor how it is called, can be read in flash', () => {
  const device = board();
  const secret = new Uint8Array(40).fill(0xa7);
  createVault(device, pin, [['account/0', secret]]);
  const all = device.flash
    .names()
    .map((name) => `${name} ${Buffer.from(device.flash.read(name) ?? []).toString('latin1')}`);
  expect(all.join('\n')).not.toContain('account');
  expect(all.join('\n')).not.toContain('\xa7\xa7\xa7');
});

test('after ten wrong PINs nothing is left, and the device is fresh', () => {
  const device = locked();
  for (let left = limits.pinFailuresMax - 1; left > 0; left--) {
    expect(tryPin(device, '0000')).toEqual({ type: 'wrong', left });
  }
  expect(tryPin(device, '0000')).toEqual({ type: 'wiped' });
  expect(device.flash.names()).toEqual([]);
  expect(loadVault(device)).toEqual({ phase: 'fresh' });
});

test('the right PIN as the tenth try still opens, and the count begins again', () => {
  const device = locked();
  for (let i = 1; i < limits.pinFailuresMax; i++) tryPin(device, '0000');
  opened(device);
  expect(tryPin(device, '0000')).toEqual({ type: 'wrong', left: 9 });
});

test('each failure makes the next one wait twice as long', () => {
  expect(Array.from({ length: 10 }, (_, failures) => waitMs(failures) / 1000)).toEqual([
    0, 1, 2, 4, 8, 16, 32, 64, 128, 256,
  ]);
});

test('a PIN is four to sixteen digits', () => {
  for (const odd of ['', '123', '12345678901234567', '12a4', '１２３４']) {
    expect(() => createVault(board(), odd)).toThrow('a PIN of 4 to 16 digits expected');
  }
});

test('another PIN takes the place of the old one, and everything stays', () => {
  const device = locked();
  const vault = opened(device);
  expect(changePin(device, vault, '1234567890123456')).toBe(true);
  vault.write('later', some);
  expect(tryPin(device, pin)).toMatchObject({ type: 'wrong' });
  expect(opened(device, '1234567890123456').names()).toEqual(['later', 'thing']);
});

test('the rounds of a PIN are those of the vault, whatever the board does later', () => {
  const device = locked();
  expect(opened({ ...device, pinRounds: 77 }).read('thing')).toEqual(some);
});

test('a demo opens without a PIN, and says so', () => {
  const device = board();
  createVault(device, null, [['thing', some]]).close();
  expect(loadVault(device)).toEqual({ phase: 'locked', failures: 0, demo: true });
  const vault = openDemo(device);
  expect(vault?.demo).toBe(true);
  expect(vault?.read('thing')).toEqual(some);
  expect(vault && changePin(device, vault, pin)).toBe(false);
});

test('there is one vault at a time', () => {
  expect(() => createVault(locked(), pin)).toThrow('there is one already');
  expect(() => tryPin(board(), pin)).toThrow('there is none');
});

test('another device cannot open it', () => {
  const device = locked();
  const other = { ...device, deviceSecret: new Uint8Array(32) };
  expect(loadVault(other)).toEqual({ phase: 'unreadable', why: 'damaged' });
  expect(tryPin(other, pin)).toEqual({ type: 'unreadable', why: 'damaged' });
});

test.each([
  ['key', 'damaged'],
  ['pin', 'tries'],
])('damage of record %s: no try, nothing is taken for empty, and only a wipe helps', (name, why) => {
  const device = locked();
  flip(device, name);
  expect(loadVault(device)).toEqual({ phase: 'unreadable', why });
  expect(tryPin(device, pin)).toEqual({ type: 'unreadable', why });
  expect(() => createVault(device, pin)).toThrow();
  wipe(device);
  expect(loadVault(device)).toEqual({ phase: 'fresh' });
});

test('a count that is gone lets nobody try', () => {
  const device = locked();
  device.flash.remove('pin');
  expect(loadVault(device)).toEqual({ phase: 'unreadable', why: 'tries' });
  expect(tryPin(device, pin)).toEqual({ type: 'unreadable', why: 'tries' });
});

test('a count that flash does not keep lets nobody try', () => {
  const device = locked();
  const stuck = { ...device, flash: { ...device.flash, write: () => undefined } };
  expect(tryPin(stuck, pin)).toEqual({ type: 'unreadable', why: 'tries' });
});

test('a record of a newer firmware is told from damage', () => {
  const device = locked();
  const record = device.flash.read('key') ?? new Uint8Array();
  record[0] = 3;
  device.flash.write('key', record);
  expect(loadVault(device)).toEqual({ phase: 'unreadable', why: 'unknown_version' });
});

test('a record that is damaged, gone, or under another name is damaged and not absent', () => {
  const device = locked();
  opened(device).write('other', Uint8Array.of(9));
  const [a = '', b = ''] = device.flash.names().filter((name) => name.startsWith('v/'));
  const [of, other] = [device.flash.read(a) ?? some, device.flash.read(b) ?? some];
  device.flash.write(a, other);
  device.flash.write(b, of);
  expect(['thing', 'other'].map((name) => opened(device).read(name))).toEqual(['damaged', 'damaged']);
  device.flash.remove(a);
  device.flash.remove(b);
  expect(['thing', 'other'].map((name) => opened(device).read(name))).toEqual(['damaged', 'damaged']);
});

test('a record that was removed cannot be put back', () => {
  const device = locked();
  const before = device.flash.names().map((name) => [name, device.flash.read(name)] as const);
  opened(device).remove('thing');
  for (const [name, bytes] of before) if (name.startsWith('v/') && bytes !== null) device.flash.write(name, bytes);
  expect(opened(device).read('thing')).toBeNull();
  expect(device.flash.names().filter((name) => name.startsWith('v/'))).toEqual([]);
});

test('a list of names that cannot be read closes the vault', () => {
  const device = locked();
  flip(device, 'index/7');
  expect(tryPin(device, pin)).toEqual({ type: 'unreadable', why: 'damaged' });
});

test('what is read over and over is what flash holds, remembered or not', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.array(step, { maxLength: 40 }), (openedRecords, steps) => {
      const device: VaultBoard = { ...board(), spare: { keptBytes: 0, blocksAhead: 0, openedRecords } };
      const vault = createVault(device, pin);
      const copies = new Map<string, Uint8Array>();
      for (const [what, name, byte] of steps) {
        const place = device.flash.names().find((each) => each === flashName(keyOf(vault), name)) ?? '';
        const record = device.flash.read(place);
        if (what === 'write') vault.write(name, Uint8Array.of(byte));
        else if (what === 'remove') vault.remove(name);
        else if (record === null) continue;
        else if (what === 'damage') flip(device, place);
        else if (what === 'lose') device.flash.remove(place);
        else if (what === 'copy') copies.set(place, record);
        else device.flash.write(place, copies.get(place) ?? record);
        for (const each of names) expect(vault.readOften(each)).toEqual(vault.read(each));
        // What the caller makes of it is theirs.
        const mine = vault.readOften(name);
        if (mine instanceof Uint8Array) mine.fill(0xff);
      }
      vault.close();
      expect(() => vault.readOften('a')).toThrow('closed');
    }),
    { numRuns: 100 },
  );
});

test('a record that is read over and over is deciphered once, where there is memory to spare', () => {
  const reads = (openedRecords: number): number => {
    const device: VaultBoard = { ...board(), spare: { keptBytes: 0, blocksAhead: 0, openedRecords } };
    const vault = createVault(device, pin, [['thing', some]]);
    deciphered.count = 0;
    for (let i = 0; i < 5; i++) expect(vault.readOften('thing')).toEqual(some);
    vault.write('thing', Uint8Array.of(9));
    for (let i = 0; i < 5; i++) expect(vault.readOften('thing')).toEqual(Uint8Array.of(9));
    return deciphered.count;
  };
  expect([reads(0), reads(1)]).toEqual([10, 1]);
});

const names = ['a', 'b', 'c'];
const step = fc.tuple(
  fc.constantFrom('write', 'write', 'remove', 'damage', 'lose', 'copy', 'put back'),
  fc.constantFrom(...names),
  fc.nat(255),
);
