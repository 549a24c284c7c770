/**
 * How jobs end: by an outcome, or by a refusal. What ends is recorded, shown where a human was asked, answered, and what had joined it
 * ends the same way.
 */
import type { DeviceError } from '@sallyport/device-protocol';
import { logAsked } from '../decision-log.ts';
import { countOwnEnd } from '../own-tries.ts';
import { replaceJob, type Turn } from '../turn.ts';
import { sealAnswer } from './addressed.ts';
import { answer, showOutcome } from './answers.ts';
import type { Job, Outcome } from './job.ts';
import { recordEnd } from './results.ts';

/** Ends a job by a refusal. What was written down before stays so, and is said. */
export function end(turn: Turn, job: Job, error: DeviceError): void {
  finish(turn, job, outcomeOfEnd(job, error));
}

/**
 * A job has its outcome. A large result is pushed before the answer; everything else is the answer. `asked` is the job as it was when the
 * human decided, for what took longer than the press.
 */
export function finish(turn: Turn, job: Job, outcome: Outcome, asked: Job = job): void {
  logAsked(turn, asked, outcome);
  countOwnEnd(turn, asked, outcome);
  showOutcome(turn, asked, outcome);
  const joined = turn.state.jobs.filter((one) => one.phase === 'joined' && one.first === job.id);
  conclude(turn, job, outcome);
  for (const one of joined) concludeJoined(turn, one, outcome);
}

/** The text of an answer may be long, and what is made of it for each app longer: that is not all held at once. */
function concludeJoined(turn: Turn, job: Job, outcome: Outcome): void {
  if (job.request.answering === undefined || outcome.type === 'error') return conclude(turn, job, outcome);
  const { id, request, claimBy } = job;
  replaceJob(turn, { id, request, claimBy, phase: 'queued', task: { type: 'answer', outcome } });
}

/** Answers a job, or has its large answer pushed first. */
export function conclude(turn: Turn, before: Job, came: Outcome): void {
  const { job, outcome } = sealAnswer(turn, before, came);
  const { id, request, claimBy } = job;
  // Nobody has claimed it in this session: whoever does so in time gets the answer.
  if (claimBy === null && outcome.type === 'large') {
    return replaceJob(turn, { id, request, claimBy, phase: 'queued', task: { type: 'send', output: outcome.output } });
  }
  recordEnd(turn, job, outcome);
  if (claimBy === null) answer(turn, job, outcome);
}

/** An app that was paired stays so, whatever becomes of the questions about its wishes; so do grants that were given. */
function outcomeOfEnd(job: Job, error: DeviceError): Outcome {
  const prompt = job.phase === 'waiting' || job.phase === 'reviewing' ? job.prompt : null;
  if (prompt?.about !== 'grant' || error === 'locked') return { type: 'error', error };
  const { given, rest } = prompt;
  const granted = given.filter((one) => one).length;
  if (job.request.command !== 'grants_propose') return { type: 'paired', granted };
  if (granted === 0) return { type: 'error', error };
  return { type: 'given', given: [...given, false, ...rest.map(() => false)] };
}
