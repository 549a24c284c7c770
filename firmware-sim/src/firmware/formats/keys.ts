/**
 * The user keys: BIP-39 words, NIP-06 accounts, and the record in flash from which both follow.
 *
 * Secrets are Uint8Arrays that the caller zeroes after use; seeds and intermediate keys are zeroed here. Words are a string, as
 * everybody reads and writes them, and a string cannot be zeroed: they are made when they are shown and not kept.
 *
 * Of the platform this needs String.prototype.normalize (@scure/bip39 asks for it) and BigInt, but no TextEncoder: English
 * words are ASCII, so the seed is computed here from bytes instead of by mnemonicToSeedSync, which would need one.
 */
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { entropyToMnemonic, mnemonicToEntropy, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { Flash } from '../env.ts';
import { ascii } from './ascii.ts';
import { derive, HARDENED } from './bip32.ts';

/** What flash holds. */
export type Keys = {
  /** BIP-39 entropy, 16 to 32 bytes: everything else follows from it. */
  readonly entropy: Uint8Array;
  /** True for a throwaway key that the simulator made for a demonstration; shown on the screen. */
  readonly demo: boolean;
};

/** What was found in flash. `unreadable` is never treated as empty: writing over it could destroy the only copy of a key. */
export type FoundKeys =
  | { readonly type: 'none' }
  | { readonly type: 'keys'; readonly keys: Keys }
  | { readonly type: 'unreadable'; readonly why: 'damaged' | 'unknown_version' };

/** The words of entropy (24 for 32 bytes). */
export function generateMnemonic(entropy: Uint8Array): string {
  return entropyToMnemonic(entropy, wordlist);
}

/** The entropy of English words; null when they are not words, not 12 to 24 of them, or fail their checksum. */
export function entropyOf(mnemonic: string): Uint8Array | null {
  return validateMnemonic(mnemonic, wordlist) ? mnemonicToEntropy(mnemonic, wordlist) : null;
}

/** The secret key of an account: m/44'/1237'/account'/0/0 (NIP-06), 32 bytes, the caller's to zero. */
export function accountSecret(entropy: Uint8Array, account: number): Uint8Array {
  if (!Number.isInteger(account) || account < 0 || account > 0x7fffffff) throw new Error(`keys: no account ${account}`);
  const seed = seedOf(generateMnemonic(entropy));
  const secret = derive(seed, [HARDENED + 44, HARDENED + 1237, HARDENED + account, 0, 0]);
  seed.fill(0);
  return secret;
}

/**
 * The record, format 1: version, flags, length, entropy, first 8 bytes of SHA-256 over all of that. It holds the entropy *in the
 * clear*: there is no PIN yet. With the PIN comes a version 2 that holds it encrypted, which is what the version byte is for; a
 * number that was ever written is never given another meaning.
 */
const RECORD = 'keys';
const VERSION = 1;
const FLAG_DEMO = 1;
const HEAD_BYTES = 3;
const CHECK_BYTES = 8;
const ENTROPY_SIZES: readonly number[] = [16, 20, 24, 28, 32];

/** Reads the record; damage is a result. */
export function readKeys(flash: Pick<Flash, 'read'>): FoundKeys {
  const record = flash.read(RECORD);
  if (record === null) return { type: 'none' };
  const [version = 0, flags = 0, size = 0] = record;
  const checked = record.length - CHECK_BYTES;
  if (checked < HEAD_BYTES || !sameBytes(checksum(record.subarray(0, checked)), record.subarray(checked))) {
    return { type: 'unreadable', why: 'damaged' };
  }
  // After the checksum: a record that is whole and of another version is a newer firmware's, not damage.
  if (version !== VERSION) return { type: 'unreadable', why: 'unknown_version' };
  if (!ENTROPY_SIZES.includes(size) || checked !== HEAD_BYTES + size || (flags & ~FLAG_DEMO) !== 0) {
    return { type: 'unreadable', why: 'damaged' };
  }
  return { type: 'keys', keys: { entropy: record.slice(HEAD_BYTES, checked), demo: flags === FLAG_DEMO } };
}

/** Writes the record; the board's write is atomic. */
export function writeKeys(flash: Pick<Flash, 'write'>, keys: Keys): void {
  const size = keys.entropy.length;
  if (!ENTROPY_SIZES.includes(size)) throw new Error(`keys: entropy of 16 to 32 bytes expected, got ${size}`);
  const record = new Uint8Array(HEAD_BYTES + size + CHECK_BYTES);
  record.set([VERSION, keys.demo ? FLAG_DEMO : 0, size]);
  record.set(keys.entropy, HEAD_BYTES);
  record.set(checksum(record.subarray(0, HEAD_BYTES + size)), HEAD_BYTES + size);
  flash.write(RECORD, record);
  record.fill(0);
}

/** BIP-39: PBKDF2 over the words with salt "mnemonic" and no passphrase. */
function seedOf(mnemonic: string): Uint8Array {
  const words = ascii(mnemonic);
  const seed = pbkdf2(sha512, words, ascii('mnemonic'), { c: 2048, dkLen: 64 });
  words.fill(0);
  return seed;
}

function checksum(bytes: Uint8Array): Uint8Array {
  return sha256(bytes).subarray(0, CHECK_BYTES);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
