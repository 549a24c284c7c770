/**
 * The static key of this computer in the channel to the device: a file of its own (64 hex characters and a line break, mode
 * 0600), made once and then only read. Whoever has it can speak to the paired device as this computer, so that a file which
 * others can read is refused. It signs nothing and decrypts nothing of any user.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { othersMay, privateDirectory, type StoreRefused, writePrivately } from './private-files.ts';
import type { LoadedKey } from './remote-signer-key.ts';

/** Its name in the state directory. */
export const channelKeyFileName = 'channel.key';

/** Loads the key of a state directory, or makes it. Never replaces a file that is there: the device knows only that key. */
export function loadChannelKey(dir: string): LoadedKey {
  const refused = privateDirectory(dir);
  if (refused !== null) return refused;
  const path = join(dir, channelKeyFileName);
  if (existsSync(path)) return readKey(path);
  // Every 32 bytes are a secret of X25519.
  const secret = randomBytes(32);
  writePrivately(path, `${secret.toString('hex')}\n`);
  return { type: 'key', secret: Uint8Array.from(secret), isNew: true };
}

function readKey(path: string): LoadedKey | StoreRefused {
  const others = othersMay(path);
  if (others !== null) {
    const words = `${others} They may have copied the key of this computer. Run: chmod 600 '${path}', or remove it and pair the device again.`;
    return { type: 'refused', words };
  }
  const text = readFileSync(path, 'latin1').trimEnd();
  if (/^[0-9a-f]{64}$/.test(text)) {
    return { type: 'key', secret: Uint8Array.from(Buffer.from(text, 'hex')), isNew: false };
  }
  const words = `${path} holds no key of this computer (64 hex characters). Remove it and pair the device again.`;
  return { type: 'refused', words };
}
