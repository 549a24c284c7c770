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
import { type DeviceError, limits, type Message, type RequestOf } from '@sallyport/device-protocol';
import { isComparing } from '../channel/pairing.ts';
import { computerOf } from '../channel/session.ts';
import { leavesScreen } from '../jobs/asking.ts';
import { holdMs } from '../jobs/reviewing.ts';
import { countOwn } from '../own-tries.ts';
import { type FirmwareState, say, show, type Turn } from '../turn.ts';
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

const makes = ['account_create', 'account_derive', 'account_import'] as const;
const does = ['unlock', 'wipe', 'rename_device', 'account_rename', 'account_remove', 'backup_check'] as const;
/** The commands whose answer is the end of a flow. */
export type FlowCommand = (typeof makes)[number] | (typeof does)[number];

export type Owner =
  | { readonly by: 'device' }
  | { readonly by: 'computer'; readonly host: string; readonly id: number; readonly command: FlowCommand };

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
  const asked = owner.by === 'computer' && !turn.state.marks.autoPress;
  goOn(turn, { owner, title, run, here }, null, asked ? armMs : 0);
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

/** What time brings. */
export function tickFlow(turn: Turn): void {
  const { flow } = turn.state;
  const { now } = turn;
  if (flow === null) return;
  const { page } = flow;
  if (!flow.armed && now >= flow.drawnAt) return present(turn, { ...flow, armed: true });
  if (page.type === 'wait' && (page.until === null || now >= page.until)) return goOn(turn, flow, { type: 'yes' }, 0);
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
  return [...waits, ...(armed ? [] : [drawnAt]), ...(owner.by === 'computer' ? [noticeAt] : [])];
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

/** The session is gone. Whoever types a PIN goes on typing; what a computer asked besides is nobody's any more. */
export function flowSessionLost(turn: Turn): void {
  const { flow } = turn.state;
  if (flow === null || flow.owner.by === 'device') return;
  if (flow.owner.command !== 'unlock') return endFlow(turn, 'cancelled');
  turn.state = { ...turn.state, flow: { ...flow, owner: { by: 'device' } } };
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
  pause: number,
): void {
  const { now } = turn;
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
    return tellOwner(turn, owner, { type: 'error', id, command, error });
  }
  outcome(turn, title, 'done');
  if (end.type === 'made' && isMaking(command)) {
    const { account, pubkey } = end;
    return tellOwner(turn, owner, { type: 'reply', id, command, body: { account, pubkey } });
  }
  if (end.type === 'made' || isMaking(command)) throw new Error(`${command} does not end so`);
  tellOwner(turn, owner, { type: 'reply', id, command, body: {} });
}

function outcome(turn: Turn, title: string, how: 'done' | 'denied' | 'timed_out' | 'cancelled' | 'failed'): void {
  const { now } = turn;
  const nextPromptAt = turn.state.marks.autoPress ? now : now + outcomeMinMs;
  turn.state = { ...turn.state, outcomeUntil: now + outcomeMs, nextPromptAt };
  show(turn, { type: 'result', title, outcome: how });
}

function tellOwner(turn: Turn, owner: Owner & { by: 'computer' }, message: Message): void {
  if (turn.state.channel.phase !== 'closed' && computerOf(turn.state).host === owner.host) say(turn, message);
}

function isMaking(command: FlowCommand): command is (typeof makes)[number] {
  return makes.some((one) => one === command);
}

/** The body of the request that a flow is about. */
export type FlowBody<C extends FlowCommand> = RequestOf<C>;
