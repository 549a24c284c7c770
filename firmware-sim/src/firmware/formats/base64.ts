/**
 * Base64 (RFC 4648 §4), strict and linear: the standard alphabet, full padding, zero bits at the end, nothing else. What
 * decodes has exactly one encoding, so a payload cannot be written in two ways.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = 0x3d;
const NOT_A_DIGIT = 64;

/** Value of each ASCII character, or NOT_A_DIGIT. */
const VALUES = new Uint8Array(128).fill(NOT_A_DIGIT);
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/** Encodes with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  // 2,048 characters at a time: a call takes its arguments on the stack, and small engines have a small one.
  const block = new Uint8Array(2048);
  let text = '';
  let used = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    if (used === block.length) {
      text += String.fromCharCode(...block);
      used = 0;
    }
    const rest = bytes.length - i;
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    block[used++] = ALPHABET.charCodeAt(word >> 18);
    block[used++] = ALPHABET.charCodeAt((word >> 12) & 63);
    block[used++] = rest > 1 ? ALPHABET.charCodeAt((word >> 6) & 63) : PAD;
    block[used++] = rest > 2 ? ALPHABET.charCodeAt(word & 63) : PAD;
  }
  return text + String.fromCharCode(...block.subarray(0, used));
}

/** Decodes; null for anything that `encodeBase64` would not have written. */
export function decodeBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const pads = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - pads);
  const digits = text.length - pads;
  let word = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = i < digits ? (VALUES[text.charCodeAt(i)] ?? NOT_A_DIGIT) : 0;
    if (value === NOT_A_DIGIT) return null;
    word = (word << 6) | value;
    if (i % 4 !== 3) continue;
    // Writes past the end, where the padding was, are ignored by the typed array.
    bytes[at++] = word >> 16;
    bytes[at++] = word >> 8;
    bytes[at++] = word;
    if (i === text.length - 1 && pads > 0 && (word & (pads === 2 ? 0xffff : 0xff)) !== 0) return null;
    word = 0;
  }
  return bytes;
}
