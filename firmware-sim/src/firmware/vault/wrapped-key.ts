/**
 * The key of the vault, wrapped under what a PIN and the device make together. A change of PIN wraps the same key anew, in one
 * record. Without the device's secret the record says nothing at all, not even whether a PIN is right; with it a PIN costs
 * `rounds` of PBKDF2 to try.
 *
 *     wrapping key = PBKDF2-HMAC-SHA512(HMAC-SHA256(device key "pin", PIN), salt, rounds)        a vault without PIN: "" in its place
 *     record `key` = sealed for the device: version || flags || rounds || salt || nonce || ChaCha20-Poly1305(key of the vault)
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hmac } from '@noble/hashes/hmac.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import type { Env } from '../env.ts';
import { ascii } from '../formats/ascii.ts';
import { deviceKey, keyBytes, readForDevice, type Sealer, type Unreadable, writeForDevice } from './sealed.ts';

/** A wrapped key as it was found. `demo`: it has no PIN, and says so on the screen. */
export type WrappedKey = { readonly demo: boolean; readonly head: Uint8Array; readonly sealed: Uint8Array };

export const keyRecord = 'key';
const version = 1;
const flagDemo = 1;
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const saltAt = 6;
const nonceAt = saltAt + saltBytes;
const headBytes = nonceAt + nonceBytes;
/** Some minutes on the slowest board: a record with more is none of ours. */
const roundsMax = 10_000_000;

export function readWrappedKey(board: Pick<Env, 'flash' | 'deviceSecret'>): WrappedKey | null | Unreadable {
  const bytes = readForDevice(board, keyRecord);
  if (!(bytes instanceof Uint8Array)) return bytes;
  if (bytes[0] !== version) return 'unknown_version';
  const [, flags = 0] = bytes;
  const head = bytes.subarray(0, headBytes);
  const rounds = roundsOf(head);
  const whole = bytes.length === headBytes + keyBytes + tagBytes && (flags & ~flagDemo) === 0;
  if (!whole || rounds < 1 || rounds > roundsMax) return 'damaged';
  return { demo: flags === flagDemo, head, sealed: bytes.subarray(headBytes) };
}

/** Wraps under this PIN; null: without one. */
export function writeWrappedKey(board: Sealer & Pick<Env, 'pinRounds'>, pin: string | null, key: Uint8Array): void {
  const head = new Uint8Array(headBytes);
  head.set([version, pin === null ? flagDemo : 0]);
  new DataView(head.buffer).setUint32(2, board.pinRounds);
  head.set(board.random(saltBytes + nonceBytes), saltAt);
  const wrapping = wrappingKey(board, pin, head);
  const sealed = chacha20poly1305(wrapping, head.subarray(nonceAt), head).encrypt(key);
  wrapping.fill(0);
  const record = new Uint8Array(headBytes + sealed.length);
  record.set(head);
  record.set(sealed, headBytes);
  writeForDevice(board, keyRecord, record);
}

/** The key of the vault, or null: it is not this PIN. */
export function unwrapKey(
  board: Pick<Env, 'deviceSecret'>,
  pin: string | null,
  { head, sealed }: WrappedKey,
): Uint8Array | null {
  const wrapping = wrappingKey(board, pin, head);
  try {
    return chacha20poly1305(wrapping, head.subarray(nonceAt), head).decrypt(sealed);
  } catch {
    // The record itself was authenticated before: what does not open now is another PIN's.
    return null;
  } finally {
    wrapping.fill(0);
  }
}

function wrappingKey(board: Pick<Env, 'deviceSecret'>, pin: string | null, head: Uint8Array): Uint8Array {
  const device = deviceKey(board, 'pin');
  const digits = ascii(pin ?? '');
  const password = hmac(sha256, device, digits);
  // A vault without a PIN has nothing to be stretched.
  const c = pin === null ? 1 : roundsOf(head);
  const wrapping = pbkdf2(sha512, password, head.subarray(saltAt, nonceAt), { c, dkLen: keyBytes });
  for (const secret of [device, digits, password]) secret.fill(0);
  return wrapping;
}

function roundsOf(head: Uint8Array): number {
  return new DataView(head.buffer, head.byteOffset).getUint32(2);
}
