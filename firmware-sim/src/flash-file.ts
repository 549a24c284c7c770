/**
 * Flash as a file: all records in one image, deterministic CBOR `[schema version, [name, value], …]`. A write replaces the
 * whole file by renaming, so that a power cut leaves the old image or the new one. Keys in it are as safe as the file: 0600.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { decodeCbor, encodeCbor } from '@sallyport/device-protocol';
import type { Flash } from './firmware/env.ts';

/** The version of the image's layout; never reused. */
const imageVersion = 1;
/** A device holds keys, grants and a log: less than this. A larger file is not ours. */
const imageMax = 1024 * 1024;

/** The flash of a simulator: what it holds can be taken out and put in, as with a programmer clipped to the chip. */
export type SimulatedFlash = Flash & {
  readonly image: () => Uint8Array;
  /** Replaces everything. Throws, and changes nothing, when the image is none. */
  readonly load: (image: Uint8Array) => void;
};

/** Opens or creates a flash image. Throws with words for the user when the file is something else. */
export function flashFile(path: string): SimulatedFlash {
  const records = existsSync(path) ? readImage(readPrivate(path), path) : new Map<string, Uint8Array>();
  return flashOf(records, () => writePrivate(path, imageOf(records)));
}

/** Flash that is forgotten when the process ends. */
export function flashInMemory(): SimulatedFlash {
  return flashOf(new Map(), () => undefined);
}

function flashOf(records: Map<string, Uint8Array>, save: () => void): SimulatedFlash {
  return {
    read: (name) => records.get(name)?.slice() ?? null,
    write: (name, value) => {
      records.set(name, value.slice());
      save();
    },
    remove: (name) => {
      if (records.delete(name)) save();
    },
    names: () => [...records.keys()],
    image: () => imageOf(records),
    load: (image) => {
      const loaded = readImage(image, 'What was given');
      records.clear();
      for (const [name, value] of loaded) records.set(name, value);
      save();
    },
  };
}

function imageOf(records: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return encodeCbor([imageVersion, ...records]);
}

function readImage(image: Uint8Array, path: string): Map<string, Uint8Array> {
  const bounds = { bytes: imageMax, items: 10_000, depth: 3 };
  const decoded = decodeCbor(Uint8Array.from(image), bounds);
  const items = 'value' in decoded && Array.isArray(decoded.value) ? decoded.value : [];
  if (items[0] !== imageVersion) throw new Error(`${path} is not a flash image of version ${imageVersion}`);
  const records = new Map<string, Uint8Array>();
  for (const record of items.slice(1)) {
    const [name, value] = Array.isArray(record) ? record : [];
    if (typeof name !== 'string' || !(value instanceof Uint8Array)) throw new Error(`${path} is a damaged flash image`);
    records.set(name, value);
  }
  return records;
}

/** Reads a file that nobody else may open. */
export function readPrivate(path: string): Uint8Array {
  // There are no such bits on Windows, where the file has its owner's access list.
  const open = statSync(path).mode & 0o077;
  if (open !== 0 && process.platform !== 'win32') throw new Error(`${path} may be opened by others: chmod 600 it`);
  return readFileSync(path);
}

/** Replaces the file by one that is whole and for this user alone. */
export function writePrivate(path: string, bytes: Uint8Array): void {
  const next = `${path}.next`;
  // Made anew: a file or a link that somebody left under this name would decide who can read the keys, and where they go.
  rmSync(next, { force: true });
  const file = openSync(next, 'wx', 0o600);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
  // The rename itself is on disk only when its directory is.
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
