/**
 * What a request of a client comes to: an answer at once, a pairing, or a question to the device. At most one question per
 * request: a repeat joins the open one, or gets the kept answer.
 */
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { BridgeEffect, BridgeState, NoteOutcome, OpenRequest, Origin, Step, Wants } from './bridge-state.ts';
import { appLabel } from './client-metadata.ts';
import type { DeviceAsk, EventTemplate } from './device-port.ts';
import { endedAnswer, forgetClient } from './ended.ts';
import type { NostrEvent } from './event.ts';
import { fillTemplate } from './event-template.ts';
import {
  type ConnectRequest,
  type DeviceRequest,
  errorText,
  type Nip46Request,
  requestDigest,
  resultText,
} from './nip46-text.ts';
import { type Refusal, refuse } from './refusal.ts';
import { answer, note } from './replies.ts';
import { type App, decideConnect, type StoreRow, unpair } from './sessions.ts';

/** Handles a `connect`, of whomever. */
export function connect(state: BridgeState, origin: Origin, request: ConnectRequest, now: number): Step {
  const decision = decideConnect(state.sessions, origin.client, request, now);
  if (decision.type === 'refused') return refused(state, origin, request, decision.refusal, now);
  const reply = answer(origin, resultText(request.id, 'ack'), now);
  if (decision.type === 'known') return [state, [reply, noteOf(origin, request, 'answered')]];
  const saves = decision.rows.map(save);
  return [{ ...state, sessions: decision.sessions }, [...saves, reply, noteOf(origin, request, 'paired')]];
}

/** Handles any other request of a paired app. `event` carried it. */
export function appRequest(
  state: BridgeState,
  app: App,
  origin: Origin,
  request: Nip46Request,
  event: NostrEvent,
  now: number,
): Step {
  switch (request.method) {
    case 'connect':
      return connect(state, origin, request, now);
    case 'ping':
      return done(state, origin, request, 'pong', now);
    case 'switch_relays':
      // The string, because nostr-tools never resolves on a JSON null; an error breaks welshman's login.
      return done(state, origin, request, 'null', now);
    case 'logout':
      return logout(state, origin, request, event, now);
    default:
      return deviceRequest(state, app, origin, request, event, now);
  }
}

/** Refuses a request. */
export function refused(
  state: BridgeState,
  origin: Origin,
  request: Nip46Request,
  refusal: Refusal,
  now: number,
): Step {
  const effects = [answer(origin, errorText(request.id, refusal), now), noteOf(origin, request, refusal.code)];
  return [state, effects];
}

/** The kind that a request wants signed; null for every other request. */
export function kindOf(request: Nip46Request): number | null {
  return request.method === 'sign_event' ? request.template.kind : null;
}

function done(state: BridgeState, origin: Origin, request: Nip46Request, result: string, now: number): Step {
  return [state, [answer(origin, resultText(request.id, result), now), noteOf(origin, request, 'answered')]];
}

/** Ends the session: on disk first, then every open request of the app gets its ending, then the app its `ack`. */
function logout(state: BridgeState, origin: Origin, request: Nip46Request, event: NostrEvent, now: number): Step {
  const [sessions, rows] = unpair(state.sessions, origin.client);
  const effects: BridgeEffect[] = [save(seenRow(event, now)), ...rows.map(save)];
  const open = new Map(state.open);
  for (const [job, each] of state.open) {
    if (each.origin.client !== origin.client) continue;
    open.delete(job);
    effects.push({ type: 'cancel', job }, answer(each.origin, errorText(each.id, loggedOut), now));
  }
  effects.push(answer(origin, resultText(request.id, 'ack'), now), noteOf(origin, request, 'unpaired'));
  return [{ ...state, sessions, open, ended: forgetClient(state.ended, origin.client) }, effects];
}

function deviceRequest(
  state: BridgeState,
  app: App,
  origin: Origin,
  request: DeviceRequest,
  event: NostrEvent,
  now: number,
): Step {
  const key = `${origin.client} ${requestDigest(request)}`;
  const kept = endedAnswer(state.ended, key, now);
  // A repeat is a request of its own for whoever replays it to a restarted host: it is remembered as seen, too.
  const seen = save(seenRow(event, now));
  if (kept !== null) return [state, [seen, answer(origin, kept, now), noteOf(origin, request, 'repeated')]];
  for (const [job, open] of state.open) {
    if (open.key === key) return join(state, job, open, origin, request, seen);
  }
  const refusal = refusalOf(state, origin);
  if (refusal !== null) return refused(state, origin, request, refusal, now);
  const job = state.nextJob;
  const [ask, wants] = question(state, appLabel(app), origin, request);
  const until = now + limits.requestMs;
  const kind = kindOf(request);
  const opened: OpenRequest = { id: request.id, key, origin, until, method: request.method, kind, wants };
  return [
    { ...state, nextJob: job + 1, open: new Map(state.open).set(job, opened) },
    // On disk before the device hears of it: when a relay replays this event to a restarted host, nobody is asked again.
    [seen, { type: 'ask', job, client: origin.client, ask }, noteOf(origin, request, 'asked')],
  ];
}

/** One prompt and one answer, in the encryption of the last repeat, to every relay that delivered one. */
function join(
  state: BridgeState,
  job: number,
  open: OpenRequest,
  origin: Origin,
  request: Nip46Request,
  seen: BridgeEffect,
): Step {
  const relays = [...new Set([...origin.relays, ...open.origin.relays])].slice(0, limits.relaysPerRequest);
  const createdAt = Math.max(open.origin.createdAt, origin.createdAt);
  const joined: OpenRequest = { ...open, origin: { ...origin, relays, createdAt } };
  return [{ ...state, open: new Map(state.open).set(job, joined) }, [seen, noteOf(origin, request, 'joined')]];
}

function refusalOf(state: BridgeState, origin: Origin): Refusal | null {
  if (state.open.size >= limits.openMax) return busy;
  let own = 0;
  for (const open of state.open.values()) if (open.origin.client === origin.client) own += 1;
  return own >= limits.openPerApp ? busy : null;
}

function question(state: BridgeState, label: string, origin: Origin, request: DeviceRequest): [DeviceAsk, Wants] {
  switch (request.method) {
    case 'get_public_key':
      return [{ method: 'get_public_key' }, { type: 'public_key' }];
    case 'sign_event': {
      const { template } = request;
      if (template.pubkey !== null && template.pubkey !== state.account) {
        // Nobody is shown what would have to be refused. Asking is silent, and the device may be another one by now.
        return [{ method: 'get_public_key' }, { type: 'account', label, template, pubkey: template.pubkey }];
      }
      return signQuestion(label, fillTemplate(template, origin.createdAt), template.pubkey ?? state.account);
    }
    default: {
      const { method, peer, text } = request;
      return [{ method, label, peer, text }, { type: 'text' }];
    }
  }
}

/** The question for a signature of `pubkey` (null: whichever the device has). */
export function signQuestion(label: string, event: EventTemplate, pubkey: string | null): [DeviceAsk, Wants] {
  return [
    { method: 'sign_event', label, event },
    { type: 'signature', template: event, pubkey },
  ];
}

function seenRow(event: NostrEvent, now: number): StoreRow {
  // What is older than the freshness window is dropped at the door by its age.
  const forgetBefore = Math.floor(now / 1000) - limits.freshnessSeconds;
  return { type: 'seen', id: event.id, createdAt: event.created_at, forgetBefore };
}

function save(row: StoreRow): BridgeEffect {
  return { type: 'save', row };
}

function noteOf(origin: Origin, request: Nip46Request, outcome: NoteOutcome): BridgeEffect {
  return note(origin.client, request.method, kindOf(request), outcome);
}

const busy = refuse(
  'busy',
  'Too many requests are waiting for the device.',
  'Ask again when some of them are answered.',
);

const loggedOut = refuse(
  'cancelled',
  'The app logged out while this request was open.',
  'Pair the app again and ask again.',
);
