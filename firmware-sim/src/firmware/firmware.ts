/**
 * The firmware: a pure machine from bytes, keys and time to bytes and screens.
 *
 *     step(state, input, now, env) → [state, effects]        now: whole milliseconds since the board started
 *
 * Promises: every request gets exactly one answer within a link session, and the same one again after a glitch; nothing is
 * signed, encrypted or decrypted but by an approval of exactly what was on the screen; what was asked once is asked once.
 */
import {
  capabilities,
  type DeviceFacts,
  decodeMessage,
  deviceLinkDeadline,
  limits,
  startDeviceLink,
} from '@sallyport/device-protocol';
import { openAccount } from './account.ts';
import { openApps } from './apps.ts';
import { jobDeadlines, leavesScreen, press, startNext, tickJobs, unclaimAll } from './asking.ts';
import { dispatch, sayState } from './dispatch.ts';
import type { Env } from './env.ts';
import { loadIdentity } from './hosts.ts';
import { readKeys } from './keys.ts';
import { noAppTries } from './new-apps.ts';
import { isComparing, pairingDeadline, pressWhilePairing, tickPairing } from './pairing.ts';
import { draw, type View } from './screens.ts';
import { sessionLost, sessionOpened, takeIn } from './session.ts';
import { type FirmwareEffect, type FirmwareState, type Marks, show, stepLink, type Turn } from './turn.ts';

import { loadLog } from './vault/log.ts';

export type { FirmwareEffect, FirmwareState, Marks } from './turn.ts';

/** The version of this firmware. */
export const firmwareVersion = '0.1.0';

export type FirmwareInput =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** A key of the board; `at` is when the press began. */
  | { readonly type: 'press'; readonly key: 'approve' | 'deny' | 'next' | 'back'; readonly at: number }
  | { readonly type: 'tick' };

/** What a start needs to know besides the board. */
export type BootOptions = {
  readonly marks: Omit<Marks, 'demo'>;
  readonly model: string;
  readonly resetReason: DeviceFacts['resetReason'];
};

type AccountState = FirmwareState['account'];
type Step = readonly [FirmwareState, readonly FirmwareEffect[]];

/** Starts: reads the flash, opens the account, draws the first screen. */
export function boot(env: Env, options: BootOptions): Step {
  const found = readKeys(env.flash);
  const demo = found.type === 'keys' && found.keys.demo;
  const account: AccountState =
    found.type === 'keys' ? openAccount(found.keys, 0, env.crypto) : found.type === 'none' ? 'fresh' : 'unreadable';
  if (found.type === 'keys') found.keys.entropy.fill(0);
  return bootWith(account, { ...options.marks, demo }, env, options);
}

/** The rest of a start, with an account that is open already. */
export function bootWith(account: AccountState, marks: Marks, env: Env, options: BootOptions): Step {
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
    capabilities: [capabilities.channel, capabilities.clients, capabilities.log],
  });
  const screen = draw(restingView(account, marks), env.board, marks.autoPress);
  const state: FirmwareState = {
    channel: { phase: 'closed' },
    identity: loadIdentity(env),
    log: loadLog(env),
    pairing: null,
    pairingTries: { count: 0, notBefore: 0 },
    link,
    marks,
    account,
    apps: typeof account === 'string' ? null : openApps(env.flash),
    appTries: noAppTries,
    jobs: [],
    results: [],
    nextId: firstId(env),
    screen,
    outcomeUntil: null,
    nextPromptAt: 0,
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
  const due = [deviceLinkDeadline(state.link), state.outcomeUntil, pairingDeadline(state), ...jobDeadlines(state)];
  return due.reduce((first, time) => (first === null || (time !== null && time < first) ? time : first), null);
}

/** One step. */
export function step(state: FirmwareState, input: FirmwareInput, now: number, env: Env): Step {
  const turn: Turn = { state, effects: [], env, now };
  if (input.type === 'press' && isComparing(state)) pressWhilePairing(turn, input.key, input.at);
  else if (input.type === 'press') press(turn, input.key, input.at);
  else takeLink(turn, input);
  if (input.type === 'tick') {
    tickJobs(turn);
    tickPairing(turn);
    if (turn.state.outcomeUntil !== null && now >= turn.state.outcomeUntil) {
      turn.state = { ...turn.state, outcomeUntil: null };
    }
  }
  startNext(turn);
  if (!isComparing(turn.state)) rest(turn);
  return [turn.state, turn.effects];
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
      sayState(turn);
    }
    // The jobs keep their own deadlines, and the next session claims or forgets them.
    else sessionLost(turn);
  }
}

/** With nothing to decide and no outcome to read, the screen says that the device is ready. */
function rest(turn: Turn): void {
  const { account, marks, outcomeUntil } = turn.state;
  if (outcomeUntil === null && leavesScreen(turn.state)) show(turn, restingView(account, marks));
}

function restingView(account: AccountState, marks: Marks): View {
  if (account === 'fresh') return { type: 'notice', title: 'Not set up', text: 'This device has no key yet.' };
  if (account === 'unreadable')
    return { type: 'notice', title: 'Memory fault', text: 'Keys cannot be read. Nothing is signed.' };
  return { type: 'idle', account: account.name, pubkey: account.pubkey, demo: marks.demo };
}
