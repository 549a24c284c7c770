/**
 * What a request of a client comes to: an answer at once, a pairing, or a question to the device. At most one question per
 * request: a repeat joins the open one, or gets the kept answer.
 */
import { closeBudget } from './app-budgets.ts';
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
import { answer, note, saveSeen } from './replies.ts';
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
  const effects: BridgeEffect[] = [saveSeen(event, null, now), ...rows.map(save)];
  const open = new Map(state.open);
  for (const [job, each] of state.open) {
    if (each.origin.client !== origin.client) continue;
    open.delete(job);
    effects.push({ type: 'cancel', job }, answer(each.origin, errorText(each.id, loggedOut), now));
  }
  effects.push(answer(origin, resultText(request.id, 'ack'), now), noteOf(origin, request, 'unpaired'));
  const { client } = origin;
  const [ended, budgets] = [forgetClient(state.ended, client), closeBudget(state.budgets, client)];
  return [{ ...state, sessions, open, ended, budgets }, effects];
}

function deviceRequest(
  state: BridgeState,
  app: App,
  origin: Origin,
  request: DeviceRequest,
  event: NostrEvent,
  now: number,
): Step {
  const key = requestDigest(request);
  const ended = endedAnswer(state.ended, origin.client, key, now);
  // A repeat is a request of its own for whoever replays it to a restarted host: it is remembered as seen, too.
  const repeated = saveSeen(event, null, now);
  if (ended !== null) {
    const text = ended.text ?? errorText(request.id, interrupted);
    const outcome = ended.text === null ? interrupted.code : 'repeated';
    return [state, [repeated, answer(origin, text, now), noteOf(origin, request, outcome)]];
  }
  // On disk before the device hears of it: when a relay replays this event to a restarted host, or the app repeats its request,
  // nobody is asked again.
  const asked = saveSeen(event, request.method === 'get_public_key' ? null : key, now);
  for (const [job, open] of state.open) {
    if (open.key !== key || open.origin.client !== origin.client) continue;
    return join(state, job, open, origin, [asked, noteOf(origin, request, 'joined')]);
  }
  const chars = event.content.length;
  const refusal = refusalOf(state, origin, chars);
  if (refusal !== null) {
    const [same, effects] = refused(state, origin, request, refusal, now);
    return [same, [repeated, ...effects]];
  }
  const job = state.nextJob;
  const { client } = origin;
  const [ask, wants] = question(state, appLabel(app), origin, request);
  const { id, method } = request;
  const opened = { id, key, origin, cameAt: now, sentAt: null, chars, method, kind: kindOf(request), wants };
  return [
    { ...state, nextJob: job + 1, open: new Map(state.open).set(job, opened) },
    [asked, { type: 'ask', job, client, ask }, noteOf(origin, request, 'asked')],
  ];
}

/** One prompt and one answer, in the encryption of the last repeat, to every relay that delivered one. */
function join(state: BridgeState, job: number, open: OpenRequest, origin: Origin, effects: Step[1]): Step {
  const relays = [...new Set([...origin.relays, ...open.origin.relays])].slice(0, limits.relaysPerRequest);
  const createdAt = Math.max(open.origin.createdAt, origin.createdAt);
  const joined: OpenRequest = { ...open, origin: { ...origin, relays, createdAt } };
  return [{ ...state, open: new Map(state.open).set(job, joined) }, effects];
}

function refusalOf(state: BridgeState, origin: Origin, chars: number): Refusal | null {
  if (state.stopping) return shuttingDown;
  const all = [...state.open.values()];
  const own = all.filter((open) => open.origin.client === origin.client);
  const sum = (open: readonly OpenRequest[]): number => open.reduce((total, each) => total + each.chars, chars);
  const tooMany = all.length >= limits.openMax || own.length >= limits.openPerApp;
  return tooMany || sum(all) > limits.openCharsMax || sum(own) > limits.openCharsPerApp ? busy : null;
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

const interrupted = refuse(
  'interrupted',
  'This was asked before, and the signer was restarted since or has forgotten what became of it.',
  'Ask again with a new request.',
);

/** For what is open when the host ends, and for what comes after that. */
export const shuttingDown = refuse(
  'shutting_down',
  'The signer is shutting down.',
  'Start it again, then ask with a new request.',
);

const loggedOut = refuse(
  'cancelled',
  'The app logged out while this request was open.',
  'Pair the app again and ask again.',
);
