/**
 * How requests ended, kept so that a cable glitch never asks the human twice: of jobs their outcome, of flows the answer that was said.
 *
 * Promises: the newest `resultsKept` requests are known to have ended; how, is forgotten after `resultKeptMs`, and nobody but the
 * computer that asked learns it. Of large results only the newest is kept: they are what memory is made of.
 */
import { limits, type Message } from '@sallyport/device-protocol';
import { computerOf } from '../channel/session.ts';
import type { FirmwareState, Turn } from '../turn.ts';
import type { Ended, Job, Outcome } from './job.ts';

/** Takes a job out and keeps how it ended. */
export function recordEnd(turn: Turn, job: Job, outcome: Outcome): void {
  const { id, request } = job;
  const results =
    outcome.type === 'large'
      ? turn.state.results.map((one) => (isLarge(one) ? forgotten(one) : one))
      : turn.state.results;
  turn.state = { ...turn.state, jobs: turn.state.jobs.filter((one) => one.id !== id), results };
  // One that is pushed once more is kept for as long as it was to be: asking for it again does not make it last.
  const before = results.find((one) => one.id === id);
  const forgetAt = before?.forgetAt ?? turn.now + limits.resultKeptMs;
  turn.state = { ...turn.state, results: results.filter((one) => one.id !== id) };
  keep(turn, { of: 'job', id, request, outcome, forgetAt });
}

/** Keeps the answer to a request that was a flow. */
export function recordFlowEnd(turn: Turn, id: number, host: string, said: Message): void {
  keep(turn, { of: 'flow', id, host, said, forgetAt: turn.now + limits.resultKeptMs });
}

/** The ended request of this id of the computer that speaks. */
export function endedOf(state: FirmwareState, id: number): Ended | undefined {
  if (state.channel.phase === 'closed') return undefined;
  const { host } = computerOf(state);
  return state.results.find((one) => one.id === id && hostOf(one) === host);
}

/** Outcomes are kept for a glitch, not for ever: what was decrypted an hour ago is nobody's to ask for. */
export function forgetOutcomes(turn: Turn): void {
  const { now } = turn;
  if (turn.state.results.every((one) => now < one.forgetAt || isForgotten(one))) return;
  forgetWhere(turn, (one) => now >= one.forgetAt);
}

/** Forgets how these ended; that they ended stays known. */
export function forgetWhere(turn: Turn, which: (ended: Ended) => boolean): void {
  turn.state = { ...turn.state, results: turn.state.results.map((one) => (which(one) ? forgotten(one) : one)) };
}

/** When outcomes are next forgotten. */
export function outcomeDeadlines({ results }: FirmwareState): readonly number[] {
  return results.flatMap((one) => (isForgotten(one) ? [] : [one.forgetAt]));
}

/** The computer that asked, by its static key in hex. */
export function hostOf(ended: Ended): string {
  return ended.of === 'job' ? ended.request.computer.host : ended.host;
}

export function isLarge(ended: Ended): boolean {
  return ended.of === 'job' && ended.outcome.type === 'large';
}

function keep(turn: Turn, ended: Ended): void {
  turn.state = { ...turn.state, results: [...turn.state.results, ended].slice(-limits.resultsKept) };
}

function isForgotten(ended: Ended): boolean {
  return ended.of === 'job' ? ended.outcome.type === 'forgotten' : ended.said === null;
}

function forgotten(ended: Ended): Ended {
  return ended.of === 'job' ? { ...ended, outcome: { type: 'forgotten' } } : { ...ended, said: null };
}
