/** Link histories: see support/link-history.ts. */
import { histories, linkFaults } from '../support/link-history.ts';
import { must, type Stage } from './stage.ts';

export const link: Stage = {
  count: 100_000,
  run: (first, count) => {
    const { faults, outcomes } = histories(Array.from({ length: count }, (_, i) => first + i));
    // Rare histories may miss a class; a hundred of them must not.
    if (count >= 100) for (const fault of linkFaults) must((faults.get(fault) ?? 0) > 0, `${fault} never struck`);
    return `faults while a request was open: ${counts(faults)}; endings: ${counts(outcomes)}`;
  },
};

function counts(map: ReadonlyMap<string, number>): string {
  return [...map].map(([name, count]) => `${name} ${count}`).join(', ');
}
