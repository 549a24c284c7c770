/**
 * The log: what the device decided, as a chain of hashes (PROTOCOL.md, chapter 20). It is sealed under the device's secret alone, because
 * a locked device has things to tell: wrong PINs above all.
 *
 * Promises: numbers go up by one and never back, over power cuts at any write; an entry that was appended is there, or has made room
 * for newer ones; each append is one write of one small record. Nothing of an event or a text is in an entry.
 *
 *     record `log/<b mod blocksKept>` = [1, b, head before the block, entry, …]      block b: entries b × perBlock + 1 and on
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { decodeCbor, encodeCbor, limits } from '@sallyport/device-protocol';
import type { Env } from '../env.ts';
import { ascii } from '../formats/ascii.ts';
import { readForDevice, type Sealer, writeForDevice } from './sealed.ts';

/** The newest block, and from where on entries are kept. */
export type Log = {
  /** The number of the newest entry; 0: there is none. */
  readonly number: number;
  readonly head: Uint8Array;
  /** The oldest number that is kept. */
  readonly first: number;
  readonly block: Block;
};

type Block = { readonly at: number; readonly before: Uint8Array; readonly entries: readonly Uint8Array[] };

const version = 1;
/** An append writes one block: 24 entries of some 30 bytes. */
export const perBlock = 24;
/** Some thirty kilobytes of flash, and more than seven hundred entries. */
export const blocksKept = 32;
const noHead = new Uint8Array(32);

const nameOf = (at: number): string => `log/${at % blocksKept}`;

/** Finds the newest entry. */
export function loadLog(board: Sealer): Log {
  const read = Array.from({ length: blocksKept }, (_, slot) => readBlock(board, slot));
  const blocks = read.filter((block) => block !== null && block !== 'damaged').sort((a, b) => a.at - b.at);
  const newest = blocks.at(-1) ?? { at: 0, before: noHead, entries: [] };
  return read.includes('damaged') ? behindDamage(board, newest.at, read) : logOf(newest, blocks);
}

/**
 * The newest block may be among the damaged ones: the numbers go on behind all that there can have been, and the chain begins anew,
 * which whoever reads it sees. That is in flash before the damage is taken out of it.
 */
function behindDamage(board: Sealer, newest: number, read: readonly (Block | null | 'damaged')[]): Log {
  const block: Block = { at: newest + blocksKept + 1, before: noHead, entries: [] };
  writeBlock(board, block);
  for (const [slot, found] of read.entries()) {
    if (found === 'damaged' && slot !== block.at % blocksKept) board.flash.remove(nameOf(slot));
  }
  return logOf(block, []);
}

/** Appends an entry and writes it. */
export function append(board: Sealer, log: Log, entry: Uint8Array): Log {
  if (entry.length < 1 || entry.length > limits.logEntryMax) {
    throw new Error(`log: an entry of 1 to ${limits.logEntryMax} bytes expected, got ${entry.length}`);
  }
  const full = log.block.entries.length === perBlock;
  const block: Block = full
    ? { at: log.block.at + 1, before: log.head, entries: [entry] }
    : { ...log.block, entries: [...log.block.entries, entry] };
  writeBlock(board, block);
  const number = log.number + 1;
  // A block that begins takes the place of the oldest one.
  const first = Math.max(log.first, firstOf(block.at - blocksKept + 1));
  return { number, head: nextHead(log.head, number, entry), first, block };
}

/** At most `max` entries from number `from` on, of those that are kept and can be read. */
export function readLog(
  board: Pick<Env, 'flash' | 'deviceSecret'>,
  log: Log,
  from: number,
  max: number,
): readonly { readonly number: number; readonly entry: Uint8Array }[] {
  const found: { number: number; entry: Uint8Array }[] = [];
  let number = Math.max(from, log.first);
  while (number <= log.number && found.length < max) {
    const at = Math.floor((number - 1) / perBlock);
    const block = at === log.block.at ? log.block : readBlock(board, at % blocksKept);
    const entry =
      block === null || block === 'damaged' || block.at !== at ? undefined : block.entries[(number - 1) % perBlock];
    if (entry === undefined) break;
    found.push({ number, entry });
    number += 1;
  }
  return found;
}

/** What is signed about the newest entry. */
export function headHash(log: Log, nonce: Uint8Array): Uint8Array {
  return sha256(concatBytes(ascii('sallyport log head'), eightBytes(log.number), log.head, nonce));
}

function nextHead(head: Uint8Array, number: number, entry: Uint8Array): Uint8Array {
  return sha256(concatBytes(ascii('sallyport log'), head, eightBytes(number), entry));
}

function writeBlock(board: Sealer, { at, before, entries }: Block): void {
  writeForDevice(board, nameOf(at), encodeCbor([version, at, before, ...entries]));
}

function logOf(block: Block, blocks: readonly Block[]): Log {
  const start = firstOf(block.at);
  let head = block.before;
  for (const [i, entry] of block.entries.entries()) head = nextHead(head, start + i, entry);
  // Back as far as the blocks follow upon each other.
  let oldest = block.at;
  for (const { at } of blocks.toReversed()) if (at === oldest - 1) oldest = at;
  return { number: start + block.entries.length - 1, head, first: firstOf(oldest), block };
}

const firstOf = (at: number): number => at * perBlock + 1;

function readBlock(board: Pick<Env, 'flash' | 'deviceSecret'>, slot: number): Block | null | 'damaged' {
  const bytes = readForDevice(board, nameOf(slot));
  if (bytes === null) return null;
  const bounds = { bytes: perBlock * (limits.logEntryMax + 3) + 64, items: perBlock + 4, depth: 2 };
  const decoded = bytes instanceof Uint8Array ? decodeCbor(bytes, bounds) : null;
  if (decoded === null || !('value' in decoded) || !Array.isArray(decoded.value)) return 'damaged';
  const [found, at, before, ...rest] = decoded.value;
  const entries = rest.filter((entry) => entry instanceof Uint8Array);
  const whole =
    found === version && typeof at === 'number' && at % blocksKept === slot && entries.length === rest.length;
  return whole && before instanceof Uint8Array ? { at, before, entries } : 'damaged';
}

function eightBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
  return bytes;
}
