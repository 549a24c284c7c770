/**
 * The last words about a request: to the host (reply, error, progress) and on the screen. What a request ended with is decided in
 * asking.ts; here it is said.
 */
import type { NoticeOf } from '@sallyport/device-protocol';
import { limits } from '@sallyport/device-protocol';
import type { Ended, Job, Outcome } from './job.ts';
import type { Layout, Outcome as OutcomeShown } from './screens.ts';
import type { AskingRequest } from './subject.ts';
import { say, show, type Turn } from './turn.ts';

/** How long the outcome stays on the screen when nothing else waits. */
const outcomeShownMs = 1_500;
/** How long at least: a hand that presses twice needs less than this, and a human who reads needs more. */
const outcomeShownMinMs = 400;

/** Says how a request ended. One that was forgotten has no answer any more: get_result tells the host that it ended. */
export function answer(turn: Turn, { id, request }: Pick<Ended, 'id' | 'request'>, outcome: Outcome): void {
  const { command } = request;
  if (outcome.type === 'error') return say(turn, { type: 'error', id, command, error: outcome.error });
  if (outcome.type === 'signature') {
    return say(turn, { type: 'reply', id, command: 'sign_event', body: outcome.reply });
  }
  if (outcome.type === 'output' && outcome.bytes.length <= limits.chunkMax) {
    answerOutput(turn, { id, request }, outcome.bytes.length, outcome.bytes);
  }
}

export function answerOutput(
  turn: Turn,
  { id, request }: Pick<Ended, 'id' | 'request'>,
  length: number,
  head: Uint8Array,
): void {
  const { command } = request;
  if (
    command === 'nip04_encrypt' ||
    command === 'nip04_decrypt' ||
    command === 'nip44_encrypt' ||
    command === 'nip44_decrypt'
  ) {
    say(turn, { type: 'reply', id, command, body: { output: { length, head } } });
  }
}

/** Tells the host what an open request is doing; whoever has not claimed the request is told nothing of it. */
export function progress(turn: Turn, job: Job, body: NoticeOf<'progress'>): void {
  if (job.claimBy !== null) return;
  say(turn, { type: 'notice', notice: 'progress', body });
}

/** Shows how a job ended, if it was on the screen at all: nobody else was asked anything. */
export function showOutcome(turn: Turn, job: Job, outcome: Outcome): void {
  const title = titleOf(job);
  const shown = outcomeShown(job.request.command, outcome);
  if (title === null || shown === null) return;
  // Where the simulator presses its own buttons nobody reads and nobody presses twice.
  const nextPromptAt = turn.state.marks.autoPress ? turn.now : turn.now + outcomeShownMinMs;
  turn.state = { ...turn.state, outcomeUntil: turn.now + outcomeShownMs, nextPromptAt };
  show(turn, { type: 'result', title, outcome: shown });
}

/** A job that ends before it was on the screen ends without a word there: nobody was asked anything. */
function titleOf(job: Job): string | null {
  const layout: Layout | null = job.phase === 'reviewing' ? job.shown.layout : null;
  return layout === null ? null : layout.review.title;
}

function outcomeShown(command: AskingRequest['command'], outcome: Outcome): OutcomeShown | null {
  if (outcome.type === 'signature') return 'signed';
  if (outcome.type === 'output') return command.endsWith('encrypt') ? 'encrypted' : 'decrypted';
  if (outcome.type !== 'error') return null;
  const { error } = outcome;
  return error === 'denied' || error === 'timed_out' || error === 'cancelled' ? error : 'failed';
}
