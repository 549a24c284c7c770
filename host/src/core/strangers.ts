/**
 * The budget of strangers: keys that are not paired. Each has a small one, and all share one, because keys cost nothing. Spent
 * before the signature is verified, so a flood can at worst keep new apps from pairing, never slow down those that are paired.
 *
 * A budget is one number, the time at which it would be full again (the generic cell rate algorithm).
 */
import { bridgeLimits as limits } from './bridge-limits.ts';

/** When the common budget and each known stranger's own are full again, in ms Unix time. Least recent strangers first. */
export type Strangers = { readonly allFullAt: number; readonly fullAt: ReadonlyMap<string, number> };

export const noStrangers: Strangers = { allFullAt: 0, fullAt: new Map() };

/** Takes one event of a stranger out of the budgets; null when there is nothing left. */
export function spend(strangers: Strangers, pubkey: string, now: number): Strangers | null {
  const all = take(strangers.allFullAt, limits.strangersBurst, limits.strangersEachMs, now);
  const own = take(strangers.fullAt.get(pubkey) ?? 0, limits.strangerBurst, limits.strangerEachMs, now);
  if (all === null || own === null) return null;
  const fullAt = new Map(strangers.fullAt);
  fullAt.delete(pubkey);
  fullAt.set(pubkey, own);
  const [oldest] = fullAt.keys();
  if (fullAt.size > limits.strangersMax && oldest !== undefined) fullAt.delete(oldest);
  return { allFullAt: all, fullAt };
}

function take(fullAt: number, burst: number, eachMs: number, now: number): number | null {
  // Capped, because the clock of a computer is set back now and then, and nobody may be locked out until it catches up.
  const from = Math.min(Math.max(fullAt, now), now + burst * eachMs);
  const next = from + eachMs;
  return next - now > burst * eachMs ? null : next;
}
