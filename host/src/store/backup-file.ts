/**
 * A backup of a state directory: one file, encrypted with a passphrase (scrypt, XChaCha20-Poly1305). It holds the remote-signer key, the
 * key of this computer in the channel and the database, so that every bunker line works on a new machine; the activity log stays.
 * A wrong passphrase and a damaged file are the same answer: nothing is said about which.
 */
import { randomBytes, scrypt } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { channelKeyFileName } from './channel-key.ts';
import { privateDirectory, type StoreRefused, writePrivately } from './private-files.ts';
import { keyFileName } from './remote-signer-key.ts';
import { openStore, type Store, storeFileName } from './store.ts';

/** What is written first; its end names the form of what follows. */
const magic = Buffer.from('sallyport backup 1\n', 'latin1');
const saltBytes = 16;
const nonceBytes = 24;
const headBytes = magic.length + saltBytes + nonceBytes;
/** About half a second and 128 MB for each guess. */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
/** A backup is a few megabytes at most; what is larger is none of ours. */
export const backupMax = 256 * 1024 * 1024;

/** The backup of a state directory that no host uses now. */
export async function makeBackup(dir: string, passphrase: string): Promise<Uint8Array | StoreRefused> {
  if (!existsSync(join(dir, keyFileName))) return refused(`${dir} has no remote-signer key: there is nothing to keep.`);
  const store = openStore(dir);
  if (store.type === 'refused') return store;
  try {
    return await backupOf(dir, store, passphrase);
  } finally {
    store.close();
  }
}

/** The backup of a state directory by whoever has its store open. */
export async function backupOf(dir: string, store: Pick<Store, 'copy'>, passphrase: string): Promise<Uint8Array> {
  const files: Record<string, string> = { [storeFileName]: Buffer.from(store.copy()).toString('base64') };
  for (const name of [keyFileName, channelKeyFileName]) {
    const path = join(dir, name);
    if (existsSync(path)) files[name] = readFileSync(path).toString('base64');
  }
  const head = Buffer.concat([magic, randomBytes(saltBytes + nonceBytes)]);
  const sealed = (await cipher(head, passphrase)).encrypt(Buffer.from(JSON.stringify(files)));
  return Buffer.concat([head, sealed]);
}

/** Puts a backup into a directory without a state; null when everything of it works. */
export async function restoreBackup(backup: Uint8Array, dir: string, passphrase: string): Promise<StoreRefused | null> {
  const private_ = privateDirectory(dir);
  if (private_ !== null) return private_;
  if ([keyFileName, storeFileName].some((name) => existsSync(join(dir, name)))) {
    return refused(`${dir} has a state already. Move it away first: it is not replaced.`);
  }
  const files = await openBackup(Buffer.from(backup), passphrase);
  if (files === null) return refused('The passphrase is wrong, or the file is no whole backup of Sallyport.');
  for (const [name, bytes] of files) writePrivately(join(dir, name), bytes);
  const store = openStore(dir);
  if (store.type === 'refused') return store;
  store.close();
  return null;
}

/** The files of a backup: keys as text, the database as bytes. Names that are none of ours are not written. */
async function openBackup(backup: Buffer, passphrase: string): Promise<ReadonlyMap<string, Uint8Array> | null> {
  if (backup.length <= headBytes || !backup.subarray(0, magic.length).equals(magic)) return null;
  let parsed: unknown;
  try {
    const opened = (await cipher(backup.subarray(0, headBytes), passphrase)).decrypt(backup.subarray(headBytes));
    parsed = JSON.parse(Buffer.from(opened).toString('utf8'));
  } catch {
    return null; // Not authentic: there is nothing to be said about why.
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const files = new Map<string, Uint8Array>();
  for (const [name, text] of Object.entries(parsed)) {
    if (![keyFileName, channelKeyFileName, storeFileName].includes(name) || typeof text !== 'string') return null;
    files.set(name, Buffer.from(text, 'base64'));
  }
  return files.has(keyFileName) && files.has(storeFileName) ? files : null;
}

/** Elsewhere than where requests are answered: a guess takes half a second. */
async function cipher(head: Buffer, passphrase: string) {
  const salt = head.subarray(magic.length, magic.length + saltBytes);
  // One passphrase, however a keyboard composes its letters.
  const key = await slowHash(passphrase.normalize('NFKC'), salt);
  return xchacha20poly1305(key, head.subarray(magic.length + saltBytes), head);
}

function slowHash(passphrase: string, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((settle, fail) => {
    scrypt(passphrase, salt, 32, cost, (problem, key) => (problem === null ? settle(key) : fail(problem)));
  });
}

function refused(words: string): StoreRefused {
  return { type: 'refused', words };
}
