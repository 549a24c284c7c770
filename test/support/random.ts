/** Seeded randomness for tests: a failure prints its seed, and the seed makes the same history again. */

/** A generator of numbers in [0, 1): mulberry32. */
export type Chance = () => number;

export function chance(seed: number): Chance {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An integer in [low, high]. */
export function between(draw: Chance, low: number, high: number): number {
  return low + Math.floor(draw() * (high - low + 1));
}

/** One of some values. */
export function pick<T>(draw: Chance, values: readonly [T, ...T[]]): T {
  return values[Math.floor(draw() * values.length)] ?? values[0];
}

/** Bytes that look random and come from the seed. */
export function bytesFrom(draw: Chance): (length: number) => Uint8Array {
  return (length) => Uint8Array.from({ length }, () => Math.floor(draw() * 256));
}
