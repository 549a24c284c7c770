/** Pushes a result that does not fit its reply, piece by piece; then the request is answered. One at a time. */
import { limits } from '@sallyport/device-protocol';
import { recordEnd, replaceJob, type Turn, takeId, tell } from '../turn.ts';
import { answerOutput, progress } from './answers.ts';
import type { Job, Outcome } from './job.ts';

type Sending = Job & { readonly phase: 'sending' };

/** Begins, or begins anew. */
export function startSending(turn: Turn, { id, request, claimBy }: Job, output: Uint8Array): void {
  push(turn, { id, request, claimBy, phase: 'sending', output, sent: 0, chunk: 0, stallAt: 0 });
}

/** A piece arrived. */
export function pieceTaken(turn: Turn, job: Sending): void {
  push(turn, { ...job, sent: Math.min(job.sent + limits.chunkMax, job.output.length) });
}

/** Nobody takes the rest: the outcome is kept for whoever asks for it in time. */
export function giveUp(turn: Turn, job: Sending): void {
  recordEnd(turn, job, { type: 'output', bytes: job.output });
}

function push(turn: Turn, job: Sending): void {
  const { output, sent } = job;
  if (sent === output.length) {
    const outcome: Outcome = { type: 'output', bytes: output };
    recordEnd(turn, job, outcome);
    return answerOutput(turn, job, output.length, new Uint8Array(0));
  }
  const chunk = takeId(turn);
  replaceJob(turn, { ...job, chunk, stallAt: turn.now + limits.chunkMs });
  progress(turn, job, { request: job.id, step: 'sending', percent: Math.floor((sent / output.length) * 100) });
  const body = { request: job.id, offset: sent, bytes: output.slice(sent, sent + limits.chunkMax) };
  tell(turn, job.request, { type: 'request', id: chunk, command: 'chunk_put', body });
}
