/**
 * NIP-04: AES-256-CBC under the x coordinate of the shared point, written `<base64>?iv=<base64>`. Deprecated, unauthenticated,
 * still asked for. Bytes in, bytes out: that the plaintext is UTF-8 is the caller's to check (device-protocol's utf8.ts).
 *
 * There is no MAC, so a wrong key shows only in the padding. It is checked strictly, and every byte of it in the same time, and
 * what fails after decryption gets one refusal, so that an answer tells nothing about the plaintext.
 */
import { cbc } from '@noble/ciphers/aes.js';
import { decodeBase64, encodeBase64 } from './base64.ts';

/** Why a payload was not decrypted: it is not of the form, or it does not decrypt with this key. */
export type Nip04Refusal = 'bad_form' | 'bad_length' | 'bad_padding';

/** The largest plaintext: that of the largest event (1 MiB), so that everything that can be signed can be encrypted. */
export const NIP04_PLAINTEXT_MAX = 1024 * 1024;

const IV_MARK = '?iv=';
const BLOCK = 16;
const IV_CHARS = 24;
const CIPHERTEXT_CHARS_MAX = Math.ceil((NIP04_PLAINTEXT_MAX + BLOCK) / 3) * 4;

/** Encrypts with a fresh 16-byte iv; null when the plaintext is larger than NIP04_PLAINTEXT_MAX. An empty text is a text. */
export function encryptNip04(plaintext: Uint8Array, sharedX: Uint8Array, iv: Uint8Array): string | null {
  if (plaintext.length > NIP04_PLAINTEXT_MAX) return null;
  return encodeBase64(cbc(sharedX, iv).encrypt(plaintext)) + IV_MARK + encodeBase64(iv);
}

/** Decrypts a payload to the plaintext bytes, or says why not. */
export function decryptNip04(payload: string, sharedX: Uint8Array): Uint8Array | Nip04Refusal {
  const mark = payload.length - IV_CHARS - IV_MARK.length;
  if (mark > CIPHERTEXT_CHARS_MAX) return 'bad_length';
  if (mark < 0 || !payload.startsWith(IV_MARK, mark)) return 'bad_form';
  const ciphertext = decodeBase64(payload.slice(0, mark));
  const iv = decodeBase64(payload.slice(mark + IV_MARK.length));
  if (ciphertext === null || iv === null || iv.length !== BLOCK) return 'bad_form';
  if (ciphertext.length === 0 || ciphertext.length % BLOCK !== 0) return 'bad_length';
  const padded = cbc(sharedX, iv, { disablePadding: true }).decrypt(ciphertext);
  const length = unpaddedLength(padded);
  const plaintext = length === null ? 'bad_padding' : padded.slice(0, length);
  padded.fill(0);
  return plaintext;
}

/** PKCS#7: the last byte says how many, and all of them say it. */
function unpaddedLength(padded: Uint8Array): number | null {
  const count = padded[padded.length - 1] ?? 0;
  let wrong = count < 1 || count > BLOCK ? 1 : 0;
  for (let i = 1; i <= BLOCK; i++) {
    const byte = padded[padded.length - i] ?? 0;
    wrong |= i <= count ? byte ^ count : 0;
  }
  return wrong === 0 ? padded.length - count : null;
}
