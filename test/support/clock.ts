/** A virtual clock: time moves only to the next thing that is due. Nothing in a test that uses it ever sleeps. */

export type Clock = {
  readonly now: () => number;
  /** Runs something later; things of the same time run in the order they were planned. */
  readonly after: (ms: number, run: () => void) => void;
  /** Asks for the next deadline of a machine before each move. */
  readonly watch: (deadline: () => number | null, tick: () => void) => void;
  /** Moves until the condition holds; false when nothing is left to happen, or `limitMs` have passed. */
  readonly until: (holds: () => boolean, limitMs?: number) => boolean;
  /** Moves by this much, whatever happens on the way. */
  readonly advance: (ms: number) => void;
};

export function virtualClock(start = 1_000_000): Clock {
  let time = start;
  let order = 0;
  let planned: { at: number; order: number; run: () => void }[] = [];
  const watched: { deadline: () => number | null; tick: () => void }[] = [];

  function nextDue(): number | null {
    const times = [...planned.map((plan) => plan.at), ...watched.map((one) => one.deadline())];
    return times.reduce<number | null>(
      (first, at) => (at !== null && (first === null || at < first) ? at : first),
      null,
    );
  }

  function moveTo(at: number): void {
    time = Math.max(time, at);
    const due = planned.filter((plan) => plan.at <= time).sort((a, b) => a.at - b.at || a.order - b.order);
    planned = planned.filter((plan) => plan.at > time);
    for (const plan of due) plan.run();
    for (const one of watched) {
      const deadline = one.deadline();
      if (deadline !== null && deadline <= time) one.tick();
    }
  }

  return {
    now: () => time,
    after: (ms, run) => {
      planned.push({ at: time + ms, order: order++, run });
    },
    watch: (deadline, tick) => {
      watched.push({ deadline, tick });
    },
    until: (holds, limitMs = 600_000) => {
      const end = time + limitMs;
      while (!holds()) {
        const at = nextDue();
        if (at === null || at > end) return false;
        moveTo(at);
      }
      return true;
    },
    advance: (ms) => {
      const end = time + ms;
      for (let at = nextDue(); at !== null && at <= end; at = nextDue()) moveTo(at);
      time = end;
    },
  };
}
