/**
 * Whatever holds the screen and is not the review of a request: set-up, the PIN, menus, questions about the device itself. A flow is a
 * generator that gives pages and is given answers; it belongs to the device itself, or to a computer that is told how it ended.
 *
 *     (none) ──startFlow──▶ page ──key, time──▶ page … ──▶ (none), its owner told
 *
 * Promises: one flow at a time, and no request's review while there is one; a key counts only if it went down after the page was drawn;
 * a flow that nobody goes on with ends by itself; whatever ends it, what it zeroes in a `finally` is zeroed.
 *
 * A generator is memory behind the state: it goes on once, and whoever keeps an old state must not step it again.
 */
import { type DeviceError, limits } from '@sallyport/device-protocol';
import { isComparing } from '../channel/pairing.ts';
import { computerOf } from '../channel/session.ts';
import { leavesScreen } from '../jobs/asking.ts';
import { holdMs } from '../jobs/reviewing.ts';
import { countOwn } from '../own-tries.ts';
import { type FirmwareState, show, type Turn } from '../turn.ts';
import { answer, type ComputersOwn, claimOf, isAskedBy, isMaking, type Owner, tellOwner } from './owner.ts';
import { type Answer, type Key, type Page, pressPage } from './page.ts';

/** How a flow ended. */
export type FlowEnd =
  | { readonly type: 'done' }
  | { readonly type: 'made'; readonly account: number; readonly pubkey: Uint8Array }
  | { readonly type: 'failed'; readonly error: DeviceError };

export type Flow = Generator<Page, FlowEnd, Answer>;

/** A part of a flow that comes to a value. */
export type Part<T> = Generator<Page, T, Answer>;

/**
 * Where a flow finds the step that is under way: another one after each page. `settled`: what it came to, though a page of it may be left:
 * whoever never reads that page takes nothing back.
 */
export type Here = { turn: Turn; settled: FlowEnd | null };

export type RunningFlow = {
  readonly owner: Owner;
  readonly title: string;
  readonly run: Flow;
  readonly here: Here;
  readonly page: Page;
  /** Keys that went down before are not for this page; they are named from then on. */
  readonly drawnAt: number;
  readonly armed: boolean;
  /** When it ends by itself, but for a page that waits. */
  readonly deadline: number;
  readonly noticeAt: number;
};

/** As with a request: a press that was on its way to something else must not meet the first page. */
const armMs = 300;
const noticeMs = 1_000;
/** To write 24 words down, or to set a device up, takes its time, and nobody waits for it. */
const patientMs = 900_000;
const outcomeMs = 1_500;
const outcomeMinMs = 400;

/** Whether something holds the screen that is no request, a flow or a pairing: no question is put there meanwhile. */
export function screenTaken(state: FirmwareState): boolean {
  return state.flow !== null || isComparing(state);
}

/** Whether a flow cannot begin: something has the screen, or is next to have it. */
export function isBusy(state: FirmwareState): boolean {
  return screenTaken(state) || !leavesScreen(state) || state.jobs.some(({ phase }) => phase === 'waiting');
}

/** Begins a flow. The caller saw that nothing else has the screen. */
export function startFlow(turn: Turn, owner: Owner, title: string, flow: (here: Here) => Flow): void {
  const here: Here = { turn, settled: null };
  const run = flow(here);
  turn.state = { ...turn.state, outcomeUntil: null };
  // The second half of a double press is for what was there before, as with a request.
  const pause = Math.max(unasked(turn, owner), owner.by === 'computer' ? turn.state.nextPromptAt - turn.now : 0);
  goOn(turn, { owner, title, run, here }, null, pause);
}

/** How long no key counts on a page that no key has brought: of a computer, as for a request; the owner at the menu is waiting for it. */
function unasked({ state }: Turn, owner: Owner): number {
  return owner.by === 'computer' && !state.marks.autoPress ? armMs : 0;
}

/** A key, which went down at `at`. */
export function pressFlow(turn: Turn, key: Key, at: number): void {
  const { flow } = turn.state;
  if (flow === null || !flow.armed || at < flow.drawnAt) return;
  const { random, board } = turn.env;
  const pressed = pressPage(flow.page, key, { held: turn.now - at >= holdMs, random, board });
  if (pressed === null) return;
  if ('page' in pressed) return put(turn, flow, pressed.page, 0);
  goOn(turn, flow, pressed.answer, 0);
}

/** What time brings. `drawn`: the page was drawn before, so what comes after it may begin. */
export function tickFlow(turn: Turn, drawn: boolean): void {
  const { flow } = turn.state;
  const { now } = turn;
  if (flow === null) return;
  const { page, owner } = flow;
  if (owner.by === 'computer' && owner.claimBy !== null && now >= owner.claimBy) return letGo(turn, flow, owner);
  if (!flow.armed && now >= flow.drawnAt) return present(turn, { ...flow, armed: true });
  if (page.type === 'wait' && (page.until === null ? drawn : now >= page.until))
    return goOn(turn, flow, { type: 'yes' }, unasked(turn, owner));
  // To wait longer than a human may is what a wrong PIN costs: that page ends by its own time.
  if (page.type !== 'wait' && now >= flow.deadline) return endFlow(turn, 'timed_out');
  if (now < flow.noticeAt) return;
  notice(turn, flow);
  if (page.type === 'wait') draw(turn, { ...flow, noticeAt: now + noticeMs });
}

/** When time next brings something. */
export function flowDeadlines({ flow }: FirmwareState): readonly number[] {
  if (flow === null) return [];
  const { page, drawnAt, armed, deadline, noticeAt, owner } = flow;
  const waits = page.type === 'wait' ? [page.until ?? drawnAt, noticeAt] : [deadline];
  return [...waits, ...(armed ? [] : [drawnAt]), ...claimOf(owner), ...(owner.by === 'computer' ? [noticeAt] : [])];
}

/** Ends the flow, if there is one, from outside. */
export function endFlow(turn: Turn, error: DeviceError): void {
  const { flow } = turn.state;
  if (flow === null) return;
  turn.state = { ...turn.state, flow: null };
  flow.here.turn = turn;
  const end = flow.here.settled ?? { type: 'failed', error };
  flow.run.return(end);
  over(turn, flow, end);
}

/** A new link session: whoever opened it may be somebody else, and claims what is his, as with a job. */
export function unclaimFlow(turn: Turn): void {
  const { flow } = turn.state;
  if (flow?.owner.by !== 'computer') return;
  const owner = { ...flow.owner, claimBy: turn.now + limits.claimMs };
  turn.state = { ...turn.state, flow: { ...flow, owner } };
}

/** Claims the flow that answers this request of the computer that speaks; false: there is none. */
export function claimFlow(turn: Turn, id: number): boolean {
  const { flow } = turn.state;
  if (flow?.owner.by !== 'computer' || !isAskedBy(turn.state, flow.owner, id)) return false;
  const claimed = { ...flow, owner: { ...flow.owner, claimBy: null } };
  notice(turn, claimed);
  return true;
}

/** A cancel of this request by the computer that speaks; false: no flow answers it. */
export function cancelFlow(turn: Turn, id: number): boolean {
  const { flow } = turn.state;
  if (flow?.owner.by !== 'computer' || !isAskedBy(turn.state, flow.owner, id)) return false;
  letGo(turn, flow, flow.owner);
  return true;
}

/** The computer is forgotten: what it asked is not done for it afterwards. */
export function dropFlowOf(turn: Turn, host: string): void {
  const { flow } = turn.state;
  if (flow?.owner.by !== 'computer' || flow.owner.host !== host) return;
  if (flow.owner.command === 'unlock') letGo(turn, flow, flow.owner);
  else endFlow(turn, 'not_paired');
}

/** Makes the PIN that is being entered the answer to this request; false: nobody enters one, or another computer waits for it. */
export function takeOver(turn: Turn, { id, command }: { readonly id: number; readonly command: 'unlock' }): boolean {
  const { flow } = turn.state;
  if (flow === null) return false;
  const { owner } = flow;
  if (owner.by === 'computer') {
    if (owner.command !== 'unlock' || owner.claimBy === null) return false;
    answer(turn, owner, { type: 'error', id: owner.id, command: 'unlock', error: 'cancelled' });
  }
  const { host } = computerOf(turn.state);
  turn.state = { ...turn.state, flow: { ...flow, owner: { by: 'computer', host, id, command, claimBy: null } } };
  return true;
}

/** Whether the flow on the screen answers a request of this id, of whatever computer. */
export function isIdOfFlow({ flow }: FirmwareState, id: number): boolean {
  return flow?.owner.by === 'computer' && flow.owner.id === id;
}

/**
 * The computer does not wait for it any more. Whoever types a PIN goes on typing: or any computer, which need not even be paired, could
 * throw the owner out by asking for the PIN and taking it back.
 */
function letGo(turn: Turn, flow: RunningFlow, owner: ComputersOwn): void {
  if (owner.command !== 'unlock') return endFlow(turn, 'cancelled');
  turn.state = { ...turn.state, flow: { ...flow, owner: { by: 'device' } } };
  answer(turn, owner, { type: 'error', id: owner.id, command: 'unlock', error: 'cancelled' });
}

/** Gives the flow an answer, or lets it begin. While it runs it is not in the state: what it does may end flows. */
function goOn(
  turn: Turn,
  flow: Pick<RunningFlow, 'owner' | 'title' | 'run' | 'here'>,
  answer: Answer | null,
  pause: number,
): void {
  turn.state = { ...turn.state, flow: null };
  flow.here.turn = turn;
  const next = answer === null ? flow.run.next() : flow.run.next(answer);
  if (next.done === true) over(turn, flow, next.value);
  else put(turn, flow, next.value, pause);
}

function put(
  turn: Turn,
  { owner, title, run, here }: Pick<RunningFlow, 'owner' | 'title' | 'run' | 'here'>,
  page: Page,
  asked: number,
): void {
  const { now } = turn;
  // A page that waits takes no yes: what comes after it is what must not be met by a key that was on its way.
  const pause = page.type === 'wait' ? 0 : asked;
  const drawnAt = now + pause;
  const patient = turn.state.life.phase === 'fresh' || (page.type === 'question' && page.whole);
  const deadline = now + (patient ? patientMs : limits.approvalMs);
  const noticeAt = now + noticeMs;
  const flow = { owner, title, run, here, page, drawnAt, armed: pause === 0, deadline, noticeAt };
  present(turn, flow);
  notice(turn, flow);
}

function present(turn: Turn, flow: RunningFlow): void {
  draw(turn, flow);
}

function draw(turn: Turn, flow: RunningFlow): void {
  turn.state = { ...turn.state, flow };
  show(turn, { type: 'flow', page: flow.page, armed: flow.armed, now: turn.now });
}

/** Tells the computer that its request is on the screen, and for how long yet. */
function notice(turn: Turn, flow: RunningFlow): void {
  const { owner, deadline, page } = flow;
  turn.state = { ...turn.state, flow: { ...flow, noticeAt: turn.now + noticeMs } };
  if (owner.by === 'device') return;
  const end = page.type === 'wait' ? (page.until ?? turn.now) + limits.approvalMs : deadline;
  const body = { request: owner.id, step: 'waiting_for_button', left: Math.max(0, end - turn.now) } as const;
  tellOwner(turn, owner, { type: 'notice', notice: 'progress', body });
}

/** The last words about a flow: to whoever asked, and on the screen. */
function over(turn: Turn, { owner, title }: Pick<RunningFlow, 'owner' | 'title'>, end: FlowEnd): void {
  if (owner.by === 'device') {
    if (end.type === 'failed' && end.error === 'timed_out') outcome(turn, title, 'timed_out');
    return;
  }
  const { id, command } = owner;
  if (command !== 'unlock') countOwn(turn, end.type === 'failed' ? end.error : null);
  if (end.type === 'failed') {
    const { error } = end;
    outcome(turn, title, error === 'denied' || error === 'timed_out' || error === 'cancelled' ? error : 'failed');
    return answer(turn, owner, { type: 'error', id, command, error });
  }
  outcome(turn, title, 'done');
  if (end.type === 'made' && isMaking(command)) {
    const { account, pubkey } = end;
    return answer(turn, owner, { type: 'reply', id, command, body: { account, pubkey } });
  }
  if (end.type === 'made' || isMaking(command)) throw new Error(`${command} does not end so`);
  answer(turn, owner, { type: 'reply', id, command, body: {} });
}

function outcome(turn: Turn, title: string, how: 'done' | 'denied' | 'timed_out' | 'cancelled' | 'failed'): void {
  const { now } = turn;
  const nextPromptAt = turn.state.marks.autoPress ? now : now + outcomeMinMs;
  turn.state = { ...turn.state, outcomeUntil: now + outcomeMs, nextPromptAt };
  show(turn, { type: 'result', title, outcome: how });
}
