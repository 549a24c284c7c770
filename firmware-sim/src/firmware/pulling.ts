/**
 * Drives the reading of a job: ranges that lie in the head of the request are answered at once, all others by the computer. What the
 * reading comes to is decided upon in deciding.ts.
 */

import { limits } from '@sallyport/device-protocol';
import { decideBare, decideRead } from './deciding.ts';
import { end } from './ending.ts';
import { readEnvelope, remoteSignerOf } from './envelope.ts';
import { screenTaken } from './flows/flow.ts';
import type { Job } from './job.ts';
import { isBare, isSigned, type Read } from './request.ts';
import type { Range, Reading } from './stream/reading.ts';
import { readOwn } from './subject.ts';
import { accountOf, replaceJob, show, type Turn, takeId, tell } from './turn.ts';

type ReadingJob = Job & { readonly phase: 'reading' };

/** Begins to read what a request is about. */
export function startReading(turn: Turn, job: Job): void {
  const { id, request, claimBy } = job;
  if (isBare(request)) return decideBare(turn, job, request);
  const account = accountOf(turn.state, request.body.account);
  if (typeof account === 'string') return end(turn, job, account);
  let reading: Reading<Read>;
  if (isSigned(request)) {
    const remoteSigner = remoteSignerOf(request.body.tags);
    if (remoteSigner === null) return end(turn, job, 'unauthenticated');
    reading = readEnvelope(request, remoteSigner, account.pubkey, turn.env);
  } else reading = readOwn(request, account.pubkey);
  const nothing = { wants: { offset: 0, length: 0 }, far: 0, chunk: 0, stallAt: 0 };
  go(turn, { id, request, claimBy, phase: 'reading', reading, ...nothing }, reading.next());
}

/** The bytes that the reading wanted; another number of them ends the request. */
export function feed(turn: Turn, job: ReadingJob, bytes: Uint8Array): void {
  if (bytes.length !== job.wants.length) return end(turn, job, 'stream_integrity');
  const far = Math.max(job.far, job.wants.offset + bytes.length);
  go(turn, { ...job, far }, job.reading.next(bytes));
}

/** Asks for the wanted range, for the first time or once more. */
export function pull(turn: Turn, job: ReadingJob): void {
  const { wants, request, far } = job;
  const chunk = takeId(turn);
  replaceJob(turn, { ...job, chunk, stallAt: turn.now + limits.chunkMs });
  // Of what an app signed nothing is shown before it is verified; and a question on the screen stays there.
  const free = !turn.state.jobs.some((one) => one.phase === 'reviewing');
  if (free && !screenTaken(turn.state) && !isSigned(request) && !isBare(request)) {
    show(turn, { type: 'receiving', received: far, total: request.body.input.length });
  }
  tell(turn, request, { type: 'request', id: chunk, command: 'chunk_get', body: { request: job.id, ...wants } });
}

function go(turn: Turn, job: ReadingJob, first: IteratorResult<Range, Read>): void {
  const { request } = job;
  const head = isBare(request) ? new Uint8Array(0) : request.body.input.head;
  let step = first;
  let { far } = job;
  while (step.done !== true) {
    const { offset, length } = step.value;
    if (offset + length > head.length) return pull(turn, { ...job, far, wants: step.value });
    far = Math.max(far, offset + length);
    step = job.reading.next(head.subarray(offset, offset + length));
  }
  decideRead(turn, { ...job, far }, step.value);
}
