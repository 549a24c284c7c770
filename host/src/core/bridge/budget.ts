/**
 * A budget is one number, the time at which it would be full again (the generic cell rate algorithm). It holds `burst` units and
 * gets one back every `eachMs`.
 */

export type Rate = { readonly burst: number; readonly eachMs: number };

/** Takes `cost` units out of a budget that is full again at `fullAt`; null when there are not as many left. */
export function take(fullAt: number, rate: Rate, cost: number, now: number): number | null {
  const whole = rate.burst * rate.eachMs;
  // Capped, because the clock of a computer is set back now and then, and nobody may be locked out until it catches up.
  const next = Math.min(Math.max(fullAt, now), now + whole) + cost * rate.eachMs;
  return next - now > whole ? null : next;
}
