/**
 * What is said on an open connection: subscribing, what the relay says, authentication (NIP-42).
 *
 * A relay is a stranger. It is answered a bounded number of times whatever it says: a challenge is signed once and at most
 * `challengesMax` of them per connection; "auth-required" leads to another try only when an authentication has succeeded
 * since; everything that it should not have said is counted and dropped.
 */
import { nip46Kind } from '../nip46/envelope.ts';
import type { NostrEvent } from '../nip46/event.ts';
import {
  backOffFirstMs,
  backOffMaxMs,
  challengesMax,
  floodBurstMax,
  floodFreeValues,
  floodMessageCost,
  floodPerSecond,
  floodValueCost,
  relayJson,
  relayMessageMax,
  relayStableMs,
  restMaxMs,
  twinCheckMs,
} from '../nip46/limits.ts';
import { weighJson } from '../nip46/shallow-json.ts';
import { parseRelayMessage, type RelayMessage } from './relay-message.ts';
import { countOf, type Ended, endHeld, find, hold, release, sendAgain, sendWaiting, without } from './relay-outbox.ts';
import { heard, isProbe } from './relay-probe.ts';
import type { Challenged, OpenLink, RelayCounts, RelayEffect, RelayState } from './relay-state.ts';
import {
  confirmed,
  isOurs,
  type OpenState,
  type OpenStep,
  type Step,
  subscribe,
  subscribeAnew,
} from './relay-subscription.ts';

export type { OpenState, OpenStep, Step };

/** Sends what waits in the outbox; to a relay that limits rates one at a time, and nothing while it rests. */
export function flush(state: OpenState, now: number): OpenStep {
  const { rest } = state;
  if (now < rest.until) return [state, []];
  const most = rest.strikes === 0 ? state.outbox.length : 1 - countOf(state.outbox, 'sent');
  const [outbox, texts] = sendWaiting(state.outbox, Math.max(0, most), state.link.epoch, now);
  return [{ ...state, outbox }, texts.map((text) => ({ type: 'send', text }))];
}

/** One text frame of the relay. */
export function hear(state: OpenState, text: string, bytes: number, now: number): Step {
  const alive: OpenState = { ...state, link: { ...state.link, heardAt: now, pongBy: null } };
  if (bytes > relayMessageMax) return [counted(alive, 'oversized'), []];
  const left = allowanceAt(alive, now) - bytes - floodMessageCost;
  if (left < 0) return [counted(alive, 'flooded'), []];
  // Weighed before it is read: reading is what a flood of tiny values is meant to cost us.
  const weight = weighJson(text, relayJson);
  const cost = typeof weight === 'number' ? Math.max(0, weight - floodFreeValues) * floodValueCost : 0;
  if (cost > left) return [counted({ ...alive, allowance: { left, at: now } }, 'flooded'), []];
  const paid: OpenState = { ...alive, allowance: { left: left - cost, at: now } };
  const message = parseRelayMessage(text);
  return message === null ? [counted(paid, 'malformed'), []] : heed(paid, message, now);
}

/** The shell signed a challenge. A late signature, for a challenge of an earlier connection, goes nowhere. */
export function authSigned(state: OpenState, challenge: string, events: readonly NostrEvent[]): Step {
  const { auth } = state.link;
  if (auth.type !== 'signing' || auth.challenge !== challenge) return [state, []];
  // Of user keys, which are not ours, nothing is signed: the relay knows us by the others.
  if (events.length === 0 && auth.accepted > 0) {
    const { keys, accepted } = auth;
    const known = { type: 'accepted', challenge, keys, accepted } as const;
    return authenticate({ ...state, link: { ...state.link, auth: known } }, known);
  }
  if (events.length === 0) return authRejected(state, challenge, 'The authentication was not signed.');
  const eventIds = events.map((event) => event.id);
  return [
    { ...state, link: { ...state.link, auth: { ...auth, type: 'sent', eventIds } } },
    events.map((event) => ({ type: 'send', text: JSON.stringify(['AUTH', event]) })),
  ];
}

/** Endings of publishes as effects. */
export function published(ended: readonly Ended[]): readonly RelayEffect[] {
  return ended.map(({ eventId, ok, words }) => ({ type: 'published', eventId, ok, words }));
}

/** The wait before attempt number `attempt` (from 0): doubling, and between half and all of that by jitter. */
export function backOff(attempt: number, jitter: number): number {
  const full = Math.min(backOffMaxMs, backOffFirstMs * 2 ** Math.min(attempt, 16));
  return Math.round(full * (0.5 + jitter / 2));
}

function heed(state: OpenState, message: RelayMessage, now: number): Step {
  switch (message.type) {
    case 'event':
      return onEvent(state, message.subscription, message.event, now);
    case 'eose':
      return isOurs(state, message.subscription) ? [confirmed(state, now), []] : [counted(state, 'unexpected'), []];
    case 'closed':
      return isOurs(state, message.subscription)
        ? onClosed(state, message.words, now)
        : [counted(state, 'unexpected'), []];
    case 'ok':
      return onOk(state, message.eventId, message.ok, message.words, now);
    case 'auth':
      return onChallenge(state, message.challenge);
    case 'notice':
      return [{ ...state, notice: message.words }, []];
  }
}

function onEvent(state: OpenState, id: string, event: NostrEvent, now: number): Step {
  const { subscription } = state.link;
  if (subscription.type === 'refused' || subscription.id !== id) return [counted(state, 'unexpected'), []];
  const forUs = event.tags.some(
    ([name, value]) => name === 'p' && value !== undefined && state.options.pubkeys.includes(value),
  );
  // NIP-01 leaves the filtering to the relay; ours is a stranger, and what it stored for a year must not come back.
  const matches = event.kind === nip46Kind && event.created_at >= subscription.since && forUs;
  if (!matches) return [counted(state, 'unmatched'), []];
  const listening = confirmed(state, now);
  // No app has our key: it is our own event to ourselves, or that of another host which shares the key.
  if (state.options.pubkeys.includes(event.pubkey)) return onOwnEvent(listening, event, now);
  const health = { ...listening.health, lastEventAt: now, silences: 0 };
  const alive: OpenState = {
    ...listening,
    health,
    link: { ...listening.link, probe: heard(listening.link.probe, now) },
  };
  return [counted(alive, 'delivered'), [{ type: 'deliver', event }]];
}

function onOwnEvent(state: OpenState, event: NostrEvent, now: number): Step {
  const { probe, twinAt } = state.link;
  const sentAt = probe.sent.find(({ eventId }) => eventId === event.id)?.at;
  if (sentAt === undefined) {
    const passes = twinAt === null || now - twinAt >= twinCheckMs;
    const known = passes ? { ...state, link: { ...state.link, twinAt: now } } : state;
    return [counted(known, 'unmatched'), passes ? [{ type: 'own_event', event }] : []];
  }
  const health = { ...state.health, roundTripMs: Math.max(0, now - sentAt), silences: 0 };
  return [{ ...state, health, link: { ...state.link, probe: heard(probe, now) } }, []];
}

function onClosed(state: OpenState, words: string, now: number): Step {
  const { link } = state;
  const { subscription } = link;
  if (subscription.type === 'refused') return [state, []];
  const wantsAuth = words.startsWith('auth-required:');
  const refusals = now - subscription.askedAt >= relayStableMs ? 0 : link.refusals;
  const reason = words === '' ? 'The relay ended the subscription.' : words;
  // No jitter: the wait is this connection's alone, there is nobody to spread it from.
  const retryAt = now + backOff(refusals, 1);
  const refused: OpenState = {
    ...refusedWith(state, words, wantsAuth),
    link: { ...link, refusals: refusals + 1, subscription: { type: 'refused', reason, retryAt, wantsAuth } },
  };
  return wantsAuth && link.epoch > subscription.epoch ? subscribe(refused, now) : [refused, []];
}

function onOk(state: OpenState, eventId: string, ok: boolean, words: string, now: number): Step {
  const { auth, epoch } = state.link;
  if (auth.type === 'sent' && auth.eventIds.includes(eventId)) return onAuthOk(state, eventId, ok, words, now);
  const entry = find(state.outbox, eventId);
  if (entry === null && isProbe(state.link.probe, eventId)) return onProbeOk(state, ok, words, now);
  if (entry === null || entry.stage.type !== 'sent') return [counted(state, 'unexpected'), []];
  if (!ok && words.startsWith('rate-limited:'))
    return [resting({ ...state, outbox: sendAgain(state.outbox, eventId, words) }, now), []];
  if (!ok && words.startsWith('auth-required:')) {
    if (entry.stage.epoch < epoch) return flush({ ...state, outbox: sendAgain(state.outbox, eventId) }, now);
    // Without a challenge yet, one may follow this very OK; while one is under way, its outcome decides.
    const open = auth.type === 'unasked' || auth.type === 'signing' || auth.type === 'sent';
    if (open) return [{ ...state, outbox: hold(state.outbox, eventId, words) }, []];
  }
  const taken = ok || words.startsWith('duplicate:');
  const outbox = without(state.outbox, eventId);
  const rest = outbox.length === 0 ? { ...state.rest, strikes: 0 } : state.rest;
  const said = taken ? state : refusedWith(state, words, false);
  const [next, sends] = flush({ ...said, outbox, rest }, now);
  return [next, [...published([{ eventId, ok: taken, words }]), ...sends]];
}

/** It would not take even an event to ourselves, so it cannot be missed; what it says of it, it will say of answers. */
function onProbeOk(state: OpenState, ok: boolean, words: string, now: number): Step {
  if (ok || words.startsWith('duplicate:')) return [state, []];
  const known: OpenState = { ...state, link: { ...state.link, probe: heard(state.link.probe, now) } };
  if (words.startsWith('rate-limited:')) return [resting(known, now), []];
  return [refusedWith(known, words, words.startsWith('auth-required:')), []];
}

/** The relay limits rates. Refusals that were on their way when the rest began do not make it longer. */
function resting(state: OpenState, now: number): OpenState {
  const health = { ...state.health, rateLimited: state.health.rateLimited + 1 };
  if (now < state.rest.until) return { ...state, health };
  const ms = Math.min(restMaxMs, backOff(state.rest.strikes, 1));
  return { ...state, health, rest: { until: now + ms, strikes: state.rest.strikes + 1 } };
}

/** Asking who we are is no refusal. */
function refusedWith(state: OpenState, words: string, wantsAuth: boolean): OpenState {
  if (wantsAuth) return state;
  const { health } = state;
  if (words.startsWith('rate-limited:'))
    return { ...state, health: { ...health, rateLimited: health.rateLimited + 1 } };
  return { ...state, health: { ...health, refused: health.refused + 1, refusal: words } };
}

function onChallenge(state: OpenState, challenge: string): Step {
  const { link } = state;
  if (link.auth.type !== 'unasked' && link.auth.challenge === challenge) return [state, []];
  if (link.challenges >= challengesMax) return [counted(state, 'unexpected'), []];
  return authenticate(
    { ...state, link: { ...link, challenges: link.challenges + 1 } },
    { challenge, keys: [], accepted: 0 },
  );
}

/** Says who the keys are of which the relay has not heard yet. */
function authenticate(state: OpenState, { challenge, keys, accepted }: Challenged): OpenStep {
  const { url, pubkeys: all } = state.options;
  const pubkeys = all.filter((key) => !keys.includes(key));
  if (pubkeys.length === 0) return [state, []];
  const auth = { type: 'signing', challenge, keys: all, accepted } as const;
  return [{ ...state, link: { ...state.link, auth } }, [{ type: 'sign_auth', relay: url, challenge, pubkeys }]];
}

/** Other keys than before are asked for, under the same id; a relay that knows us hears who the new ones are. */
export function listenFor(before: OpenState, pubkeys: readonly string[], now: number): OpenStep {
  const state: OpenState = { ...before, options: { ...before.options, pubkeys } };
  const { auth, subscription } = state.link;
  const [known, signs] = auth.type === 'accepted' ? authenticate(state, auth) : [state, []];
  if (subscription.type === 'refused') return [known, signs];
  const [next, request] = subscribeAnew(known, now);
  return [next, [...request, ...signs]];
}

function onAuthOk(state: OpenState, eventId: string, ok: boolean, words: string, now: number): Step {
  const { link } = state;
  const { auth } = link;
  if (auth.type !== 'sent') return [state, []];
  const eventIds = auth.eventIds.filter((id) => id !== eventId);
  const accepted = auth.accepted + (ok ? 1 : 0);
  const { challenge, keys } = auth;
  if (eventIds.length > 0) return [{ ...state, link: { ...link, auth: { ...auth, eventIds, accepted } } }, []];
  if (accepted === 0) return authRejected(state, challenge, words);
  const known: OpenLink = { ...link, auth: { type: 'accepted', challenge, keys, accepted }, epoch: link.epoch + 1 };
  // Subscribe again even when nothing was refused: some relays filter silently what an unknown client may see.
  const asking = link.epoch === 0 ? subscribe : subscribeAnew;
  const [subscribed, request] = asking({ ...state, link: known, outbox: release(state.outbox) }, now);
  const [flushed, events] = flush(subscribed, now);
  // Keys that were added while the others were being signed for.
  const [next, signs] = authenticate(flushed, { challenge, keys, accepted });
  return [next, [...request, ...events, ...signs]];
}

function authRejected(state: OpenState, challenge: string, words: string): Step {
  const { link } = state;
  const reason = words === '' ? 'The relay rejected the authentication.' : words;
  const [outbox, ended] = endHeld(state.outbox, reason);
  const { subscription } = link;
  const told = subscription.type === 'refused' && subscription.wantsAuth ? { ...subscription, reason } : subscription;
  const auth = { type: 'rejected', challenge, reason } as const;
  return [{ ...state, outbox, link: { ...link, auth, subscription: told } }, published(ended)];
}

function counted(state: OpenState, what: keyof RelayCounts): OpenState {
  return { ...state, counts: { ...state.counts, [what]: state.counts[what] + 1 } };
}

/** A bucket that refills with time. A clock that was set back refills nothing. */
function allowanceAt({ allowance }: RelayState, now: number): number {
  const passed = Math.max(0, now - allowance.at);
  return Math.min(floodBurstMax, allowance.left + (passed * floodPerSecond) / 1000);
}
