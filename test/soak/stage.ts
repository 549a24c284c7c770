/**
 * A stage of the soak: something that is repeated very often. Every repetition has a number that is also its seed, so a failure
 * is a seed, and `--seed` makes the same one again.
 */

export type Stage = {
  /** How often, at full length. */
  readonly count: number;
  /** Runs the seeds `first` to `first + count - 1`. What it resolves with is printed; what it throws names a seed. */
  readonly run: (first: number, count: number) => string | Promise<string>;
};

/** How often a long stage says how far it is: one that is ended early has proved that much. */
const progressMs = 60_000;

/** Runs `each` for every seed, and names the seed of the one that fails. */
export function forEachSeed(first: number, count: number, each: (seed: number) => void): void {
  let saidAt = performance.now();
  for (let seed = first; seed < first + count; seed++) {
    try {
      each(seed);
    } catch (problem) {
      throw failure(seed, problem);
    }
    if (performance.now() - saidAt < progressMs) continue;
    saidAt = performance.now();
    console.error(`  seeds ${first}–${seed} of ${first + count - 1} passed`);
  }
}

/** The failure of one seed. */
export function failure(seed: number, problem: unknown): Error {
  const words = problem instanceof Error ? problem.message : String(problem);
  return new Error(`seed ${seed}: ${words}`, { cause: problem });
}

/** Throws unless the condition holds. */
export function must(holds: boolean, words: string): asserts holds {
  if (!holds) throw new Error(words);
}
