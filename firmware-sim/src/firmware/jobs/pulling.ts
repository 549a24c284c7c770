/**
 * Drives the readings of a job: ranges that lie in the head of the request are answered at once, all others by the computer. A request
 * is read to be decided upon (deciding.ts), some once more to be laid out, before the human is asked about them; and a large payload to be
 * opened, after that.
 */

import { limits } from '@sallyport/device-protocol';
import { screenTaken } from '../flows/flow.ts';
import type { Account } from '../life/account.ts';
import { blockBytes, isKept } from '../stream/input.ts';
import type { Range, Reading } from '../stream/reading.ts';
import { accountOf, askHuman, replaceJob, show, type Turn, takeId, tell } from '../turn.ts';
import { openedByUser } from './addressed.ts';
import { wholeOf } from './addressed-text.ts';
import { pausePrompts } from './answers.ts';
import type { Done } from './approval.ts';
import { decideBare, decideRead } from './deciding.ts';
import { end } from './ending.ts';
import { type OpenedBy, readEnvelope, remoteSignerOf } from './envelope.ts';
import type { Ending, Job, Next, Pull, Task } from './job.ts';
import { askUse, type UsePrompt } from './prompt.ts';
import { isBare, isSigned, type JobRequest, type SignedRequest } from './request.ts';
import { readOwn } from './subject.ts';

type ReadingJob = Job & { readonly phase: 'reading' };

/** Begins to read what a request is about. */
export function startReading(turn: Turn, job: Job): void {
  const { request } = job;
  if (isBare(request)) return decideBare(turn, job, request);
  const account = accountOf(turn.state, request.body.account);
  if (typeof account === 'string') return end(turn, job, account);
  const { board } = turn.env;
  const whose = { pubkey: account.pubkey, columns: board.columns };
  if (!isSigned(request)) {
    // An event is read once for its parts, and where it is not kept once more for its id and its pages.
    const passes = request.command === 'sign_event' && !isKept(request.body.input.length, turn.env) ? 2 : 1;
    const began = { doing: 'receiving', passes } as const;
    return begin(turn, job, followed(readOwn(request, whose, turn.env), decideRead), began);
  }
  const remoteSigner = remoteSignerOf(request.body.tags);
  const openedBy = openedByFor(turn, request, account);
  if (remoteSigner === null || openedBy === null) return end(turn, job, 'unauthenticated');
  begin(turn, job, followed(readEnvelope(request, openedBy, remoteSigner, whose, turn.env), decideRead), unseen);
}

/** What opens the app's event: the computer says it, or it is this device's own. */
function openedByFor(turn: Turn, { command, body }: SignedRequest, account: Account): OpenedBy | null {
  if (command === 'user_request') return openedByUser(account, body.client, turn.env.crypto);
  return { conversationKey: body.conversationKey };
}

/** Of what an app signed nothing is shown before it is verified. */
const unseen = { doing: null, passes: 1 } as const;

/** Lays out what the human is to be asked, and puts the question into the line for the screen. */
export function askAbout(turn: Turn, job: Job, use: Omit<UsePrompt, 'about' | 'pages'>): void {
  const reading = followed(askUse(use, turn.env.board), (later, one, prompt) => {
    if ('error' in prompt) end(later, one, prompt.error);
    else askHuman(later, one, prompt);
  });
  begin(turn, job, reading, job.phase === 'reading' ? job : unseen);
}

/**
 * Ends a request by what acting gave. A large payload has to be read for that: it waits for its turn, and whoever was asked sees how
 * far it is.
 */
export function carryOut(
  turn: Turn,
  job: Job,
  done: Done,
  ended: (turn: Turn, job: Job, outcome: Ending) => void,
): void {
  // What the device itself answers has to be there as a whole; it is small.
  const isWhole = job.request.answering !== undefined && done.type !== 'error';
  if (isWhole) return readFor(turn, job, { type: done.type, reading: wholeOf(done), passes: 1 }, ended);
  if (done.type === 'signature') return ended(turn, job, { type: 'signature', reply: done.reply });
  if (done.type !== 'opening') return ended(turn, job, done);
  readFor(turn, job, done, ended);
}

/** Has an ending read out of the input, when its turn has come. */
function readFor(
  turn: Turn,
  job: Job,
  done: { readonly type: Done['type']; readonly reading: Reading<Ending>; readonly passes: number },
  ended: (turn: Turn, job: Job, outcome: Ending) => void,
): void {
  const { id, request, claimBy, phase } = job;
  const doing = phase === 'reviewing' && done.type === 'opening' ? 'decrypting' : null;
  if (doing !== null) pausePrompts(turn);
  const task = { type: 'open', reading: followed(done.reading, ended), doing, passes: done.passes } as const;
  replaceJob(turn, { id, request, claimBy, phase: 'queued', task });
}

/** Opens a payload, when its turn has come. */
export function startOpening(turn: Turn, job: Job, task: Task & { readonly type: 'open' }): void {
  begin(turn, job, task.reading, task);
}

/** Bytes that the reading wanted, or will want after those; another number of them ends the request. */
export function feed(turn: Turn, job: ReadingJob, chunk: number, bytes: Uint8Array): void {
  const early = job.ahead.find((one) => one.chunk === chunk);
  if (bytes.length !== (early ?? job).wants.length) return end(turn, job, 'stream_integrity');
  if (early === undefined) return feedWanted(turn, job, bytes);
  replaceJob(turn, { ...job, ahead: job.ahead.map((one) => (one === early ? { ...one, bytes } : one)) });
}

function feedWanted(turn: Turn, job: ReadingJob, bytes: Uint8Array): void {
  go(turn, { ...job, came: job.came + bytes.length }, job.reading.next(bytes));
}

/** Asks for the wanted range anew: whatever was on its way is lost. */
export function pullAgain(turn: Turn, job: ReadingJob): void {
  pull(turn, { ...job, ahead: [] });
}

/** Waits for the wanted range, which was asked for ahead or is now, and asks ahead. */
function pull(turn: Turn, job: ReadingJob): void {
  const { wants, request, doing, came, passes } = job;
  const [first, ...later] = job.ahead;
  // A reading that jumps wants none of what follows the place where it was: that is forgotten, and not taken when it comes.
  const isAsked = first?.wants.offset === wants.offset && first.wants.length === wants.length;
  if (isAsked && first.bytes !== null) return feedWanted(turn, { ...job, ahead: later }, first.bytes);
  const asked = isAsked ? { wants, chunk: first.chunk, stallAt: turn.now + limits.chunkMs } : chunkFor(turn, wants);
  if (!isAsked) askFor(turn, job, asked);
  const ahead = askAhead(turn, job, wants, isAsked ? later : []);
  replaceJob(turn, { ...job, ...asked, ahead });
  // A question on the screen stays there.
  const free = !turn.state.jobs.some((one) => one.phase === 'reviewing');
  if (free && !screenTaken(turn.state) && doing !== null && !isBare(request)) {
    const total = request.body.input.length;
    show(turn, { type: 'receiving', doing, received: Math.min(total, Math.floor(came / passes)), total });
  }
}

/** Asks for the blocks after the wanted one, as many as the board has room for: these are what nearly every reading wants next. */
function askAhead(turn: Turn, job: ReadingJob, wants: Range, before: ReadingJob['ahead']): ReadingJob['ahead'] {
  const total = isBare(job.request) ? 0 : job.request.body.input.length;
  const room = Math.min(turn.env.spare?.blocksAhead ?? 0, limits.chunksAheadMax);
  const ahead = [...before];
  const last = ahead.at(-1)?.wants ?? wants;
  for (let offset = last.offset + last.length; offset < total; offset += blockBytes) {
    if (ahead.length >= room) break;
    const { chunk, wants: range } = chunkFor(turn, { offset, length: Math.min(blockBytes, total - offset) });
    askFor(turn, job, { chunk, wants: range });
    ahead.push({ chunk, wants: range, bytes: null });
  }
  return ahead;
}

/** Says that a range is wanted, to the computer that asked. */
export function askFor(turn: Turn, { id, request }: Job, { wants, chunk }: Pick<Pull, 'wants' | 'chunk'>): void {
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

function begin(turn: Turn, job: Job, reading: Reading<Next>, began: Pick<ReadingJob, 'doing' | 'passes'>): void {
  const { id, request, claimBy } = job;
  const { doing, passes } = began;
  const nothing = { wants: { offset: 0, length: 0 }, chunk: 0, stallAt: 0 };
  // What came before counts on: this may be the second reading.
  const came = job.phase === 'reading' ? job.came : 0;
  const asks = { phase: 'reading', reading, doing, passes, came, ahead: [], ...nothing } as const;
  go(turn, { id, request, claimBy, ...asks }, reading.next());
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
