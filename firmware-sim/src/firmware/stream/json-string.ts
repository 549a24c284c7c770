/**
 * The inside of a JSON string (RFC 8259 §7), turned into the UTF-8 that it means, on its way: pieces may be cut anywhere, also within
 * an escape or between the halves of a surrogate pair. A half that stays alone has no UTF-8 and is refused, as is a raw control
 * character. The state is a plain value: copied, it is a place from which to go on once more.
 */
import { putCodePoint } from '@sallyport/device-protocol';
import { Refusal, type Tap } from './reading.ts';

/** `step`: 0 outside of an escape, 1 after the backslash, 2 to 5 before a hex digit of \u. */
export type Unescape = {
  step: number;
  code: number;
  /** The first half of a surrogate pair whose second half has to come next; 0: none. */
  high: number;
  /** Where the escape began. */
  origin: number;
};

export const newUnescape = (): Unescape => ({ step: 0, code: 0, high: 0, origin: 0 });

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;

/** What the one-letter escapes mean. */
const letters: ReadonlyMap<number, number> = new Map([
  [quote, quote],
  [backslash, backslash],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

const scratch = new Uint8Array(4);

/** Passes on what the bytes mean. Returns the index of the quote that ends the string, or `to` when it goes on. */
export function unescapeJson(
  state: Unescape,
  bytes: Uint8Array,
  from: number,
  to: number,
  origin: number,
  out: Tap,
): number {
  let i = from;
  while (i < to) {
    if (state.step > 0) {
      escaped(state, bytes[i++] ?? 0, out);
      continue;
    }
    const start = i;
    while (i < to && isPlain(bytes[i] ?? 0)) i++;
    if (i > start) {
      if (state.high !== 0) throw new Refusal('invalid_params');
      out(bytes, start, i, origin + start - from);
    }
    if (i === to) break;
    const byte = bytes[i];
    if (byte !== backslash) {
      if (byte !== quote || state.high !== 0) throw new Refusal('invalid_params');
      return i;
    }
    state.step = 1;
    if (state.high === 0) state.origin = origin + i - from;
    i++;
  }
  return to;
}

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte !== quote && byte !== backslash;
}

/** The next byte of an escape. */
function escaped(state: Unescape, byte: number, out: Tap): void {
  if (state.step > 1) {
    state.code = state.code * 16 + hexDigit(byte);
    state.step = state.step === 5 ? 0 : state.step + 1;
    if (state.step === 0) unit(state, out);
    return;
  }
  if (byte === letterU) {
    state.step = 2;
    state.code = 0;
    return;
  }
  const meant = letters.get(byte);
  if (meant === undefined || state.high !== 0) throw new Refusal('invalid_params');
  state.step = 0;
  scratch[0] = meant;
  out(scratch, 0, 1, state.origin);
}

/** One UTF-16 unit was written as \uXXXX. */
function unit(state: Unescape, out: Tap): void {
  const { code, high } = state;
  const isLow = (code & 0xfc00) === 0xdc00;
  if (isLow !== (high !== 0)) throw new Refusal('invalid_params');
  if ((code & 0xfc00) === 0xd800) {
    state.high = code;
    return;
  }
  state.high = 0;
  const point = isLow ? 0x10000 + ((high & 0x3ff) << 10) + (code & 0x3ff) : code;
  scratch[0] = point;
  out(scratch, 0, point < 0x80 ? 1 : putCodePoint(scratch, 0, point), state.origin);
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x57;
  throw new Refusal('invalid_params');
}
