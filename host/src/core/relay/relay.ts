/**
 * The client side of one relay connection, as a pure machine: it connects, subscribes to requests for our remote-signer keys,
 * authenticates, publishes, notices a dead socket or subscription, and comes back with a growing wait.
 *
 * Promises: every published event ends in exactly one `published` effect; every status change is one `status` effect; no
 * relay can make it loop, grow without bound, or parse more than it must. `now` is Unix time in milliseconds.
 */

import type { NostrEvent } from '../nip46/event.ts';
import {
  probeEveryMs,
  relayIdleMs,
  relayOpenMs,
  relayPongMs,
  relayStableMs,
  relayWakePongMs,
  silenceMaxMs,
} from '../nip46/limits.ts';
import { wordsOf } from './relay-message.ts';
import { enqueue, expire, notAfter, unsend } from './relay-outbox.ts';
import { confirmedNow, firstProbe, heard, out, probeNext } from './relay-probe.ts';
import {
  deadline,
  type RelayInput,
  type RelayState,
  type RelayStatus,
  silentWords,
  sinceAt,
  snapshot,
  startRelay,
  statusOf,
} from './relay-state.ts';
import { subscribe, subscribeAnew } from './relay-subscription.ts';
import { authSigned, backOff, flush, hear, listenFor, type OpenState, published, type Step } from './relay-talk.ts';

export type {
  RelayCounts,
  RelayEffect,
  RelayInput,
  RelayOptions,
  RelaySnapshot,
  RelayState,
  RelayStatus,
} from './relay-state.ts';
export { deadline, snapshot, startRelay };

/** One input at one time. An input that does not fit the state changes nothing. */
export function step(state: RelayState, input: RelayInput, now: number): Step {
  const [next, effects] = decide(state, input, now);
  const status = statusOf(next);
  return sameStatus(statusOf(state), status) ? [next, effects] : [next, [...effects, { type: 'status', status }]];
}

function decide(state: RelayState, input: RelayInput, now: number): Step {
  switch (input.type) {
    case 'tick':
      return onTick(state, input.jitter, now);
    case 'opened':
      return state.link.type === 'opening' ? onOpened(state, now) : [state, []];
    case 'text':
      return isOpen(state) ? hear(state, input.text, input.bytes, now) : [state, []];
    case 'pong':
      return isOpen(state) ? [{ ...state, link: { ...state.link, heardAt: now, pongBy: null } }, []] : [state, []];
    case 'closed':
      return lost(state, input.reason, input.jitter, now);
    case 'publish':
      return onPublish(state, input.event, now);
    case 'keys':
      return isOpen(state)
        ? listenFor(state, input.pubkeys, now)
        : [{ ...state, options: { ...state.options, pubkeys: input.pubkeys } }, []];
    case 'auth_signed':
      return isOpen(state) ? authSigned(state, input.challenge, input.events) : [state, []];
    case 'probe_signed':
      return isOpen(state) ? onProbeSigned(state, input.event, now) : [state, []];
    case 'woke':
      return onWoke(state, now);
    case 'stop':
      return onStop(state);
  }
}

function onTick(state: RelayState, jitter: number, now: number): Step {
  const [outbox, ended] = expire(state.outbox, now);
  const [next, effects] = onTime({ ...state, outbox }, jitter, now);
  return [next, [...published(ended), ...effects]];
}

function onTime(state: RelayState, jitter: number, now: number): Step {
  const { link } = state;
  switch (link.type) {
    case 'stopped':
      return [state, []];
    case 'waiting':
      if (now < link.retryAt) return [state, []];
      return [
        { ...state, link: { type: 'opening', giveUpAt: now + relayOpenMs } },
        [{ type: 'open', url: state.options.url }],
      ];
    case 'opening':
      return now < link.giveUpAt
        ? [state, []]
        : giveUp(state, `The relay did not answer within ${relayOpenMs / 1000} s.`, jitter, now);
    case 'open':
      return onOpenTime({ ...state, link }, jitter, now);
  }
}

function onOpenTime(state: OpenState, jitter: number, now: number): Step {
  const { link } = state;
  if (link.pongBy !== null && now >= link.pongBy) return giveUp(state, 'The connection fell silent.', jitter, now);
  const pings = link.pongBy === null && now >= link.heardAt + relayIdleMs;
  const alive: OpenState = pings ? { ...state, link: { ...link, pongBy: now + relayPongMs } } : state;
  const due = link.subscription.type === 'refused' && now >= link.subscription.retryAt;
  const [subscribed, request] = due ? subscribe(alive, now) : [alive, []];
  const [flushed, sends] = flush(subscribed, now);
  const [next, effects] = link.subscription.type === 'refused' ? [flushed, []] : probe(flushed, jitter, now);
  return [next, [...(pings ? [{ type: 'ping' } as const] : []), ...request, ...sends, ...effects]];
}

/** Sends an event to ourselves when nothing came for a while, and gives up a connection on which it does not come back. */
function probe(state: OpenState, jitter: number, now: number): Step {
  const { link } = state;
  const what = probeNext(link.probe, now);
  if (what === 'nothing') return [state, []];
  if (what === 'silent') return fellSilent(state, jitter, now);
  const missed = what === 'again';
  const [subscribed, request] = missed ? subscribeAnew(state, now) : [state, []];
  const signing = { ...link.probe, stage: { type: 'signing', missed } } as const;
  return [{ ...subscribed, link: { ...subscribed.link, probe: signing } }, [...request, { type: 'sign_probe' }]];
}

/** Some relays never bring back what is one's own. They are not left over and over for it, since what they do bring would be missed. */
function fellSilent(state: OpenState, jitter: number, now: number): Step {
  const { link, health } = state;
  const { silences } = health;
  const patience = silences === 0 ? 0 : Math.min(silenceMaxMs, probeEveryMs * 2 ** Math.min(silences, 16));
  if (now - link.openedAt < patience) return [{ ...state, link: { ...link, probe: heard(link.probe, now) } }, []];
  return giveUp({ ...state, health: { ...health, silences: silences + 1 } }, silentWords, jitter, now);
}

function onProbeSigned(state: OpenState, event: NostrEvent, now: number): Step {
  const { link } = state;
  if (link.probe.stage.type !== 'signing') return [state, []];
  const sent = { ...state, link: { ...link, probe: out(link.probe, event.id, now) } };
  return [sent, [{ type: 'send', text: JSON.stringify(['EVENT', event]) }]];
}

/** Whatever was waited for is tried at once, and a connection has to show that it lives: while we slept, the other end gave it up. */
function onWoke(state: RelayState, now: number): Step {
  const outbox = notAfter(state.outbox, now);
  const awake: RelayState = { ...state, outbox, rest: { ...state.rest, until: Math.min(state.rest.until, now) } };
  const { link } = awake;
  switch (link.type) {
    case 'stopped':
      return [awake, []];
    case 'waiting':
      return [{ ...awake, failures: 0, link: { ...link, retryAt: Math.min(link.retryAt, now) } }, []];
    case 'opening':
      return [{ ...awake, link: { ...link, giveUpAt: now + relayWakePongMs } }, []];
    case 'open': {
      const { subscription } = link;
      const refused = subscription.type === 'refused';
      const tried = refused ? { ...subscription, retryAt: Math.min(subscription.retryAt, now) } : subscription;
      const checked = { openedAt: Math.min(link.openedAt, now), heardAt: now, pongBy: now + relayWakePongMs };
      const probe = confirmedNow(heard(link.probe, now), now);
      const open: OpenState = { ...awake, link: { ...link, ...checked, probe, subscription: tried } };
      // By a clock that was set back, what apps ask now was made before our subscription, and would be taken for old.
      const isAhead = subscription.type !== 'refused' && subscription.since > sinceAt(state.options, now);
      const [next, request] = isAhead ? subscribeAnew(open, now) : [open, []];
      return [next, [{ type: 'ping' }, ...request]];
    }
  }
}

function onOpened(state: RelayState, now: number): Step {
  // "Refused" is where a subscription starts: not asked for yet, and the next one gets a new id.
  const unasked = { type: 'refused', reason: '', retryAt: now, wantsAuth: false } as const;
  const open: OpenState = {
    ...state,
    link: {
      type: 'open',
      openedAt: now,
      heardAt: now,
      pongBy: null,
      auth: { type: 'unasked' },
      challenges: 0,
      probe: firstProbe(now),
      twinAt: null,
      epoch: 0,
      subscription: unasked,
      subscribed: 0,
      refusals: 0,
    },
  };
  const [subscribed, request] = subscribe(open, now);
  const [flushed, events] = flush(subscribed, now);
  return [flushed, [...request, ...events]];
}

function onPublish(state: RelayState, event: NostrEvent, now: number): Step {
  if (state.link.type === 'stopped') {
    return [state, published([{ eventId: event.id, ok: false, words: 'The connection to this relay was ended.' }])];
  }
  const [outbox, ended] = enqueue(state.outbox, event, now);
  const next = { ...state, outbox };
  const [flushed, sends] = isOpen(next) ? flush(next, now) : [next, []];
  return [flushed, [...published(ended), ...sends]];
}

function onStop(state: RelayState): Step {
  const words = 'The connection to this relay was ended.';
  const ended = published(state.outbox.map(({ eventId }) => ({ eventId, ok: false, words })));
  const hasSocket = state.link.type === 'opening' || state.link.type === 'open';
  return [{ ...state, outbox: [], link: { type: 'stopped' } }, hasSocket ? [...ended, { type: 'close' }] : ended];
}

/** Ends the socket from our side. */
function giveUp(state: RelayState, reason: string, jitter: number, now: number): Step {
  const [next, effects] = lost(state, reason, jitter, now);
  return [next, [{ type: 'close' }, ...effects]];
}

function lost(state: RelayState, reason: string, jitter: number, now: number): Step {
  const { link } = state;
  if (link.type !== 'opening' && link.type !== 'open') return [state, []];
  // A relay that accepts and hangs up at once is waited for as long as one that is down.
  const failures = link.type === 'open' && now - link.openedAt >= relayStableMs ? 0 : state.failures;
  const waiting = { type: 'waiting', retryAt: now + backOff(failures, jitter), reason: wordsOf(reason) } as const;
  return [{ ...state, failures: failures + 1, outbox: unsend(state.outbox), link: waiting }, []];
}

function isOpen(state: RelayState): state is OpenState {
  return state.link.type === 'open';
}

function sameStatus(a: RelayStatus, b: RelayStatus): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
