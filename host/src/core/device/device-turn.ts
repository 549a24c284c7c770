/**
 * The working parts of device-session.ts: its state, one step under way, and the small moves that every part of a step makes.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import {
  type Cancel,
  type Dh,
  encodeMessage,
  type HostLinkState,
  limits,
  type Message,
  type NoticeOf,
  type Random,
  type ReplyOf,
  type Request,
  seal,
  stepHostLink,
} from '@sallyport/device-protocol';
import { type RefusalCode, refuse } from '../nip46/refusal.ts';
import type { HostChannel } from './device-channel.ts';
import { type HostPairing, type PairingNews, pairingLost } from './device-pairing.ts';
import type { DeviceAnswer, DeviceAsk } from './device-port.ts';
import type { Prepared } from './device-request.ts';

/** An ask that has not ended. `client` is who asks: the device is shared fairly among them. */
export type Open = {
  readonly job: number;
  readonly client: string;
  readonly ask: DeviceAsk;
  readonly output: readonly Uint8Array[];
  readonly outputLength: number;
  /** The device was locked when it came the first time. */
  readonly wasLocked: boolean;
} & (
  | { readonly phase: 'waiting' }
  /** `shown`: as far as is known it may have been on the screen. */
  | { readonly phase: 'sent'; readonly prepared: Prepared; readonly request: Request; readonly shown: boolean }
  /** The link broke after it was sent; the next session asks the device what became of it. */
  | { readonly phase: 'adrift'; readonly prepared: Prepared; readonly request: Request }
);

/** Who this computer is to a device, and which device it trusts. */
export type HostIdentity = {
  readonly dh: Dh;
  /** The static secret of the channel, 32 bytes. */
  readonly secret: Uint8Array;
  /** What the device shows of this computer when it is paired: at most 64 bytes. */
  readonly name: string;
  /** The static key of the paired device, hex; null before the first pairing, or while it is being replaced. */
  readonly pin: string | null;
};

export type DeviceSessionState = {
  readonly link: HostLinkState;
  readonly identity: HostIdentity;
  /** The secure channel of the running link session. */
  readonly channel: HostChannel;
  readonly pairing: HostPairing | null;
  readonly open: readonly Open[];
  readonly nextId: number;
  /** The boot to which every sent request belongs; null before the first hello. */
  readonly bootId: string | null;
  /** Cancelled while no session was there: told to the device at the next one. */
  readonly abandoned: readonly Request[];
  /** When asks that wait for an absent device are refused; null while a session is open or nothing waits. */
  readonly giveUpAt: number | null;
  /** The id of the `info` that is open: one at a time, and only its own reply counts. */
  readonly infoId: number | null;
  /** What the device last said of itself in this session; null while it has said nothing. */
  readonly life: ReplyOf<'info'>['state'] | null;
  /** The id of the open `unlock`, and when the next one may be asked. */
  readonly unlock: { readonly id: number | null; readonly notBefore: number };
  /** The fresh device of this session has been given randomness. */
  readonly mixed: boolean;
  /** When anything was last heard from the device, or a ping was last sent to it. */
  readonly heardAt: number;
  /** What people were told last, so that a device that repeats itself is not. */
  readonly said: string;
  readonly staleAnswers: number;
};

export type DeviceSessionInput =
  | { readonly type: 'wire_opened' }
  | { readonly type: 'wire_closed' }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }
  /** `resumed`: a host before this one may have asked it already. */
  | {
      readonly type: 'ask';
      readonly job: number;
      readonly client: string;
      readonly ask: DeviceAsk;
      readonly resumed?: true;
    }
  | { readonly type: 'cancel'; readonly job: number }
  /** Begins a pairing with the unpaired device that is there. */
  | { readonly type: 'pair' }
  /** What the human said to the code. */
  | { readonly type: 'pair_answer'; readonly yes: boolean }
  | { readonly type: 'tick' };

/** What people are told of the device. */
export type DeviceStatus =
  | { readonly state: 'absent' }
  | { readonly state: 'greeting'; readonly unanswered: number }
  | { readonly state: 'incompatible'; readonly firmware: string; readonly versions: readonly [number, number] }
  /** Another device than the paired one, one that would not encrypt any more, or somebody in between. */
  | { readonly state: 'refused'; readonly why: 'another_device' | 'no_channel' | 'broken' }
  /** The device asks for its PIN, because an app waits. */
  | { readonly state: 'unlocking' }
  | {
      readonly state: 'ready';
      readonly firmware: string;
      readonly model: string;
      readonly info: ReplyOf<'info'>;
      /** `unpaired`: encrypted, but neither knows who the other is. `plain`: not even that. */
      readonly channel: 'paired' | 'unpaired' | 'plain';
      /** It judges the requests of apps itself, by what they signed, and keeps several accounts: as far as this computer may ask. */
      readonly knowsApps: boolean;
      readonly knowsAccounts: boolean;
    };

export type DeviceSessionEffect =
  | { readonly type: 'write'; readonly bytes: Uint8Array }
  | { readonly type: 'answered'; readonly job: number; readonly answer: DeviceAnswer }
  | { readonly type: 'progress'; readonly job: number; readonly progress: NoticeOf<'progress'> }
  | { readonly type: 'status'; readonly status: DeviceStatus }
  | { readonly type: 'pairing'; readonly news: PairingNews }
  /** The device was confirmed on both sides: it is to be kept before anything that follows. */
  | { readonly type: 'pin'; readonly device: string };

/** One step under way: the state so far and the effects so far. Lives for one call of the step only. */
export type Turn = {
  state: DeviceSessionState;
  readonly effects: DeviceSessionEffect[];
  readonly now: number;
  readonly random: Random;
};

/** Sends a message in the running session; between sessions it goes nowhere, and what matters is asked for again after the next hello. */
export function send(turn: Turn, message: Message | Uint8Array): void {
  const bytes = message instanceof Uint8Array ? message : encodeMessage(message);
  const { channel } = turn.state;
  if (channel.phase === 'plain') return sendPlain(turn, bytes);
  if (channel.phase !== 'sealed') return;
  const sealed = seal(channel.channel, bytes);
  if (sealed === null) return dropLink(turn);
  turn.state = { ...turn.state, channel: { ...channel, channel: sealed[0] } };
  put(turn, sealed[1], true);
}

/** Sends what belongs before the channel: the handshake, and everything to a device that has none. */
export function sendPlain(turn: Turn, bytes: Uint8Array): void {
  put(turn, bytes, false);
}

/** Ends the link session: it cannot be gone on with. */
export function dropLink(turn: Turn): void {
  const [link] = stepHostLink(turn.state.link, { type: 'drop' }, turn.now, turn.random);
  turn.state = { ...turn.state, link };
  sessionLost(turn);
}

/** The link session is over: its keys are forgotten, and what was sent in it is asked for in the next. */
export function sessionLost(turn: Turn): void {
  pairingLost(turn);
  const open = turn.state.open.map((entry): Open => (entry.phase === 'sent' ? { ...entry, phase: 'adrift' } : entry));
  const unlock = { ...turn.state.unlock, id: null };
  turn.state = { ...turn.state, open, channel: { phase: 'none' }, life: null, unlock, mixed: false };
}

/** One question at a time: a device that announces its state without end makes nobody work. */
export function askInfo(turn: Turn): void {
  if (turn.state.infoId !== null) return;
  const id = takeId(turn);
  turn.state = { ...turn.state, infoId: id };
  send(turn, { type: 'request', id, command: 'info', body: {} });
}

function put(turn: Turn, message: Uint8Array, sealed: boolean): void {
  const [link, effects] = stepHostLink(turn.state.link, { type: 'send', message, sealed }, turn.now, turn.random);
  turn.state = { ...turn.state, link };
  for (const effect of effects) {
    if (effect.type !== 'write') throw new Error(`sending a message cannot cause ${effect.type}`);
    turn.effects.push(effect);
  }
}

export function cancelOf(request: Request): Cancel {
  return { type: 'cancel', id: request.id, command: request.command };
}

/** The device holds at most `requestsMax` open requests, so no more than that can be worth cancelling. */
export function abandon(turn: Turn, request: Request): void {
  turn.state = { ...turn.state, abandoned: [...turn.state.abandoned, request].slice(-limits.requestsMax) };
}

export function find(turn: Turn, id: number): Open | undefined {
  return turn.state.open.find((entry) => requestOf(entry)?.id === id);
}

export function requestOf(entry: Open): Request | undefined {
  return entry.phase === 'waiting' ? undefined : entry.request;
}

export function replace(turn: Turn, entry: Open): void {
  turn.state = { ...turn.state, open: turn.state.open.map((one) => (one.job === entry.job ? entry : one)) };
}

export function remove(turn: Turn, entry: Open): void {
  turn.state = { ...turn.state, open: turn.state.open.filter((one) => one.job !== entry.job) };
}

export function answer(turn: Turn, job: number, result: DeviceAnswer): void {
  turn.effects.push({ type: 'answered', job, answer: result });
}

/** Tells people, unless they were told just that. The count of damaged frames alone is no news. */
export function say(turn: Turn, status: DeviceStatus): void {
  const news = status.state === 'ready' ? { ...status, info: { ...status.info, damagedFrames: 0 } } : status;
  const said = JSON.stringify(news);
  if (said === turn.state.said) return;
  turn.state = { ...turn.state, said };
  turn.effects.push({ type: 'status', status });
}

export function stale(turn: Turn): void {
  turn.state = { ...turn.state, staleAnswers: turn.state.staleAnswers + 1 };
}

/**
 * The id of an ask. What an app signed has one that the next host finds again, after a crash, and that nobody else can guess: whoever knows it
 * could ask for the answer. After a lock the same event is another request.
 */
export function idOf(turn: Turn, { ask, wasLocked }: Pick<Open, 'ask' | 'wasLocked'>): number {
  if (!('carried' in ask)) return takeId(turn);
  const { secret } = turn.state.identity;
  const parts = [
    utf8ToBytes('sallyport request'),
    secret,
    hexToBytes(ask.carried.event.id),
    Uint8Array.of(wasLocked ? 1 : 0),
  ];
  return (new DataView(sha256(concatBytes(...parts)).buffer).getUint32(0) & 0xffff_fffe) >>> 0;
}

/** The host's ids are even and unique within a boot of the device. */
export function takeId(turn: Turn): number {
  const id = turn.state.nextId;
  turn.state = { ...turn.state, nextId: (id + 2) % 0x1_0000_0000 };
  return id;
}

export function join(entry: Open): Uint8Array {
  const whole = new Uint8Array(entry.outputLength);
  let at = 0;
  for (const piece of entry.output) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export function no(code: RefusalCode, words: string, advice: string): DeviceAnswer {
  return { type: 'refused', refusal: refuse(code, words, advice) };
}

export const absent = no('device_absent', 'The signing device is not connected.', 'Plug it in and ask again.');
export const unplugged = no(
  'device_unplugged',
  'The signing device was unplugged while the request was open.',
  'Plug it in and ask again.',
);
export const rebooted = no('device_rebooted', 'The signing device restarted while the request was open.', 'Ask again.');
export const wrongDevice = no(
  'device_absent',
  'Another device than the paired one is connected.',
  'Connect the paired device, or pair this one: --replace-device.',
);
export const lost = no('device_refused', 'The signing device forgot the answer to the request.', 'Ask again.');
