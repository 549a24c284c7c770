/**
 * The bridge: events of relays in, questions to the device and answers to apps out. It decides and does nothing: `step` is pure
 * (but for the cache of conversation keys in the signer, which changes no result), and the shell performs its effects in order.
 *
 * It promises: every request of a paired app gets one answer; the device is asked at most once per request, whatever relays and
 * clients repeat; nothing of an unpaired key reaches the device without a live secret, or a click where the user opted in; what an answer
 * depends on is saved before it. Of what is addressed to a user key, which only the device can read and answer (to-user.ts), the device hears of
 * strangers while a line waits for one, seldom; and what is refused here stays unanswered.
 */

import { introduced } from '../apps/introducing.ts';
import { appAt } from '../apps/line-keys.ts';
import { connect, secretsInUse } from '../apps/pairing.ts';
import { compareAccounts, replaceDevice } from '../apps/replaced.ts';
import { revokeAll } from '../apps/revoking.ts';
import { ownRelaysAre } from '../apps/session-relays.ts';
import { addSecret, voidSecret } from '../apps/sessions.ts';
import type { AskedRow, ChallengeRow } from '../apps/store-rows.ts';
import { askedAtUser } from '../apps/to-user.ts';
import type { DeviceAccount } from '../device/device-port.ts';
import { narrow, narrowedBy, reject, revoke } from '../narrowing/user-says.ts';
import type { NostrEvent } from '../nip46/event.ts';
import { errorText, type ParsedRequest, parseRequest } from '../nip46/nip46-text.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { nextChallengeEnd, openChallenges } from '../web/challenge.ts';
import { expireChallenges, stopChallenges } from '../web/challenge-ending.ts';
import { recallChallenges } from '../web/challenge-row.ts';
import { challenge, clicked } from '../web/challenges.ts';
import { kindOf } from './asking.ts';
import type { BridgeInput, BridgeState, KnownDevice, Origin, Step } from './bridge-state.ts';
import { passDoor } from './door.ts';
import { drop } from './drops.ts';
import { answer, note, saveSeen } from './replies.ts';
import { appRequest } from './requests.ts';
import { resume } from './resuming.ts';
import { deviceAnswered, deviceHas, expire, nextExpiry, stop } from './settle.ts';

export type {
  AnswerEffect,
  BridgeEffect,
  BridgeInput,
  BridgeState,
  KnownDevice,
  NoteEffect,
} from './bridge-state.ts';

export type { Drops } from './drops.ts';
export { type Loaded, startBridge } from './start-bridge.ts';

/** Takes one input. `now` is ms Unix time. */
export function step(state: BridgeState, input: BridgeInput, now: number): Step {
  switch (input.type) {
    case 'event':
      return eventCame(state, input.relay, input.event, now);
    case 'resume':
      return resumed(state, input.asked, input.challenges ?? [], now);
    case 'sent':
      return deviceHas(state, input.job, now);
    case 'answered':
      return deviceAnswered(state, input.job, input.answer, now);
    case 'device':
      return deviceIs(state, input.device, now);
    case 'accounts':
      return accountsAre(state, input.device, input.accounts);
    case 'secret': {
      const [sessions, rows] = addSecret(state.sessions, now, input, secretsInUse(state));
      return [{ ...state, sessions }, rows.map((row) => ({ type: 'save', row }))];
    }
    case 'void_secret': {
      const [sessions, rows] = voidSecret(state.sessions, input.hash);
      return [{ ...state, sessions }, rows.map((row) => ({ type: 'save', row }))];
    }
    case 'introduced':
      return introduced(state, input, now);
    case 'own_relays':
      return ownRelaysAre(state, input.relays, input.before ?? [], input.gone ?? []);
    case 'clicked':
      return clicked(state, input.token, now);
    case 'web':
      return [{ ...state, web: input.web }, []];
    case 'people':
      return [{ ...state, people: input.people }, []];
    case 'narrow':
      return narrow(state, input.narrowing, now);
    case 'unpair':
      return revoke(state, input.client, now);
    case 'reject':
      return reject(state, input.job, now);
    case 'stop':
      return both(stop(state, now), (stopped) => stopChallenges(stopped, now));
    case 'tick':
      return both(expire(state, now), (next) => expireChallenges(next, now));
  }
}

/** When the bridge wants a tick (ms Unix time); null when nothing is waiting. */
export function deadline(state: BridgeState): number | null {
  const ends = [nextExpiry(state), nextChallengeEnd(state.challenges)].filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** One step after the other. */
function both([state, effects]: Step, then: (state: BridgeState) => Step): Step {
  const [next, more] = then(state);
  return [next, [...effects, ...more]];
}

/** What went on before, but for what the user refuses by now. */
function resumed(
  state: BridgeState,
  asked: readonly AskedRow[],
  challenges: readonly ChallengeRow[],
  now: number,
): Step {
  const [recalled, first] = recallChallenges(state, challenges, now);
  // What goes on as a challenge is not gone on with twice.
  const own = new Set(openChallenges(recalled.challenges).map(({ event }) => event.id));
  const others = asked.filter(({ event }) => !own.has(event.id));
  const [next, effects] = resume(recalled, others, now);
  const [last, ends] = narrow(next, next.narrowing, now);
  return [last, [...first, ...effects, ...ends]];
}

/** What is there now. Someone who unlocked it has worked: whoever waited for that waits on. */
function deviceIs(state: BridgeState, device: KnownDevice | null, now: number): Step {
  const isUnlocked = state.device?.life === 'locked' && device?.life === 'ready';
  const accounts = device === null ? new Map<number, string>() : state.accounts;
  return revokeAll({ ...state, device, accounts, workedAt: isUnlocked ? now : state.workedAt });
}

/** The keys of the device that is there, kept where it is paired: so that another one in its place is known to be another. */
function accountsAre(before: BridgeState, device: string | null, accounts: readonly DeviceAccount[]): Step {
  const state = { ...before, accounts: new Map(accounts.map(({ account, pubkey }) => [account, pubkey])) };
  if (device === null) return [state, []];
  const known = { device, accounts };
  if (state.known === null || state.known.device === device) {
    const isSame = JSON.stringify(state.known) === JSON.stringify(known);
    return [{ ...state, known }, isSame ? [] : [{ type: 'save', row: { type: 'accounts', known } }]];
  }
  const [sessions, row] = replaceDevice(state.sessions, state.known.accounts, known);
  const comparison = compareAccounts(state.known.accounts, accounts);
  return [
    { ...state, known, sessions },
    [
      { type: 'save', row },
      { type: 'replaced', comparison },
    ],
  ];
}

function eventCame(state: BridgeState, relay: string, event: NostrEvent, now: number): Step {
  const passage = passDoor(state, event, now);
  if (passage.type === 'dropped') return [passage.state, []];
  if (passage.type === 'to_user') return askedAtUser(passage.state, passage, event, relay, now);
  const { encryption, line, text, refusal } = passage;
  const origin: Origin = { client: event.pubkey, line, relays: [relay], encryption, createdAt: event.created_at };
  const parsed = parseRequest(text);
  const narrowing = parsed.type === 'request' ? narrowedBy(passage.state, origin.client, parsed.request, now) : null;
  if (narrowing !== null) return refusedForGood(passage.state, origin, parsed, event, narrowing, now);
  const app = appAt(passage.state.sessions, event.pubkey, line);
  if (app === undefined) return strangerAsked(passage.state, origin, parsed, event, now);
  if (refusal !== null) return refusedForGood(passage.state, origin, parsed, event, refusal, now);
  if (parsed.type === 'refused') return refusedTo(passage.state, origin, parsed, parsed.refusal, now);
  return appRequest(passage.state, app, origin, parsed.request, event, now);
}

/** A stranger may connect, and where the user opted in also without a secret: then a person has to come. Everything else it is told once what to do, out of its budget. */
function strangerAsked(
  state: BridgeState,
  origin: Origin,
  parsed: ParsedRequest,
  event: NostrEvent,
  now: number,
): Step {
  if (parsed.type === 'request' && parsed.request.method === 'connect') {
    const { request } = parsed;
    const sent = request.secret === '' ? challenge(state, origin, request, event, now) : null;
    return sent ?? connect(state, origin, request, event, now);
  }
  if (parsed.type === 'request' && parsed.request.method === 'create_account') {
    const sent = challenge(state, origin, parsed.request, event, now);
    if (sent !== null) return sent;
  }
  const { id } = parsed.type === 'request' ? parsed.request : parsed;
  if (id === '') return [drop(state, 'senseless'), []];
  return refusedForGood(state, origin, parsed, event, notPaired, now);
}

/** Refuses what would be asked at another time, so it is saved: nobody may replay it to a later host and have it asked then. */
function refusedForGood(
  state: BridgeState,
  origin: Origin,
  parsed: ParsedRequest,
  event: NostrEvent,
  refusal: Refusal,
  now: number,
): Step {
  const request = parsed.type === 'request' ? parsed.request : parsed;
  const kind = parsed.type === 'request' ? kindOf(parsed.request) : null;
  const [next, effects] = refusedTo(state, origin, { ...request, kind }, refusal, now);
  return [next, [saveSeen(event, null, now), ...effects]];
}

function refusedTo(
  state: BridgeState,
  origin: Origin,
  request: { readonly id: string; readonly method: string; readonly kind?: number | null },
  refusal: Refusal,
  now: number,
): Step {
  const reply = answer(origin, errorText(request.id, refusal), now);
  return [
    state,
    [reply, note(origin.client, request.method, request.kind ?? null, refusal, { createdAt: origin.createdAt })],
  ];
}

const notPaired = refuse(
  'not_paired',
  'This app is not paired with this signer.',
  'Make a new bunker line and paste it into the app.',
);
