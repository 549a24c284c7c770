/**
 * An open vault: records under the key that only the PIN gives. Names are sealed too: flash knows a record by a hash of its name.
 *
 * Promises: a write or a removal that returned is kept, and one that a power cut interrupted happened wholly or not at all. A record
 * that was taken away, or put back after it was removed, is noticed: the list of names is a record of its own, written when a
 * name comes or goes. (Not noticed: one record alone put back to an older value of itself. See SECURITY.md.)
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { decodeCbor, encodeCbor } from '@sallyport/device-protocol';
import type { Env } from '../env.ts';
import { ascii } from '../formats/ascii.ts';
import { openedRecords } from './opened.ts';
import { openSealed, readSealed, writeSealed } from './sealed.ts';

export type OpenVault = {
  /** No PIN protects it. */
  readonly demo: boolean;
  /** `damaged`: the record is named in the vault and cannot be read, or is gone. */
  readonly read: (name: string) => Uint8Array | null | 'damaged';
  /** The same, of a record that holds no secret and is read over and over. */
  readonly readOften: (name: string) => Uint8Array | null | 'damaged';
  readonly write: (name: string, bytes: Uint8Array) => void;
  /** Without effect when there is no such record. */
  readonly remove: (name: string) => void;
  /** All names, in the order of their characters. */
  readonly names: () => readonly string[];
  /** Zeroes the keys; nothing can be read or written any more. */
  readonly close: () => void;
};

/** How records of a vault are called in flash. */
export const vaultPrefix = 'v/';
/**
 * Records `index/0` … `index/f`: deterministic CBOR `[1, name, …]`, sealed like the others. A name is in the one of the first digit of its
 * place, so that a vault of a thousand apps does not rewrite all their names for one.
 */
const indexPrefix = 'index/';
const indexParts = [...'0123456789abcdef'];
const indexVersion = 1;
/** A dozen records for each app (1,024 at most), and the accounts. */
export const namesMax = 16_384;
/** Names are ASCII; two public keys in hex fit. */
const nameForm = /^[!-~]{1,160}$/;
/** A record is rewritten as a whole: larger things are kept in parts. */
export const recordMax = 64 * 1024;

type Board = Pick<Env, 'flash' | 'random' | 'spare'>;

/** The keys of open vaults, which nobody gets who was not given the vault. */
const keys = new WeakMap<OpenVault, Uint8Array>();

/** For a change of PIN, which wraps this key anew. */
export function keyOf(vault: OpenVault): Uint8Array {
  const key = keys.get(vault);
  if (key === undefined) throw new Error('vault: it is closed');
  return key;
}

/** Whether a record of this name in flash is of a vault, and means nothing without its key. */
export function isOfVault(name: string): boolean {
  return name.startsWith(vaultPrefix) || name.startsWith(indexPrefix);
}

/** An empty list of names: how a vault begins. */
export function writeEmptyIndex(board: Board, key: Uint8Array): void {
  for (const part of indexParts) writeIndexPart(board, key, part, []);
}

function writeIndexPart(board: Board, key: Uint8Array, part: string, names: readonly string[]): void {
  writeSealed(board, key, indexPrefix + part, encodeCbor([indexVersion, ...names]));
}

/** Opens the records under this key, which from now on is the vault's; null: the list of names cannot be read. */
export function openRecords(board: Board, key: Uint8Array, demo: boolean): OpenVault | null {
  const found = readIndex(board, key);
  if (found === null) return null;
  const { flash } = board;
  const names = new Set(found);
  const places = new Map<string, string>();
  const opened = openedRecords(board.spare?.openedRecords ?? 0);
  let open = true;
  dropStrays();

  /** What a power cut left between a record and the list of names never happened, and what was put back is not let in. */
  function dropStrays(): void {
    const known = new Set([...names].map(placeOf));
    for (const name of flash.names()) {
      if (name.startsWith(vaultPrefix) && !known.has(name)) flash.remove(name);
    }
  }

  /** Writes the part of the list in which this place is. */
  function writeNamesAt(place: string): void {
    const start = place.slice(0, vaultPrefix.length + 1);
    const same = [...names].filter((name) => placeOf(name).startsWith(start));
    writeIndexPart(board, key, start.slice(-1), same);
  }

  /** A hash for each name is too much for each name that comes. Kept for those that are there: others are asked for without end. */
  function placeOf(name: string): string {
    const place = places.get(name) ?? flashName(key, name);
    if (names.has(name)) places.set(name, place);
    return place;
  }

  function at(name: string): string {
    if (!open) throw new Error('vault: it is closed');
    if (!nameForm.test(name))
      throw new Error(`vault: a name of 1 to 160 ASCII characters expected, got ${name.length}`);
    return placeOf(name);
  }

  const vault: OpenVault = {
    demo,
    read: (name) => {
      const place = at(name);
      if (!names.has(name)) return null;
      const bytes = readSealed(flash, key, place);
      return bytes instanceof Uint8Array ? bytes : 'damaged';
    },
    readOften: (name) => {
      const place = at(name);
      if (!names.has(name)) return null;
      const sealed = flash.read(place);
      const bytes = sealed === null ? null : opened.open(place, sealed, (record) => openSealed(record, key, place));
      return bytes instanceof Uint8Array ? bytes : 'damaged';
    },
    write: (name, bytes) => {
      const place = at(name);
      if (bytes.length > recordMax) throw new Error(`vault: ${recordMax} bytes at most, got ${bytes.length}`);
      if (!names.has(name) && names.size >= namesMax) throw new Error(`vault: more than ${namesMax} records`);
      opened.wrote(place, writeSealed(board, key, place, bytes), bytes);
      if (names.has(name)) return;
      names.add(name);
      writeNamesAt(place);
    },
    remove: (name) => {
      const place = at(name);
      if (!names.has(name)) return;
      names.delete(name);
      places.delete(name);
      opened.forget(place);
      writeNamesAt(place);
      flash.remove(place);
    },
    names: () => [...names].sort(),
    close: () => {
      open = false;
      places.clear();
      opened.forgetAll();
      keys.delete(vault);
      key.fill(0);
    },
  };
  keys.set(vault, key);
  return vault;
}

/** Where a record of the vault lies. */
export function flashName(key: Uint8Array, name: string): string {
  return vaultPrefix + bytesToHex(hmac(sha256, key, ascii(`sallyport name: ${name}`)).subarray(0, 16));
}

/** All names; null when a part of the list cannot be read or is gone. */
function readIndex(board: Board, key: Uint8Array): readonly string[] | null {
  const parts = indexParts.map((part) => readIndexPart(board, key, part));
  return parts.every((names) => names !== null) ? parts.flat() : null;
}

function readIndexPart({ flash }: Board, key: Uint8Array, part: string): readonly string[] | null {
  const bytes = readSealed(flash, key, indexPrefix + part);
  const bounds = { bytes: namesMax * 170, items: namesMax + 2, depth: 2 };
  const decoded = bytes instanceof Uint8Array ? decodeCbor(bytes, bounds) : null;
  if (decoded === null || !('value' in decoded) || !Array.isArray(decoded.value)) return null;
  const [version, ...names] = decoded.value;
  const texts = names.filter((name): name is string => typeof name === 'string' && nameForm.test(name));
  return version === indexVersion && texts.length === names.length ? texts : null;
}
