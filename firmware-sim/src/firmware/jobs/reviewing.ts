/**
 * A question on the screen: its pages, its keys, and what each of them does. Beyond the last page of what an app signed stands the
 * page that asks what to remember: always (then: for how long), or never again.
 *
 * Promises: a press approves exactly what is listed, and only if it began after the page that is seen was drawn with its keys; what is
 * dangerous takes a hold. Saying no needs no fresh press, but to say never again does.
 */
import { type DeviceError, limits } from '@sallyport/device-protocol';
import { appsOf, setClients } from '../apps/apps.ts';
import { giveNow, leaveGrant, pairNow } from '../apps/new-apps.ts';
import { logGiven } from '../decision-log.ts';
import { needsHold } from '../policy/decide.ts';
import { type Choice, giveGrant, grantOfChoice } from '../policy/grants.ts';
import { choices } from '../screen/choice-screen.ts';
import type { Range, Refused } from '../stream/reading.ts';
import { accountOf, type FirmwareState, replaceJob, show, type Turn } from '../turn.ts';
import { progress } from './answers.ts';
import { type Approval, act, approve, drawnAgain, putOnScreen } from './approval.ts';
import { end, finish } from './ending.ts';
import type { Job, Paging, Place, Reviewing } from './job.ts';
import { askTheSame, type Prompt } from './prompt.ts';
import { askFor, carryOut, chunkFor, readOn } from './pulling.ts';

type ReviewingJob = Job & Reviewing;
type WaitingJob = Job & { readonly phase: 'waiting' };
type Key = 'approve' | 'deny' | 'next' | 'back';

/** How often the host hears what an open request waits for. */
const noticeMs = 1_000;
/**
 * How long a request is on the screen before its keys count, and are named: a press that was on its way to something else
 * must not meet it. Where the simulator presses its own buttons there is no such press.
 */
const armMs = 300;
/** A key that is down this long is held: longer than the long press by which a board with two buttons says yes. */
export const holdMs = 1_500;

export function reviewingJob({ jobs }: FirmwareState): ReviewingJob | undefined {
  return jobs.find((job): job is ReviewingJob => job.phase === 'reviewing');
}

/** Puts a question on the screen, with all that ask the same. */
export function putUp(turn: Turn, job: WaitingJob): void {
  const { id, request, claimBy, prompt } = job;
  const others = waitingLike(turn.state, prompt).filter((one) => one.id !== id);
  const armed = turn.state.marks.autoPress;
  const prompts = [prompt, ...others.map((one) => one.prompt)];
  const shown = putOnScreen(prompts, turn.env.board, armed ? turn.now : turn.now + armMs);
  const times = { deadline: turn.now + limits.approvalMs, noticeAt: turn.now + noticeMs };
  const place: Place = { at: 'page', page: 0, seen: 0 };
  const { first: rows } = shown.layout;
  const together = others.map((one) => one.id);
  const put: ReviewingJob = {
    id,
    request,
    claimBy,
    phase: 'reviewing',
    prompt,
    shown,
    with: together,
    armed,
    place,
    rows,
    paging: null,
    ...times,
  };
  present(turn, put);
  waitingNotice(turn, put);
}

/**
 * More that ask the same came before the keys count: they are shown together, and the keys count from then on. Later ones have to
 * wait: what a human is about to approve does not change under the finger. True when something changed.
 */
export function joinIn(turn: Turn, job: ReviewingJob): boolean {
  if (job.armed) return false;
  const like = waitingLike(turn.state, job.prompt);
  if (like.every(({ id }) => job.with.includes(id))) return false;
  const prompts = [job.prompt, ...like.map(({ prompt }) => prompt)];
  const shown = putOnScreen(prompts, turn.env.board, turn.now + armMs);
  const place: Place = { at: 'page', page: 0, seen: 0 };
  const { first: rows } = shown.layout;
  present(turn, { ...job, shown, with: like.map(({ id }) => id), place, rows, paging: null });
  return true;
}

/** From now on the keys count. */
export function arm(turn: Turn, job: ReviewingJob): void {
  present(turn, { ...job, armed: true });
}

/** Tells the computer that its request is on the screen, and for how long yet. */
export function waitingNotice(turn: Turn, job: ReviewingJob): void {
  replaceJob(turn, { ...job, noticeAt: turn.now + noticeMs });
  for (const one of [job, ...togetherWith(turn.state, job)]) {
    progress(turn, one, { request: one.id, step: 'waiting_for_button', left: Math.max(0, job.deadline - turn.now) });
  }
}

/** Nobody decided: that counts as no. */
export function timeOut(turn: Turn, job: ReviewingJob): void {
  endTogether(turn, job, 'timed_out');
}

function endTogether(turn: Turn, job: ReviewingJob, error: DeviceError): void {
  const others = togetherWith(turn.state, job);
  end(turn, job, error);
  for (const one of others) end(turn, one, error);
}

/** A key, pressed at `at`. */
export function pressReview(turn: Turn, job: ReviewingJob, key: Key, at: number): void {
  const held = turn.now - at >= holdMs;
  const { place } = job;
  // While another page is on its way only a no is heard: what the other keys would be about is not there yet.
  if (job.paging !== null) return key === 'deny' ? sayNo(turn, job) : undefined;
  if (place.at === 'page' && key === 'approve') return sayYes(turn, job, at, held);
  if (place.at === 'page' && key === 'deny') return sayNo(turn, job);
  if (key === 'next' || key === 'back') return move(turn, job, turned(job, key));
  // What is remembered is remembered by a fresh press.
  if (!job.armed || at < job.shown.drawnAt) return;
  if (place.at === 'remember') {
    if (key === 'approve') return move(turn, job, { at: 'how_long', choice: 0, seen: place.seen });
    return remember(turn, job, 'never_again', at, true);
  }
  if (key === 'deny') return move(turn, job, { at: 'remember', seen: place.seen });
  const choice = place.at === 'how_long' ? choices[place.choice] : undefined;
  if (choice !== undefined) remember(turn, job, choice.choice, at, held);
}

/** Approves what is on the screen: each of the jobs, by an approval of its own. */
function sayYes(turn: Turn, job: ReviewingJob, at: number, held: boolean): void {
  const approvals = job.armed && job.paging === null ? approve(job.shown, at, held) : null;
  if (approvals === null) return;
  const together = [job, ...togetherWith(turn.state, job)];
  for (const approval of approvals) {
    const one = together.find(({ prompt }) => prompt === approval.prompt);
    // One that has ended meanwhile needs no answer any more.
    if (one !== undefined) actUpon(turn, one, approval);
  }
}

function actUpon(turn: Turn, job: Job, approval: Approval): void {
  if (isOf(approval, 'pair')) return pairNow(turn, job, approval);
  if (isOf(approval, 'grant')) return giveNow(turn, job, approval);
  if (job.request.command === 'grants_propose') throw new Error('grants are given, not acted upon');
  const account = accountOf(turn.state, job.request.body.account);
  if (typeof account === 'string') return end(turn, job, account);
  carryOut(turn, job, act(approval, account, turn.env), (later, one, done) => finish(later, one, done, job));
}

function isOf<A extends Prompt['about']>(
  approval: Approval,
  about: A,
): approval is Approval<Prompt & { readonly about: A }> {
  return approval.prompt.about === about;
}

/** No to a wish leaves that wish; no to anything else is the end of it. */
function sayNo(turn: Turn, job: ReviewingJob): void {
  if (job.prompt.about === 'grant') return leaveGrant(turn, job, job.prompt);
  endTogether(turn, job, 'denied');
}

/**
 * What was chosen is written first. Then the request itself is answered: done for always, denied for never again. Where there is no
 * room for another grant, it is this once.
 */
function remember(turn: Turn, job: ReviewingJob, choice: Choice, at: number, held: boolean): void {
  const app = job.prompt.about === 'use' ? job.prompt.app : null;
  const apps = appsOf(turn.state);
  if (app === null || apps === null) return;
  const { question, record, envelope } = app;
  const grant = grantOfChoice(question, choice);
  if (grant === null || (grant.verdict === 'allow' && needsHold(question) && !held)) return;
  const approvals = grant.verdict === 'allow' ? approve(job.shown, at, held) : [];
  if (approvals === null) return;
  const after = giveGrant(apps.clients, apps.store, record, grant, turn.now, envelope.createdAt);
  if (typeof after !== 'string') {
    setClients(turn, after);
    logGiven(turn, record, grant, choice);
  }
  if (grant.verdict === 'deny') return end(turn, job, 'denied');
  for (const approval of approvals) actUpon(turn, job, approval);
}

/** Where a turn of the page leads. Round and round; the page that remembers comes after the last one. */
function turned({ shown, place }: ReviewingJob, key: 'next' | 'back'): Place {
  const { count, review } = shown.layout;
  const { seen } = place;
  if (place.at === 'how_long') {
    const step = key === 'next' ? 1 : choices.length - 1;
    return { at: 'how_long', choice: (place.choice + step) % choices.length, seen };
  }
  const places = review.remembers ? count + 1 : count;
  const from = place.at === 'page' ? place.page : count;
  const page = (from + (key === 'next' ? 1 : places - 1)) % places;
  if (page === count) return { at: 'remember', seen };
  // Only what was drawn page after page has been seen: turning back from the first page shows the last one, not all.
  return { at: 'page', page, seen: page === seen + 1 ? page : seen };
}

function move(turn: Turn, job: ReviewingJob, place: Place): void {
  if (place.at !== 'page') return moved(turn, job, place, job.rows);
  const reading = job.shown.layout.page(place.page);
  goOn(turn, job, reading, place, reading.next());
}

function moved(turn: Turn, job: ReviewingJob, place: Place, rows: readonly string[]): void {
  const shown = drawnAgain(job.shown, Math.max(job.shown.drawnAt, turn.now));
  present(turn, { ...job, place, shown, rows, paging: null });
}

/** Reads on in the page that was turned to. */
function goOn(
  turn: Turn,
  job: ReviewingJob,
  reading: Paging['reading'],
  place: Place,
  first: IteratorResult<Range, readonly string[] | Refused>,
): void {
  const step = readOn(reading, first, job.request);
  if (step.done !== true) {
    const asked = { reading, place, ...chunkFor(turn, step.value) };
    present(turn, { ...job, paging: asked });
    // Nobody has claimed it in this session: whoever does so is asked then.
    return job.claimBy === null ? askFor(turn, job, asked) : undefined;
  }
  if ('error' in step.value) return endTogether(turn, job, step.value.error);
  moved(turn, job, place, step.value);
}

/** Bytes of the page that is on its way. */
export function feedPage(turn: Turn, job: ReviewingJob, bytes: Uint8Array): void {
  const { paging } = job;
  if (paging === null) return;
  const { reading, place, wants } = paging;
  if (bytes.length !== wants.length) return endTogether(turn, job, 'stream_integrity');
  goOn(turn, job, reading, place, reading.next(bytes));
}

/** Asks once more for what the page on its way needs. */
export function pullPage(turn: Turn, job: ReviewingJob): void {
  if (job.paging === null) return;
  const paging = { ...job.paging, ...chunkFor(turn, job.paging.wants) };
  replaceJob(turn, { ...job, paging });
  askFor(turn, job, paging);
}

function present(turn: Turn, job: ReviewingJob): void {
  replaceJob(turn, job);
  const { shown, place, prompt, rows } = job;
  const { review, count } = shown.layout;
  // Keys that do not count are not named.
  const armed = job.armed && job.paging === null;
  if (place.at === 'page') {
    const layout = { review, count, page: () => rows };
    return show(turn, { type: 'review', layout, page: place.page, unseen: count - 1 - place.seen, armed });
  }
  const app = prompt.about === 'use' ? prompt.app : null;
  if (app === null) throw new Error('nothing can be remembered here');
  const hold = needsHold(app.question);
  const about = { title: review.title, app: app.record.name, hold, armed };
  if (place.at === 'remember') return show(turn, { type: 'remember', ...about });
  show(turn, { type: 'how_long', ...about, choice: place.choice });
}

function waitingLike({ jobs }: FirmwareState, prompt: Prompt): readonly WaitingJob[] {
  return jobs.filter(
    (job): job is WaitingJob => job.phase === 'waiting' && job.claimBy === null && askTheSame(job.prompt, prompt),
  );
}

/** The other jobs that are on the screen with this one, as far as they are still open. */
function togetherWith({ jobs }: FirmwareState, job: ReviewingJob): readonly WaitingJob[] {
  return jobs.filter((one): one is WaitingJob => one.phase === 'waiting' && job.with.includes(one.id));
}
