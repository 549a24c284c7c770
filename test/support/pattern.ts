/** Bytes in which every value occurs and no stretch repeats soon: a lost, doubled or moved byte cannot hide. */

/** The first `length` bytes of the pattern; the first 256 are all values once, ascending. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index + 7 * Math.floor(index / 256)) & 0xff);
}

/** All byte values, ascending. */
export const allBytes: Uint8Array = pattern(256);
