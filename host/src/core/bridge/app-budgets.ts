/**
 * The budgets of paired apps: one for work, and a small one for being told that something is wrong. Both are charged after the
 * signature was verified: otherwise anybody could use up an app's budget with forgeries. Beyond both an app meets silence.
 *
 * The second is apart because a relay can replay an app's old events: being told that they are stale must not cost the app its work.
 */
import { bridgeLimits as limits } from './bridge-limits.ts';
import { take } from './budget.ts';

/** When the budgets of each app are full again, in ms Unix time. */
export type AppBudgets = ReadonlyMap<string, { readonly work: number; readonly told: number }>;

export const fullBudgets: AppBudgets = new Map();

/** Charges an app for an event of so many characters; null when its budget does not hold as much. */
export function charge(
  budgets: AppBudgets,
  what: 'work' | 'told',
  client: string,
  chars: number,
  now: number,
): AppBudgets | null {
  const before = budgets.get(client) ?? { work: 0, told: 0 };
  const cost = 1 + Math.floor(chars / limits.unitChars);
  const after = take(before[what], what === 'work' ? limits.appWork : limits.appTold, cost, now);
  return after === null ? null : new Map(budgets).set(client, { ...before, [what]: after });
}

/** Forgets an app that is not paired any more. */
export function closeBudget(budgets: AppBudgets, client: string): AppBudgets {
  const others = new Map(budgets);
  others.delete(client);
  return others;
}
