/**
 * The gate before the CBOR decoder (RFC 8949). It admits one subset of deterministic encoding (section 4.2) and nothing else:
 * unsigned integers up to 2^53-1, byte strings, texts in valid UTF-8, arrays, maps with strictly ascending unsigned keys,
 * false and true; all heads in shortest form, all lengths definite, nothing left over. Tags, floats, null, undefined and
 * negative integers have no use in this protocol and are refused.
 *
 * Why a gate: `cbor-x` alone takes seconds and gigabytes for 64 KB of nested tags or bignums, decodes records, turns bad
 * UTF-8 into U+FFFD and accepts what is not deterministic. Here the work is linear in the input and the memory is the stack
 * of open containers. What passes has exactly one decoding, and that has exactly one encoding.
 */
import { limits } from '../limits.ts';
import { malformedAt } from '../utf8.ts';

/** What is wrong, and at which byte. */
export type GateRefusal = { readonly wrong: GateFault; readonly offset: number };

export type GateFault =
  | 'truncated'
  | 'trailing bytes'
  | 'reserved head'
  | 'not the shortest form'
  | 'integer over 2^53-1'
  | 'indefinite length'
  | 'negative integer'
  | 'tag'
  | 'float, null, undefined or simple value'
  | 'map key not an unsigned integer'
  | 'map keys not ascending'
  | 'invalid UTF-8'
  | 'too deep'
  | 'too many items'
  | 'too long';

/** Bounds of one decoding. */
export type GateBounds = { readonly bytes: number; readonly items: number; readonly depth: number };

/** The bounds of a message, and those of a streamed event. */
export const messageBounds: GateBounds = {
  bytes: limits.messageMax,
  items: limits.messageItemsMax,
  depth: limits.depthMax,
};
export const streamBounds: GateBounds = {
  bytes: limits.streamMax,
  items: limits.streamItemsMax,
  depth: limits.depthMax,
};

/**
 * What the gate learned of an admitted input: the texts that begin with U+FEFF, by their ordinal among all texts.
 * cbor-x drops that character from texts of 64 bytes and more (its TextDecoder takes it for a byte order mark), which would
 * change what gets signed; the decoder puts those texts right.
 */
export type Admitted = { readonly bomTexts: ReadonlyMap<number, readonly [start: number, end: number]> };

type Container = { left: number; readonly map: boolean; lastKey: number };

/** Checks one complete item. */
export function gate(bytes: Uint8Array, bounds: GateBounds): Admitted | GateRefusal {
  if (bytes.length > bounds.bytes) return { wrong: 'too long', offset: bounds.bytes };
  const open: Container[] = [];
  const bomTexts = new Map<number, readonly [number, number]>();
  let at = 0;
  let items = 0;
  let texts = 0;
  for (;;) {
    const start = at;
    if (++items > bounds.items) return { wrong: 'too many items', offset: start };
    const head = readHead(bytes, at);
    if (typeof head === 'string') return { wrong: head, offset: start };
    at = head.next;
    const parent = open.at(-1);
    const isKey = parent?.map === true && parent.left % 2 === 0;
    if (isKey) {
      if (head.major !== 0) return { wrong: 'map key not an unsigned integer', offset: start };
      if (head.value <= parent.lastKey) return { wrong: 'map keys not ascending', offset: start };
      parent.lastKey = head.value;
    }
    if (head.major === 2 || head.major === 3) {
      const end = at + head.value;
      if (end > bytes.length) return { wrong: 'truncated', offset: start };
      if (head.major === 3) {
        const bad = malformedAt(bytes, at, end);
        if (bad !== -1) return { wrong: 'invalid UTF-8', offset: bad };
        if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) bomTexts.set(texts, [at, end]);
        texts++;
      }
      at = end;
    }
    if (parent !== undefined) parent.left--;
    if (head.major === 4 || head.major === 5) {
      // Each item takes a byte at least: a claimed count beyond the rest of the input is refused before anything is kept.
      const count = head.major === 5 ? head.value * 2 : head.value;
      if (count > bytes.length - at) return { wrong: 'truncated', offset: start };
      if (open.length >= bounds.depth) return { wrong: 'too deep', offset: start };
      if (count > 0) open.push({ left: count, map: head.major === 5, lastKey: -1 });
    }
    while (open.at(-1)?.left === 0) open.pop();
    if (open.length === 0) return at === bytes.length ? { bomTexts } : { wrong: 'trailing bytes', offset: at };
  }
}

type Head = { readonly major: number; readonly value: number; readonly next: number };

/** Reads the head of an item (RFC 8949 section 3): major type and argument, in shortest form only. */
function readHead(bytes: Uint8Array, at: number): Head | GateFault {
  const first = bytes[at];
  if (first === undefined) return 'truncated';
  const major = first >> 5;
  const info = first & 0x1f;
  if (major === 1) return 'negative integer';
  if (major === 6) return 'tag';
  if (major === 7) {
    return info === 20 || info === 21 ? { major, value: info, next: at + 1 } : 'float, null, undefined or simple value';
  }
  if (info < 24) return { major, value: info, next: at + 1 };
  if (info === 31) return 'indefinite length';
  if (info > 27) return 'reserved head'; // 28 to 30 are not well-formed (section 3)
  const size = 1 << (info - 24);
  if (at + 1 + size > bytes.length) return 'truncated';
  let value = 0;
  for (let i = 1; i <= size; i++) value = value * 256 + (bytes[at + i] ?? 0);
  if (!Number.isSafeInteger(value)) return 'integer over 2^53-1';
  const shortest = size === 1 ? value >= 24 : value >= 2 ** (4 * size);
  return shortest ? { major, value, next: at + 1 + size } : 'not the shortest form';
}
