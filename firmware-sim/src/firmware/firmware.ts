/**
 * The firmware: a pure machine from bytes, keys and time to bytes and screens.
 *
 *     step(state, input, now, env) → [state, effects]        now: whole milliseconds since the board started
 *
 * Promises: every request gets exactly one answer within a link session, and the same one again after a glitch; what a request
 * asks of a user key (to sign, encrypt, decrypt) is done only by an approval of exactly what was on the screen, or by a grant that
 * a human gave; what was asked once is asked once. Without either an app's own event is opened, to learn what it asks
 * (jobs/envelope.ts), and what was addressed to a user key is answered under it (jobs/addressed.ts).
 */
import {
  capabilities,
  type DeviceFacts,
  decodeMessage,
  deviceLinkDeadline,
  limits,
  startDeviceLink,
} from '@sallyport/device-protocol';
import { noAppTries } from './apps/new-apps.ts';
import { loadIdentity } from './channel/hosts.ts';
import { isComparing, pairingDeadline, pressWhilePairing, tickPairing } from './channel/pairing.ts';
import { sessionLost, sessionOpened, takeIn } from './channel/session.ts';
import { dispatch } from './dispatch.ts';
import type { Env } from './env.ts';
import { endFlow, flowDeadlines, pressFlow, screenTaken, startFlow, tickFlow, unclaimFlow } from './flows/flow.ts';
import { homeFlow } from './flows/home.ts';
import type { Key } from './flows/page.ts';
import { denyAll, jobDeadlines, leavesScreen, press, startNext, tickJobs, unclaimAll } from './jobs/asking.ts';
import { holdMs } from './jobs/reviewing.ts';
import { autoLockAt, type Life, loadLife, restingView, sayState, tickLife, touch } from './life/life.ts';
import { noOwnTries } from './own-tries.ts';
import { draw } from './screen/screens.ts';
import { type FirmwareEffect, type FirmwareState, type Marks, show, stepLink, type Turn } from './turn.ts';

import { loadLog } from './vault/log.ts';

export type { FirmwareEffect, FirmwareState, Marks } from './turn.ts';

/** The version of this firmware. */
export const firmwareVersion = '0.1.0';

export type FirmwareInput =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** A key of the board; `at` is when the press began. */
  | { readonly type: 'press'; readonly key: Key; readonly at: number }
  /** The same key is still down, and long enough to be held: said once, after its press. */
  | { readonly type: 'hold'; readonly key: Key; readonly at: number }
  | { readonly type: 'tick' };

/** What a start needs to know besides the board. */
export type BootOptions = {
  readonly marks: Omit<Marks, 'demo'>;
  readonly model: string;
  readonly resetReason: DeviceFacts['resetReason'];
};

type Step = readonly [FirmwareState, readonly FirmwareEffect[]];

/** Starts: reads the flash, draws the first screen. */
export function boot(env: Env, options: BootOptions): Step {
  return bootWith(loadLife(env, 0), env, options);
}

/** The rest of a start, with a life that was loaded already. */
export function bootWith(life: Life, env: Env, options: BootOptions): Step {
  const marks: Marks = { ...options.marks, demo: life.phase === 'open' && life.vault.demo };
  const link = startDeviceLink({
    bootId: env.random(8),
    resetReason: options.resetReason,
    firmware: `sallyport ${firmwareVersion}`,
    model: options.model,
    frameMax: limits.frameDefault,
    messageMax: limits.messageMax,
    window: deviceWindow,
    streamMax: limits.streamMax,
    requestsMax: limits.requestsMax,
    capabilities: Object.values(capabilities),
  });
  const screen = draw(restingView({ life, marks }), env.board, marks.autoPress);
  const state: FirmwareState = {
    channel: { phase: 'closed' },
    identity: loadIdentity(env),
    log: loadLog(env),
    pairing: null,
    pairingTries: { count: 0, notBefore: 0 },
    link,
    marks,
    life,
    flow: null,
    pool: new Uint8Array(32),
    appTries: noAppTries,
    ownTries: noOwnTries,
    jobs: [],
    results: [],
    nextId: firstId(env),
    screen,
    outcomeUntil: null,
    nextPromptAt: 0,
    restsSince: 0,
    spent: null,
  };
  return [state, [{ type: 'screen', screen }]];
}

/** Random and odd: an id that could be guessed would let a stranger answer for the host. */
function firstId(env: Env): number {
  const [a = 0, b = 0, c = 0, d = 0] = env.random(4);
  return ((a << 24) | (b << 16) | (c << 8) | d | 1) >>> 0;
}

/** Frames in flight towards this device: two messages' worth, so that the wire never idles between acknowledgements. */
const deviceWindow = 18;

/** When the next tick is due, or null. */
export function firmwareDeadline(state: FirmwareState): number | null {
  const times = [state.outcomeUntil, pairingDeadline(state), autoLockAt(state)];
  const due = [deviceLinkDeadline(state.link), ...times, ...jobDeadlines(state), ...flowDeadlines(state)];
  return due.reduce((first, time) => (first === null || (time !== null && time < first) ? time : first), null);
}

/** One step. */
export function step(state: FirmwareState, input: FirmwareInput, now: number, env: Env): Step {
  const turn: Turn = { state, effects: [], env, now };
  // A busy board brings its tick late: whatever comes in meets what is true now, and no deadline that has passed.
  if (input.type !== 'tick') timePasses(turn, false);
  if (input.type === 'press') takePress(turn, input.key, input.at);
  else if (input.type === 'hold') takeHold(turn, input.key, input.at);
  else takeLink(turn, input);
  if (input.type === 'tick') timePasses(turn, true);
  startNext(turn);
  if (!screenTaken(turn.state)) rest(turn);
  return [turn.state, turn.effects];
}

/** `drawn`: what was to be seen was seen, and what waited for that goes on. */
function timePasses(turn: Turn, drawn: boolean): void {
  tickJobs(turn);
  tickPairing(turn);
  tickFlow(turn, drawn);
  tickLife(turn);
  const { outcomeUntil } = turn.state;
  if (outcomeUntil !== null && turn.now >= outcomeUntil) turn.state = { ...turn.state, outcomeUntil: null };
}

/** A press that has changed the screen has done its work, however long the key stays down. */
function takePress(turn: Turn, key: Key, at: number): void {
  const { screen } = turn.state;
  takeKey(turn, key, at);
  turn.state = { ...turn.state, spent: turn.state.screen === screen ? null : { key, at } };
}

/** One that chose a line of a list must not say yes to what the list led to, in the same millisecond or any other. */
function takeHold(turn: Turn, key: Key, at: number): void {
  const { spent } = turn.state;
  turn.state = { ...turn.state, spent: null };
  if (key === 'deny' && turn.now - at >= holdMs && refuseAll(turn)) return;
  if (spent === null || spent.key !== key || spent.at !== at) takeKey(turn, key, at);
}

/** A key goes to whatever has the screen. With nothing there it begins what the resting screen says. */
function takeKey(turn: Turn, key: Key, at: number): void {
  const { state } = turn;
  touch(turn);
  if (isComparing(state)) return pressWhilePairing(turn, key, at);
  if (state.flow !== null) return pressFlow(turn, key, at);
  if (!leavesScreen(state)) return press(turn, key, at);
  // Nothing is asked, and nothing is read: the key was meant for the device itself.
  if (key === 'next' && state.outcomeUntil === null && turn.now >= state.nextPromptAt && at >= state.restsSince) {
    openMenu(turn);
  }
}

/**
 * No, held down: whatever computers and apps ask is refused at once, and the device is its owner's again. Or whoever asks without end would
 * keep them from the menu, where computers and apps are taken away. False: nobody has the screen but the owner.
 */
function refuseAll(turn: Turn): boolean {
  const { flow } = turn.state;
  if (isComparing(turn.state) || (flow !== null && (flow.owner.by === 'device' || flow.owner.command === 'unlock')))
    return false;
  touch(turn);
  endFlow(turn, 'denied');
  denyAll(turn);
  openMenu(turn);
  return true;
}

function openMenu(turn: Turn): void {
  startFlow(turn, { by: 'device' }, 'Sallyport', homeFlow);
}

function takeLink(turn: Turn, input: FirmwareInput & { type: 'bytes' | 'tick' }): void {
  const effects = stepLink(turn, input);
  // What a session said before another one was opened in the same bytes is lost: its answer would go to the next one.
  const newest = effects.findLastIndex((effect) => effect.type === 'opened');
  for (const [index, effect] of effects.entries()) {
    if (effect.type === 'write') turn.effects.push(effect);
    else if (effect.type === 'message') {
      const bytes = index > newest ? takeIn(turn, effect.bytes, effect.sealed) : null;
      if (bytes !== null) dispatch(turn, decodeMessage(bytes));
    } else if (effect.type === 'opened') {
      if (index !== newest) continue;
      sessionOpened(turn, effect.prologue);
      unclaimAll(turn);
      unclaimFlow(turn);
      sayState(turn);
    }
    // Jobs and flows keep their own deadlines, and the next session claims or forgets them.
    else sessionLost(turn);
  }
}

/** With nothing to decide and no outcome to read, the screen says that the device is ready. */
function rest(turn: Turn): void {
  if (turn.state.outcomeUntil !== null || !leavesScreen(turn.state)) return;
  const before = turn.state.screen;
  show(turn, restingView(turn.state));
  if (turn.state.screen !== before) turn.state = { ...turn.state, restsSince: turn.now };
}
