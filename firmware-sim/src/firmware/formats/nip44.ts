/**
 * NIP-44 version 2 with the extended length prefix. Bytes in, bytes out: that the plaintext is UTF-8 is the caller's to check
 * (device-protocol's utf8.ts). Every check of the specification is made, in its order; a payload that fails one is a refusal, never an exception.
 *
 * Callers zero what they hold: conversation keys and plaintexts are Uint8Arrays of their own. The keys of one message are
 * zeroed here.
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { equalBytes } from '@noble/ciphers/utils.js';
import { expand, extract } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { decodeBase64, encodeBase64 } from './base64.ts';

/** Why a payload was not decrypted. */
export type Nip44Refusal = 'unknown_version' | 'bad_length' | 'bad_base64' | 'bad_mac' | 'bad_padding';

/**
 * The largest plaintext: that of the largest event (1 MiB), so that everything that can be signed can be encrypted. The
 * specification allows 4 GiB and asks implementations to set their own bound, checked before base64 is decoded.
 */
export const NIP44_PLAINTEXT_MAX = 1024 * 1024;

const VERSION = 2;
const NONCE_BYTES = 32;
const MAC_BYTES = 32;
const OVERHEAD_BYTES = 1 + NONCE_BYTES + MAC_BYTES;
/** Lengths from here on take six bytes (two zeros and a u32) instead of two. */
const EXTENDED_FROM = 65536;
const PAYLOAD_CHARS_MIN = 132;
const PAYLOAD_BYTES_MIN = 99;
const PAYLOAD_CHARS_MAX = Math.ceil((OVERHEAD_BYTES + 6 + paddedLength(NIP44_PLAINTEXT_MAX)) / 3) * 4;

/** ASCII of the HKDF salt 'nip44-v2'. */
const SALT = Uint8Array.of(0x6e, 0x69, 0x70, 0x34, 0x34, 0x2d, 0x76, 0x32);

/** The conversation key of two users, from the x coordinate of their shared point. */
export function conversationKey(sharedX: Uint8Array): Uint8Array {
  return extract(sha256, sharedX, SALT);
}

/** Encrypts; null when the plaintext is empty (the format has no empty text) or larger than NIP44_PLAINTEXT_MAX. */
export function encryptNip44(plaintext: Uint8Array, key: Uint8Array, nonce: Uint8Array): string | null {
  if (plaintext.length < 1 || plaintext.length > NIP44_PLAINTEXT_MAX) return null;
  const prefix = plaintext.length < EXTENDED_FROM ? 2 : 6;
  const padded = prefix + paddedLength(plaintext.length);
  const payload = new Uint8Array(OVERHEAD_BYTES + padded);
  const text = payload.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + padded);
  payload[0] = VERSION;
  payload.set(nonce, 1);
  writeLength(text, prefix, plaintext.length);
  text.set(plaintext, prefix);
  const keys = messageKeys(key, nonce);
  chacha20(keys.chachaKey, keys.chachaNonce, text, text);
  payload.set(macOf(payload, keys.hmacKey), payload.length - MAC_BYTES);
  keys.zero();
  return encodeBase64(payload);
}

/** Decrypts a payload to the plaintext bytes, or says why not. */
export function decryptNip44(payload: string, key: Uint8Array): Uint8Array | Nip44Refusal {
  if (payload === '' || payload.startsWith('#')) return 'unknown_version';
  if (payload.length < PAYLOAD_CHARS_MIN || payload.length > PAYLOAD_CHARS_MAX) return 'bad_length';
  const bytes = decodeBase64(payload);
  if (bytes === null) return 'bad_base64';
  if (bytes.length < PAYLOAD_BYTES_MIN) return 'bad_length';
  if (bytes[0] !== VERSION) return 'unknown_version';
  const keys = messageKeys(key, bytes.subarray(1, 1 + NONCE_BYTES));
  // equalBytes takes the same time wherever the first difference is.
  if (!equalBytes(macOf(bytes, keys.hmacKey), bytes.subarray(-MAC_BYTES))) {
    keys.zero();
    return 'bad_mac';
  }
  const text = bytes.subarray(1 + NONCE_BYTES, bytes.length - MAC_BYTES);
  chacha20(keys.chachaKey, keys.chachaNonce, text, text);
  keys.zero();
  const plaintext = unpad(text);
  bytes.fill(0);
  return plaintext;
}

/** Length of the padded text, prefix not counted. Powers of two by arithmetic: a shift would overflow at 2^31. */
export function paddedLength(length: number): number {
  if (length <= 32) return 32;
  let nextPower = 64;
  while (nextPower < length) nextPower *= 2;
  const chunk = nextPower <= 256 ? 32 : nextPower / 8;
  return chunk * Math.ceil(length / chunk);
}

/** The three keys of one message. `zero` forgets them. */
export function messageKeys(key: Uint8Array, nonce: Uint8Array) {
  if (key.length !== 32) throw new Error(`nip44: conversation key of 32 bytes expected, got ${key.length}`);
  if (nonce.length !== NONCE_BYTES) throw new Error(`nip44: nonce of 32 bytes expected, got ${nonce.length}`);
  const keys = expand(sha256, key, nonce, 76);
  return {
    chachaKey: keys.subarray(0, 32),
    chachaNonce: keys.subarray(32, 44),
    hmacKey: keys.subarray(44, 76),
    zero: () => {
      keys.fill(0);
    },
  };
}

/** The MAC covers nonce and ciphertext, which lie side by side in the payload. */
function macOf(payload: Uint8Array, hmacKey: Uint8Array): Uint8Array {
  return hmac(sha256, hmacKey, payload.subarray(1, payload.length - MAC_BYTES));
}

function writeLength(padded: Uint8Array, prefix: number, length: number): void {
  const view = new DataView(padded.buffer, padded.byteOffset);
  if (prefix === 2) view.setUint16(0, length);
  else view.setUint32(2, length);
}

/** A copy of the text within the padding. The padding's own bytes are not looked at: the MAC has vouched for them. */
function unpad(padded: Uint8Array): Uint8Array | 'bad_padding' {
  const view = new DataView(padded.buffer, padded.byteOffset, padded.length);
  const short = view.getUint16(0);
  const prefix = short === 0 ? 6 : 2;
  const length = short === 0 ? view.getUint32(2) : short;
  // One length, one form: an extended prefix on a short text is malformed.
  if (short === 0 && length < EXTENDED_FROM) return 'bad_padding';
  if (length > NIP44_PLAINTEXT_MAX || padded.length !== prefix + paddedLength(length)) return 'bad_padding';
  return padded.slice(prefix, prefix + length);
}
