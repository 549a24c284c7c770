/**
 * The jobs of the device: how a request goes from its arrival to its end. What is next is decided here and nowhere else; the single
 * moves stand in pulling.ts, deciding.ts, reviewing.ts, sending.ts and ending.ts.
 *
 * One job reads, one is on the screen, one sends. A request that a grant allows passes the question that waits on the screen.
 */
import { hexToBytes } from '@noble/hashes/utils.js';
import { type DeviceError, limits, type ReplyOf } from '@sallyport/device-protocol';
import { whyNoApp } from '../apps/new-apps.ts';
import { whyFallen } from '../apps/standing.ts';
import { knows } from '../channel/hosts.ts';
import { claimFlow, isIdOfFlow, screenTaken } from '../flows/flow.ts';
import { isOwn, isTooOften } from '../own-tries.ts';
import { accountOf, type FirmwareState, isAsker, replaceJob, say, type Turn, tell } from '../turn.ts';
import { answer } from './answers.ts';
import { conclude, end } from './ending.ts';
import { remoteSignerOf } from './envelope.ts';
import type { Job, Phase, Task } from './job.ts';
import { feed, pullAgain, startOpening, startReading } from './pulling.ts';
import { isBare, isSigned, type JobRequest } from './request.ts';
import { endedOf, forgetOutcomes, outcomeDeadlines } from './results.ts';
import {
  arm,
  feedPage,
  joinIn,
  pressReview,
  pullPage,
  putUp,
  reviewingJob,
  timeOut,
  waitingNotice,
} from './reviewing.ts';
import { feedPiece, giveUp, pieceTaken, startSending } from './sending.ts';
import { inputMax } from './subject.ts';

/** Takes a new request into the queue, or refuses it. */
export function takeRequest(turn: Turn, id: number, request: JobRequest): void {
  const { jobs } = turn.state;
  const error = whyRefused(turn, id, request);
  if (error !== null) return say(turn, { type: 'error', id, command: request.command, error });
  const waits = jobs.some(({ phase }) => phase !== 'queued');
  turn.state = { ...turn.state, jobs: [...jobs, { id, request, claimBy: null, phase: 'queued' }] };
  if (waits) tell(turn, request, { type: 'notice', notice: 'progress', body: { request: id, step: 'queued' } });
}

/** The checks that need nothing but the request, in the order of PROTOCOL.md. */
function whyRefused({ state, now }: Turn, id: number, request: JobRequest): DeviceError | null {
  const { jobs, results } = state;
  if ([...jobs, ...results].some((one) => one.id === id) || isIdOfFlow(state, id)) return 'duplicate_id';
  const own = !isSigned(request) && !isBare(request);
  if (!own && !request.computer.paired) return 'not_paired';
  if (request.command !== 'grants_propose') {
    const account = accountOf(state, request.body.account);
    if (typeof account === 'string') return account;
  }
  if (!isBare(request)) {
    const { length, head } = request.body.input;
    if (length > inputMax(request.command)) return 'too_large';
    // A short head of a long input is for the host to choose; more head than input is nonsense.
    if (head.length > length) return 'invalid_params';
  }
  if (isOwn({ request }) && isTooOften(state, now)) return 'rate_limited';
  if (jobs.length >= limits.requestsMax) return 'busy';
  return own ? null : whyNoApp(state, request, now, isSigned(request) ? remoteSignerOf(request.body.tags) : null);
}

/** Sets going whatever can go: it may take several moves, each of them ends at the wire, the screen, or an answer. */
export function startNext(turn: Turn): void {
  for (let moved = true; moved; ) moved = sendNext(turn) || readNext(turn) || askNext(turn);
}

function sendNext(turn: Turn): boolean {
  const { jobs } = turn.state;
  if (jobs.some(({ phase }) => phase === 'sending')) return false;
  for (const job of jobs) {
    if (job.phase !== 'queued' || job.task?.type !== 'send' || job.claimBy !== null) continue;
    if (!withdraw(turn, job)) startSending(turn, job, job.task.output);
    return true;
  }
  return false;
}

function readNext(turn: Turn): boolean {
  const { jobs } = turn.state;
  if (jobs.some(({ phase }) => phase === 'reading')) return false;
  for (const job of jobs) {
    if (job.phase !== 'queued' || job.task?.type === 'send' || job.claimBy !== null) continue;
    if (job.task === undefined) startReading(turn, job);
    else if (hasToWait(turn.state, job)) continue;
    else if (!withdraw(turn, job)) goOn(turn, job, job.task);
    return true;
  }
  return false;
}

function goOn(turn: Turn, job: Job, task: Task & { readonly type: 'open' | 'answer' }): void {
  if (task.type === 'open') startOpening(turn, job, task);
  else conclude(turn, job, task.outcome);
}

/** What this device answers an app is held as a whole until it is taken: one at a time. */
function hasToWait({ jobs }: FirmwareState, { request }: Job): boolean {
  if (request.command !== 'user_request') return false;
  return jobs.some(({ request: { command }, ...one }) => command === 'user_request' && isToBeSent(one));
}

function isToBeSent(one: Phase): boolean {
  return one.phase === 'sending' || (one.phase === 'queued' && one.task?.type === 'send');
}

function askNext(turn: Turn): boolean {
  const { state, now } = turn;
  const reviewing = reviewingJob(state);
  // Before any is put beside another one: each question stands by itself.
  for (const { id } of state.jobs) {
    const job = turn.state.jobs.find((one) => one.id === id);
    if (job?.phase === 'waiting' && job.claimBy === null && letFall(turn, job)) return true;
  }
  if (reviewing !== undefined) return letFall(turn, reviewing) || joinIn(turn, reviewing);
  const job = state.jobs.find((one) => one.phase === 'waiting' && one.claimBy === null);
  if (job?.phase !== 'waiting' || screenTaken(state) || now < state.nextPromptAt) return false;
  putUp(turn, job);
  return true;
}

/** Ends a question that does not stand any more; false: it stands. */
function letFall(turn: Turn, job: Job & { readonly phase: 'waiting' | 'reviewing' }): boolean {
  const tooOften = isOwn(job) && isTooOften(turn.state, turn.now);
  const why = tooOften ? 'rate_limited' : whyFallen(turn.state, job.prompt, turn.now);
  if (why !== null) end(turn, job, why);
  return why !== null;
}

/**
 * What an app was allowed goes with the app, and what a computer asked with the computer, be it here just now or not: of a large text nothing
 * more is opened or leaves. False: both are paired as they were.
 */
function withdraw(turn: Turn, job: Job): boolean {
  const why = whyWithdrawn(turn, job.request);
  if (why !== null) end(turn, job, why);
  return why !== null;
}

function whyWithdrawn({ state, now }: Turn, request: JobRequest): DeviceError | null {
  const { host, paired } = request.computer;
  if (paired && !knows(state.identity.hosts, hexToBytes(host))) return 'not_paired';
  if (request.command === 'nip46_request') return whyNoApp(state, request, now, remoteSignerOf(request.body.tags));
  // One that came as a stranger and is being paired is none of the apps yet.
  if (request.command !== 'user_request' || request.answering === undefined) return null;
  return request.answering.about === 'pair' ? null : whyNoApp(state, request, now, remoteSignerOf(request.body.tags));
}

/** Whether the jobs leave the screen to the device's own words. */
export function leavesScreen({ jobs }: FirmwareState): boolean {
  return !jobs.some((job) => job.phase === 'reviewing' || (job.phase === 'reading' && job.doing !== null));
}

/** The host's answer to a chunk_get: exactly what was asked for, or the request ends. */
export function takeChunk(turn: Turn, id: number, bytes: Uint8Array): void {
  const job = jobOfChunk(turn.state, id);
  if (job === undefined || withdraw(turn, job)) return;
  if (job.phase === 'reading') feed(turn, job, id, bytes);
  if (job.phase === 'reviewing') feedPage(turn, job, bytes);
  if (job.phase === 'sending') feedPiece(turn, job, bytes);
}

/** The host's answer to a chunk_put. */
export function chunkWasTaken(turn: Turn, id: number): void {
  const job = jobOfChunk(turn.state, id);
  if (job?.phase === 'sending' && !withdraw(turn, job)) pieceTaken(turn, job);
}

/** The host refused a chunk: there is no way on for this request. */
export function chunkWasRefused(turn: Turn, id: number): void {
  const job = jobOfChunk(turn.state, id);
  if (job?.phase === 'reading' || job?.phase === 'reviewing') end(turn, job, 'stream_integrity');
  if (job?.phase === 'sending') giveUp(turn, job, 'stream_integrity');
}

/**
 * The job that pulls or pushes this chunk. Not one that nobody has claimed in this session, nor one of another computer: whoever answers
 * is a stranger to it.
 */
function jobOfChunk(state: FirmwareState, id: number): Job | undefined {
  const job = state.jobs.find((one) => chunksOf(one).includes(id));
  return job !== undefined && job.claimBy === null && isAsker(state, job.request) ? job : undefined;
}

function chunksOf(job: Job): readonly number[] {
  if (job.phase === 'reviewing') return job.paging === null ? [] : [job.paging.chunk];
  if (job.phase === 'sending') return [job.open.chunk];
  return job.phase === 'reading' ? [job.chunk, ...job.ahead.map(({ chunk }) => chunk)] : [];
}

/** A key of the board. `at`: when the press began. */
export function press(turn: Turn, key: 'approve' | 'deny' | 'next' | 'back', at: number): void {
  const reviewing = reviewingJob(turn.state);
  if (reviewing !== undefined) return pressReview(turn, reviewing, key, at);
  if (key !== 'deny' || leavesScreen(turn.state)) return;
  const reading = turn.state.jobs.find(({ phase }) => phase === 'reading');
  if (reading !== undefined) end(turn, reading, 'denied');
}

/** The human wants none of it: everything that is not decided yet is denied. */
export function denyAll(turn: Turn): void {
  for (const { id } of turn.state.jobs) {
    // One may have ended with another one.
    const job = turn.state.jobs.find((one) => one.id === id);
    const decided =
      job?.phase === 'sending' || job?.phase === 'joined' || (job?.phase === 'queued' && job.task !== undefined);
    if (job !== undefined && !decided) end(turn, job, 'denied');
  }
}

/** What time brings to the jobs: notices, the end of an approval, of a stalled stream, of an unclaimed request. */
export function tickJobs(turn: Turn): void {
  const { now } = turn;
  for (const { id } of turn.state.jobs) {
    // One may have ended with another one.
    const job = turn.state.jobs.find((one) => one.id === id);
    if (job === undefined) continue;
    if (job.claimBy !== null && now >= job.claimBy) end(turn, job, 'cancelled');
    else if (job.phase === 'reviewing' && now >= job.deadline) timeOut(turn, job);
    else if (job.phase === 'reviewing' && job.paging !== null && now >= job.paging.stallAt) end(turn, job, 'stalled');
    else if (job.phase === 'reviewing' && !job.armed && now >= job.shown.drawnAt) arm(turn, job);
    else if (job.phase === 'reviewing' && now >= job.noticeAt) waitingNotice(turn, job);
    else if (job.phase === 'reading' && now >= job.stallAt) end(turn, job, 'stalled');
    else if (job.phase === 'sending' && now >= job.open.stallAt) giveUp(turn, job, 'stalled');
  }
  forgetOutcomes(turn);
}

/** When time next brings something to the jobs. */
export function jobDeadlines(state: FirmwareState): readonly number[] {
  const idle = reviewingJob(state) === undefined && !screenTaken(state);
  const jobs = state.jobs.flatMap((job) => [
    ...(idle && job.phase === 'waiting' && job.claimBy === null ? [state.nextPromptAt] : []),
    ...(job.claimBy === null ? [] : [job.claimBy]),
    ...(job.phase === 'reviewing' ? [job.deadline, job.noticeAt, ...(job.armed ? [] : [job.shown.drawnAt])] : []),
    ...(job.phase === 'reviewing' && job.paging !== null ? [job.paging.stallAt] : []),
    ...(job.phase === 'reading' ? [job.stallAt] : []),
    ...(job.phase === 'sending' ? [job.open.stallAt] : []),
  ]);
  return [...outcomeDeadlines(state), ...jobs];
}

/**
 * A new link session: what was on its way is lost. Every job waits to be claimed: whoever opened the session may be somebody
 * else, and is neither told of it nor given its result before.
 */
export function unclaimAll(turn: Turn): void {
  const claimBy = turn.now + limits.claimMs;
  turn.state = { ...turn.state, jobs: turn.state.jobs.map((job) => ({ ...job, claimBy })) };
}

/** get_result: claims an open job, or answers an ended one again. */
export function claim(turn: Turn, id: number): ReplyOf<'get_result'>['state'] {
  const job = turn.state.jobs.find((one) => one.id === id && isAsker(turn.state, one.request));
  if (job !== undefined) {
    const claimed: Job = { ...job, claimBy: null };
    replaceJob(turn, claimed);
    if (claimed.phase === 'reviewing') {
      pullPage(turn, claimed);
      waitingNotice(turn, reviewingJob(turn.state) ?? claimed);
    }
    if (claimed.phase === 'reading') pullAgain(turn, claimed);
    if (claimed.phase === 'sending' && !withdraw(turn, claimed)) startSending(turn, claimed, claimed.output);
    return 'open';
  }
  if (claimFlow(turn, id)) return 'open';
  const ended = endedOf(turn.state, id);
  if (ended === undefined) return 'unknown';
  if (ended.of === 'flow') {
    if (ended.said !== null) say(turn, ended.said);
    return 'ended';
  }
  const { request, outcome } = ended;
  if (outcome.type === 'large') {
    const again: Job = { id, request, claimBy: null, phase: 'queued', task: { type: 'send', output: outcome.output } };
    turn.state = { ...turn.state, jobs: [again, ...turn.state.jobs] };
    return 'open';
  }
  answer(turn, ended, outcome);
  return 'ended';
}
