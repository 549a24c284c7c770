/** What a client says to a relay (NIP-01, NIP-42), parsed once from its text into a closed union. */
import { isHex32, type NostrEvent, parseEvent } from '../core/nip46/event.ts';
import { eventTagsMax, loopbackFiltersMax, relayJson, subscriptionIdMax } from '../core/nip46/limits.ts';
import { parseShallowJson } from '../core/nip46/shallow-json.ts';
import { type Filter, parseFilter } from './filter.ts';

export type ClientMessage =
  | { readonly type: 'event' | 'auth'; readonly event: NostrEvent }
  | { readonly type: 'req'; readonly subscription: string; readonly filters: readonly Filter[] }
  | { readonly type: 'close'; readonly subscription: string }
  /** The three ways to say no, by what could still be read: an event's id, a subscription's, or nothing. */
  | { readonly type: 'bad_event'; readonly eventId: string; readonly why: string }
  | { readonly type: 'bad_req'; readonly subscription: string; readonly why: string }
  | { readonly type: 'bad'; readonly why: string };

/** Parses one text frame of a client. The size was checked before. */
export function parseClientMessage(text: string): ClientMessage {
  const value = parseShallowJson(text, relayJson);
  if (!Array.isArray(value)) return { type: 'bad', why: 'invalid: a message is a JSON array' };
  const [label, second, ...rest]: unknown[] = value;
  switch (label) {
    case 'EVENT':
      return parseEventMessage('event', second);
    case 'AUTH':
      return parseEventMessage('auth', second);
    case 'REQ':
      return isSubscription(second) ? parseReq(second, rest) : { type: 'bad', why: subscriptionWords };
    case 'CLOSE':
      return isSubscription(second) ? { type: 'close', subscription: second } : { type: 'bad', why: subscriptionWords };
    default:
      return { type: 'bad', why: 'unsupported: this relay knows EVENT, REQ, CLOSE and AUTH' };
  }
}

/** The id in an EVENT that is too long to be parsed; null when there is none. A quoted `"id"` in a string is escaped: no match. */
export function eventIdIn(text: string): string | null {
  if (!/^\s*\[\s*"EVENT"/.test(text)) return null;
  return /"id"\s*:\s*"([0-9a-f]{64})"/.exec(text)?.[1] ?? null;
}

const subscriptionWords = `invalid: a subscription id is a text of 1 to ${subscriptionIdMax} characters`;

function parseEventMessage(type: 'event' | 'auth', value: unknown): ClientMessage {
  const event = parseEvent(value);
  if (event === null) {
    const why = 'invalid: not an event of NIP-01';
    const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
    return isHex32(id) ? { type: 'bad_event', eventId: id, why } : { type: 'bad', why };
  }
  if (event.tags.length > eventTagsMax) {
    return { type: 'bad_event', eventId: event.id, why: `invalid: more than ${eventTagsMax} tags` };
  }
  return { type, event };
}

function parseReq(subscription: string, values: readonly unknown[]): ClientMessage {
  const bad = (why: string): ClientMessage => ({ type: 'bad_req', subscription, why });
  if (values.length === 0) return bad('invalid: a REQ has at least one filter');
  if (values.length > loopbackFiltersMax) return bad(`invalid: more than ${loopbackFiltersMax} filters`);
  const filters: Filter[] = [];
  for (const value of values) {
    const parsed = parseFilter(value);
    if (!parsed.ok) return bad(parsed.why);
    filters.push(parsed.filter);
  }
  return { type: 'req', subscription, filters };
}

function isSubscription(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= subscriptionIdMax;
}
