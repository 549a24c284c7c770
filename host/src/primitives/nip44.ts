/**
 * NIP-44 version 2 with extended lengths, on OpenSSL. Every check of the specification is made, in its order; what fails one is
 * null, never an exception.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { createCipheriv, hash, timingSafeEqual } from 'node:crypto';
import { chacha20 as nobleChacha20 } from '@noble/ciphers/chacha.js';
import * as nip44 from 'nostr-tools/nip44';

const VERSION = 2;
const NONCE_BYTES = 32;
const MAC_BYTES = 32;
const HASH_BLOCK = 64;
/** Bytes: by measurement the two are alike at 6 KB. */
const SMALL = 4096;
const HEAD_BYTES = 1 + NONCE_BYTES;
/** Lengths from here on take six bytes (two zeros and a u32) instead of two. */
const EXTENDED_FROM = 65536;
const PAYLOAD_CHARS_MIN = 132;
const PAYLOAD_BYTES_MIN = 99;

/** The conversation key from the x coordinate of the shared point: HKDF-extract with the salt of the specification. */
export function conversationKey(sharedX: Uint8Array): Uint8Array {
  return hmac(Buffer.from('nip44-v2'), sharedX);
}

/** Encrypts a text that is not empty. */
export function encryptNip44(text: string, key: Uint8Array, nonce: Uint8Array): string {
  const plain = Buffer.from(text, 'utf8');
  if (plain.length === 0) throw new Error('nip44: the format has no empty text');
  const prefix = plain.length < EXTENDED_FROM ? 2 : 6;
  const padded = Buffer.alloc(prefix + nip44.v2.utils.calcPaddedLen(plain.length));
  if (prefix === 2) padded.writeUInt16BE(plain.length);
  else padded.writeUInt32BE(plain.length, 2);
  plain.copy(padded, prefix);
  const keys = messageKeys(key, nonce);
  const ciphertext = chacha20(keys, padded);
  const mac = hmac(keys.hmac, nonce, ciphertext);
  return Buffer.concat([Buffer.of(VERSION), nonce, ciphertext, mac]).toString('base64');
}

/** Decrypts a payload, or null. */
export function decryptNip44(payload: string, key: Uint8Array): string | null {
  if (payload.length < PAYLOAD_CHARS_MIN || payload.length % 4 !== 0) return null;
  const bytes = Buffer.from(payload, 'base64');
  // `Buffer` skips over what is no base64: only what it would write itself was. Five times as fast as a regular expression.
  if (bytes.toString('base64') !== payload) return null;
  if (bytes.length < PAYLOAD_BYTES_MIN || bytes[0] !== VERSION) return null;
  const nonce = bytes.subarray(1, HEAD_BYTES);
  const ciphertext = bytes.subarray(HEAD_BYTES, -MAC_BYTES);
  const keys = messageKeys(key, nonce);
  if (!timingSafeEqual(hmac(keys.hmac, nonce, ciphertext), bytes.subarray(-MAC_BYTES))) return null;
  return unpad(chacha20(keys, ciphertext));
}

/** One length, one form: an extended prefix on a short text is malformed. */
function unpad(padded: Buffer): string | null {
  const short = padded.readUInt16BE(0);
  const prefix = short === 0 ? 6 : 2;
  const length = short === 0 ? padded.readUInt32BE(2) : short;
  if (short === 0 && length < EXTENDED_FROM) return null;
  if (length > padded.length || padded.length !== prefix + nip44.v2.utils.calcPaddedLen(length)) return null;
  const text = padded.subarray(prefix, prefix + length);
  // Half a character would come out as U+FFFD: another text than the one that was sent.
  return isUtf8(text) ? text.toString('utf8') : null;
}

type MessageKeys = { readonly cipher: Uint8Array; readonly iv: Uint8Array; readonly hmac: Uint8Array };

/** HKDF-expand to 76 bytes, which is three blocks of it. OpenSSL's iv of ChaCha20 is the counter, then the nonce. */
function messageKeys(key: Uint8Array, nonce: Uint8Array): MessageKeys {
  const first = hmac(key, nonce, Uint8Array.of(1));
  const second = hmac(key, first, nonce, Uint8Array.of(2));
  const third = hmac(key, second, nonce, Uint8Array.of(3));
  const iv = new Uint8Array(16);
  iv.set(second.subarray(0, 12), 4);
  return { cipher: first, iv, hmac: Buffer.concat([second.subarray(12), third.subarray(0, 12)]) };
}

/** A cipher of OpenSSL costs some 35 µs before its first byte; up to a few KB JavaScript is done by then. */
function chacha20({ cipher, iv }: MessageKeys, bytes: Uint8Array): Buffer {
  if (bytes.length > SMALL) return createCipheriv('chacha20', cipher, iv).update(bytes);
  const done = nobleChacha20(cipher, iv.subarray(4), bytes);
  return Buffer.from(done.buffer, done.byteOffset, done.length);
}

/**
 * HMAC-SHA256 (RFC 2104) of two plain hashes: `createHmac` makes an object of its key each time, which takes three times as long as
 * all the rest, and a request needs eight of them.
 */
function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const inner = hash('sha256', Buffer.concat([padded(key, 0x36), ...parts]), 'buffer');
  return hash('sha256', Buffer.concat([padded(key, 0x5c), inner]), 'buffer');
}

/** A key as one block of the hash. All keys here are shorter than one. */
function padded(key: Uint8Array, pad: number): Uint8Array {
  if (key.length > HASH_BLOCK) throw new Error('nip44: a key that is longer than a block');
  const block = new Uint8Array(HASH_BLOCK).fill(pad);
  for (let i = 0; i < key.length; i++) block[i] = (key[i] ?? 0) ^ pad;
  return block;
}
