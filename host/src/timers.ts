/** When the machines want to be woken: one alarm each, by the clock. */
import { type Alarm, newAlarm } from './alarm.ts';

type Planned = { readonly due: number; readonly wake: () => void };

export type Timers = {
  /** Calls `wake` at `due` (ms Unix time) instead of whatever was planned for this machine before; null plans nothing. */
  readonly wakeAt: (machine: string, due: number | null, wake: () => void) => void;
  /** The clock jumped: timers stand still while a computer sleeps, so what is due by the clock is done now. */
  readonly woke: () => void;
  readonly close: () => void;
};

export function createTimers(now: () => number): Timers {
  const planned = new Map<string, Planned>();
  const alarms = new Map<string, Alarm>();

  function set(machine: string, due: number | null, wake: () => void): void {
    const alarm = alarms.get(machine) ?? newAlarm(now);
    alarms.set(machine, alarm);
    if (due === null) planned.delete(machine);
    else planned.set(machine, { due, wake });
    alarm(due, () => {
      planned.delete(machine);
      wake();
    });
  }

  return {
    wakeAt: (machine, due, wake) => {
      // Most steps leave the deadline where it was.
      if ((planned.get(machine)?.due ?? null) !== due) set(machine, due, wake);
    },
    woke: () => {
      for (const [machine, { due, wake }] of [...planned]) {
        set(machine, null, wake);
        set(machine, due, wake);
      }
    },
    close: () => {
      for (const machine of [...planned.keys()]) set(machine, null, () => undefined);
    },
  };
}
