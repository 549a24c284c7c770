/** Records what a line of the simulator reports, and lets a test wait for it without sleeping. */
import type { LineEvents } from '../../firmware-sim/src/lines/line.ts';

export type LineLog = {
  readonly events: LineEvents;
  received(): Uint8Array;
  seen(): readonly boolean[];
  failures(): readonly string[];
  bytes(count: number): Promise<void>;
  peers(wanted: readonly boolean[]): Promise<void>;
  failed(): Promise<void>;
};

/** An empty log. */
export function lineLog(): LineLog {
  const chunks: Uint8Array[] = [];
  const seen: boolean[] = [];
  const failures: string[] = [];
  let waiters: { holds: () => boolean; resolve: () => void }[] = [];
  const changed = (): void => {
    const due = waiters.filter((waiter) => waiter.holds());
    waiters = waiters.filter((waiter) => !due.includes(waiter));
    for (const waiter of due) waiter.resolve();
  };
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      waiters.push({ holds, resolve });
      changed();
    });
  const received = (): Uint8Array => new Uint8Array(Buffer.concat(chunks));
  return {
    events: {
      bytes(chunk) {
        chunks.push(chunk.slice());
        changed();
      },
      peer(connected) {
        seen.push(connected);
        changed();
      },
      failed(reason) {
        failures.push(reason);
        changed();
      },
    },
    received,
    seen: () => [...seen],
    failures: () => [...failures],
    bytes: (count) => until(() => received().length >= count),
    peers: (wanted) => until(() => JSON.stringify(seen) === JSON.stringify(wanted)),
    failed: () => until(() => failures.length > 0),
  };
}
