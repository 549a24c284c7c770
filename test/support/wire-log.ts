/** Records what a wire reports, in order, and lets a test wait for it without sleeping. */
import type { WireEvents } from '../../host/src/device/wire.ts';

/** One report; bytes are joined in `received` instead. */
export type WireReport = { readonly type: 'opened' } | { readonly type: 'closed' | 'waiting'; readonly reason: string };

export type WireLog = {
  readonly events: WireEvents;
  readonly reports: readonly WireReport[];
  received(): Uint8Array;
  /** Settles as soon as the condition holds; it is looked at after every report. */
  until(holds: () => boolean): Promise<void>;
  opened(times: number): Promise<void>;
  closed(times: number): Promise<void>;
  waiting(text: RegExp): Promise<void>;
  bytes(count: number): Promise<void>;
  count(type: WireReport['type']): number;
};

/** An empty log. */
export function wireLog(): WireLog {
  const reports: WireReport[] = [];
  const chunks: Uint8Array[] = [];
  let size = 0;
  let waiters: { holds: () => boolean; resolve: () => void }[] = [];
  const changed = (): void => {
    const due = waiters.filter((waiter) => waiter.holds());
    waiters = waiters.filter((waiter) => !due.includes(waiter));
    for (const waiter of due) waiter.resolve();
  };
  const add = (report: WireReport): void => {
    reports.push(report);
    changed();
  };
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      waiters.push({ holds, resolve });
      changed();
    });
  const count = (type: WireReport['type']): number => reports.filter((report) => report.type === type).length;
  return {
    events: {
      opened: () => add({ type: 'opened' }),
      closed: (reason) => add({ type: 'closed', reason }),
      waiting: (reason) => add({ type: 'waiting', reason }),
      bytes(chunk) {
        chunks.push(chunk.slice());
        size += chunk.length;
        changed();
      },
    },
    reports,
    received: () => new Uint8Array(Buffer.concat(chunks)),
    until,
    opened: (times) => until(() => count('opened') >= times),
    closed: (times) => until(() => count('closed') >= times),
    waiting: (text) => until(() => reports.some((report) => report.type === 'waiting' && text.test(report.reason))),
    bytes: (wanted) => until(() => size >= wanted),
    count,
  };
}
