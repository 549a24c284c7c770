/**
 * What a flash image looks like: an append-only journal, so that a write costs what it writes.
 *
 *     image = "sallyfl" || version (1 byte) || entry …
 *     entry = length of the body (4 bytes, big-endian) || CRC-32 over length and body (4) || body
 *     body  = 1 || length of the name (1) || name || value        the record is now this        (2: it is gone; no value)
 *
 * A power cut in the middle of a write leaves a piece of an entry at the end: it never happened, and is cut off. A bad entry with whole ones
 * behind it is damage, and is said: what was confirmed is never dropped in silence. Version 1 was one CBOR item `[1, [name, value], …]`.
 */
import { crc32, decodeCbor, decodeUtf8, encodeUtf8 } from '@sallyport/device-protocol';

export type Records = Map<string, Uint8Array>;

/** A change of one record; no value: it is removed. */
export type Change = { readonly name: string; readonly value: Uint8Array | null };

export type ReadImage = {
  readonly records: Records;
  /** Where the next entry goes: behind it lies what a power cut left. */
  readonly end: number;
  /** How many bytes would be there if each record had been written once. */
  readonly live: number;
  /** False: it is of version 1, and nothing can be appended. */
  readonly journal: boolean;
};

/** The version of the layout; never reused. */
const version = 2;
const head = Uint8Array.of(...[...'sallyfl'].map((letter) => letter.charCodeAt(0)), version);
const entryHeadBytes = 8;
const nameMax = 255;
/** A thousand apps with their newest requests take some ten megabytes. A larger file is not ours. */
export const imageMax = 64 * 1024 * 1024;
/** No record is larger: the vault keeps larger things in parts. */
export const valueMax = 1024 * 1024;
const writes = 1;
const removes = 2;

/** The bytes that are appended for a change. */
export function entryOf({ name, value }: Change): Uint8Array {
  const label = encodeUtf8(name);
  const size = value?.length ?? 0;
  if (label === null || label.length > nameMax || size > valueMax) throw new Error(`flash: no record ${name}, ${size}`);
  const entry = new Uint8Array(entryHeadBytes + 2 + label.length + size);
  entry.set([value === null ? removes : writes, label.length], entryHeadBytes);
  entry.set(label, entryHeadBytes + 2);
  entry.set(value ?? [], entryHeadBytes + 2 + label.length);
  const view = new DataView(entry.buffer);
  view.setUint32(0, entry.length - entryHeadBytes);
  view.setUint32(4, checkOf(entry));
  return entry;
}

/** An image in which each record was written once. */
export function imageOf(records: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts = [head, ...[...records].map(([name, value]) => entryOf({ name, value }))];
  const image = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    image.set(part, at);
    at += part.length;
  }
  return image;
}

/** Reads an image of any version. Throws with words for the user; `path` is what it is called in them. */
export function readImage(given: Uint8Array, path: string): ReadImage {
  // Node's Buffer is no Uint8Array in one respect: its slices are no copies.
  const image = new Uint8Array(given.buffer, given.byteOffset, given.length);
  if (!isJournal(image)) return readVersionOne(image, path);
  const records: Records = new Map();
  let at = head.length;
  for (let entry = entryAt(image, at); entry !== null; entry = entryAt(image, at)) {
    if (entry.value === null) records.delete(entry.name);
    else records.set(entry.name, entry.value);
    at += entry.bytes;
  }
  for (let later = at + 1; later + entryHeadBytes < image.length; later++) {
    if (entryAt(image, later) !== null) throw new Error(`${path} is a damaged flash image`);
  }
  return { records, end: at, live: liveBytes(records), journal: true };
}

/** Whether this is an image of the present version, whole or not. */
export function isJournal(image: Uint8Array): boolean {
  return head.every((byte, i) => image[i] === byte);
}

/** What an entry of this record takes. */
export function entryBytes(name: string, value: Uint8Array): number {
  return entryHeadBytes + 2 + (encodeUtf8(name)?.length ?? 0) + value.length;
}

function liveBytes(records: Records): number {
  let live = head.length;
  for (const [name, value] of records) live += entryBytes(name, value);
  return live;
}

/** The entry that begins there; null when none does that is whole. */
function entryAt(image: Uint8Array, at: number): (Change & { readonly bytes: number }) | null {
  if (at + entryHeadBytes + 2 > image.length) return null;
  const view = new DataView(image.buffer, image.byteOffset);
  const length = view.getUint32(at);
  const end = at + entryHeadBytes + length;
  if (length < 2 || length > 2 + nameMax + valueMax || end > image.length) return null;
  const [type, label = 0] = image.subarray(at + entryHeadBytes);
  const whole = type === writes ? 2 + label <= length : type === removes && 2 + label === length;
  const entry = image.subarray(at, end);
  if (!whole || checkOf(entry) !== view.getUint32(at + 4)) return null;
  const name = decodeUtf8(entry.subarray(entryHeadBytes + 2, entryHeadBytes + 2 + label));
  if (name === null) return null;
  const value = type === writes ? entry.slice(entryHeadBytes + 2 + label) : null;
  return { name, value, bytes: end - at };
}

function checkOf(entry: Uint8Array): number {
  const checked = entry.slice();
  checked.fill(0, 4, 8);
  return crc32(checked);
}

function readVersionOne(image: Uint8Array, path: string): ReadImage {
  const bounds = { bytes: 1024 * 1024, items: 10_000, depth: 3 };
  const decoded = decodeCbor(Uint8Array.from(image), bounds);
  const items = 'value' in decoded && Array.isArray(decoded.value) ? decoded.value : [];
  if (items[0] !== 1) throw new Error(`${path} is not a flash image of version 1 or ${version}`);
  const records: Records = new Map();
  for (const record of items.slice(1)) {
    const [name, value] = Array.isArray(record) ? record : [];
    if (typeof name !== 'string' || !(value instanceof Uint8Array)) throw new Error(`${path} is a damaged flash image`);
    records.set(name, value);
  }
  return { records, end: image.length, live: liveBytes(records), journal: false };
}
