/**
 * A key that a password protects (NIP-49, `ncryptsec`): scrypt, then XChaCha20-Poly1305. How much memory and time it costs is told by the
 * text itself, so it has a bound here.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { ascii } from './ascii.ts';
import { decodeBech32 } from './bech32.ts';

/** A text that was read, and not opened yet. */
export type Ncryptsec = {
  readonly logN: number;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly sealed: Uint8Array;
};

const version = 2;
const payloadBytes = 91;
/** 2^18 blocks of 1 KiB: 256 MiB, more than programs ask for by themselves (2^16), and what a small computer has. */
export const logNMax = 18;

/** Reads the text; null: it is none, or of another version, or costs more than this device gives. */
export function readNcryptsec(text: string): Ncryptsec | null {
  const bytes = decodeBech32('ncryptsec', text);
  if (bytes === null || bytes.length !== payloadBytes) return null;
  const [found, logN = 0] = bytes;
  if (found !== version || logN < 1 || logN > logNMax) return null;
  return {
    logN,
    salt: bytes.slice(2, 18),
    nonce: bytes.slice(18, 42),
    aad: bytes.slice(42, 43),
    sealed: bytes.slice(43),
  };
}

/** The secret, the caller's to zero; null: it is another password. A password of ASCII is its own NFKC form. */
export function openNcryptsec({ logN, salt, nonce, aad, sealed }: Ncryptsec, password: string): Uint8Array | null {
  const typed = ascii(password);
  const key = scrypt(typed, salt, { N: 2 ** logN, r: 8, p: 1, dkLen: 32 });
  try {
    return xchacha20poly1305(key, nonce, aad).decrypt(sealed);
  } catch {
    return null;
  } finally {
    key.fill(0);
    typed.fill(0);
  }
}
