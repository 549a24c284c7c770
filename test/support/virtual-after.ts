/** Virtual time for everything that takes an `After`: nothing happens until a test lets time pass. */
import type { After } from '../../host/src/device/wire.ts';

/** A clock that stands. `pass` moves it on, `pending` lists what is still waited for, soonest first, in ms from now. */
export function virtualAfter() {
  let now = 0;
  let timers: { at: number; callback: () => void }[] = [];
  const after: After = (ms, callback) => {
    const timer = { at: now + ms, callback };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const next = () => timers.reduce<(typeof timers)[number] | null>((a, b) => (a === null || b.at < a.at ? b : a), null);
  return {
    after,
    pending: (): number[] => timers.map(({ at }) => at - now).sort((a, b) => a - b),
    /** Lets time pass; promises that settle in between are not waited for. */
    pass(ms: number): void {
      const end = now + ms;
      for (let due = next(); due !== null && due.at <= end; due = next()) {
        now = due.at;
        const { callback } = due;
        timers = timers.filter((timer) => timer !== due);
        callback();
      }
      now = end;
    },
  };
}
