/**
 * A remote-signer key of its own for one line: derived from the main one, so that one file holds all of them, and a backup of it too. Who
 * knows such a key learns neither the main one nor that of another line.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** For ever: another text would be other keys, and every app of such a line would have to be paired anew. */
const purpose = utf8ToBytes('sallyport: remote-signer key of a line, v1');

/** The secret of the line with this hash (32 bytes of hex). It is none with a chance of 2^-128: then making its public key throws. */
export function lineSecret(main: Uint8Array, hash: string): Uint8Array {
  return hkdf(sha256, main, hexToBytes(hash), purpose, 32);
}
