/**
 * NIP-04 on OpenSSL: AES-256-CBC under the x coordinate of the shared point, `<base64>?iv=<base64>`. Deprecated, unauthenticated,
 * still asked for. What does not decrypt is null.
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { createCipheriv, createDecipheriv } from 'node:crypto';

const IV_MARK = '?iv=';
const BLOCK = 16;

/** Encrypts with a fresh iv of 16 bytes. */
export function encryptNip04(text: string, sharedX: Uint8Array, iv: Uint8Array): string {
  const cipher = createCipheriv('aes-256-cbc', sharedX, iv);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${ciphertext.toString('base64')}${IV_MARK}${Buffer.from(iv).toString('base64')}`;
}

/** Decrypts a payload, or null. The padding is checked by OpenSSL; a wrong one tells nobody more than that. */
export function decryptNip04(payload: string, sharedX: Uint8Array): string | null {
  const mark = payload.indexOf(IV_MARK);
  if (mark < 0) return null;
  const ciphertext = Buffer.from(payload.slice(0, mark), 'base64');
  const iv = Buffer.from(payload.slice(mark + IV_MARK.length), 'base64');
  if (iv.length !== BLOCK || ciphertext.length === 0 || ciphertext.length % BLOCK !== 0) return null;
  const decipher = createDecipheriv('aes-256-cbc', sharedX, iv);
  try {
    const text = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    return isUtf8(text) ? text.toString('utf8') : null;
  } catch {
    return null; // not padded: another key, or damage
  }
}
