/** The fuzzing itself: picks a target and an input to start from, mutates, runs, counts. A failure names its seed and its input. */
import { existsSync, readFileSync } from 'node:fs';
import { between, chance } from '../support/random.ts';
import { appRequest } from './app-request.ts';
import { channel } from './channel.ts';
import { device } from './device.ts';
import { nip04, nip44, subject, text } from './parts.ts';
import { type Ran, runOne, type Target } from './target.ts';

/** A target whose inputs are its own business. */
export type AnyTarget = {
  readonly name: string;
  readonly parsers: readonly string[];
  readonly seeds: readonly unknown[];
  /** Runs the input of this seed: a start, mutated. */
  readonly fuzz: (seed: number) => Ran & { readonly input: unknown };
  /** Runs every input of the corpus. */
  readonly replay: () => readonly Ran[];
};

const corpusOf = (name: string): URL => new URL(`corpus/${name}.json`, import.meta.url);

function anyTarget<Input>(target: Target<Input>): AnyTarget {
  const file = corpusOf(target.name);
  // The corpus was written by this program, from inputs of this target.
  const corpus: readonly Input[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
  const seeds = target.seeds();
  const starts = [...seeds, ...corpus];
  return {
    name: target.name,
    parsers: target.parsers,
    seeds,
    replay: () => [...seeds, ...corpus].map((input) => runOne(target, input)),
    fuzz: (seed) => {
      const draw = chance(seed);
      const start = starts[between(draw, 0, starts.length - 1)];
      if (start === undefined) throw new Error(`${target.name} has nothing to start from`);
      const input = target.mutate(draw, start);
      return { ...runOne(target, input), input };
    },
  };
}

export const targets: readonly AnyTarget[] = [
  anyTarget(device),
  anyTarget(subject),
  anyTarget(nip44),
  anyTarget(nip04),
  anyTarget(text),
  anyTarget(channel),
  anyTarget(appRequest),
];

/** Of thirteen inputs, so many go to each target, in the order above. */
const shares = [5, 2, 1, 1, 1, 1, 2];

/** The target of a seed. */
export function targetOf(seed: number): AnyTarget {
  let left = seed % shares.reduce((sum, share) => sum + share, 0);
  for (const [i, target] of targets.entries()) {
    left -= shares[i] ?? 0;
    if (left < 0) return target;
  }
  throw new Error('the shares are fewer than the targets');
}

/** How many inputs each target took, and how many got past its outer layer. */
export type Counts = Map<string, { inputs: number; past: number }>;

/** Counts one input. */
export function count(counts: Counts, name: string, past: boolean): void {
  const row = counts.get(name) ?? { inputs: 0, past: 0 };
  counts.set(name, { inputs: row.inputs + 1, past: row.past + (past ? 1 : 0) });
}
