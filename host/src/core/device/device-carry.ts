/**
 * An app's own event on its way to the device: the parts of which the device rebuilds it, verifies the app's signature and decrypts
 * what is asked. Nothing of it is changed; what a device could not take is refused here, in words for the app.
 */
import { hexToBytes } from '@noble/hashes/utils.js';
import { encodeCbor, encodeMessage, encodeUtf8, limits, type RequestOf } from '@sallyport/device-protocol';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import type { Carried } from './device-port.ts';

/** The event as a body of `nip46_request`, and the whole of its content for the device to pull from. */
export type CarriedBody = { readonly body: RequestOf<'nip46_request'>; readonly input: Uint8Array };

/** Keys, signature, numbers and heads around tags and head: the same room that a chunk leaves. */
const aroundTags = limits.messageOverhead;

/** Takes an event apart, with as much of its content as fits one message beside the rest. */
export function carry({ account, event, conversationKey }: Carried): CarriedBody | Refusal {
  return fitted({ account, event }, (parts, input) => ({ ...parts, conversationKey, input }), headRoom, 0);
}

/** The same of one that was addressed to the user key, which nobody but the device opens. */
export function carryToUser(
  carried: Omit<Carried, 'conversationKey'>,
  beside: Pick<UserBody, 'answerAt' | 'announced' | 'secrets'>,
): { readonly body: UserBody; readonly input: Uint8Array } | Refusal {
  const room = (body: UserBody): number => {
    return limits.messageMax - encodeMessage({ ...largest, command: 'user_request', body }).length - headHead;
  };
  return fitted(carried, (parts, input) => ({ ...parts, ...beside, input }), room, besideMax);
}

type UserBody = RequestOf<'user_request'>;
type Parts = Omit<UserBody, 'answerAt' | 'announced' | 'secrets' | 'input'>;
const largest = { type: 'request', id: 0xffff_ffff } as const;
/** An empty head is a byte; one of up to 64 KiB starts with three. */
const headHead = 2;
/** Hashes of secrets and a time: with them the largest tags do not fit. */
const besideMax = limits.secretsMax * 34 + 16;

function fitted<B extends { readonly input: UserBody['input'] }>(
  { account, event }: Omit<Carried, 'conversationKey'>,
  bodyOf: (parts: Parts, input: UserBody['input']) => B,
  room: (bare: B) => number,
  beside: number,
): { readonly body: B; readonly input: Uint8Array } | Refusal {
  const input = encodeUtf8(event.content);
  if (input === null) return malformed('is not valid Unicode');
  if (input.length > limits.requestStreamMax) {
    const words = `The device takes requests of ${limits.requestStreamMax} bytes at most.`;
    return refuse('too_large', words, 'Sign or encrypt something smaller.');
  }
  const tags = event.tags.map((tag) => [...tag]);
  if (!tags.every(isShort) || tags.length > limits.clientTagsMax)
    return malformed('has more or longer tags than a device reads');
  const around = encodeCbor(tags).length + aroundTags + beside;
  if (around > limits.messageMax) return malformed('has longer tags than a device reads');
  const { pubkey, created_at: createdAt, sig } = event;
  const parts = { account, client: hexToBytes(pubkey), createdAt, tags, sig: hexToBytes(sig) };
  const body = (head: Uint8Array): B => bodyOf(parts, { length: input.length, head });
  // What is so small that it fits in any case needs no measuring.
  if (input.length <= limits.headMax && around + input.length <= limits.messageMax) return { body: body(input), input };
  const free = Math.min(limits.headMax, room(body(new Uint8Array(0))));
  return { body: body(input.slice(0, free)), input };
}

/** The bytes that are left for the head: measured on the larger of the two commands, under the largest id. */
function headRoom(bare: RequestOf<'nip46_request'>): number {
  const body = { ...bare, announced: true };
  return limits.messageMax - encodeMessage({ ...largest, command: 'client_connect', body }).length - headHead;
}

function isShort(tag: readonly string[]): boolean {
  if (tag.length > limits.clientTagItemsMax) return false;
  return tag.every((item) => (encodeUtf8(item)?.length ?? Number.POSITIVE_INFINITY) <= limits.clientTagMax);
}

function malformed(what: string): Refusal {
  return refuse('malformed', `The event of the request ${what}.`, 'Report it to the maker of the app.');
}
