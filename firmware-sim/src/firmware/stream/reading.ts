/**
 * A reading is work on an input that is nowhere held whole: it yields the range of bytes that it needs next, is given exactly these
 * bytes, and returns what it was for. Whoever drives it takes the ranges from the head of a request, or pulls them from the
 * computer; how long that takes is no business of a reading. Given the same bytes it comes to the same result.
 *
 * Inside, what is wrong with an input is thrown as a `Refusal`; every reading that others call ends with a value instead.
 */
import type { DeviceError } from '@sallyport/device-protocol';

/** Bytes of the input; never more than a chunk of the wire. */
export type Range = { readonly offset: number; readonly length: number };

/** Yields what it needs, is given it, returns `T`. A mutable thing: held by one job, driven by one driver. */
export type Reading<T> = Generator<Range, T, Uint8Array>;

/** Why a reading came to nothing. */
export type Refused = { readonly error: DeviceError };

/** True for what is no result. */
export function isRefused<T extends object>(result: T | Refused): result is Refused {
  return 'error' in result;
}

/** Some bytes of a stream that can be read again from any place; `start` is the offset of the first one. */
export type Piece = { readonly bytes: Uint8Array; readonly start: number };

/** A stream that can be read again from any place. A piece holds the byte asked for, and whatever is at hand around it. */
export type Bytes = {
  readonly length: number;
  /** It is so small that all of it stays at hand once it was read. */
  readonly atHand: boolean;
  /** All of it is kept once it was read, be it small or not: reading it again asks for nothing. */
  readonly kept: boolean;
  readonly piece: (at: number) => Reading<Piece>;
};

/**
 * Takes text on its way: `bytes[from]` to `bytes[to - 1]`. The first of them came from offset `origin` of the stream. The bytes are
 * lent: after the call they are somebody else's.
 */
export type Tap = (bytes: Uint8Array, from: number, to: number, origin: number) => void;

/** What is thrown inside a reading when the input is not what it should be. */
export class Refusal extends Error {
  readonly error: DeviceError;
  constructor(error: DeviceError) {
    super(error);
    this.error = error;
  }
}

/** Makes what a reading throws about its input a value. A fault stays a fault. */
export function* orRefused<T>(reading: Reading<T>): Reading<T | Refused> {
  try {
    return yield* reading;
  } catch (problem) {
    if (problem instanceof Refusal) return { error: problem.error };
    throw problem;
  }
}

/** Drives a reading of what is at hand. */
export function readAtHand<T>(reading: Reading<T>): T {
  const step = reading.next();
  if (!step.done) throw new Error('what should be at hand has to be asked for');
  return step.value;
}

/** Drives a reading, given its whole input. */
export function readWhole<T>(reading: Reading<T>, input: Uint8Array): T {
  let step = reading.next();
  while (!step.done) step = reading.next(input.subarray(step.value.offset, step.value.offset + step.value.length));
  return step.value;
}
