/**
 * The vault: what the owner's PIN protects. Its life in flash, and the only ways into it.
 *
 *     fresh ──createVault──▶ locked ──tryPin──▶ open        ten wrong PINs, or wipe: fresh        unreadable: nothing but wipe
 *
 * Promises: a try is counted, and the count read back, before the PIN is looked at; the tenth wrong one wipes, whatever the power does
 * meanwhile; creating, changing the PIN and wiping happened wholly or not at all after a power cut at any write; what cannot be
 * read is never taken for empty.
 */
import { limits } from '@sallyport/device-protocol';
import { loadIdentity } from '../channel/hosts.ts';
import type { Env } from '../env.ts';
import type { NewRecord } from './accounts-store.ts';
import { isOfVault, keyOf, type OpenVault, openRecords, writeEmptyIndex } from './open-vault.ts';
import { forgetTries, readTries, writeTries } from './pin-tries.ts';
import { keyBytes, type Unreadable } from './sealed.ts';
import { forgetOldKeys, readOldKeys } from './upgrade.ts';
import { finishWipe, wipe } from './wipe.ts';
import { readWrappedKey, unwrapKey, writeWrappedKey } from './wrapped-key.ts';

export type { OpenVault } from './open-vault.ts';
export { waitMs } from './pin-tries.ts';
export { wipe } from './wipe.ts';

/** What a vault needs of the board. */
export type VaultBoard = Pick<Env, 'flash' | 'random' | 'deviceSecret' | 'pinRounds' | 'spare'>;

/**
 * Why keys that are there cannot be used by anybody. `tries`: the count of wrong PINs cannot be read. `no_pin`: they are of a firmware that
 * had no PIN, and somebody's own; `protect` puts them under one.
 */
export type VaultFault = Unreadable | 'tries' | 'no_pin';

export type FoundVault =
  | { readonly phase: 'fresh' }
  /** `failures` wrong PINs since the last right one. `demo`: openDemo opens it, and no PIN does. */
  | { readonly phase: 'locked'; readonly failures: number; readonly demo: boolean }
  | { readonly phase: 'unreadable'; readonly why: VaultFault };

export type PinTried =
  | { readonly type: 'open'; readonly vault: OpenVault }
  /** `left` tries until the device wipes itself. */
  | { readonly type: 'wrong'; readonly left: number }
  | { readonly type: 'wiped' }
  | { readonly type: 'unreadable'; readonly why: VaultFault };

/**
 * What is in flash; a wipe that was interrupted is finished first, and the demo of an older firmware put into a vault. Call it at the start,
 * before anything else is read, and after `wiped`.
 */
export function loadVault(board: VaultBoard): FoundVault {
  finishWipe(board);
  const found = readWrappedKey(board);
  if (found === null) return loadOldKeys(board);
  forgetOldKeys(board.flash);
  if (typeof found === 'string') return { phase: 'unreadable', why: found };
  const { demo } = found;
  if (demo) return { phase: 'locked', failures: 0, demo };
  const failures = readTries(board);
  if (failures === null) return { phase: 'unreadable', why: 'tries' };
  if (failures < limits.pinFailuresMax) return { phase: 'locked', failures, demo };
  // The last try was counted and the power went: whether it was right nobody knows, and there is none left.
  wipe(board);
  return { phase: 'fresh' };
}

function loadOldKeys(board: VaultBoard): FoundVault {
  const old = readOldKeys(board.flash);
  if (old === null) return { phase: 'fresh' };
  if (typeof old === 'string') return { phase: 'unreadable', why: old };
  // Who this device is lies in the clear, too, and is taken over only while nothing is sealed.
  loadIdentity(board);
  if (!old.demo) return { phase: 'unreadable', why: 'no_pin' };
  putIntoVault(board, null, old.records()).close();
  forgetOldKeys(board.flash);
  return { phase: 'locked', failures: 0, demo: true };
}

/** Puts the keys of `no_pin` under a PIN; null when there are none. */
export function protect(board: VaultBoard, pin: string): OpenVault | null {
  const old = readWrappedKey(board) === null ? readOldKeys(board.flash) : null;
  if (old === null || typeof old === 'string') return null;
  const vault = putIntoVault(board, pin, old.records());
  forgetOldKeys(board.flash);
  return vault;
}

/**
 * Makes a vault, with these records in it from the first moment on: after a power cut there is all of it or nothing. `pin` null makes one
 * that needs none, for demonstrations. Only on a fresh device.
 */
export function createVault(board: VaultBoard, pin: string | null, records: Iterable<NewRecord> = []): OpenVault {
  if (readWrappedKey(board) !== null || readOldKeys(board.flash) !== null) {
    throw new Error('vault: there is one already');
  }
  return putIntoVault(board, pin, records);
}

function putIntoVault(board: VaultBoard, pin: string | null, records: Iterable<NewRecord>): OpenVault {
  checkPin(pin);
  const { flash } = board;
  // What an interrupted creation left has no key any more.
  for (const name of flash.names()) if (isOfVault(name)) flash.remove(name);
  const key = board.random(keyBytes);
  if (pin === null) forgetTries(board);
  else if (!writeTries(board, 0)) throw new Error('vault: flash does not keep what is written');
  writeEmptyIndex(board, key);
  const vault = openRecords(board, key.slice(), pin === null);
  if (vault === null) throw new Error('vault: flash does not keep what is written');
  for (const [name, bytes] of records) vault.write(name, bytes);
  // From here on it exists.
  writeWrappedKey(board, pin, key);
  key.fill(0);
  return vault;
}

/** Tries a PIN. How long the human has to wait before it is the caller's to hold: `waitMs(failures)`. */
export function tryPin(board: VaultBoard, pin: string): PinTried {
  const found = readWrappedKey(board);
  if (found === null) throw new Error('vault: there is none');
  // What no PIN can open is not worth a try.
  if (typeof found === 'string') return { type: 'unreadable', why: found };
  if (found.demo) throw new Error('vault: this one has no PIN');
  const failures = readTries(board);
  if (failures === null) return { type: 'unreadable', why: 'tries' };
  if (failures >= limits.pinFailuresMax) return wiped(board);
  const counted = failures + 1;
  if (!writeTries(board, counted)) return { type: 'unreadable', why: 'tries' };
  const key = unwrapKey(board, pin, found);
  if (key === null) {
    return counted < limits.pinFailuresMax ? { type: 'wrong', left: limits.pinFailuresMax - counted } : wiped(board);
  }
  writeTries(board, 0);
  const vault = openRecords(board, key, false);
  return vault === null ? { type: 'unreadable', why: 'damaged' } : { type: 'open', vault };
}

/** Opens the vault that has no PIN; null when this one has one, or cannot be read. */
export function openDemo(board: VaultBoard): OpenVault | null {
  const found = readWrappedKey(board);
  if (found === null || typeof found === 'string' || !found.demo) return null;
  const key = unwrapKey(board, null, found);
  return key === null ? null : openRecords(board, key, true);
}

/**
 * Gives an open vault another PIN; after a power cut it is the old or the new one. Ask for the old one first (`tryPin` counts it): an
 * unlocked device that somebody finds must not be theirs. False: a demo has no PIN.
 */
export function changePin(board: VaultBoard, vault: OpenVault, pin: string): boolean {
  checkPin(pin);
  if (vault.demo) return false;
  writeWrappedKey(board, pin, keyOf(vault));
  return true;
}

function wiped(board: VaultBoard): PinTried {
  wipe(board);
  return { type: 'wiped' };
}

/** Whoever asks for a PIN on the screen takes no other: one that is none is a fault. */
function checkPin(pin: string | null): void {
  const { pinMin, pinMax } = limits;
  if (pin !== null && !(/^[0-9]*$/.test(pin) && pin.length >= pinMin && pin.length <= pinMax)) {
    throw new Error(`vault: a PIN of ${pinMin} to ${pinMax} digits expected, got ${pin.length} characters`);
  }
}
