/**
 * The event that an app wants signed, from the parameter of `sign_event` to the signed event that goes back. Clients send it as
 * a string or as an object, and leave out what they please; what lacks is filled, what was sent is never changed.
 */

import { utf8ToBytes } from '@noble/hashes/utils.js';
import { neverSigned } from '@sallyport/device-protocol';
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import type { DeviceAnswer, EventTemplate } from '../device/device-port.ts';
import type { RemoteSigner } from './envelope.ts';
import { isHex32, isSignature, type NostrEvent, parseTags } from './event.ts';
import { type Refusal, refuse } from './refusal.ts';
import { readShallowJson } from './shallow-json.ts';

/** The event as the app asked for it; null where the app left the field out. `id` and `sig` sent along are ignored. */
export type RequestedEvent = {
  readonly kind: number;
  readonly content: string;
  readonly tags: readonly (readonly string[])[];
  readonly created_at: number | null;
  readonly pubkey: string | null;
};

/** A requested event, or why it cannot be signed. */
export type ParsedTemplate =
  | { readonly type: 'template'; readonly template: RequestedEvent }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** Parses the first parameter of `sign_event`. */
export function parseTemplate(param: unknown): ParsedTemplate {
  const read =
    typeof param === 'string' ? readShallowJson(param, limits.json) : ({ type: 'value', value: param } as const);
  if (read.type === 'too_many') return refused(tooManyValues);
  const value = read.type === 'value' ? read.value : null;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed('is not a JSON object');
  const { kind, content, tags, created_at, pubkey } = value as Record<string, unknown>;
  if (!isCount(kind) || kind > 0xffff) return malformed('has no kind from 0 to 65535');
  if (typeof content !== 'string') return malformed('has no content');
  const lacksTime = created_at === undefined || created_at === null;
  if (!lacksTime && !isCount(created_at)) return malformed('has a created_at that is no number of seconds');
  const lacksPubkey = pubkey === undefined || pubkey === null || pubkey === '';
  if (!lacksPubkey && !isHex32(pubkey)) return malformed('has a pubkey that is not 32 bytes of lowercase hex');
  const copied = tags === undefined || tags === null ? [] : parseTags(tags);
  if (copied === null) return malformed('has tags that are not lists of strings');
  if (!content.isWellFormed() || !copied.every((tag) => tag.every((item) => item.isWellFormed()))) {
    return malformed('has half a surrogate pair in it, which no UTF-8 text can hold');
  }
  if (neverSigned.includes(kind)) return refused(forbiddenKind);
  const template = {
    kind,
    content,
    tags: copied,
    created_at: lacksTime ? null : created_at,
    pubkey: lacksPubkey ? null : pubkey,
  };
  return isTooLarge(template) ? refused(tooLarge) : { type: 'template', template };
}

/** Fills what lacks: the time of the app's own signed request, never that of the host's clock. */
export function fillTemplate(requested: RequestedEvent, requestCreatedAt: number): EventTemplate {
  const { kind, content, tags, created_at } = requested;
  return { kind, content, tags, created_at: created_at ?? requestCreatedAt };
}

/**
 * Rebuilds the signed event from what was asked and what the device said. Null when the device named another key than
 * `pubkey` (null: any), computed another id, or gave a signature that does not verify. Such an event is never passed on.
 */
export function signedEvent(
  template: EventTemplate,
  answer: DeviceAnswer & { readonly type: 'signature' },
  pubkey: string | null,
  { isGenuine }: Pick<RemoteSigner, 'isGenuine'>,
): NostrEvent | null {
  if (!isHex32(answer.pubkey) || (pubkey !== null && answer.pubkey !== pubkey)) return null;
  const { kind, content, tags, created_at } = template;
  const { id, sig } = answer;
  const event: NostrEvent = Object.freeze({ id, pubkey: answer.pubkey, created_at, kind, tags, content, sig });
  // `isGenuine` hashes what was asked and compares the id with that.
  return isSignature(sig) && isGenuine(event) ? event : null;
}

const forbiddenKind = refuse(
  'forbidden_kind',
  'Events of this kind are never signed: 14 and 15 are rumors, 24133 is the talk between app and signer.',
  'Report it to the maker of the app.',
);

/** For a request, or an event in it, that would take seconds to read. */
export const tooManyValues = refuse(
  'too_large',
  `The request is made of more than ${limits.json.valuesMax} values, as its tags and their items are.`,
  'Make it smaller, or split it.',
);

const tooLarge = refuse('too_large', 'The event is larger than 1 MiB.', 'Make it smaller, or split it.');

function isTooLarge(template: RequestedEvent): boolean {
  const { kind, content, tags, created_at, pubkey } = template;
  if (content.length > limits.textMax) return true;
  // Six bytes are the most that a character becomes (\u0000): of what is small that is enough to know.
  const chars = tags.reduce(
    (sum, tag) => tag.reduce((all, item) => all + item.length + 1, sum + 1),
    content.length + 200,
  );
  if (6 * chars < limits.textMax) return false;
  const text = JSON.stringify([0, pubkey ?? '0'.repeat(64), created_at ?? 9_999_999_999, kind, tags, content]);
  return text.length > limits.textMax || utf8ToBytes(text).length > limits.textMax;
}

function malformed(what: string): ParsedTemplate {
  return refused(refuse('malformed', `The event to sign ${what}.`, 'Report it to the maker of the app.'));
}

function refused(refusal: Refusal): ParsedTemplate {
  return { type: 'refused', refusal };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
