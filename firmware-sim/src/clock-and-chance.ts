/**
 * Time and chance of the board: the machine's own, or simulated ones. With a virtual clock, on which time passes only when it is
 * told to, and randomness from a seed, two runs with the same inputs give the same screens and the same bytes.
 */
import { createHash, randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';

/** Milliseconds, whole: the firmware's time goes onto the wire, where there are no fractions. */
export type BoardClock = {
  readonly now: () => number;
  /** Moves the clock on. What falls due on the way is the caller's to do. */
  readonly jump: (ms: number) => void;
  /** Calls once at that time, in place of what was asked before; null: not any more. On a virtual clock nothing comes by itself. */
  readonly wake: (at: number | null, then: () => void) => void;
};

export type Randomness = (length: number) => Uint8Array;

/** The machine's clock; jumps go on top of it. */
export function realClock(): BoardClock {
  const started = performance.now();
  let ahead = 0;
  let timer: NodeJS.Timeout | null = null;
  let timerAt = 0;
  let wanted: { readonly at: number; readonly then: () => void } | null = null;
  const now = (): number => Math.floor(performance.now() - started) + ahead;
  const run = (at: number): void => {
    if (timer !== null) clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(rang, Math.max(0, at - now()));
  };
  function rang(): void {
    timer = null;
    if (wanted === null) return;
    if (now() < wanted.at) return run(wanted.at);
    const { then } = wanted;
    wanted = null;
    then();
  }
  return {
    now,
    jump: (ms) => {
      ahead += ms;
      if (timer !== null) run(timerAt);
    },
    wake: (at, then) => {
      wanted = at === null ? null : { at, then };
      if (at === null && timer !== null) {
        clearTimeout(timer);
        timer = null;
      }
      // Nearly every step of a board wants a later time, long before the one that it wanted before: its timer is left to ring too early.
      if (at !== null && (timer === null || timerAt > at)) run(at);
    },
  };
}

/** A clock that stands until it is moved. */
export function virtualClock(): BoardClock {
  let time = 0;
  return {
    now: () => time,
    jump: (ms) => {
      time += ms;
    },
    wake: () => undefined,
  };
}

/** The machine's randomness. */
export const machineRandom: Randomness = (length) => Uint8Array.from(randomBytes(length));

/** Bytes that follow from a seed: for tests, never for a key that matters. Whoever knows the seed knows every key. */
export function seededRandom(seed: string): Randomness {
  let count = 0;
  return (length) => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const block = createHash('sha256').update(`sallyport simulator\n${seed}\n${count++}`).digest();
      bytes.set(block.subarray(0, length - at), at);
    }
    return bytes;
  };
}
