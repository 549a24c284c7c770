/**
 * NIP-44 version 2 by pieces: the MAC over a payload that comes piece by piece, its keystream at any place, the form of its padding.
 * The rules are those of nip44.ts, which holds its payload whole.
 */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { equalBytes } from '@noble/ciphers/utils.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { limits } from '@sallyport/device-protocol';
import { messageKeys, paddedLength } from '../formats/nip44.ts';

export const version = 2;
export const nonceBytes = 32;
export const macBytes = 32;
/** Version and nonce, before the ciphertext. */
export const headBytes = 1 + nonceBytes;
/** Lengths from here on take six bytes (two zeros and a u32) instead of two. */
export const extendedFrom = 65_536;
/** The shortest payload: 32 bytes of padded text behind a length of two. */
const payloadMin = headBytes + 2 + 32 + macBytes;

export type MessageKeys = ReturnType<typeof messageKeys>;

/** The ciphertext of a payload whose MAC holds, and the keys for it. */
export type Nip44Opened = { readonly keys: MessageKeys; readonly length: number };

/** Takes a decoded payload piece by piece; `text` is lent the ciphertext as it comes, with its offset. */
export function nip44Reader(key: Uint8Array, text?: (cipher: Uint8Array, at: number, keys: MessageKeys) => void) {
  const head = new Uint8Array(headBytes);
  // The last bytes seen may be the MAC: they wait here until more come.
  const late = new Uint8Array(macBytes);
  let [total, lateUsed, at] = [0, 0, 0];
  let keys: MessageKeys | null = null;
  let mac: ReturnType<typeof hmac.create> | null = null;

  function ciphertext(bytes: Uint8Array): void {
    if (keys === null || bytes.length === 0) return;
    mac?.update(bytes);
    text?.(bytes, at, keys);
    at += bytes.length;
  }
  function body(bytes: Uint8Array): void {
    const whole = new Uint8Array(lateUsed + bytes.length);
    whole.set(late.subarray(0, lateUsed));
    whole.set(bytes, lateUsed);
    const end = Math.max(0, whole.length - macBytes);
    ciphertext(whole.subarray(0, end));
    lateUsed = whole.length - end;
    late.set(whole.subarray(end));
  }
  return {
    push: (bytes: Uint8Array): void => {
      const inHead = Math.max(0, Math.min(bytes.length, headBytes - total));
      head.set(bytes.subarray(0, inHead), Math.min(total, headBytes));
      total += bytes.length;
      if (total >= headBytes && keys === null && inHead > 0) {
        keys = messageKeys(key, head.subarray(1));
        mac = hmac.create(sha256, keys.hmacKey).update(head.subarray(1));
      }
      if (bytes.length > inHead) body(bytes.subarray(inHead));
    },
    /** The payload is whole: what it opens to, or null. The keys are the caller's to zero then. */
    end: (): Nip44Opened | null => {
      const holds = mac !== null && equalBytes(mac.digest(), late);
      if (keys !== null && holds && head[0] === version && total >= payloadMin) return { keys, length: at };
      keys?.zero();
      return null;
    },
  };
}

/** Encrypts or decrypts bytes that lie at `at` of the text: ChaCha20 can begin anywhere. */
export function chachaAt(keys: MessageKeys, at: number, bytes: Uint8Array): Uint8Array {
  const skip = at % 64;
  const blocks = new Uint8Array(skip + bytes.length);
  blocks.set(bytes, skip);
  chacha20(keys.chachaKey, keys.chachaNonce, blocks, blocks, (at - skip) / 64);
  return blocks.subarray(skip);
}

/** Where the plaintext lies within the padded text, from its first six bytes; null when the form is not the one for its length. */
export function plaintextIn(
  first: Uint8Array,
  padded: number,
): { readonly at: number; readonly length: number } | null {
  const view = new DataView(first.buffer, first.byteOffset, first.length);
  const short = view.getUint16(0);
  const at = short === 0 ? 6 : 2;
  const length = short === 0 ? view.getUint32(2) : short;
  if (short === 0 && length < extendedFrom) return null;
  if (length > limits.requestStreamMax || padded !== at + paddedLength(length)) return null;
  return { at, length };
}
