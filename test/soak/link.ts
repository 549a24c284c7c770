/** Link histories: see support/link-history.ts. */
import { history, linkFaults } from '../support/link-history.ts';
import { forEachSeed, must, type Stage } from './stage.ts';

export const link: Stage = {
  count: 100_000,
  run: (first, count) => {
    const faults = new Map<string, number>();
    const outcomes = new Map<string, number>();
    forEachSeed(first, count, (seed) => {
      const told = history(seed);
      add(faults, told.faults);
      add(outcomes, told.outcomes);
    });
    // Rare histories may miss a class; a hundred of them must not.
    if (count >= 100) for (const fault of linkFaults) must((faults.get(fault) ?? 0) > 0, `${fault} never struck`);
    return `faults while a request was open: ${counts(faults)}; endings: ${counts(outcomes)}`;
  },
};

function add(sum: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) sum.set(name, (sum.get(name) ?? 0) + count);
}

function counts(map: ReadonlyMap<string, number>): string {
  return [...map].map(([name, count]) => `${name} ${count}`).join(', ');
}
