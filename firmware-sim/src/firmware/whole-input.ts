/** The whole of an input, as one reading: for what is small, and for what has to be held anyway. */
import { limits } from '@sallyport/device-protocol';
import type { Reading } from './stream/reading.ts';

/** Reads an input of this length from its beginning to its end. */
export function* wholeInput(length: number): Reading<Uint8Array> {
  const whole = new Uint8Array(length);
  for (let offset = 0; offset < length; ) {
    const bytes: Uint8Array = yield { offset, length: Math.min(limits.headMax, length - offset) };
    whole.set(bytes, offset);
    offset += bytes.length;
  }
  return whole;
}
