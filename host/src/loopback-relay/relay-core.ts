/**
 * A Nostr relay for one machine, as a pure machine over all its connections. It carries ephemeral events (kinds 20000 to 29999,
 * NIP-01) to whoever listens right now and stores nothing.
 *
 * Written here because no well-kept small library is only this: @nostr-relay/core is at 0.0.x and brings rxjs; it serves as the
 * other relay in the interop tests.
 *
 * Promises: every EVENT and AUTH gets an OK and every REQ an EOSE or CLOSED, as long as an id can be read; what is carried
 * has a verified id and signature; kind 22242 is never carried. `now` is Unix time in milliseconds.
 */
import { authKind, type NostrEvent } from '../core/nip46/event.ts';
import {
  authWindowS,
  eventContentMax,
  loopbackAuthMax,
  loopbackConnectionsMax,
  loopbackFiltersTotalMax,
  loopbackRequestMax,
  loopbackSubscriptionsMax,
  relayMessageMax,
} from '../core/nip46/limits.ts';
import { eventIdIn, parseClientMessage } from './client-message.ts';
import { type Filter, indexEvent, matches } from './filter.ts';

/** `hosts` are the names (`host:port`, lowercase) under which clients know this relay: an AUTH event must name one of them. */
export type LoopbackOptions = {
  readonly auth: 'off' | 'required';
  readonly hosts: readonly string[];
  /** Whether id and signature of an event hold. */
  readonly isGenuine: (event: NostrEvent) => boolean;
};

export type LoopbackInput =
  /** `challenge` is random, and different for every connection. */
  | { readonly type: 'opened'; readonly connection: number; readonly challenge: string }
  /** `bytes` is the size as it came over the wire. */
  | { readonly type: 'text'; readonly connection: number; readonly text: string; readonly bytes: number }
  | { readonly type: 'closed'; readonly connection: number };

/** To be done in order. A `close` is followed by the shell's `closed`. */
export type LoopbackEffect =
  | { readonly type: 'send'; readonly connection: number; readonly text: string }
  | { readonly type: 'close'; readonly connection: number; readonly why: string };

type Connection = {
  readonly challenge: string;
  readonly authenticated: boolean;
  readonly subscriptions: ReadonlyMap<string, readonly Filter[]>;
};

export type LoopbackState = {
  readonly options: LoopbackOptions;
  readonly connections: ReadonlyMap<number, Connection>;
};

type Step = readonly [LoopbackState, readonly LoopbackEffect[]];

/** A relay without connections. */
export function startLoopbackCore(options: LoopbackOptions): LoopbackState {
  return { options, connections: new Map() };
}

/** One input at one time. Text of a connection that is not open changes nothing. */
export function step(state: LoopbackState, input: LoopbackInput, now: number): Step {
  switch (input.type) {
    case 'opened':
      return onOpened(state, input.connection, input.challenge);
    case 'closed': {
      const connections = new Map(state.connections);
      connections.delete(input.connection);
      return [{ ...state, connections }, []];
    }
    case 'text': {
      const connection = state.connections.get(input.connection);
      return connection === undefined ? [state, []] : onText(state, input, connection, now);
    }
  }
}

function onOpened(state: LoopbackState, id: number, challenge: string): Step {
  if (state.connections.size >= loopbackConnectionsMax) {
    return [state, [{ type: 'close', connection: id, why: `This relay holds ${loopbackConnectionsMax} connections.` }]];
  }
  const connections = new Map(state.connections);
  const open = state.options.auth === 'off';
  connections.set(id, { challenge, authenticated: open, subscriptions: new Map() });
  return [{ ...state, connections }, open ? [] : [send(id, 'AUTH', challenge)]];
}

function onText(
  state: LoopbackState,
  input: Extract<LoopbackInput, { type: 'text' }>,
  connection: Connection,
  now: number,
): Step {
  const { connection: id, text, bytes } = input;
  if (bytes > relayMessageMax) {
    const why = `invalid: the message has ${bytes} bytes, this relay takes at most ${relayMessageMax}`;
    const eventId = eventIdIn(text);
    return [state, [eventId === null ? send(id, 'NOTICE', why) : send(id, 'OK', eventId, false, why)]];
  }
  const message = parseClientMessage(text);
  switch (message.type) {
    case 'event':
      return [state, onEvent(state, id, connection, message.event)];
    case 'auth':
      return onAuth(state, id, connection, message.event, bytes, now);
    case 'req':
      return onReq(state, id, connection, message.subscription, message.filters, bytes);
    case 'close':
      return [ended(state, id, connection, message.subscription), []];
    case 'bad_event':
      return [state, [send(id, 'OK', message.eventId, false, message.why)]];
    case 'bad_req':
      return refused(state, id, connection, message.subscription, message.why);
    case 'bad':
      return [state, [send(id, 'NOTICE', message.why)]];
  }
}

function onEvent(state: LoopbackState, id: number, from: Connection, event: NostrEvent): readonly LoopbackEffect[] {
  const why = whyNot(state.options, from, event);
  if (why !== null) return [send(id, 'OK', event.id, false, why)];
  // Carried first, acknowledged then: somebody waits for an answer to what is carried, and nobody for the acknowledgement.
  const effects: LoopbackEffect[] = [];
  const json = JSON.stringify(event);
  const indexed = indexEvent(event);
  for (const [to, { subscriptions }] of state.connections) {
    for (const [subscription, filters] of subscriptions) {
      if (!filters.some((filter) => matches(filter, indexed))) continue;
      // Put together from one serialization: it may be megabytes, and listeners many.
      effects.push({ type: 'send', connection: to, text: `["EVENT",${JSON.stringify(subscription)},${json}]` });
    }
  }
  effects.push(send(id, 'OK', event.id, true, ''));
  return effects;
}

/** Why an event is not carried; cheap reasons first: size before hash, hash before signature. */
function whyNot({ isGenuine }: LoopbackOptions, from: Connection, event: NostrEvent): string | null {
  if (!from.authenticated) return 'auth-required: this relay carries events of authenticated clients only';
  if (event.kind === authKind) return 'blocked: authentication events belong into AUTH and are never carried';
  if (event.kind < 20000 || event.kind > 29999) return 'blocked: this relay carries ephemeral events only';
  if (event.content.length > eventContentMax) return `invalid: the content has more than ${eventContentMax} characters`;
  return isGenuine(event) ? null : 'invalid: the id or the signature of this event is wrong';
}

function onReq(
  state: LoopbackState,
  id: number,
  from: Connection,
  name: string,
  filters: readonly Filter[],
  bytes: number,
): Step {
  const no = (why: string): Step => refused(state, id, from, name, why);
  if (!from.authenticated) return no('auth-required: this relay serves authenticated clients only');
  if (bytes > loopbackRequestMax) return no(`invalid: a REQ has at most ${loopbackRequestMax} bytes`);
  if (!from.subscriptions.has(name) && from.subscriptions.size >= loopbackSubscriptionsMax) {
    return no(`restricted: at most ${loopbackSubscriptionsMax} subscriptions per connection`);
  }
  const others = [...from.subscriptions].reduce((sum, [other, held]) => (other === name ? sum : sum + held.length), 0);
  if (others + filters.length > loopbackFiltersTotalMax) {
    return no(`restricted: at most ${loopbackFiltersTotalMax} filters per connection`);
  }
  const subscriptions = new Map(from.subscriptions).set(name, filters);
  return [updated(state, id, { ...from, subscriptions }), [send(id, 'EOSE', name)]];
}

function onAuth(
  state: LoopbackState,
  id: number,
  from: Connection,
  event: NostrEvent,
  bytes: number,
  now: number,
): Step {
  const why = whyNotAuthenticated(state.options, from, event, bytes, now);
  if (why !== null) return [state, [send(id, 'OK', event.id, false, why)]];
  return [updated(state, id, { ...from, authenticated: true }), [send(id, 'OK', event.id, true, '')]];
}

/** The checks of NIP-42. */
function whyNotAuthenticated(
  { auth, hosts, isGenuine }: LoopbackOptions,
  from: Connection,
  event: NostrEvent,
  bytes: number,
  now: number,
): string | null {
  const value = (name: string) => event.tags.find((tag) => tag[0] === name)?.[1] ?? '';
  if (auth === 'off') return 'invalid: this relay asks nobody to authenticate';
  if (bytes > loopbackAuthMax) return `invalid: an AUTH has at most ${loopbackAuthMax} bytes`;
  if (event.kind !== authKind) return `invalid: an authentication event is of kind ${authKind}`;
  if (Math.abs(event.created_at - now / 1000) > authWindowS)
    return 'invalid: created_at is too far from the current time';
  if (value('challenge') !== from.challenge) return 'invalid: this is not the challenge of this connection';
  // Whole authority, not a prefix: another relay that passes our challenge on gets an event that names that relay.
  const host = /^wss?:\/\/([^/?#]+)/i.exec(value('relay'))?.[1]?.toLowerCase();
  if (host === undefined || !hosts.includes(host)) return 'invalid: the relay tag names another relay';
  return isGenuine(event) ? null : 'invalid: the id or the signature of this event is wrong';
}

/** A refused REQ also ends the subscription that it was to replace: CLOSED says so to the client (NIP-01). */
function refused(state: LoopbackState, id: number, from: Connection, name: string, why: string): Step {
  return [ended(state, id, from, name), [send(id, 'CLOSED', name, why)]];
}

function ended(state: LoopbackState, id: number, from: Connection, name: string): LoopbackState {
  if (!from.subscriptions.has(name)) return state;
  const subscriptions = new Map(from.subscriptions);
  subscriptions.delete(name);
  return updated(state, id, { ...from, subscriptions });
}

function updated(state: LoopbackState, id: number, connection: Connection): LoopbackState {
  return { ...state, connections: new Map(state.connections).set(id, connection) };
}

function send(connection: number, ...message: readonly unknown[]): LoopbackEffect {
  return { type: 'send', connection, text: JSON.stringify(message) };
}
