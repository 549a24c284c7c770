/**
 * Pass 1 of a request that an app signed: its content streams by once, for the id of the event, for NIP-44's MAC and for the table that
 * holds every later reading to this one (input.ts). Nothing of it is decrypted for anybody before the signature and the MAC hold,
 * and all the ways in which they do not are one refusal. NIP-04 or NIP-44 is read off the content that was signed.
 *
 * NIP-04 has no MAC: `isCommitted` is false then, and the reader of the request takes everything that is wrong with its text for a
 * wrong key.
 */
import { hexToBytes } from '@noble/hashes/utils.js';
import type { Crypto } from '../env.ts';
import { eventIdWriter } from '../formats/event-id.ts';
import { base64Reader } from './base64-stream.ts';
import { openNip04, openNip44 } from './content.ts';
import { type Input, openInput, type Room } from './input.ts';
import { nip44Reader } from './nip44-stream.ts';
import { type Bytes, orRefused, type Reading, Refusal, type Refused } from './reading.ts';
import { checkUtf8, endUtf8, newUtf8Check } from './utf8-check.ts';

/** The app's event of kind 24133 without its content, and the key that opens it. */
export type ClientEvent = {
  readonly client: Uint8Array;
  readonly createdAt: number;
  readonly tags: readonly (readonly string[])[];
  readonly sig: Uint8Array;
  /** NIP-44's; for NIP-04 the x coordinate of the shared point, which may be given beside it: then either will do. */
  readonly conversationKey: Uint8Array;
  readonly sharedX?: Uint8Array;
  /** Bytes of the content: the input of the request. */
  readonly length: number;
};

/** What the app signed: the id of its event, and the text in it, to be read again from any place. */
export type Authentic = {
  readonly eventId: Uint8Array;
  readonly scheme: 'nip04' | 'nip44';
  readonly isCommitted: boolean;
  readonly text: Bytes;
};

/** Kind of the events of NIP-46. */
const carrierKind = 24133;
const ivMark = '?iv=';
/** `?iv=` and 24 characters of base64. */
const tailBytes = 28;

/** Reads and verifies the event. */
export function authenticate(
  event: ClientEvent,
  env: Room & { readonly crypto: Pick<Crypto, 'verifySchnorr'> },
): Reading<Authentic | Refused> {
  return orRefused(verified(event, openInput(event.length, env), env.crypto));
}

function* verified(event: ClientEvent, input: Input, crypto: Pick<Crypto, 'verifySchnorr'>): Reading<Authentic> {
  const id = eventIdWriter(event.client, event.createdAt, carrierKind);
  for (const tag of event.tags) id.tag(tag);
  const utf8 = newUtf8Check();
  const payload = nip44Reader(event.conversationKey);
  const base64 = base64Reader(payload.push);
  let tail = new Uint8Array(0);
  for (let at = 0; at < input.length; ) {
    const { bytes } = yield* input.piece(at);
    checkUtf8(utf8, bytes, 0, bytes.length);
    id.content(bytes);
    base64.push(bytes, 0, bytes.length);
    tail = lastOf(tail, bytes);
    at += bytes.length;
  }
  endUtf8(utf8);
  const eventId = id.finish();
  const opened = payload.end();
  if (!crypto.verifySchnorr(event.sig, eventId, event.client)) throw new Refusal('unauthenticated');
  const iv = ivOf(tail);
  if (iv !== null) {
    opened?.keys.zero();
    const text = yield* openNip04(input, input.length - tailBytes, event.sharedX ?? event.conversationKey, iv);
    // The device's own key can be no false one.
    return { eventId, scheme: 'nip04', isCommitted: event.sharedX !== undefined, text };
  }
  if (opened === null || !base64.isWhole()) throw new Refusal('unauthenticated');
  return { eventId, scheme: 'nip44', isCommitted: true, text: yield* openNip44(input, opened) };
}

function lastOf(tail: Uint8Array, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length >= tailBytes) return bytes.slice(-tailBytes);
  const whole = new Uint8Array(tail.length + bytes.length);
  whole.set(tail);
  whole.set(bytes, tail.length);
  return whole.slice(-tailBytes);
}

/** The iv of NIP-04, when the content ends in one. */
function ivOf(tail: Uint8Array): Uint8Array | null {
  if (tail.length !== tailBytes || String.fromCharCode(...tail.subarray(0, 4)) !== ivMark) return null;
  let iv = hexToBytes('');
  const reader = base64Reader((bytes) => {
    iv = bytes.slice();
  });
  reader.push(tail, ivMark.length, tailBytes);
  return reader.isWhole() && iv.length === 16 ? iv : null;
}
