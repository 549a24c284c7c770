/**
 * Drives the readings of a job: ranges that lie in the head of the request are answered at once, all others by the computer. A request
 * is read to be decided upon (deciding.ts), and an event once more to be laid out, before the human is asked about it.
 */

import { limits } from '@sallyport/device-protocol';
import { screenTaken } from '../flows/flow.ts';
import type { Range, Reading } from '../stream/reading.ts';
import { accountOf, askHuman, replaceJob, show, type Turn, takeId, tell } from '../turn.ts';
import { decideBare, decideRead } from './deciding.ts';
import { end } from './ending.ts';
import { readEnvelope, remoteSignerOf } from './envelope.ts';
import type { Job, Next, Pull } from './job.ts';
import { askUse, type UsePrompt } from './prompt.ts';
import { isBare, isSigned, type JobRequest } from './request.ts';
import { readOwn } from './subject.ts';

type ReadingJob = Job & { readonly phase: 'reading' };

/** Begins to read what a request is about. */
export function startReading(turn: Turn, job: Job): void {
  const { request } = job;
  if (isBare(request)) return decideBare(turn, job, request);
  const account = accountOf(turn.state, request.body.account);
  if (typeof account === 'string') return end(turn, job, account);
  const { random } = turn.env;
  if (!isSigned(request)) return begin(turn, job, readOwn(request, account.pubkey, random), decideRead);
  const remoteSigner = remoteSignerOf(request.body.tags);
  if (remoteSigner === null) return end(turn, job, 'unauthenticated');
  begin(turn, job, readEnvelope(request, remoteSigner, account.pubkey, turn.env), decideRead);
}

/** Lays out what the human is to be asked, and puts the question into the line for the screen. */
export function askAbout(turn: Turn, job: Job, use: Omit<UsePrompt, 'about' | 'pages'>): void {
  begin(turn, job, askUse(use, turn.env.board), (later, one, prompt) => {
    if ('error' in prompt) end(later, one, prompt.error);
    else askHuman(later, one, prompt);
  });
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
  const asked = chunkFor(turn, wants);
  replaceJob(turn, { ...job, ...asked });
  // Of what an app signed nothing is shown before it is verified; and a question on the screen stays there.
  const free = !turn.state.jobs.some((one) => one.phase === 'reviewing');
  if (free && !screenTaken(turn.state) && !isSigned(request) && !isBare(request)) {
    show(turn, { type: 'receiving', received: far, total: request.body.input.length });
  }
  askFor(turn, job, asked);
}

/** Says that a range is wanted, to the computer that asked. */
export function askFor(turn: Turn, { id, request }: Job, { wants, chunk }: Pull): void {
  tell(turn, request, { type: 'request', id: chunk, command: 'chunk_get', body: { request: id, ...wants } });
}

export function chunkFor(turn: Turn, wants: Range): Pull {
  return { wants, chunk: takeId(turn), stallAt: turn.now + limits.chunkMs };
}

/** Goes on with a reading as far as the head of the request goes: to its end, or to a range that has to be pulled. */
export function readOn<T>(
  reading: Reading<T>,
  first: IteratorResult<Range, T>,
  request: JobRequest,
): IteratorResult<Range, T> {
  const head = isBare(request) ? new Uint8Array(0) : request.body.input.head;
  let step = first;
  while (step.done !== true) {
    const { offset, length } = step.value;
    if (offset + length > head.length) return step;
    step = reading.next(head.subarray(offset, offset + length));
  }
  return step;
}

function begin<T>(turn: Turn, job: Job, reading: Reading<T>, then: (turn: Turn, job: Job, read: T) => void): void {
  const { id, request, claimBy } = job;
  const steps = followed(reading, then);
  const nothing = { wants: { offset: 0, length: 0 }, chunk: 0, stallAt: 0 };
  // What was pulled already counts as received: this may be the second time.
  const far = job.phase === 'reading' ? job.far : 0;
  go(turn, { id, request, claimBy, phase: 'reading', reading: steps, far, ...nothing }, steps.next());
}

function* followed<T>(reading: Reading<T>, then: (turn: Turn, job: Job, read: T) => void): Reading<Next> {
  const read = yield* reading;
  return (turn, job) => then(turn, job, read);
}

function go(turn: Turn, job: ReadingJob, first: IteratorResult<Range, Next>): void {
  const step = readOn(job.reading, first, job.request);
  if (step.done === true) step.value(turn, job);
  else pull(turn, { ...job, wants: step.value });
}
