/**
 * A scanner for JSON (RFC 8259) in small memory: it takes a value by pieces that are cut anywhere, and keeps a stack of bits. What is
 * not JSON, too deep or of too many parts is refused. Its state is a plain value (`copyScan`): a place from which to go on.
 */
import { decodeUtf8, limits } from '@sallyport/device-protocol';
import { newUnescape, type Unescape, unescapeJson } from './json-string.ts';
import { Refusal } from './reading.ts';
import type { Visitor } from './scan.ts';

type Expects =
  | 'value'
  /** After `[`: a value or the end. */
  | 'item'
  /** After `{`: a key or the end. */
  | 'member'
  | 'key'
  | 'colon'
  | 'comma'
  /** Within a key, a number or literal, a string; `string?` is before its first byte. */
  | 'in key'
  | 'in word'
  | 'string?'
  | 'in string'
  | 'nothing';

export type JsonScan = {
  expects: Expects;
  /** One bit a container, the innermost lowest: 1 is an object. */
  stack: number;
  depth: number;
  word: string;
  string: Unescape;
  parts: number;
  /** The key that is open. */
  name: Uint8Array | null;
  named: number;
};

/** Nesting that no request needs; the stack is the bits of one number. */
const depthMax = 24;
/** Longer keys and longer numbers mean nothing to anybody here. */
const keyMax = 128;
const wordMax = 40;

export function newJsonScan(): JsonScan {
  const string = newUnescape();
  return { expects: 'value', stack: 0, depth: 0, word: '', string, parts: 0, name: null, named: 0 };
}

export function copyScan(scan: JsonScan): JsonScan {
  return { ...scan, string: { ...scan.string }, name: scan.name?.slice() ?? null };
}

/** True once the whole value was read. */
export const isDone = (scan: JsonScan): boolean => scan.expects === 'nothing';

/** Reads on. Returns the index of the first byte after the value, or `to`. */
export function scanJson(
  scan: JsonScan,
  bytes: Uint8Array,
  from: number,
  to: number,
  origin: number,
  visitor: Visitor,
): number {
  let i = from;
  while (i < to && scan.expects !== 'nothing') {
    const at = origin + i - from;
    const byte = bytes[i] ?? 0;
    switch (scan.expects) {
      case 'string?':
        visitor.begin('string', scan.depth, at);
        scan.expects = 'in string';
        break;
      case 'in string':
        i = unescapeJson(scan.string, bytes, i, to, at, visitor.text);
        if (i === to) break;
        i++;
        visitor.end('string', scan.depth, '');
        valueEnds(scan);
        break;
      case 'in key':
        i = unescapeJson(scan.string, bytes, i, to, at, (piece, start, end) => nameOn(scan, piece, start, end));
        if (i === to) break;
        i++;
        keyEnds(scan, visitor);
        break;
      case 'in word':
        if (isWordByte(byte)) {
          scan.word += String.fromCharCode(byte);
          if (scan.word.length > wordMax) throw new Refusal('invalid_params');
          i++;
        } else wordEnds(scan, visitor); // the byte belongs to what comes next
        break;
      default:
        i++;
        if (!isSpace(byte)) mark(scan, byte, at, visitor);
    }
  }
  return i;
}

/** A byte between values: what it may be depends on what is expected. */
function mark(scan: JsonScan, byte: number, at: number, visitor: Visitor): void {
  const { expects } = scan;
  const char = String.fromCharCode(byte);
  if (expects === 'value' || (expects === 'item' && char !== ']')) return valueBegins(scan, char, at, visitor);
  const isObject = (scan.stack & 1) === 1;
  if ((expects === 'key' || expects === 'member') && char === '"') {
    scan.name = new Uint8Array(keyMax);
    scan.named = 0;
    scan.expects = 'in key';
    scan.string = newUnescape();
  } else if (expects === 'colon' && char === ':') scan.expects = 'value';
  else if (expects === 'comma' && char === ',') scan.expects = isObject ? 'key' : 'value';
  else if (char === '}' && isObject && (expects === 'comma' || expects === 'member'))
    containerEnds(scan, 'object', visitor);
  else if (char === ']' && !isObject && (expects === 'comma' || expects === 'item'))
    containerEnds(scan, 'array', visitor);
  else throw new Refusal('invalid_params');
}

function valueBegins(scan: JsonScan, char: string, at: number, visitor: Visitor): void {
  if (++scan.parts > limits.streamItemsMax) throw new Refusal('invalid_params');
  if (char === '"') {
    scan.expects = 'string?';
    scan.string = newUnescape();
  } else if (char === '{' || char === '[') {
    const object = char === '{';
    visitor.begin(object ? 'object' : 'array', scan.depth, at);
    if (++scan.depth > depthMax) throw new Refusal('invalid_params');
    scan.stack = scan.stack * 2 + (object ? 1 : 0);
    scan.expects = object ? 'member' : 'item';
  } else {
    visitor.begin(/[-\d]/.test(char) ? 'number' : 'literal', scan.depth, at);
    scan.word = char;
    scan.expects = 'in word';
  }
}

function valueEnds(scan: JsonScan): void {
  scan.expects = scan.depth === 0 ? 'nothing' : 'comma';
}

function containerEnds(scan: JsonScan, kind: 'object' | 'array', visitor: Visitor): void {
  scan.depth -= 1;
  scan.stack >>= 1;
  visitor.end(kind, scan.depth, '');
  valueEnds(scan);
}

const wordForm = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

function wordEnds(scan: JsonScan, visitor: Visitor): void {
  const { word } = scan;
  if (!wordForm.test(word)) throw new Refusal('invalid_params');
  scan.word = '';
  visitor.end(/[-\d]/.test(word.charAt(0)) ? 'number' : 'literal', scan.depth, word);
  valueEnds(scan);
}

function nameOn(scan: JsonScan, bytes: Uint8Array, from: number, to: number): void {
  if (scan.named + to - from > keyMax) throw new Refusal('invalid_params');
  scan.name?.set(bytes.subarray(from, to), scan.named);
  scan.named += to - from;
}

function keyEnds(scan: JsonScan, visitor: Visitor): void {
  const name = decodeUtf8(scan.name?.subarray(0, scan.named) ?? new Uint8Array(0));
  if (name === null) throw new Refusal('invalid_params');
  scan.name = null;
  scan.expects = 'colon';
  visitor.key(name, scan.depth);
}

/** Letters, digits, and the signs of numbers. */
function isWordByte(byte: number): boolean {
  const letter = byte | 0x20;
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (letter >= 0x61 && letter <= 0x7a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
