/**
 * The host's dealings with one device: which asks are open, and how each of them ends.
 *
 * Promises: every ask ends exactly once, by `answered` or by being cancelled; answers match by id and command, late ones are
 * counted and dropped; a cable glitch is healed by asking for the result, never by asking the human again; a reboot of the
 * device (a new boot id) fails what was open with that reason; the device is never given more than it announced; nothing but the
 * handshake is said before the channel stands, and nothing at all to another device than the paired one.
 *
 * Pure: `step(state, input, now, random) → [state, effects]`, `now` in milliseconds.
 */

import {
  closedLink,
  decodeMessage,
  type HostLinkEffect,
  type HostLinkInput,
  hostLinkDeadline,
  limits,
  type Random,
  stepHostLink,
} from '@sallyport/device-protocol';
import { cleanLine } from '../apps/client-metadata.ts';
import { deviceAbsentGraceMs, devicePingBusyMs, devicePingIdleMs } from '../nip46/limits.ts';
import { adriftAgain, opened } from './device-adrift.ts';
import { beginChannel, isAble, isReady, isShaking, takeIn } from './device-channel.ts';
import { isLocked } from './device-lock.ts';
import { takeMessage } from './device-messages.ts';
import { answerPairing, beginPairing, pairWhenUnlocked } from './device-pairing.ts';
import { isBulk, needsHuman, prepare } from './device-request.ts';
import {
  abandon,
  absent,
  answer,
  cancelOf,
  type DeviceSessionEffect,
  type DeviceSessionInput,
  type DeviceSessionState,
  dropLink,
  type HostIdentity,
  idOf,
  type Open,
  remove,
  replace,
  say,
  send,
  sessionLost,
  type Turn,
  takeId,
  unplugged,
  wrongDevice,
} from './device-turn.ts';

export type { PairingNews } from './device-pairing.ts';
export type {
  DeviceSessionEffect,
  DeviceSessionInput,
  DeviceSessionState,
  DeviceStatus,
  HostIdentity,
} from './device-turn.ts';

type Step = readonly [DeviceSessionState, readonly DeviceSessionEffect[]];

/** A session without a device. `bootId`: the boot of the device that a host before this one had asked, where it is known. */
export function startDeviceSession(
  random: Random,
  identity: HostIdentity,
  bootId: string | null = null,
): DeviceSessionState {
  const first = new DataView(random(4).slice().buffer).getUint32(0) & 0xffff_fffe;
  const nothing = {
    open: [],
    abandoned: [],
    bootId,
    giveUpAt: null,
    infoId: null,
    life: null,
    unlock: { id: null, notBefore: 0 },
    mixed: false,
    heardAt: 0,
    said: '',
    staleAnswers: 0,
  };
  const channel = { phase: 'none' } as const;
  return { link: closedLink, identity, channel, pairing: null, nextId: first >>> 0, ...nothing };
}

/** When the next tick is due, or null. */
export function deviceSessionDeadline(state: DeviceSessionState): number | null {
  const due = [hostLinkDeadline(state.link), state.giveUpAt, pingAt(state)].filter((time) => time !== null);
  return due.length === 0 ? null : Math.min(...due);
}

/** One step. */
export function stepDeviceSession(
  state: DeviceSessionState,
  input: DeviceSessionInput,
  now: number,
  random: Random,
): Step {
  const turn: Turn = { state, effects: [], now, random };
  switch (input.type) {
    case 'ask':
      ask(turn, input);
      break;
    case 'cancel':
      cancel(turn, input.job);
      break;
    case 'pair':
      beginPairing(turn);
      break;
    case 'pair_answer':
      answerPairing(turn, input.yes);
      break;
    case 'tick':
      link(turn, input);
      giveUpWhenDue(turn);
      pingWhenDue(turn);
      break;
    case 'wire_opened':
      link(turn, input);
      say(turn, { state: 'greeting', unanswered: 0 });
      break;
    case 'wire_closed':
      link(turn, input);
      say(turn, { state: 'absent' });
      break;
    case 'bytes':
      turn.state = { ...turn.state, heardAt: now };
      link(turn, input);
  }
  pairWhenUnlocked(turn);
  sendWaiting(turn);
  setPatience(turn);
  return [turn.state, turn.effects];
}

function ask(turn: Turn, { job, client, ask: question, resumed }: DeviceSessionInput & { type: 'ask' }): void {
  // The host's own question has always the same number, and may be asked again at each hello while it is still open.
  if (turn.state.open.some((entry) => entry.job === job)) return;
  const nothing = { output: [], outputLength: 0, wasLocked: false };
  const waiting: Open = { job, client, ask: question, ...nothing, phase: 'waiting' };
  const entry = resumed === true ? adriftAgain(turn, waiting) : waiting;
  if ('job' in entry) turn.state = { ...turn.state, open: [...turn.state.open, entry] };
  else answer(turn, job, entry);
}

function cancel(turn: Turn, job: number): void {
  const ended = turn.state.open.find((entry) => entry.job === job);
  if (ended === undefined) return;
  remove(turn, ended);
  if (ended.phase === 'waiting') return;
  if (ended.phase === 'sent' && turn.state.link.phase === 'open') return send(turn, cancelOf(ended.request));
  abandon(turn, ended.request);
}

/** Feeds the link and acts on what comes out of it. */
function link(turn: Turn, input: HostLinkInput): void {
  const [next, effects] = stepHostLink(turn.state.link, input, turn.now, turn.random);
  turn.state = { ...turn.state, link: next };
  for (const effect of effects) fromLink(turn, effect);
}

function fromLink(turn: Turn, effect: HostLinkEffect): void {
  switch (effect.type) {
    case 'write':
      turn.effects.push(effect);
      break;
    case 'open':
      if (beginChannel(turn, effect.hello, effect.prologue)) opened(turn);
      break;
    case 'lost':
      sessionLost(turn);
      break;
    case 'unanswered':
      // Told three times; a port that stays silent for a year is no news every second.
      if (effect.tries <= 3) say(turn, { state: 'greeting', unanswered: effect.tries });
      break;
    case 'incompatible': {
      const { versionMin, versionMax } = effect.hello;
      const firmware = cleanLine(effect.hello.firmware, limits.labelMax);
      say(turn, { state: 'incompatible', firmware, versions: [versionMin, versionMax] });
      break;
    }
    case 'message': {
      const taken = takeIn(turn, effect.bytes, effect.sealed);
      if (taken === 'ready') opened(turn);
      else if (taken !== null) takeMessage(turn, decodeMessage(taken));
    }
  }
}

/**
 * Sends what waits, up to the number of open requests that the device announced. Apps take turns: whoever has least on the
 * device is next; of these what a person waits for, before lists of texts to be opened. One place is kept for what asks nobody, which would
 * else wait for a human.
 */
function sendWaiting(turn: Turn): void {
  const { link: current } = turn.state;
  if (current.phase !== 'open' || !isReady(turn.state) || isLocked(turn)) return;
  const { requestsMax, streamMax } = current.hello;
  const able = { knowsApps: isAble(turn.state, 'clients'), streamMax };
  const humanMax = Math.max(1, requestsMax - 1);
  for (
    let next = nextWaiting(turn, requestsMax, humanMax);
    next !== undefined;
    next = nextWaiting(turn, requestsMax, humanMax)
  ) {
    const prepared = prepare(next.ask, able);
    if (prepared.type !== 'prepared') {
      remove(turn, next);
      answer(turn, next.job, prepared);
      continue;
    }
    const request = prepared.toRequest(idOf(turn, next));
    replace(turn, { ...next, phase: 'sent', prepared, request, shown: false });
    send(turn, request);
  }
}

function nextWaiting(turn: Turn, requestsMax: number, humanMax: number): Open | undefined {
  const { open } = turn.state;
  const sent = open.filter((entry) => entry.phase !== 'waiting');
  if (sent.length >= requestsMax) return undefined;
  const humanIsFull = sent.filter((entry) => needsHuman(entry.ask)).length >= humanMax;
  const loads = new Map<string, number>();
  for (const { client } of sent) loads.set(client, (loads.get(client) ?? 0) + 1);
  // The load weighs more than the sort: nobody's list waits for ever behind another one's questions.
  const rank = ({ client, ask }: Open): number => 2 * (loads.get(client) ?? 0) + (isBulk(ask) ? 1 : 0);
  const ready = open.filter((entry) => entry.phase === 'waiting' && !(humanIsFull && needsHuman(entry.ask)));
  return ready.reduce<Open | undefined>(
    (best, entry) => (best === undefined || rank(entry) < rank(best) ? entry : best),
    undefined,
  );
}

/** Starts or stops the patience with an absent device: a cable that is plugged in again at once harms nobody. */
function setPatience(turn: Turn): void {
  const { open, giveUpAt } = turn.state;
  if (isReady(turn.state) || open.length === 0) {
    if (giveUpAt !== null) turn.state = { ...turn.state, giveUpAt: null };
  } else if (giveUpAt === null) turn.state = { ...turn.state, giveUpAt: turn.now + deviceAbsentGraceMs };
}

/** A device that restarted without its port closing says nothing: a ping meets "unknown session" and the next hello tells. */
function pingWhenDue(turn: Turn): void {
  const due = pingAt(turn.state);
  if (due === null || turn.now < due) return;
  turn.state = { ...turn.state, heardAt: turn.now };
  // A device that goes silent in the middle of the handshake will not go on with it.
  if (isShaking(turn.state)) return dropLink(turn);
  send(turn, { type: 'request', id: takeId(turn), command: 'ping', body: { nonce: turn.random(8) } });
}

function pingAt(state: DeviceSessionState): number | null {
  if (isShaking(state)) return state.heardAt + devicePingBusyMs;
  if (!isReady(state)) return null;
  const busy = state.open.some((entry) => entry.phase !== 'waiting');
  return state.heardAt + (busy ? devicePingBusyMs : devicePingIdleMs);
}

function giveUpWhenDue(turn: Turn): void {
  const { giveUpAt, open } = turn.state;
  if (giveUpAt === null || turn.now < giveUpAt || isReady(turn.state)) return;
  const why = turn.state.channel.phase === 'refused' ? wrongDevice : absent;
  for (const entry of open) {
    remove(turn, entry);
    if (entry.phase !== 'waiting') abandon(turn, entry.request);
    answer(turn, entry.job, entry.phase === 'waiting' ? why : unplugged);
  }
}
