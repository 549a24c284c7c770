/**
 * The last words about a request: to the host (reply, error, progress) and on the screen. What a request ended with is decided in
 * ending.ts; here it is said.
 */
import type { NoticeOf, ReplyOf } from '@sallyport/device-protocol';
import { screenTaken } from '../flows/flow.ts';
import type { Outcome as OutcomeShown } from '../screen/screens.ts';
import { type FirmwareState, show, type Turn, tell } from '../turn.ts';
import type { Job, Outcome } from './job.ts';
import { isTextMethod } from './subject.ts';

/** How long the outcome stays on the screen when nothing else waits. */
const outcomeShownMs = 1_500;
/** How long at least: a hand that presses twice needs less than this, and a human who reads needs more. */
const outcomeShownMinMs = 400;

/** Says how a request ended. One that was forgotten has no answer any more: get_result tells the host that it ended. */
export function answer(turn: Turn, ended: Asked, outcome: Outcome): void {
  const { id, request } = ended;
  const { command } = request;
  switch (outcome.type) {
    case 'forgotten':
      return;
    case 'error':
      return tell(turn, request, { type: 'error', id, command, error: outcome.error });
    case 'signature': {
      if (command !== 'nip46_request')
        return tell(turn, request, { type: 'reply', id, command: 'sign_event', body: outcome.reply });
      return sayResult(turn, ended, { result: 'signature', ...outcome.reply });
    }
    case 'public_key':
      return sayResult(turn, ended, { result: 'public_key', pubkey: outcome.pubkey });
    case 'ack':
      return sayResult(turn, ended, { result: 'ack' });
    case 'output':
      return answerOutput(turn, ended, outcome.bytes.length, outcome.bytes);
    case 'large':
      return; // it is pushed first (sending.ts)
    case 'paired':
      if (command !== 'client_connect' && command !== 'client_introduce') throw new Error(`${command} pairs nobody`);
      return tell(turn, request, { type: 'reply', id, command, body: { granted: outcome.granted } });
    case 'given':
      return tell(turn, request, { type: 'reply', id, command: 'grants_propose', body: { given: outcome.given } });
  }
}

/** Who is answered. */
type Asked = Pick<Job, 'id' | 'request'>;

export function answerOutput(turn: Turn, asked: Asked, length: number, head: Uint8Array): void {
  const { id, request } = asked;
  const { command } = request;
  const output = { length, head };
  if (command === 'user_request') {
    if (request.answering?.sealed === undefined) throw new Error('an answer that was not sealed');
    return tell(turn, request, { type: 'reply', id, command, body: { ...request.answering.sealed, output } });
  }
  if (command === 'nip46_request') return sayResult(turn, asked, { result: 'text', output });
  if (!isTextMethod(command)) throw new Error(`${command} has no output`);
  tell(turn, request, { type: 'reply', id, command, body: { output } });
}

function sayResult(turn: Turn, { id, request }: Asked, body: ReplyOf<'nip46_request'>): void {
  tell(turn, request, { type: 'reply', id, command: 'nip46_request', body });
}

/** Tells the host what an open request is doing; whoever has not claimed the request is told nothing of it. */
export function progress(turn: Turn, job: Job, body: NoticeOf<'progress'>): void {
  if (job.claimBy !== null) return;
  tell(turn, job.request, { type: 'notice', notice: 'progress', body });
}

/** Shows how a job ended, if it was on the screen at all: nobody else was asked anything. What took its place there stays. */
export function showOutcome(turn: Turn, job: Job, outcome: Outcome): void {
  const title = titleOf(job);
  const shown = outcomeShown(job, outcome);
  if (title === null || shown === null || isTaken(turn.state, job)) return;
  pausePrompts(turn);
  turn.state = { ...turn.state, outcomeUntil: turn.now + outcomeShownMs };
  show(turn, { type: 'result', title, outcome: shown });
}

/** No next question for a moment. Where the simulator presses its own buttons nobody reads and nobody presses twice. */
export function pausePrompts(turn: Turn): void {
  const nextPromptAt = turn.state.marks.autoPress ? turn.now : turn.now + outcomeShownMinMs;
  turn.state = { ...turn.state, nextPromptAt };
}

function isTaken(state: FirmwareState, job: Job): boolean {
  return screenTaken(state) || state.jobs.some(({ id, phase }) => phase === 'reviewing' && id !== job.id);
}

/** A job that ends before it was on the screen ends without a word there: nobody was asked anything. */
function titleOf(job: Job): string | null {
  return job.phase === 'reviewing' ? job.shown.layout.review.title : null;
}

function outcomeShown(job: Job, outcome: Outcome): OutcomeShown | null {
  switch (outcome.type) {
    case 'signature':
      return 'signed';
    case 'output':
    case 'large': {
      const method = job.phase === 'reviewing' && job.prompt.about === 'use' ? job.prompt.subject.command : '';
      return method.endsWith('encrypt') ? 'encrypted' : 'decrypted';
    }
    case 'paired':
      return 'paired';
    case 'given':
      return outcome.given.at(-1) === true ? 'given' : 'left';
    case 'error': {
      const { error } = outcome;
      return error === 'denied' || error === 'timed_out' || error === 'cancelled' ? error : 'failed';
    }
    default:
      return null;
  }
}
