/**
 * An alarm that is set anew at every step of a machine: nearly always for later, and nearly always before it rang. So the timer of the
 * system is left as it is then, and when it rings too early it is set once more: a timer for each step costs more than the step.
 */

/** Rings once at that time (by `now`, in ms), in place of what was set before; null: not any more. */
export type Alarm = (due: number | null, ring: () => void) => void;

/** An alarm that is not set. */
export function newAlarm(now: () => number): Alarm {
  let set: { readonly due: number; readonly ring: () => void } | null = null;
  let running: { readonly due: number; readonly timer: NodeJS.Timeout } | null = null;

  function run(due: number): void {
    clearTimeout(running?.timer);
    running = { due, timer: setTimeout(rang, Math.max(0, due - now())) };
  }
  function rang(): void {
    running = null;
    if (set === null) return;
    if (now() < set.due) return run(set.due);
    const { ring } = set;
    set = null;
    ring();
  }
  return (due, ring) => {
    set = due === null ? null : { due, ring };
    if (due === null) {
      clearTimeout(running?.timer);
      running = null;
      // One that should have rung by now was set by another clock: it was put forward, or the computer slept.
    } else if (running === null || running.due > due || running.due <= now()) run(due);
  };
}
