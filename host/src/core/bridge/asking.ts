/**
 * One question per request: a repeat joins the open one or gets the kept answer, and whatever is asked is saved as seen before the
 * device hears of it.
 */

import type { StoreRow } from '../apps/store-rows.ts';
import type { Carried, DeviceAsk } from '../device/device-port.ts';
import type { NostrEvent } from '../nip46/event.ts';
import { errorText, type Nip46Request } from '../nip46/nip46-text.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { BridgeEffect, BridgeState, NoteOutcome, OpenRequest, Origin, Step, Wants } from './bridge-state.ts';
import { endedAnswer } from './ended.ts';
import { answer, note, saveSeen } from './replies.ts';

/** A repeat of a request: it joins the open one, or gets the kept answer. Null when it is none. */
export function repeated(
  state: BridgeState,
  origin: Origin,
  request: Nip46Request,
  key: string,
  event: NostrEvent,
  now: number,
): Step | null {
  const ended = endedAnswer(state.ended, origin.client, key, now);
  // A repeat is a request of its own for whoever replays it to a restarted host: it is remembered as seen, too.
  if (ended !== null) {
    const text = ended.text ?? errorText(request.id, interrupted);
    const outcome = ended.text === null ? interrupted : 'repeated';
    return [state, [saveSeen(event, null, now), answer(origin, text, now), noteOf(origin, request, outcome)]];
  }
  for (const [job, open] of state.open) {
    if (open.key !== key || open.origin.client !== origin.client) continue;
    const isKept = request.method !== 'get_public_key' && request.method !== 'connect';
    return join(state, job, open, origin, [
      saveSeen(event, isKept ? key : null, now),
      noteOf(origin, request, 'joined'),
    ]);
  }
  return null;
}

/**
 * Opens a request and asks the device, unless too many wait already. `key` is its digest, and `seenAs` what its event is remembered with: that
 * key, or null where the same request may be asked again.
 */
export function open(
  state: BridgeState,
  origin: Origin,
  request: Nip46Request,
  event: NostrEvent,
  { key, seenAs }: { readonly key: string; readonly seenAs: string | null },
  [ask, wants]: readonly [DeviceAsk, Wants],
  now: number,
): Step {
  const chars = event.content.length;
  const refusal = refusalOf(state, origin, chars);
  if (refusal !== null) {
    const [same, effects] = refused(state, origin, request, refusal, now);
    return [same, [saveSeen(event, null, now), ...effects]];
  }
  const job = state.nextJob;
  const { client } = origin;
  const { id, method } = request;
  // What the app signed the device judges by itself and remembers: the next host can ask what became of it.
  const [relay = ''] = origin.relays;
  const asked = ask.method === 'client_request' || ask.method === 'client_connect' || wants.type === 'account';
  const isKept = asked && wants.type !== 'public_key' && state.device?.knowsApps !== false;
  const opened = { id, key, origin, cameAt: now, sentAt: null, chars, method, kind: kindOf(request), isKept, wants };
  // On disk before the device hears of it: when a relay replays this event to a restarted host, or the app repeats its request,
  // nobody is asked again.
  return [
    { ...state, nextJob: job + 1, open: new Map(state.open).set(job, opened) },
    [
      saveSeen(event, seenAs, now, isKept ? { event, request: key, relay, cameAt: now } : null),
      { type: 'ask', job, client, ask },
      noteOf(origin, request, 'asked'),
    ],
  ];
}

/** Refuses a request. */
export function refused(
  state: BridgeState,
  origin: Origin,
  request: Nip46Request,
  refusal: Refusal,
  now: number,
): Step {
  const effects = [answer(origin, errorText(request.id, refusal), now), noteOf(origin, request, refusal)];
  return [state, effects];
}

/** The app's event and what opens it. */
export function carriedBy(state: BridgeState, origin: Origin, account: number, event: NostrEvent): Carried {
  const signer = state.signer.at(origin.line);
  return { account, event, conversationKey: signer.conversationKey(event.pubkey, origin.encryption) };
}

/** The kind that a request wants signed; null for every other request. */
export function kindOf(request: Nip46Request): number | null {
  return request.method === 'sign_event' ? request.template.kind : null;
}

/** A row as an effect. */
export function save(row: StoreRow): BridgeEffect {
  return { type: 'save', row };
}

/** A line for the log about a request. */
export function noteOf(origin: Origin, request: Nip46Request, outcome: NoteOutcome | Refusal): BridgeEffect {
  return note(origin.client, request.method, kindOf(request), outcome, { createdAt: origin.createdAt });
}

/** One prompt and one answer, in the encryption of the last repeat, to every relay that delivered one. */
function join(state: BridgeState, job: number, open: OpenRequest, origin: Origin, effects: Step[1]): Step {
  const relays = [...new Set([...origin.relays, ...open.origin.relays])].slice(0, limits.relaysPerRequest);
  const createdAt = Math.max(open.origin.createdAt, origin.createdAt);
  const joined: OpenRequest = { ...open, origin: { ...origin, relays, createdAt } };
  return [{ ...state, open: new Map(state.open).set(job, joined) }, effects];
}

/** Why no more may be open; null: there is room. */
export function refusalOf(state: BridgeState, origin: Origin, chars: number): Refusal | null {
  if (state.stopping) return shuttingDown;
  const all = [...state.open.values()];
  const own = all.filter((open) => open.origin.client === origin.client);
  const sum = (open: readonly OpenRequest[]): number => open.reduce((total, each) => total + each.chars, chars);
  const tooMany = all.length >= limits.openMax || own.length >= limits.openPerApp;
  return tooMany || sum(all) > limits.openCharsMax || sum(own) > limits.openCharsPerApp ? busy : null;
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
