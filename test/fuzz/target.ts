/**
 * What is fuzzed: inputs that begin valid and are damaged at one layer at a time, with what lies outside of that layer put right
 * again, so that many get past it. An input is JSON, so that it can be kept in the corpus.
 */
import type { Chance } from '../support/random.ts';

export type Target<Input> = {
  readonly name: string;
  /** The source files whose branches it is after. */
  readonly parsers: readonly string[];
  /** Valid inputs. */
  readonly seeds: () => readonly Input[];
  readonly mutate: (draw: Chance, input: Input) => Input;
  /** Runs one input; throws when something does not hold that must. */
  readonly run: (input: Input) => Ran;
};

export type Ran = {
  /** Whether the outer layer let it through. */
  readonly past: boolean;
  /** What happened, in words that are the same when the same happened: the coverage that the corpus is chosen by. */
  readonly trait: string;
};

/** Processor time that no input may take: its work is bounded. Ten times what the slowest takes on a busy machine. */
export const cpuMsMax = 3_000;

/** Runs one input within its time. */
export function runOne<Input>(target: Target<Input>, input: Input): Ran {
  const before = process.cpuUsage();
  try {
    const ran = target.run(input);
    const { user } = process.cpuUsage(before);
    if (user / 1000 > cpuMsMax) throw new Error(`took ${Math.round(user / 1000)} ms`);
    return ran;
  } catch (problem) {
    const words = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem);
    throw new Error(`${target.name}: ${JSON.stringify(input).slice(0, 2_000)}: ${words}`, { cause: problem });
  }
}
