/**
 * The state of one connection to one relay, what comes in and what goes out, and what can be read off a state: its
 * status, and when it wants to be woken. Transitions are in relay.ts and relay-talk.ts.
 */
import type { NostrEvent } from '../nip46/event.ts';
import { floodBurstMax, relayIdleMs, sinceSlackS } from '../nip46/limits.ts';
import { countOf, nextDue, type Outbox } from './relay-outbox.ts';
import { type Probe, probeDue } from './relay-probe.ts';

/** `url` in its normal form; `pubkeys` are the remote-signer keys (hex) whose requests are asked for. */
export type RelayOptions = { readonly url: string; readonly pubkeys: readonly string[]; readonly sinceSlackS?: number };

/** `jitter` is a random number in 0..1 that spreads reconnections, so that a relay's restart is no stampede. */
export type RelayInput =
  | { readonly type: 'opened' }
  /** `bytes` is the size as it came over the wire. */
  | { readonly type: 'text'; readonly text: string; readonly bytes: number }
  | { readonly type: 'pong' }
  | { readonly type: 'closed'; readonly reason: string; readonly jitter: number }
  | { readonly type: 'tick'; readonly jitter: number }
  | { readonly type: 'publish'; readonly event: NostrEvent }
  /** The kind 22242 events for this challenge, one for each key that is to be known to the relay; none: it was not signed. */
  /** The remote-signer keys whose requests are asked for from now on. */
  | { readonly type: 'keys'; readonly pubkeys: readonly string[] }
  | { readonly type: 'auth_signed'; readonly challenge: string; readonly events: readonly NostrEvent[] }
  /** A kind 24133 event of our own key to itself. */
  | { readonly type: 'probe_signed'; readonly event: NostrEvent }
  /** The clock jumped: this computer slept, or its clock was set. What stood before may be dead, and no time is what it was. */
  | { readonly type: 'woke' }
  | { readonly type: 'stop' };

/** To be done in order. After `close`, nothing that the old socket says may be fed in any more. */
export type RelayEffect =
  | { readonly type: 'open'; readonly url: string }
  | { readonly type: 'close' }
  | { readonly type: 'send'; readonly text: string }
  | { readonly type: 'ping' }
  /** It has the shape of an event and matches our filter. Its id and signature have not been verified. */
  | { readonly type: 'deliver'; readonly event: NostrEvent }
  | {
      readonly type: 'sign_auth';
      readonly relay: string;
      readonly challenge: string;
      readonly pubkeys: readonly string[];
    }
  | { readonly type: 'sign_probe' }
  /** It is said to be of our own key, and this connection did not send it. Its signature has not been verified. */
  | { readonly type: 'own_event'; readonly event: NostrEvent }
  | { readonly type: 'published'; readonly eventId: string; readonly ok: boolean; readonly words: string }
  | { readonly type: 'status'; readonly status: RelayStatus };

/** `listening` means that the relay has confirmed the subscription: from then on no request is missed. */
export type RelayStatus =
  | { readonly type: 'connecting' }
  | { readonly type: 'connected' }
  | { readonly type: 'listening' }
  /** It confirmed the subscription, and yet what we sent to ourselves through it did not come back. */
  | { readonly type: 'deaf'; readonly reason: string }
  /** Connected, but the relay does not let us listen. */
  | { readonly type: 'refused'; readonly reason: string; readonly retryAt: number }
  | { readonly type: 'auth_required'; readonly reason: string; readonly retryAt: number }
  /** Not connected. */
  | { readonly type: 'failed'; readonly reason: string; readonly retryAt: number }
  | { readonly type: 'stopped' };

/** What was thrown away, by reason, and how much was delivered. */
export type RelayCounts = {
  readonly delivered: number;
  /** Longer than a message may be. */
  readonly oversized: number;
  /** No message of NIP-01 or NIP-42. */
  readonly malformed: number;
  /** A subscription or event id that we do not know, or one challenge too many. */
  readonly unexpected: number;
  /** An event that our filter does not match. */
  readonly unmatched: number;
  /** Said faster than anybody could act upon it. */
  readonly flooded: number;
};

/**
 * NIP-42 on this connection. `keys` are those that the challenge was signed for, `accepted` how many of them the relay knows: it may know
 * one of ours and not another.
 */
export type Auth =
  | { readonly type: 'unasked' }
  | ({ readonly type: 'signing' } & Challenged)
  | ({ readonly type: 'sent'; readonly eventIds: readonly string[] } & Challenged)
  | ({ readonly type: 'accepted' } & Challenged)
  | { readonly type: 'rejected'; readonly challenge: string; readonly reason: string };

export type Challenged = { readonly challenge: string; readonly keys: readonly string[]; readonly accepted: number };

/** Our one subscription. `epoch` counts the authentications that had succeeded when it was asked for. */
export type Subscription =
  | {
      readonly type: 'asked' | 'confirmed';
      readonly id: string;
      readonly since: number;
      readonly askedAt: number;
      readonly epoch: number;
    }
  | { readonly type: 'refused'; readonly reason: string; readonly retryAt: number; readonly wantsAuth: boolean };

export type OpenLink = {
  readonly type: 'open';
  readonly openedAt: number;
  readonly heardAt: number;
  /** When an unanswered ping makes this a dead socket; null while none is out. */
  readonly pongBy: number | null;
  readonly auth: Auth;
  readonly challenges: number;
  readonly probe: Probe;
  /** When such an event was last passed on that is said to be of our own key. */
  readonly twinAt: number | null;
  readonly epoch: number;
  readonly subscription: Subscription;
  /** How many times it was asked for, and how many of them were refused without having lived. */
  readonly subscribed: number;
  readonly refusals: number;
};

/** How this relay has been. Times are ms Unix time, null for what has not been yet. */
export type RelayHealth = {
  /** The last request that it delivered, and how long our last event to ourselves was on its way. */
  readonly lastEventAt: number | null;
  readonly roundTripMs: number | null;
  /** How often it refused what we published or asked for, and its last words about it. */
  readonly refused: number;
  readonly refusal: string | null;
  readonly rateLimited: number;
  /** Connections in a row that were ended because they delivered nothing. */
  readonly silences: number;
};

/** The connection. `reason` is null before the first attempt. */
export type Link =
  | { readonly type: 'waiting'; readonly retryAt: number; readonly reason: string | null }
  | { readonly type: 'opening'; readonly giveUpAt: number }
  | OpenLink
  | { readonly type: 'stopped' };

export type RelayState = {
  readonly options: RelayOptions;
  readonly link: Link;
  readonly outbox: Outbox;
  /** Connections in a row that failed or did not last. */
  readonly failures: number;
  readonly counts: RelayCounts;
  /** What the relay may still say before it counts as a flood, as of `at`. */
  readonly allowance: { readonly left: number; readonly at: number };
  /** Nothing is sent before `until`, and one at a time while there are `strikes`: rests in a row that the relay asked for. */
  readonly rest: { readonly until: number; readonly strikes: number };
  readonly health: RelayHealth;
  /** The relay's last NOTICE: some refuse in no other way. */
  readonly notice: string | null;
};

/** What a person or a page wants to know of one relay. */
export type RelaySnapshot = {
  readonly url: string;
  readonly status: RelayStatus;
  readonly counts: RelayCounts;
  readonly unacknowledged: number;
  readonly notice: string | null;
  readonly health: RelayHealth;
  readonly connectedAt: number | null;
  /** NIP-42 on this connection; null where there is none. */
  readonly auth: 'unasked' | 'asked' | 'accepted' | 'rejected' | null;
};

/** A state that connects at its first tick, which is due at once. */
export function startRelay(options: RelayOptions): RelayState {
  return {
    options,
    link: { type: 'waiting', retryAt: 0, reason: null },
    outbox: [],
    failures: 0,
    counts: { delivered: 0, oversized: 0, malformed: 0, unexpected: 0, unmatched: 0, flooded: 0 },
    allowance: { left: floodBurstMax, at: 0 },
    rest: { until: 0, strikes: 0 },
    health: { lastEventAt: null, roundTripMs: null, refused: 0, refusal: null, rateLimited: 0, silences: 0 },
    notice: null,
  };
}

/** When the state wants a tick; null when it never does. */
export function deadline(state: RelayState): number | null {
  const times = [nextDue(state.outbox), linkDue(state.link), restDue(state)].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

/** Where the connection stands, in one word and a reason. */
export function statusOf({ link, health }: RelayState): RelayStatus {
  switch (link.type) {
    case 'waiting':
      if (link.reason === null) return { type: 'connecting' };
      return { type: 'failed', reason: link.reason, retryAt: link.retryAt };
    case 'opening':
      return { type: 'connecting' };
    case 'stopped':
      return { type: 'stopped' };
    case 'open': {
      const { subscription } = link;
      if (subscription.type !== 'refused') {
        if (subscription.type === 'asked') return { type: 'connected' };
        return health.silences === 0 ? { type: 'listening' } : { type: 'deaf', reason: silentWords };
      }
      const { reason, retryAt, wantsAuth } = subscription;
      return { type: wantsAuth ? 'auth_required' : 'refused', reason, retryAt };
    }
  }
}

/** The state as others may see it. */
export function snapshot(state: RelayState): RelaySnapshot {
  const { options, counts, outbox, notice, health, link } = state;
  const connectedAt = link.type === 'open' ? link.openedAt : null;
  const auth = link.type === 'open' ? authWord(link.auth) : null;
  const status = statusOf(state);
  return { url: options.url, status, counts, unacknowledged: outbox.length, notice, health, connectedAt, auth };
}

function authWord({ type }: Auth): 'unasked' | 'asked' | 'accepted' | 'rejected' {
  return type === 'signing' || type === 'sent' ? 'asked' : type;
}

/** Why a connection is ended that answers pings. */
export const silentWords = 'It delivers nothing: what was sent to ourselves through it did not come back.';

/** The `since` of a subscription that starts now, in seconds. */
export function sinceAt(options: RelayOptions, now: number): number {
  return Math.max(0, Math.floor(now / 1000) - (options.sinceSlackS ?? sinceSlackS));
}

/** What rests is sent when the rest is over; while one is under way, its OK is awaited. */
function restDue({ link, outbox, rest }: RelayState): number | null {
  const rests = link.type === 'open' && rest.strikes > 0;
  return rests && countOf(outbox, 'waiting') > 0 && countOf(outbox, 'sent') === 0 ? rest.until : null;
}

function linkDue(link: Link): number | null {
  switch (link.type) {
    case 'waiting':
      return link.retryAt;
    case 'opening':
      return link.giveUpAt;
    case 'stopped':
      return null;
    case 'open': {
      const alive = link.pongBy ?? link.heardAt + relayIdleMs;
      if (link.subscription.type === 'refused') return Math.min(alive, link.subscription.retryAt);
      return Math.min(alive, probeDue(link.probe) ?? alive);
    }
  }
}
