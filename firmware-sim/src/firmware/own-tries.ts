/**
 * Questions that computers ask in their own name get rarer when nobody agrees to them: who says no again and again shall not be asked until
 * they press the wrong key. One count for all computers, as a program on the port may come with another key each time. A yes ends it.
 */
import { type DeviceError, limits } from '@sallyport/device-protocol';
import type { Job, Outcome } from './jobs/job.ts';
import { isBare, isSigned } from './jobs/request.ts';
import type { FirmwareState, Turn } from './turn.ts';

/** How many of them in a row nobody agreed to, and from when the next may be asked. */
export type OwnTries = { readonly count: number; readonly notBefore: number };

export const noOwnTries: OwnTries = { count: 0, notBefore: 0 };

export function isTooOften({ ownTries }: FirmwareState, now: number): boolean {
  return now < ownTries.notBefore;
}

/** Counts how a question of a computer ended; `error` null: a human agreed. What no human decided, or let pass, is not counted. */
export function countOwn(turn: Turn, error: DeviceError | null): void {
  if (error === null) turn.state = { ...turn.state, ownTries: noOwnTries };
  if (error !== 'denied' && error !== 'timed_out') return;
  const count = turn.state.ownTries.count + 1;
  const pause = Math.min(limits.pairingPauseMs * 2 ** (count - limits.ownTries), limits.pairingPauseMaxMs);
  turn.state = { ...turn.state, ownTries: { count, notBefore: count < limits.ownTries ? 0 : turn.now + pause } };
}

/** The same of a request, as it was when it ended. */
export function countOwnEnd(turn: Turn, job: Job, outcome: Outcome): void {
  if (job.phase !== 'reviewing' || !isOwn(job)) return;
  if (outcome.type === 'given') return countOwn(turn, outcome.given.includes(true) ? null : 'denied');
  if (outcome.type !== 'error') return countOwn(turn, null);
  // A damaged payload is found after the press.
  countOwn(turn, outcome.error === 'bad_payload' ? null : outcome.error);
}

/** Whether a computer asks it in its own name. Pairings of apps are counted apart (apps/new-apps.ts). */
export function isOwn({ request }: Pick<Job, 'request'>): boolean {
  return request.command === 'grants_propose' || (!isSigned(request) && !isBare(request));
}
