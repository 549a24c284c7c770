/**
 * The remote-signer key: the host's own key, in a file of its own (64 hex characters and a line break, mode 0600). It is made
 * once and then only read. Whoever has it reads the talk of all paired apps, so a file that others can read is refused.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getPublicKey } from 'nostr-tools/pure';
import { othersMay, privateDirectory, type StoreRefused, writePrivately } from './private-files.ts';

/** The key, or why there is none. `isNew` when it was made just now. */
export type LoadedKey = { readonly type: 'key'; readonly secret: Uint8Array; readonly isNew: boolean } | StoreRefused;

/** Its name in the state directory. */
export const keyFileName = 'remote-signer.key';

/** Loads the key of a state directory, or makes it. Never replaces a file that is there: paired apps know only that key. */
export function loadRemoteSignerKey(dir: string): LoadedKey {
  const refused = privateDirectory(dir);
  if (refused !== null) return refused;
  const path = join(dir, keyFileName);
  return existsSync(path) ? readKey(path) : makeKey(path);
}

function readKey(path: string): LoadedKey {
  const others = othersMay(path);
  if (others !== null) {
    const words = `${others} They may have copied the remote-signer key. Run: chmod 600 '${path}', or remove it to get a new one.`;
    return { type: 'refused', words };
  }
  const text = readFileSync(path, 'latin1').trimEnd();
  const secret = /^[0-9a-f]{64}$/.test(text) ? Uint8Array.from(Buffer.from(text, 'hex')) : null;
  if (secret === null || !isSecretKey(secret)) {
    const words = `${path} holds no remote-signer key (64 hex characters). Restore it from a backup, or remove it to get a new one; apps must then pair again.`;
    return { type: 'refused', words };
  }
  return { type: 'key', secret, isNew: false };
}

function makeKey(path: string): LoadedKey {
  const bytes = randomBytes(32);
  // Zero or above the order of the curve: one in 2^128, and cheaper to try again than to explain.
  if (!isSecretKey(bytes)) return makeKey(path);
  writePrivately(path, `${bytes.toString('hex')}\n`);
  return { type: 'key', secret: Uint8Array.from(bytes), isNew: true };
}

function isSecretKey(bytes: Uint8Array): boolean {
  try {
    return getPublicKey(Uint8Array.from(bytes)).length === 64;
  } catch {
    return false; // The library says "not on the curve" by throwing, and quotes nothing we would want to pass on.
  }
}
