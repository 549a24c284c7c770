/**
 * What a relay says to a client (NIP-01, NIP-42), parsed once from its text into a closed union; null for anything else.
 * Words of the relay are cut to `relayWordsMax` and lose control and direction characters: they are shown to people.
 */
import { isHex32, type NostrEvent, parseEvent } from '../nip46/event.ts';
import { challengeMax, relayJson, relayWordsMax, subscriptionIdMax } from '../nip46/limits.ts';
import { parseShallowJson } from '../nip46/shallow-json.ts';

export type RelayMessage =
  | { readonly type: 'event'; readonly subscription: string; readonly event: NostrEvent }
  | { readonly type: 'ok'; readonly eventId: string; readonly ok: boolean; readonly words: string }
  | { readonly type: 'eose'; readonly subscription: string }
  | { readonly type: 'closed'; readonly subscription: string; readonly words: string }
  | { readonly type: 'notice'; readonly words: string }
  | { readonly type: 'auth'; readonly challenge: string };

/** Parses one text frame of a relay. The size was checked before. */
export function parseRelayMessage(text: string): RelayMessage | null {
  const value = parseShallowJson(text, relayJson);
  if (!Array.isArray(value)) return null;
  const [label, second, third, fourth]: unknown[] = value;
  switch (label) {
    case 'EVENT': {
      const event = parseEvent(third);
      return event !== null && isSubscription(second) ? { type: 'event', subscription: second, event } : null;
    }
    case 'OK':
      // Some relays leave the fourth element out when there is nothing to say.
      if (!isHex32(second) || typeof third !== 'boolean') return null;
      return { type: 'ok', eventId: second, ok: third, words: typeof fourth === 'string' ? wordsOf(fourth) : '' };
    case 'EOSE':
      return isSubscription(second) ? { type: 'eose', subscription: second } : null;
    case 'CLOSED':
      if (!isSubscription(second)) return null;
      return { type: 'closed', subscription: second, words: typeof third === 'string' ? wordsOf(third) : '' };
    case 'NOTICE':
      return typeof second === 'string' ? { type: 'notice', words: wordsOf(second) } : null;
    case 'AUTH':
      return isChallenge(second) ? { type: 'auth', challenge: second } : null;
    default:
      return null;
  }
}

/** A stranger's text as it may be shown: one line, bounded, nothing invisible in it. */
export function wordsOf(text: string): string {
  const cut = text.length > relayWordsMax ? `${text.slice(0, relayWordsMax)}…` : text;
  return cut.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

function isSubscription(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= subscriptionIdMax;
}

function isChallenge(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= challengeMax;
}
