/**
 * The firmware's state, one step under way, and the small moves that every part of a step makes: say a message, draw a view,
 * replace a job. What the moves are used for is in firmware.ts (inputs), dispatch.ts (messages) and asking.ts (jobs).
 */
import {
  type DeviceLinkInput,
  type DeviceLinkState,
  encodeMessage,
  type Message,
  stepDeviceLink,
} from '@sallyport/device-protocol';
import type { AppTries } from './apps/new-apps.ts';
import type { Identity } from './channel/hosts.ts';
import type { Pairing, PairingTries } from './channel/pairing.ts';
import { computerOf, type SessionChannel, takeOut } from './channel/session.ts';
import type { Env } from './env.ts';
import type { RunningFlow } from './flows/flow.ts';
import type { Key } from './flows/page.ts';
import type { Ended, Job } from './jobs/job.ts';
import type { Prompt } from './jobs/prompt.ts';
import type { JobRequest } from './jobs/request.ts';
import type { Account } from './life/account.ts';
import type { Life } from './life/life.ts';
import type { OwnTries } from './own-tries.ts';
import { draw, type Screen, type View } from './screen/screens.ts';
import type { Log } from './vault/log.ts';

/** What the board says of itself on the screen and in `info`. */
export type Marks = { readonly simulator: boolean; readonly demo: boolean; readonly autoPress: boolean };

export type FirmwareState = {
  readonly link: DeviceLinkState;
  /** The secure channel of the running link session. */
  readonly channel: SessionChannel;
  /** The device's static key and the paired computers, as in flash. */
  readonly identity: Identity;
  readonly log: Log;
  readonly pairing: Pairing | null;
  readonly pairingTries: PairingTries;
  readonly marks: Marks;
  readonly life: Life;
  /** What holds the screen and is not a request. */
  readonly flow: RunningFlow | null;
  /** What computers gave towards the words of a fresh device. */
  readonly pool: Uint8Array;
  readonly appTries: AppTries;
  readonly ownTries: OwnTries;
  /** Open requests, in the order they came; at most `requestsMax`. */
  readonly jobs: readonly Job[];
  /** The newest last; at most `resultsKept`. */
  readonly results: readonly Ended[];
  /** The next id of a request of ours: odd. */
  readonly nextId: number;
  readonly screen: Screen;
  /** Until when the outcome of the last job stays on the screen. */
  readonly outcomeUntil: number | null;
  /** Before this no next request is shown: the second half of a double press must meet the outcome, not another question. */
  readonly nextPromptAt: number;
  /** Since when the resting screen is there: a key that went down before was meant for something else. */
  readonly restsSince: number;
  /** The last press, when it changed the screen: its hold is nothing more. */
  readonly spent: { readonly key: Key; readonly at: number } | null;
};

export type FirmwareEffect =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  | { readonly type: 'screen'; readonly screen: Screen };

/** One step under way; lives for one call of the step only. */
export type Turn = {
  state: FirmwareState;
  readonly effects: FirmwareEffect[];
  readonly env: Env;
  readonly now: number;
};

/** Says a message in the running session, sealed when its channel stands; without a session there is nobody to hear it. */
export function say(turn: Turn, message: Message | Uint8Array): void {
  const bytes = message instanceof Uint8Array ? message : encodeMessage(message);
  const out = takeOut(turn, bytes);
  if (out === null) return;
  for (const effect of stepLink(turn, { type: 'send', message: out.bytes, sealed: out.sealed })) {
    if (effect.type !== 'write') throw new Error(`saying a message cannot cause ${effect.type}`);
    turn.effects.push(effect);
  }
}

/** Says a message about a request to the computer that asked it, and to no other. */
export function tell(turn: Turn, request: JobRequest, message: Message): void {
  if (isAsker(turn.state, request)) say(turn, message);
}

/** Whether the computer of the running session is the one that asked this. */
export function isAsker(state: FirmwareState, { computer }: JobRequest): boolean {
  return state.channel.phase !== 'closed' && computerOf(state).host === computer.host;
}

/** Steps the link and keeps its state. */
export function stepLink(turn: Turn, input: DeviceLinkInput) {
  const [link, effects] = stepDeviceLink(turn.state.link, input, turn.now);
  turn.state = { ...turn.state, link };
  return effects;
}

/** Draws a view; an unchanged screen causes nothing. */
export function show(turn: Turn, view: View): void {
  const screen = draw(view, turn.env.board, turn.state.marks.autoPress);
  if (screen.rows.every((row, i) => row === turn.state.screen.rows[i])) return;
  turn.state = { ...turn.state, screen };
  turn.effects.push({ type: 'screen', screen });
}

/** Takes the next id for a request of ours; odd, so that it never meets one of the host's. */
export function takeId(turn: Turn): number {
  const id = turn.state.nextId;
  turn.state = { ...turn.state, nextId: (id + 2) % 0x1_0000_0000 };
  return id;
}

/** Puts a job in place of its former self. */
export function replaceJob(turn: Turn, job: Job): void {
  turn.state = { ...turn.state, jobs: turn.state.jobs.map((one) => (one.id === job.id ? job : one)) };
}

/** Puts a question into the line for the screen. */
export function askHuman(turn: Turn, { id, request, claimBy }: Job, prompt: Prompt): void {
  replaceJob(turn, { id, request, claimBy, phase: 'waiting', prompt });
}

/** The account of this number, or why there is none to be used. */
export function accountOf(
  { life }: Pick<FirmwareState, 'life'>,
  number: number,
): Account | 'fresh' | 'locked' | 'storage' | 'unknown_account' {
  if (life.phase !== 'open') return life.phase === 'unreadable' ? 'storage' : life.phase;
  return life.accounts.find((account) => account.number === number) ?? 'unknown_account';
}

/** What the device calls its state on the wire. */
export function stateName({ phase }: Life): 'fresh' | 'locked' | 'ready' {
  return phase === 'open' ? 'ready' : phase === 'unreadable' ? 'locked' : phase;
}
