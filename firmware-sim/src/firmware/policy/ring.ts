/**
 * The newest requests of an app, by their event ids, in flash: a ring of blocks, of which a request writes one. When the last block
 * is full the oldest falls out, and its seconds are closed (closed.ts) *before* it is overwritten: at every power cut each request that
 * was ever taken is in the ring or in a closed second.
 *
 * A block that is not what the head says is damage, and then nothing is fresh: a replay must not be the way to mend it.
 */
import { type Closed, close, createdAtMax, isClosed } from './closed.ts';

/** What this needs of the vault. A write is atomic, and a record is authenticated together with its name. */
export type Store = {
  readonly read: (name: string) => Uint8Array | null | 'damaged';
  /** The same, of what is read over and over. */
  readonly readOften: (name: string) => Uint8Array | null | 'damaged';
  readonly write: (name: string, bytes: Uint8Array) => void;
  /** Without effect when there is no such record. */
  readonly remove: (name: string) => void;
  readonly names: () => readonly string[];
};

/**
 * Four full blocks besides the one that is being filled: a burst of 512 requests in one second is taken whole. An app that unlocks a
 * mailbox asks for some hundreds. A write is at most 1,544 bytes. With the head and the grants an app has seven records, of which a
 * vault has room for 8,192: so many for 1,024 apps and those that were revoked.
 */
export const ringBlocks = 5;
export const blockEntries = 128;

/** Where the ring of an app lies, and which block is being filled: its number, counted from the pairing on. */
export type Ring = { readonly name: string; readonly head: number };

/** Of an event id, so many bytes: an app that finds two of its own with equal ones is refused its second. */
const idBytes = 8;
const entryBytes = 4 + idBytes;
/** Version, three bytes of zero, the number of the block. */
const headBytes = 8;
const version = 1;

/** `replayed`: seen, or of a closed second. `misdated`: no second that an app can mean. `damaged`: nobody can tell. */
export type Freshness = 'fresh' | 'replayed' | 'misdated' | 'damaged';

export function freshnessIn(store: Store, ring: Ring, closed: Closed, createdAt: number, id: Uint8Array): Freshness {
  if (!Number.isInteger(createdAt) || createdAt < 0 || createdAt > createdAtMax) return 'misdated';
  if (isClosed(closed, createdAt)) return 'replayed';
  // All of them, also after a find: a damaged block must not be overlooked, and a replay not be told by its haste.
  let seen = false;
  for (const number of blocksOf(ring)) {
    const block = readBlock(store, ring, number);
    if (block === 'damaged') return 'damaged';
    if (hasId(block, id)) seen = true;
  }
  return seen ? 'replayed' : 'fresh';
}

/**
 * What a request makes of ring and seconds, and the block to write. Where `head` moves, the record that holds it is written too: *before*
 * a block that overwrites another one, and after one whose place was empty. Every block up to the head is then there at every power cut,
 * and one that is missing is damage.
 */
export type Marked = {
  readonly ring: Ring;
  readonly closed: Closed;
  readonly block: Uint8Array;
  readonly headMoves: 'no' | 'before_block' | 'after_block';
};

/** The ring with this request in it; `damaged` when that cannot be told. Nothing is written here. */
export function marked(
  store: Store,
  ring: Ring,
  closed: Closed,
  createdAt: number,
  id: Uint8Array,
): Marked | 'damaged' {
  const filling = readBlock(store, ring, ring.head);
  if (filling === 'damaged') return 'damaged';
  if (filling.length < blockEntries * entryBytes) {
    return { ring, closed, block: blockOf(ring.head, withEntry(filling, createdAt, id)), headMoves: 'no' };
  }
  const head = ring.head + 1;
  let after = closed;
  if (head >= ringBlocks) {
    const oldest = readBlock(store, ring, head - ringBlocks);
    if (oldest === 'damaged') return 'damaged';
    for (const date of datesOf(oldest).sort((a, b) => a - b)) after = close(after, date);
  }
  const block = blockOf(head, withEntry(empty, createdAt, id));
  const headMoves = head >= ringBlocks ? 'before_block' : 'after_block';
  return { ring: { ...ring, head }, closed: after, block, headMoves };
}

/** The first block of a new ring, with nothing in it or with the event of the pairing. */
export function firstBlock(createdAt: number, id: Uint8Array | null): Uint8Array {
  return blockOf(0, id === null ? empty : withEntry(empty, createdAt, id));
}

/** The name of the record of a block. */
export function blockName({ name }: Ring, number: number): string {
  return `${name}-${number % ringBlocks}`;
}

/** Takes the whole ring out of flash. */
export function removeRing(store: Store, name: string): void {
  for (let i = 0; i < ringBlocks; i++) store.remove(`${name}-${i}`);
}

const empty = new Uint8Array(0);

function blocksOf({ head }: Ring): readonly number[] {
  const first = Math.max(0, head - ringBlocks + 1);
  return Array.from({ length: head - first + 1 }, (_, i) => first + i);
}

/** The entries of a block. The one that is being filled may not have been written yet: then its place holds the one that fell out. */
function readBlock(store: Store, ring: Ring, number: number): Uint8Array | 'damaged' {
  const record = store.readOften(blockName(ring, number));
  if (record === null || record === 'damaged' || record.length < headBytes || record[0] !== version) return 'damaged';
  const entries = record.subarray(headBytes);
  if (entries.length % entryBytes !== 0 || entries.length > blockEntries * entryBytes) return 'damaged';
  const found = uint32(record, 4);
  if (found === number) return entries;
  return number === ring.head && found === number - ringBlocks ? empty : 'damaged';
}

function blockOf(number: number, entries: Uint8Array): Uint8Array {
  const block = new Uint8Array(headBytes + entries.length);
  block[0] = version;
  putUint32(block, 4, number);
  block.set(entries, headBytes);
  return block;
}

function withEntry(entries: Uint8Array, createdAt: number, id: Uint8Array): Uint8Array {
  const longer = new Uint8Array(entries.length + entryBytes);
  longer.set(entries);
  putUint32(longer, entries.length, createdAt);
  longer.set(id.subarray(0, idBytes), entries.length + 4);
  return longer;
}

function hasId(entries: Uint8Array, id: Uint8Array): boolean {
  for (let at = 0; at < entries.length; at += entryBytes) {
    let same = true;
    for (let i = 0; i < idBytes; i++) if (entries[at + 4 + i] !== id[i]) same = false;
    if (same) return true;
  }
  return false;
}

function datesOf(entries: Uint8Array): number[] {
  const dates: number[] = [];
  for (let at = 0; at < entries.length; at += entryBytes) dates.push(uint32(entries, at));
  return dates;
}

function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).setUint32(at, value);
}
