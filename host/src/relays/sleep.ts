/**
 * Notices that this computer slept, or that its clock was set: then more or less time has passed than a timer says. Timers stand still
 * while a computer sleeps, so whoever waits by one has to look at the clock again.
 */

/** How often the clock is looked at, and by how much it may be off: a busy process is late by less. */
const lookEveryMs = 5_000;
const jumpMs = 10_000;

/** Calls `jumped` after each jump of the clock; returns how to end that. It keeps no process alive. */
export function watchClock(now: () => number, jumped: () => void): () => void {
  let last = now();
  const timer = setInterval(() => {
    const passed = now() - last;
    last += passed;
    if (Math.abs(passed - lookEveryMs) > jumpMs) jumped();
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
