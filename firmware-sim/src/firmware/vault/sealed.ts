/**
 * A sealed record: encrypted and authenticated, bound to its name and to the version of its layout. Whoever can write the flash can
 * lose it or put back an older one of the same name; they can neither read it nor change it nor put it under another name.
 *
 *     record = version (1 byte) || nonce (12) || ChaCha20-Poly1305(key, nonce, bytes, associated data = version || name)
 *
 * A nonce is random for every write. With 96 bits two of 2^32 writes under one key meet with a probability of 2^-33, and flash is worn
 * out long before.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Env, Flash } from '../env.ts';
import { ascii } from '../formats/ascii.ts';

/** What sealing needs of a board. */
export type Sealer = Pick<Env, 'flash' | 'random' | 'deviceSecret'>;

/** The first byte of every sealed record. Version 1 were the records of a firmware that sealed nothing (upgrade.ts). */
const recordVersion = 2;
const nonceBytes = 12;
const tagBytes = 16;
export const keyBytes = 32;

/** Keys that follow from the device secret alone. Each use has one of its own; a name that was ever used keeps its meaning. */
export type DeviceKeyUse = 'records' | 'pin' | 'log head';

/** The caller's to zero. */
export function deviceKey({ deviceSecret }: Pick<Env, 'deviceSecret'>, use: DeviceKeyUse): Uint8Array {
  return hmac(sha256, deviceSecret, ascii(`sallyport device key: ${use}`));
}

/**
 * The key that signs the head of the log: of this device, and of its life between two wipes. It follows from what the device has and from
 * its static key, which a wipe replaces. The caller's to zero.
 */
export function logKey(board: Pick<Env, 'deviceSecret'>, staticSecret: Uint8Array): Uint8Array {
  const key = deviceKey(board, 'log head');
  const secret = hmac(sha256, key, staticSecret);
  key.fill(0);
  return secret;
}

/** Seals the bytes as the record of this name, and returns what was written; the board's write is atomic. */
export function writeSealed(
  { flash, random }: Pick<Env, 'flash' | 'random'>,
  key: Uint8Array,
  name: string,
  bytes: Uint8Array,
): Uint8Array {
  const nonce = random(nonceBytes);
  const sealed = chacha20poly1305(key, nonce, boundTo(name)).encrypt(bytes);
  const record = new Uint8Array(1 + nonceBytes + sealed.length);
  record[0] = recordVersion;
  record.set(nonce, 1);
  record.set(sealed, 1 + nonceBytes);
  flash.write(name, record);
  return record;
}

/** Why a record that is there cannot be had. A whole record of another version is a newer firmware's, and no damage. */
export type Unreadable = 'damaged' | 'unknown_version';

/** The bytes of a record: null when there is none, and damage is a value. */
export function readSealed(flash: Pick<Flash, 'read'>, key: Uint8Array, name: string): Uint8Array | null | Unreadable {
  const record = flash.read(name);
  return record === null ? null : openSealed(record, key, name);
}

/** The bytes that a record of this name holds. */
export function openSealed(record: Uint8Array, key: Uint8Array, name: string): Uint8Array | Unreadable {
  if (record.length < 1 + nonceBytes + tagBytes) return 'damaged';
  if (record[0] !== recordVersion) return (record[0] ?? 0) > recordVersion ? 'unknown_version' : 'damaged';
  const nonce = record.subarray(1, 1 + nonceBytes);
  try {
    return chacha20poly1305(key, nonce, boundTo(name)).decrypt(record.subarray(1 + nonceBytes));
  } catch {
    // The cipher has one way to say that a tag is wrong.
    return 'damaged';
  }
}

/** Seals under the device's key alone: readable while the device is locked, and on this device only. */
export function writeForDevice(board: Sealer, name: string, bytes: Uint8Array): void {
  const key = deviceKey(board, 'records');
  writeSealed(board, key, name, bytes);
  key.fill(0);
}

export function readForDevice(
  board: Pick<Env, 'flash' | 'deviceSecret'>,
  name: string,
): Uint8Array | null | Unreadable {
  const key = deviceKey(board, 'records');
  const bytes = readSealed(board.flash, key, name);
  key.fill(0);
  return bytes;
}

function boundTo(name: string): Uint8Array {
  return ascii(`sallyport record ${recordVersion}: ${name}`);
}
