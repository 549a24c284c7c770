/**
 * Pushes a text that does not fit its reply, piece by piece; then the request is answered. One at a time. Nothing of the text is held but
 * the piece that is on its way: the next one is made when that has arrived, out of the pieces of the input.
 */
import { limits } from '@sallyport/device-protocol';
import type { Output } from '../stream/output.ts';
import type { Range, Refused } from '../stream/reading.ts';
import { replaceJob, type Turn, takeId, tell } from '../turn.ts';
import { answerOutput, progress } from './answers.ts';
import { end } from './ending.ts';
import type { Job, Making, Pushing } from './job.ts';
import { askFor, chunkFor, readOn } from './pulling.ts';
import { recordEnd } from './results.ts';

type Sending = Job & { readonly phase: 'sending' };

/** Begins, or begins anew. */
export function startSending(turn: Turn, { id, request, claimBy }: Job, output: Output): void {
  const producer = output.start();
  const reading = producer.next(limits.chunkMax);
  const open = making(reading);
  const job: Sending = { id, request, claimBy, phase: 'sending', output, producer, sent: 0, open };
  goOn(turn, job, open, reading.next());
}

/** Bytes of the input that the next piece is made of. */
export function feedPiece(turn: Turn, job: Sending, bytes: Uint8Array): void {
  const { open } = job;
  if (open.at !== 'making') return;
  if (bytes.length !== open.wants.length) return end(turn, job, 'stream_integrity');
  goOn(turn, job, open, open.reading.next(bytes));
}

/** A piece arrived. */
export function pieceTaken(turn: Turn, job: Sending): void {
  const { open, producer } = job;
  if (open.at !== 'pushing') return;
  const sent = job.sent + open.size;
  if (sent === job.output.length) {
    recordEnd(turn, job, { type: 'large', output: job.output });
    return answerOutput(turn, job, sent, new Uint8Array(0));
  }
  const reading = producer.next(limits.chunkMax);
  goOn(turn, { ...job, sent }, making(reading), reading.next());
}

/** The other side does not go on. What is not taken is kept for whoever asks for it in time; what is not given cannot be made. */
export function giveUp(turn: Turn, job: Sending, why: 'stalled' | 'stream_integrity'): void {
  if (job.open.at === 'making') return end(turn, job, why);
  recordEnd(turn, job, { type: 'large', output: job.output });
}

/** Nothing is asked for yet. */
function making(reading: Making['reading']): Making {
  return { at: 'making', reading, wants: { offset: 0, length: 0 }, chunk: 0, stallAt: 0 };
}

function goOn(turn: Turn, job: Sending, made: Making, first: IteratorResult<Range, Uint8Array | Refused>): void {
  const step = readOn(made.reading, first, job.request);
  if (step.done !== true) {
    const open: Making = { ...made, ...chunkFor(turn, step.value) };
    replaceJob(turn, { ...job, open });
    return askFor(turn, job, open);
  }
  if ('error' in step.value) return end(turn, job, step.value.error);
  push(turn, job, step.value);
}

function push(turn: Turn, job: Sending, bytes: Uint8Array): void {
  const { sent, output } = job;
  const chunk = takeId(turn);
  const open: Pushing = { at: 'pushing', size: bytes.length, chunk, stallAt: turn.now + limits.chunkMs };
  replaceJob(turn, { ...job, open });
  progress(turn, job, { request: job.id, step: 'sending', percent: Math.floor((sent / output.length) * 100) });
  const body = { request: job.id, offset: sent, bytes };
  tell(turn, job.request, { type: 'request', id: chunk, command: 'chunk_put', body });
}
