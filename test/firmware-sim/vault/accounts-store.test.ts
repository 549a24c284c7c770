/** Accounts, words and settings as they lie in an open vault. */
import { encodeCbor } from '@sallyport/device-protocol';
import { expect, test } from 'vitest';
import {
  autoLockMaxMinutes,
  firstSettings,
  readAccounts,
  readSettings,
  readWords,
  removeAccount,
  type StoredAccount,
  writeAccount,
  writeSettings,
  writeWords,
} from '../../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { createVault } from '../../../firmware-sim/src/firmware/vault/vault.ts';
import { memoryFlash, testChip } from '../../support/memory-flash.ts';
import { bytesFrom, chance } from '../../support/random.ts';

const vault = () => createVault({ ...testChip, flash: memoryFlash(), random: bytesFrom(chance(1)) }, null);
const secret = new Uint8Array(32).fill(4);
const mine: StoredAccount = { number: 11, name: 'mine ✨', secret, origin: 'derived', index: 3 };
const theirs: StoredAccount = { number: 2, name: '', secret, origin: 'imported' };

test('accounts come back by number, and go', () => {
  const opened = vault();
  writeAccount(opened, mine);
  writeAccount(opened, theirs);
  expect(readAccounts(opened)).toEqual({ accounts: [theirs, mine], damaged: [] });
  removeAccount(opened, 11);
  expect(readAccounts(opened)).toEqual({ accounts: [theirs], damaged: [] });
  expect(() => writeAccount(opened, { ...mine, number: 16 })).toThrow();
});

test.each([
  ['no CBOR', Uint8Array.of(0xff)],
  ['a newer layout', encodeCbor([2, 'x', 2, secret])],
  ['a short secret', encodeCbor([1, 'x', 2, secret.slice(1)])],
  ['a long name', encodeCbor([1, 'x'.repeat(65), 2, secret])],
  ['a derived key without index', encodeCbor([1, 'x', 1, secret])],
  ['an imported key with one', encodeCbor([1, 'x', 2, secret, 0])],
  ['an unknown origin', encodeCbor([1, 'x', 3, secret])],
  ['too much', encodeCbor([1, 'x', 1, secret, 0, 0])],
])('an account that is %s keeps its number', (_, bytes) => {
  const opened = vault();
  opened.write('account/5', bytes);
  writeAccount(opened, mine);
  expect(readAccounts(opened)).toEqual({ accounts: [mine], damaged: [5] });
});

test('words are there, not there, or damaged', () => {
  const opened = vault();
  expect(readWords(opened)).toBeNull();
  writeWords(opened, secret);
  expect(readWords(opened)).toEqual(secret);
  opened.write('words', encodeCbor([1, secret.slice(1)]));
  expect(readWords(opened)).toBe('damaged');
});

test('settings come back, or are those of a new device', () => {
  const opened = vault();
  expect(readSettings(opened)).toEqual(firstSettings);
  const settings = { name: 'küche', autoLockMinutes: 0, backupChecked: true };
  writeSettings(opened, settings);
  expect(readSettings(opened)).toEqual(settings);
  opened.write('settings', encodeCbor([1, 'x', autoLockMaxMinutes + 1, 1]));
  expect(readSettings(opened)).toEqual(firstSettings);
});
