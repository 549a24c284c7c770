/**
 * How long requests spend where, as the device tells it: on the wire, before a human, at work. What is measured goes to the metrics and
 * decides nothing. Times are ms.
 */
import type { NoticeOf } from '@sallyport/device-protocol';

/** `relay` counts from the app's clock. `publish` ends when the first relay says that it has the answer. */
export type Stage = 'relay' | 'queue' | 'serial' | 'human' | 'sign' | 'publish' | 'device' | 'total';

export type StageClock = {
  /** The device has the question of this job. */
  readonly sent: (job: number, now: number) => void;
  readonly progress: (job: number, step: NoticeOf<'progress'>['step'], now: number) => void;
  /** The device answered, or nobody waits for that any more. */
  readonly ended: (job: number, now: number) => void;
  /** An answer was handed to the relays; a relay has it. */
  readonly published: (event: string, now: number) => void;
  readonly taken: (event: string, now: number) => void;
};

/** Answers whose relays have not said yet that they have them; one that says nothing must not fill the memory. */
const publishedMax = 1_024;

const stageOf = {
  queued: 'serial',
  receiving: 'serial',
  sending: 'serial',
  waiting_for_button: 'human',
  working: 'sign',
} as const;

type Running = { readonly stage: 'serial' | 'human' | 'sign'; readonly since: number };

/** Tells how long each stage of each request took, when it is over. */
export function stageClock(observe: (stage: Stage, ms: number) => void): StageClock {
  const running = new Map<number, Running>();
  const waiting = new Map<string, number>();

  function enter(job: number, stage: Running['stage'], now: number): void {
    const before = running.get(job);
    if (before?.stage === stage) return;
    if (before !== undefined) observe(before.stage, now - before.since);
    running.set(job, { stage, since: now });
  }

  return {
    sent: (job, now) => enter(job, 'serial', now),
    // Of a job that ended here the device may go on to speak.
    progress: (job, step, now) => running.has(job) && enter(job, stageOf[step], now),
    ended: (job, now) => {
      const last = running.get(job);
      if (last !== undefined) observe(last.stage, now - last.since);
      running.delete(job);
    },
    published: (event, now) => {
      waiting.set(event, now);
      const [oldest] = waiting.keys();
      if (waiting.size > publishedMax && oldest !== undefined) waiting.delete(oldest);
    },
    taken: (event, now) => {
      const since = waiting.get(event);
      if (since !== undefined) observe('publish', now - since);
      waiting.delete(event);
    },
  };
}
