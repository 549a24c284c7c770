/**
 * A scanner for the CBOR in which a computer writes an event (RFC 8949): unsigned integers, texts and arrays, in the strict form that the
 * gate of device-protocol admits (cbor/gate.ts), by pieces that are cut anywhere. Everything else has no place in an event and is
 * refused. Its state is a plain value (`copyCbor`): a place from which to go on.
 */
import { limits } from '@sallyport/device-protocol';
import { Refusal } from './reading.ts';
import type { Kind, Visitor } from './scan.ts';
import { checkUtf8, endUtf8, newUtf8Check, type Utf8Check } from './utf8-check.ts';

export type CborScan = {
  /** How many items each open array still needs, the outermost first. */
  readonly left: number[];
  /** Bytes that the head of an item still needs, and what is known of it. */
  headLeft: number;
  headSize: number;
  major: number;
  value: number;
  /** Bytes that the open text still needs; null: no text is open. */
  textLeft: number | null;
  utf8: Utf8Check;
  parts: number;
  done: boolean;
};

export function newCborScan(): CborScan {
  const head = { headLeft: 0, headSize: 0, major: 0, value: 0 };
  return { left: [], ...head, textLeft: null, utf8: newUtf8Check(), parts: 0, done: false };
}

export function copyCbor(scan: CborScan): CborScan {
  return { ...scan, left: [...scan.left], utf8: { ...scan.utf8 } };
}

/** Reads on. Returns the index of the first byte after the item, or `to`. */
export function scanCbor(
  scan: CborScan,
  bytes: Uint8Array,
  from: number,
  to: number,
  origin: number,
  visitor: Visitor,
): number {
  let i = from;
  // An empty text at the very end has no byte of its own.
  while (!scan.done && (i < to || scan.textLeft === 0)) {
    const at = origin + i - from;
    if (scan.textLeft !== null) i += text(scan, bytes, i, to, at, visitor);
    else if (scan.headLeft > 0) {
      scan.value = scan.value * 256 + (bytes[i++] ?? 0);
      if (--scan.headLeft === 0) headEnds(scan, at + 1, visitor);
    } else head(scan, bytes[i++] ?? 0, at, visitor);
  }
  return i;
}

/** The first byte of an item. */
function head(scan: CborScan, byte: number, at: number, visitor: Visitor): void {
  if (++scan.parts > limits.streamItemsMax) throw new Refusal('invalid_params');
  const info = byte & 0x1f;
  scan.major = byte >> 5;
  if ((scan.major !== 0 && scan.major !== 3 && scan.major !== 4) || info > 27) throw new Refusal('invalid_params');
  const kind: Kind = scan.major === 0 ? 'number' : 'array';
  if (scan.major !== 3) visitor.begin(kind, scan.left.length, at);
  scan.value = info < 24 ? info : 0;
  scan.headSize = info < 24 ? 0 : 1 << (info - 24);
  scan.headLeft = scan.headSize;
  if (scan.headLeft === 0) headEnds(scan, at + 1, visitor);
}

function headEnds(scan: CborScan, next: number, visitor: Visitor): void {
  const { value, headSize, left } = scan;
  const shortest = headSize === 0 || (headSize === 1 ? value >= 24 : value >= 2 ** (4 * headSize));
  if (!shortest || !Number.isSafeInteger(value)) throw new Refusal('invalid_params');
  if (scan.major === 3) {
    if (value > limits.streamMax) throw new Refusal('invalid_params');
    visitor.begin('string', left.length, next);
    scan.textLeft = value;
    scan.utf8 = newUtf8Check();
  } else if (scan.major === 0) {
    visitor.end('number', left.length, String(value));
    itemEnds(scan, visitor);
  } else {
    if (left.length >= limits.depthMax || value > limits.streamItemsMax) throw new Refusal('invalid_params');
    left.push(value);
    arraysEnd(scan, visitor);
  }
}

/** Some of the open text; returns how many bytes it took. */
function text(scan: CborScan, bytes: Uint8Array, i: number, to: number, at: number, visitor: Visitor): number {
  const left = scan.textLeft ?? 0;
  const size = Math.min(left, to - i);
  checkUtf8(scan.utf8, bytes, i, i + size);
  if (size > 0) visitor.text(bytes, i, i + size, at);
  scan.textLeft = left - size;
  if (scan.textLeft > 0) return size;
  endUtf8(scan.utf8);
  scan.textLeft = null;
  visitor.end('string', scan.left.length, '');
  itemEnds(scan, visitor);
  return size;
}

function itemEnds(scan: CborScan, visitor: Visitor): void {
  const { left } = scan;
  const inner = left.length - 1;
  if (inner < 0) scan.done = true;
  else left[inner] = (left[inner] ?? 0) - 1;
  arraysEnd(scan, visitor);
}

/** Arrays that have all their items are items themselves. */
function arraysEnd(scan: CborScan, visitor: Visitor): void {
  while (scan.left.at(-1) === 0) {
    scan.left.pop();
    visitor.end('array', scan.left.length, '');
    const inner = scan.left.length - 1;
    if (inner < 0) scan.done = true;
    else scan.left[inner] = (scan.left[inner] ?? 0) - 1;
  }
}
