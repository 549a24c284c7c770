/**
 * The budget of strangers: keys that are not paired. Each has a small one, and all share one, because keys cost nothing. Spent
 * before the signature is verified, so a flood can at worst keep new apps from pairing, never slow down those that are paired.
 */
import { bridgeLimits as limits } from './bridge-limits.ts';
import { take } from './budget.ts';

/** When the common budget and each known stranger's own are full again, in ms Unix time. Least recent strangers first. */
export type Strangers = { readonly allFullAt: number; readonly fullAt: ReadonlyMap<string, number> };

export const noStrangers: Strangers = { allFullAt: 0, fullAt: new Map() };

/** Takes one event of a stranger out of the budgets; null when there is nothing left. */
export function spend(strangers: Strangers, pubkey: string, now: number): Strangers | null {
  const all = take(strangers.allFullAt, limits.strangers, 1, now);
  const own = take(strangers.fullAt.get(pubkey) ?? 0, limits.stranger, 1, now);
  if (all === null || own === null) return null;
  const fullAt = new Map(strangers.fullAt);
  fullAt.delete(pubkey);
  fullAt.set(pubkey, own);
  const [oldest] = fullAt.keys();
  if (fullAt.size > limits.strangersMax && oldest !== undefined) fullAt.delete(oldest);
  return { allFullAt: all, fullAt };
}
