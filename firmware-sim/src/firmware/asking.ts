/**
 * The jobs of the device: how a request that asks the human goes from its arrival to its end. The transitions of job.ts stand
 * here and nowhere else.
 */
import { type DeviceError, limits, type ReplyOf } from '@sallyport/device-protocol';
import { answer, answerOutput, progress, showOutcome } from './answers.ts';
import { act, approve, drawnAgain, putOnScreen } from './approval.ts';
import { screenTaken } from './flows/flow.ts';
import type { Ended, Job, Outcome } from './job.ts';
import { isComparing } from './pairing.ts';
import { type AskingRequest, inputMax, parseSubject } from './subject.ts';
import {
  accountOf,
  activeJob,
  type FirmwareState,
  isAsker,
  recordEnd,
  replaceJob,
  say,
  show,
  type Turn,
  takeId,
  tell,
} from './turn.ts';

type Reviewing = Job & { readonly phase: 'reviewing' };
type Receiving = Job & { readonly phase: 'receiving' };
type Sending = Job & { readonly phase: 'sending' };

/** How often the host hears what an open request waits for. */
const noticeMs = 1_000;
/**
 * How long a request is on the screen before its keys count, and are named: a press that was on its way to something else
 * must not meet it. Where the simulator presses its own buttons there is no such press.
 */
const armMs = 300;

/** Takes a new request into the queue, or refuses it. */
export function takeRequest(turn: Turn, id: number, request: AskingRequest): void {
  const refuse = (error: DeviceError): void => say(turn, { type: 'error', id, command: request.command, error });
  const { jobs, results } = turn.state;
  if (jobs.some((job) => job.id === id) || results.some((ended) => ended.id === id)) return refuse('duplicate_id');
  const account = accountOf(turn.state, request.body.account);
  if (typeof account === 'string') return refuse(account);
  const { length, head } = request.body.input;
  if (length > inputMax(request.command)) return refuse('too_large');
  // A short head of a long input is for the host to choose; more head than input is nonsense.
  if (head.length > length) return refuse('invalid_params');
  if (jobs.length >= limits.requestsMax) return refuse('busy');
  turn.state = { ...turn.state, jobs: [...jobs, { id, request, claimBy: null, phase: 'queued' }] };
  if (activeJob(turn.state) !== undefined)
    tell(turn, request, { type: 'notice', notice: 'progress', body: { request: id, step: 'queued' } });
}

/** Starts the next job when none is active. */
export function startNext(turn: Turn): void {
  while (!screenTaken(turn.state) && activeJob(turn.state) === undefined && turn.now >= turn.state.nextPromptAt) {
    const job = turn.state.jobs[0];
    if (job === undefined) return;
    const { length, head } = job.request.body.input;
    if (job.phase === 'queued' && job.output !== undefined) push(turn, sendingOf(job, job.output));
    else if (head.length === length) review(turn, job, head);
    else {
      const buffer = new Uint8Array(length);
      buffer.set(head);
      pull(turn, { ...job, phase: 'receiving', buffer, received: head.length, asked: 0, chunk: 0, stallAt: 0 });
    }
  }
}

/** The host's answer to a chunk_get: exactly what was asked for, or the request ends. */
export function takeChunk(turn: Turn, id: number, bytes: Uint8Array): void {
  const job = activeJob(turn.state);
  // Of a job that has ended meanwhile; or of one that nobody has claimed in this session: whoever answers is a stranger to it.
  if (job?.phase !== 'receiving' || job.chunk !== id || job.claimBy !== null) return;
  if (bytes.length !== job.asked) return end(turn, job, 'stream_integrity');
  job.buffer.set(bytes, job.received);
  const received = job.received + bytes.length;
  if (received === job.buffer.length) review(turn, job, job.buffer);
  else pull(turn, { ...job, received });
}

/** The host's answer to a chunk_put. */
export function chunkWasTaken(turn: Turn, id: number): void {
  const job = activeJob(turn.state);
  if (job?.phase !== 'sending' || job.chunk !== id || job.claimBy !== null) return;
  push(turn, { ...job, sent: Math.min(job.sent + limits.chunkMax, job.output.length) });
}

/** The host refused a chunk: there is no way on for this request. */
export function chunkWasRefused(turn: Turn, id: number): void {
  const job = activeJob(turn.state);
  if (job === undefined || job.phase === 'reviewing' || job.chunk !== id || job.claimBy !== null) return;
  if (job.phase === 'receiving') end(turn, job, 'stream_integrity');
  else recordEnd(turn, job, { type: 'output', bytes: job.output });
}

/** A key of the board. */
export function press(turn: Turn, key: 'approve' | 'deny' | 'next' | 'back', at: number): void {
  const job = activeJob(turn.state);
  if (job?.phase === 'receiving' && key === 'deny') return end(turn, job, 'denied');
  if (job?.phase !== 'reviewing') return;
  switch (key) {
    case 'deny':
      // Saying no needs no fresh press: at worst a request is asked again.
      return end(turn, job, 'denied');
    case 'approve': {
      if (!job.armed) return;
      const approval = approve(job.shown, at);
      const account = accountOf(turn.state, job.request.body.account);
      if (approval === null || typeof account === 'string') return;
      return finish(turn, job, act(approval, account, turn.env));
    }
    default: {
      const { count } = job.shown.layout;
      const page = (job.page + (key === 'next' ? 1 : count - 1)) % count;
      // Only what was drawn page after page has been seen: turning back from the first page shows the last one, not all.
      const seen = page === job.seen + 1 ? page : job.seen;
      const shown = drawnAgain(job.shown, Math.max(job.shown.drawnAt, turn.now));
      return present(turn, { ...job, page, seen, shown });
    }
  }
}

/** What time brings to the jobs: notices, the end of an approval, of a stalled stream, of an unclaimed request. */
export function tickJobs(turn: Turn): void {
  const { now } = turn;
  for (const job of turn.state.jobs) {
    if (job.claimBy !== null && now >= job.claimBy) end(turn, job, 'cancelled');
    else if (job.phase === 'reviewing' && now >= job.deadline) end(turn, job, 'timed_out');
    else if (job.phase === 'reviewing' && !job.armed && now >= job.shown.drawnAt)
      present(turn, { ...job, armed: true });
    else if (job.phase === 'reviewing' && now >= job.noticeAt) waitingNotice(turn, job);
    else if (job.phase === 'receiving' && now >= job.stallAt) end(turn, job, 'stalled');
    else if (job.phase === 'sending' && now >= job.stallAt) recordEnd(turn, job, { type: 'output', bytes: job.output });
  }
  forgetOutcomes(turn);
}

/** When time next brings something to the jobs. */
export function jobDeadlines(state: FirmwareState): readonly number[] {
  const idle = activeJob(state) === undefined && !isComparing(state) && !screenTaken(state);
  const outcomes = state.results.flatMap(({ outcome, forgetAt }) => (outcome.type === 'forgotten' ? [] : [forgetAt]));
  const jobs = state.jobs.flatMap((job) => [
    ...(idle ? [state.nextPromptAt] : []),
    ...(job.claimBy === null ? [] : [job.claimBy]),
    ...(job.phase === 'reviewing' ? [job.deadline, job.noticeAt, ...(job.armed ? [] : [job.shown.drawnAt])] : []),
    ...(job.phase === 'receiving' || job.phase === 'sending' ? [job.stallAt] : []),
  ]);
  return [...outcomes, ...jobs];
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
    if (claimed.phase === 'reviewing') waitingNotice(turn, claimed);
    if (claimed.phase === 'receiving') pull(turn, claimed);
    if (claimed.phase === 'sending') push(turn, { ...claimed, sent: 0 });
    return 'open';
  }
  const ended = turn.state.results.find((one) => one.id === id && isAsker(turn.state, one.request));
  if (ended === undefined) return 'unknown';
  const { request, outcome } = ended;
  if (outcome.type === 'output' && outcome.bytes.length > limits.chunkMax) {
    const again: Job = { id, request, claimBy: null, phase: 'queued', output: outcome.bytes };
    const results = turn.state.results.filter((one) => one.id !== id);
    turn.state = { ...turn.state, jobs: [again, ...turn.state.jobs], results };
    return 'open';
  }
  answer(turn, ended, outcome);
  return 'ended';
}

/** Ends a job by a refusal. */
export function end(turn: Turn, job: Job, error: DeviceError): void {
  finish(turn, job, { type: 'error', error });
}

/** Outcomes are kept for a glitch, not for ever: what was decrypted an hour ago is nobody's to ask for. */
function forgetOutcomes(turn: Turn): void {
  if (turn.state.results.every((ended) => turn.now < ended.forgetAt || ended.outcome.type === 'forgotten')) return;
  const results = turn.state.results.map(
    (ended): Ended => (turn.now < ended.forgetAt ? ended : { ...ended, outcome: { type: 'forgotten' } }),
  );
  turn.state = { ...turn.state, results };
}

function pull(turn: Turn, job: Receiving): void {
  const { received, buffer } = job;
  const asked = Math.min(limits.chunkMax, buffer.length - received);
  const chunk = takeId(turn);
  replaceJob(turn, { ...job, asked, chunk, stallAt: turn.now + limits.chunkMs });
  show(turn, { type: 'receiving', received, total: buffer.length });
  const body = { request: job.id, offset: received, length: asked };
  tell(turn, job.request, { type: 'request', id: chunk, command: 'chunk_get', body });
}

/** The input is whole: it is parsed once, and shown. */
function review(turn: Turn, job: Job, input: Uint8Array): void {
  const account = accountOf(turn.state, job.request.body.account);
  if (typeof account === 'string') return end(turn, job, account);
  const subject = parseSubject(job.request, input, account.pubkey);
  if ('error' in subject) return end(turn, job, subject.error);
  const { label } = job.request.body;
  const asker = { account: account.name, label, pubkey: account.pubkey, paired: job.request.computer.paired };
  const { id, request, claimBy } = job;
  const armed = turn.state.marks.autoPress;
  const shown = putOnScreen(subject, asker, turn.env.board, armed ? turn.now : turn.now + armMs);
  const times = { deadline: turn.now + limits.approvalMs, noticeAt: turn.now + noticeMs };
  const reviewing: Reviewing = { id, request, claimBy, phase: 'reviewing', shown, armed, page: 0, seen: 0, ...times };
  present(turn, reviewing);
  waitingNotice(turn, reviewing);
}

function present(turn: Turn, job: Reviewing): void {
  replaceJob(turn, job);
  const { layout } = job.shown;
  show(turn, { type: 'review', layout, page: job.page, unseen: layout.count - 1 - job.seen, armed: job.armed });
}

function waitingNotice(turn: Turn, job: Reviewing): void {
  const left = job.deadline - turn.now;
  replaceJob(turn, { ...job, noticeAt: turn.now + noticeMs });
  progress(turn, job, { request: job.id, step: 'waiting_for_button', left });
}

/** A job has its outcome. A large result is pushed before the answer; everything else is the answer. */
function finish(turn: Turn, job: Job, outcome: Outcome): void {
  showOutcome(turn, job, outcome);
  // Nobody has claimed it in this session: whoever does so in time gets the answer.
  if (job.claimBy !== null) return recordEnd(turn, job, outcome);
  if (outcome.type === 'output' && outcome.bytes.length > limits.chunkMax) {
    return push(turn, sendingOf(job, outcome.bytes));
  }
  recordEnd(turn, job, outcome);
  answer(turn, job, outcome);
}

function sendingOf({ id, request, claimBy }: Job, output: Uint8Array): Sending {
  return { id, request, claimBy, phase: 'sending', output, sent: 0, chunk: 0, stallAt: 0 };
}

/** Pushes the next piece, or answers the request when all of it was taken. */
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
