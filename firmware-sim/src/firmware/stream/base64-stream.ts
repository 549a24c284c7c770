/**
 * Base64 on its way, both directions, as strict as base64.ts: pieces may be cut anywhere. What is not base64 is a state, not an
 * exception: a content is read as NIP-44 and as NIP-04 at once, until its end says which it is.
 */

import { ascii } from '../formats/ascii.ts';

export type Base64Reader = {
  /** Takes the next characters; what they decode to is lent to `out`, all of it. */
  readonly push: (bytes: Uint8Array, from: number, to: number) => void;
  /** The same by runs, which may be short: it is lent when there is enough of it, the last of it by `flush`. */
  readonly take: (bytes: Uint8Array, from: number, to: number) => void;
  readonly flush: () => void;
  /** Whether all of it was base64, whole and padded. */
  readonly isWhole: () => boolean;
};

const notADigit = 64;
const digits = ascii('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const values = new Uint8Array(256).fill(notADigit);
for (const [i, byte] of digits.entries()) values[byte] = i;
const pad = 0x3d;
/** Decoded bytes that are passed on at once. */
const roomBytes = 1_536;

export function base64Reader(out: (bytes: Uint8Array) => void): Base64Reader {
  const room = new Uint8Array(roomBytes);
  let used = 0;
  let [word, digits, pads, wrong] = [0, 0, 0, false];

  function quad(): void {
    // The bits under the padding are zero: one text, one encoding.
    if ((pads === 1 && (word & 0xff) !== 0) || (pads === 2 && (word & 0xffff) !== 0)) wrong = true;
    room[used++] = word >> 16;
    if (pads < 2) room[used++] = word >> 8;
    if (pads < 1) room[used++] = word;
    [word, digits] = [0, 0];
    if (used > roomBytes - 3) flush();
  }
  function flush(): void {
    if (used > 0) out(room.subarray(0, used));
    used = 0;
  }
  function digit(byte: number): void {
    const value = values[byte] ?? notADigit;
    if (byte === pad && digits >= 2 && pads < 2) pads++;
    else if (value === notADigit || pads > 0) wrong = true;
    word = (word << 6) | (value & 63);
    if (byte === pad) word &= ~63;
    if (++digits === 4) quad();
  }
  /** Four plain digits at a time, which all but the last four are; returns the place of what is not. */
  function quads(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    for (; i + 4 <= to; i += 4) {
      const [a, b] = [values[bytes[i] ?? 0] ?? notADigit, values[bytes[i + 1] ?? 0] ?? notADigit];
      const [c, d] = [values[bytes[i + 2] ?? 0] ?? notADigit, values[bytes[i + 3] ?? 0] ?? notADigit];
      if ((a | b | c | d) >= notADigit) break;
      const whole = (a << 18) | (b << 12) | (c << 6) | d;
      room[used] = whole >> 16;
      room[used + 1] = whole >> 8;
      room[used + 2] = whole;
      used += 3;
      if (used > roomBytes - 3) flush();
    }
    return i;
  }
  function take(bytes: Uint8Array, from: number, to: number): void {
    for (let i = from; i < to && !wrong; ) {
      if (digits === 0 && pads === 0) i = quads(bytes, i, to);
      if (i < to) digit(bytes[i++] ?? 0);
    }
  }
  return {
    push: (bytes, from, to) => {
      take(bytes, from, to);
      flush();
    },
    take,
    flush,
    isWhole: () => !wrong && digits === 0,
  };
}

export type Base64Writer = {
  /** The characters that so many more bytes make; one or two bytes wait for the next ones. */
  readonly push: (bytes: Uint8Array) => Uint8Array;
  readonly end: () => Uint8Array;
};

export function base64Writer(): Base64Writer {
  let rest = new Uint8Array(0);
  return {
    push: (bytes) => {
      const whole = new Uint8Array(rest.length + bytes.length);
      whole.set(rest);
      whole.set(bytes, rest.length);
      const end = whole.length - (whole.length % 3);
      rest = whole.slice(end);
      return encoded(whole, end);
    },
    end: () => encoded(rest, rest.length),
  };
}

/** The first `length` bytes as characters, padded at the end. Written as bytes: on the way through a text each of them would be an argument of a call. */
function encoded(bytes: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(Math.ceil(length / 3) * 4).fill(pad);
  let at = 0;
  for (let i = 0; i < length; i += 3) {
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const characters = Math.min(4, length - i + 1);
    for (let n = 0; n < characters; n++) out[at + n] = digits[(word >> (18 - 6 * n)) & 63] ?? 0;
    at += 4;
  }
  return out;
}
