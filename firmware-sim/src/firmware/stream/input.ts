/**
 * The input of one request, by blocks that are read over and over and must not change between: a block is believed when it is
 * first read, and a short MAC of it is kept, under a key that only this request has. Every later reading of it is held to that MAC;
 * a block that changed ends the request with `stream_integrity`.
 *
 * The MAC is HMAC-SHA256 over the number of the block, its length and its bytes, cut to eight bytes: the computer has one try for each
 * request that it is allowed to make. A table for the largest input takes 9.2 KiB. The last block stays at hand, so that an
 * input of one block is read once. A board with memory to spare keeps all blocks of an input that is not too large: what is read again
 * is what was believed the first time, and nothing is left to be checked.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { limits } from '@sallyport/device-protocol';
import type { Env } from '../env.ts';
import { type Bytes, type Reading, Refusal } from './reading.ts';

/**
 * Bytes of a block: as much as comes with a request, so that small ones are whole in their head. Four characters of base64 are three
 * bytes, and what a block decodes to is a multiple of the blocks of AES and of ChaCha20.
 */
export const blockBytes = limits.headMax;

const macBytes = 8;

/** The bytes of a request's input. */
export type Input = Bytes & {
  /** Block `n`, or less at the end of the input. Valid until the next block is read. */
  readonly block: (n: number) => Reading<Uint8Array>;
};

/** What reading an input takes of a board. */
export type Room = Pick<Env, 'random' | 'spare'>;

/** An input of so many bytes, nothing of it read yet. */
export function openInput(length: number, room: Room): Input {
  return isKept(length, room) ? keptInput(length) : checkedInput(length, room.random);
}

/** Whether a board keeps an input of so many bytes, though it is more than one block. */
export function isKept(length: number, { spare }: Pick<Room, 'spare'>): boolean {
  return length > blockBytes && length <= (spare?.keptBytes ?? 0);
}

function keptInput(length: number): Input {
  const blocks: Uint8Array[] = [];
  function* block(n: number): Reading<Uint8Array> {
    while (blocks.length <= n) {
      const offset = blocks.length * blockBytes;
      const size = Math.min(blockBytes, length - offset);
      const bytes = yield { offset, length: size };
      if (bytes.length !== size) throw new Refusal('stream_integrity');
      // Its own copy: what came may be a part of something larger.
      blocks.push(bytes.slice());
    }
    const known = blocks[n];
    if (known === undefined) throw new Error(`input: there is no block ${n}`);
    return known;
  }
  return { length, atHand: false, kept: true, block, piece: pieces(block) };
}

function pieces(block: Input['block']): Input['piece'] {
  return function* (at) {
    const n = Math.floor(at / blockBytes);
    return { bytes: yield* block(n), start: n * blockBytes };
  };
}

function checkedInput(length: number, random: Room['random']): Input {
  const keyed = hmac.create(sha256, random(32));
  const macs = new Uint8Array(Math.ceil(length / blockBytes) * macBytes);
  let known = 0;
  let held: { readonly n: number; readonly bytes: Uint8Array } | null = null;

  function macOf(n: number, bytes: Uint8Array): Uint8Array {
    const head = Uint8Array.of(n >>> 16, n >>> 8, n, bytes.length >>> 8, bytes.length);
    return keyed.clone().update(head).update(bytes).digest().subarray(0, macBytes);
  }
  function* read(n: number): Reading<Uint8Array> {
    const offset = n * blockBytes;
    const size = Math.min(blockBytes, length - offset);
    // Its room is free for the one that comes.
    held = null;
    const bytes = yield { offset, length: size };
    if (bytes.length !== size) throw new Refusal('stream_integrity');
    const mac = macOf(n, bytes);
    if (n === known) macs.set(mac, known++ * macBytes);
    else if (!sameBytes(mac, macs.subarray(n * macBytes, (n + 1) * macBytes))) throw new Refusal('stream_integrity');
    held = { n, bytes };
    return bytes;
  }
  function* block(n: number): Reading<Uint8Array> {
    if (held?.n === n) return held.bytes;
    // A block is believed in its turn only.
    while (known < n) yield* read(known);
    return yield* read(n);
  }
  const atHand = length <= blockBytes;
  return { length, atHand, kept: atHand, block, piece: pieces(block) };
}

/** Equal in the same time wherever they differ. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let different = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) different |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return different === 0;
}
