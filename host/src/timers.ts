/** When the machines want to be woken: one timer each, by the clock. */

type Planned = { readonly due: number; readonly wake: () => void; readonly timer: NodeJS.Timeout };

export type Timers = {
  /** Calls `wake` at `due` (ms Unix time) instead of whatever was planned for this machine before; null plans nothing. */
  readonly wakeAt: (machine: string, due: number | null, wake: () => void) => void;
  /** The clock jumped: timers stand still while a computer sleeps, so what is due by the clock is done now. */
  readonly woke: () => void;
  readonly close: () => void;
};

export function createTimers(now: () => number): Timers {
  const planned = new Map<string, Planned>();

  function plan(machine: string, due: number, wake: () => void): void {
    const run = (): void => {
      planned.delete(machine);
      wake();
    };
    planned.set(machine, { due, wake, timer: setTimeout(run, Math.max(0, due - now())) });
  }

  return {
    wakeAt: (machine, due, wake) => {
      // Most steps leave the deadline where it was.
      if ((planned.get(machine)?.due ?? null) === due) return;
      clearTimeout(planned.get(machine)?.timer);
      planned.delete(machine);
      if (due !== null) plan(machine, due, wake);
    },
    woke: () => {
      for (const [machine, { due, wake, timer }] of [...planned]) {
        clearTimeout(timer);
        plan(machine, due, wake);
      }
    },
    close: () => {
      for (const { timer } of planned.values()) clearTimeout(timer);
      planned.clear();
    },
  };
}
