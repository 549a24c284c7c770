/** How the screen says for a moment what became of a request that was on it. */
import type { Job, Outcome } from './job.ts';
import type { Layout, Outcome as OutcomeShown } from './screens.ts';
import type { AskingRequest } from './subject.ts';
import { show, type Turn } from './turn.ts';

/** How long the outcome stays on the screen when nothing else waits. */
const outcomeShownMs = 1_500;
/** How long at least: a hand that presses twice needs less than this, and a human who reads needs more. */
const outcomeShownMinMs = 400;

/** Shows it; nothing for a job that never reached the screen. */
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
