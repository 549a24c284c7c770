/**
 * Where a text lies in a stream, and how to go through it: from any place, through the JSON strings that are wrapped around it. How
 * many there are is its `levels`: none for what stands there as it is, one for a string in JSON, two for a string in JSON in a
 * string.
 */
import { decodeUtf8 } from '@sallyport/device-protocol';
import { newUnescape, type Unescape, unescapeJson } from './json-string.ts';
import type { Bytes, Reading, Tap } from './reading.ts';

/** A text of `length` bytes of UTF-8, whose first byte is at `at` of the stream. */
export type StreamText = {
  readonly bytes: Bytes;
  readonly at: number;
  readonly levels: number;
  readonly length: number;
};

/** Gives every piece of the stream from `at` on to `take`, until that says that it has enough. */
export function* feed(
  bytes: Bytes,
  at: number,
  take: (bytes: Uint8Array, from: number, to: number, origin: number) => boolean,
): Reading<void> {
  for (let next = at; next < bytes.length; ) {
    const piece = yield* bytes.piece(next);
    const end = Math.min(piece.start + piece.bytes.length, bytes.length);
    if (!take(piece.bytes, next - piece.start, end - piece.start, next)) return;
    next = end;
  }
}

/** The states of the strings around a text, the outermost first. */
export const newLevels = (levels: number): readonly Unescape[] => Array.from({ length: levels }, newUnescape);

export const copyLevels = (levels: readonly Unescape[]): readonly Unescape[] => levels.map((level) => ({ ...level }));

/** Takes pieces of the stream and passes on what they mean within these strings, until `ended`: what follows is something else. */
export function within(levels: readonly Unescape[], out: Tap, ended: () => boolean): Tap {
  const [outer, ...inner] = levels;
  if (outer === undefined) return out;
  const next = within(inner, out, ended);
  return (bytes, from, to, origin) => {
    if (!ended()) unescapeJson(outer, bytes, from, to, origin, next);
  };
}

/** Goes through a text as UTF-8. */
export function* walkText(text: StreamText, tap: Tap): Reading<void> {
  const walker = textWalker(text, tap);
  if (text.length > 0) yield* feed(text.bytes, text.at, walker.take);
}

/** A text as one string: for what is small, or has to be held. Null when it is not UTF-8. */
export function* textOf(text: StreamText): Reading<string | null> {
  const whole = new Uint8Array(text.length);
  let used = 0;
  yield* walkText(text, (bytes, from, to) => {
    whole.set(bytes.subarray(from, to), used);
    used += to - from;
  });
  return decodeUtf8(whole);
}

/** Going through it by hand: `take` says whether more of it has to come, `left` how much. */
export function textWalker(text: StreamText, tap: Tap, levels = newLevels(text.levels), length = text.length) {
  let left = length;
  const pass: Tap = (bytes, from, to, origin) => {
    const end = Math.min(to, from + left);
    left -= end - from;
    if (end > from) tap(bytes, from, end, origin);
  };
  const inside = within(levels, pass, () => left === 0);
  return {
    take: (bytes: Uint8Array, from: number, to: number, origin: number): boolean => {
      inside(bytes, from, to, origin);
      return left > 0;
    },
    left: (): number => left,
  };
}
