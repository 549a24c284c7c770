/** Measuring: contestants take turns, so that a busy machine slows all of them alike; medians and p99, never a single time. */

/** How much is done: `quick` only shows that everything runs. */
export type Effort = { readonly quick: boolean };

/** Milliseconds of single runs. */
export type Samples = readonly number[];

/** The value below which this share of the samples lies; the largest one when there are too few to say. */
export function percentile(samples: Samples, share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Half of the samples are below. */
export function median(samples: Samples): number {
  return percentile(samples, 0.5);
}

/** Something that is measured. `amount` is what one run comes to, for the column of rates: megabytes, operations. */
export type Contestant = { readonly what: string; readonly amount: number; readonly run: () => unknown };

/** What was measured of one contestant. */
export type Measured = { readonly what: string; readonly amount: number; readonly samples: Samples };

/** Runs every contestant once per round, in turns, after two rounds that only warm the compiler up. */
export function inTurns(rounds: number, contestants: readonly Contestant[]): readonly Measured[] {
  const measured = contestants.map(({ what, amount, run }) => ({ what, amount, run, samples: [] as number[] }));
  for (let round = -2; round < rounds; round++) {
    for (const { run, samples } of measured) {
      const start = performance.now();
      run();
      const taken = performance.now() - start;
      if (round >= 0) samples.push(taken);
    }
  }
  return measured;
}
