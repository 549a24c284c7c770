/**
 * Flash as a file: a journal (flash-image.ts) to which each write appends, made anew when more of it is dead than alive. After SIGKILL or a
 * power cut at any byte the last write happened wholly or not at all, and all before it did. What lies in it is sealed by the firmware;
 * the file is for this user alone all the same: 0600.
 *
 * A write is in the file when it returns: the process may die. It is on the disk before anything leaves the device that came after it
 * (`whenKept`, `keepNow`): the machine may lose power. Entries of the log wait for the next write that is none, and may be missing then.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type DiskPromise, diskPromise } from './disk-promise.ts';
import type { Flash } from './firmware/env.ts';
import { type Change, entryBytes, entryOf, imageMax, imageOf, type Records, readImage } from './flash-image.ts';

/** The flash of a simulator: what it holds can be taken out and put in, as with a programmer clipped to the chip. */
export type SimulatedFlash = Flash &
  Keeping & {
    readonly image: () => Uint8Array;
    /** Replaces everything. Throws, and changes nothing, when the image is none. */
    readonly load: (image: Uint8Array) => void;
  };

/** What a board waits for before anybody learns of what it did. */
export type Keeping = Pick<DiskPromise, 'whenKept' | 'keepNow'>;

/** Of a memory that keeps everything at once. */
export const keptAtOnce: Keeping = { whenKept: (then) => then(), keepNow: () => undefined };

/** Dead bytes in the journal that are worth no rewriting. */
const deadMin = 64 * 1024;
const isLog = (name: string): boolean => name.startsWith('log/');

/** Where changes go. */
type Journal = Keeping & { readonly change: (change: Change) => void; readonly replace: () => void };

/** Opens or creates a flash image. Throws with words for the user when the file is something else. */
export function flashFile(path: string): SimulatedFlash {
  if (!existsSync(path)) writePrivate(path, imageOf(new Map()));
  const found = readImage(readPrivate(path), path);
  return flashOf(found.records, journalOn(path, found));
}

/** Flash that is forgotten when the process ends. */
export function flashInMemory(): SimulatedFlash {
  return flashOf(new Map(), { ...keptAtOnce, change: () => undefined, replace: () => undefined });
}

function flashOf(records: Records, journal: Journal): SimulatedFlash {
  return {
    read: (name) => records.get(name)?.slice() ?? null,
    // First to the file: what cannot be written did not happen.
    write: (name, value) => {
      const kept = value.slice();
      journal.change({ name, value: kept });
      records.set(name, kept);
    },
    remove: (name) => {
      if (!records.has(name)) return;
      journal.change({ name, value: null });
      records.delete(name);
    },
    names: () => [...records.keys()],
    whenKept: journal.whenKept,
    keepNow: journal.keepNow,
    image: () => imageOf(records),
    load: (image) => {
      const loaded = readImage(image, 'What was given').records;
      records.clear();
      for (const [name, value] of loaded) records.set(name, value);
      journal.replace();
    },
  };
}

function journalOn(path: string, { records, end, live: alive, journal }: ReturnType<typeof readImage>): Journal {
  let live = alive;
  let size = end;
  let file = openSync(path, 'a');
  const disk = diskPromise(file, (problem) => {
    throw new FlashFault(`the flash image cannot be kept: ${problem.message}`);
  });
  // What is dead at the start goes: removed keys must not wait for the journal to fill up. So does the layout of version 1.
  if (!journal || size > live) replace();
  else if (fstatSync(file).size > end) ftruncateSync(file, end);

  function replace(): void {
    const image = imageOf(records);
    const old = file;
    writePrivate(path, image);
    file = openSync(path, 'a');
    disk.replaced(file, () => closeSync(old));
    live = image.length;
    size = live;
  }

  function change({ name, value }: Change): void {
    // Before the change and not after it: the records are still what the journal says. Who removes one wants it gone: at the end of a
    // wipe nothing of before is in the file.
    if (size - live > (value === null ? live : deadMin + live)) replace();
    const entry = entryOf({ name, value });
    if (size + entry.length > imageMax) throw new FlashFault(`the flash image is full: ${imageMax} bytes`);
    append(file, size, entry);
    if (!isLog(name)) disk.wrote();
    size += entry.length;
    const before = records.get(name);
    live += (value === null ? 0 : entry.length) - (before === undefined ? 0 : entryBytes(name, before));
  }

  return { change, replace, whenKept: disk.whenKept, keepNow: disk.keepNow };
}

/** The disk did not take a write. A device whose flash fails stops: what it would do next was to be kept first. */
export class FlashFault extends Error {}

/** Appends all of it or nothing. */
function append(file: number, size: number, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  } catch (problem) {
    // A disk that is full took a piece: what comes later must not stand behind it.
    ftruncateSync(file, size);
    throw new FlashFault(`the flash image cannot be written: ${problem instanceof Error ? problem.message : problem}`);
  }
}

/** Reads a file that nobody else may open. */
export function readPrivate(path: string): Uint8Array {
  const { mode, size } = statSync(path);
  // There are no such bits on Windows, where the file has its owner's access list.
  if ((mode & 0o077) !== 0 && process.platform !== 'win32')
    throw new Error(`${path} may be opened by others: chmod 600 it`);
  if (size > imageMax) throw new Error(`${path} is larger than any flash image`);
  return readFileSync(path);
}

/** Replaces the file by one that is whole and for this user alone. */
export function writePrivate(path: string, bytes: Uint8Array): void {
  const next = `${path}.next`;
  // Made anew: a file or a link that somebody left under this name would decide who can read the keys, and where they go.
  rmSync(next, { force: true });
  const file = openSync(next, 'wx', 0o600);
  try {
    append(file, 0, bytes);
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
