/**
 * What a request is about, parsed once from what the host sent: the value that is shown, approved and acted upon. Nothing is
 * read from the request again after this.
 */
import {
  type AskingCommand,
  type Cbor,
  type DeviceError,
  decodeCbor,
  decodeUtf8,
  limits,
  neverSigned,
  type RequestOf,
  streamBounds,
  type TextCommand,
} from '@sallyport/device-protocol';
import { eventId } from './event-id.ts';
import { type Asker, type Review, reviewDecryption, reviewEncryption, reviewEvent, type ShownEvent } from './review.ts';

/** A request of such a command, without its input. */
export type AskingRequest = {
  [C in AskingCommand]: { readonly command: C; readonly body: RequestOf<C> };
}[AskingCommand];

/** An event with the id that was computed from exactly these fields, or a text with the peer it is for or from. */
export type Subject =
  | { readonly command: 'sign_event'; readonly event: ShownEvent; readonly pubkey: Uint8Array }
  | { readonly command: TextCommand; readonly peer: Uint8Array; readonly text: string };

/** The largest input that the device takes for a command. */
export function inputMax(command: AskingCommand): number {
  return command === 'nip04_decrypt' || command === 'nip44_decrypt' ? limits.resultMax : limits.streamMax;
}

/** Parses the whole input of a request for the account with this public key. */
export function parseSubject(
  request: AskingRequest,
  input: Uint8Array,
  pubkey: Uint8Array,
): Subject | { readonly error: DeviceError } {
  if (request.command === 'sign_event') return parseEvent(input, pubkey);
  const text = decodeUtf8(input);
  if (text === null) return { error: 'invalid_params' };
  return { command: request.command, peer: request.body.peer, text };
}

/** What the human reads before deciding. */
export function reviewOf(subject: Subject, asker: Asker): Review {
  switch (subject.command) {
    case 'sign_event':
      return reviewEvent(asker, subject.event);
    case 'nip04_encrypt':
    case 'nip44_encrypt':
      return reviewEncryption(subject.command, asker, subject.peer, subject.text);
    case 'nip04_decrypt':
    case 'nip44_decrypt':
      return reviewDecryption(subject.command, asker, subject.peer, subject.text.length);
  }
}

function parseEvent(input: Uint8Array, pubkey: Uint8Array): Subject | { readonly error: DeviceError } {
  const decoded = decodeCbor(input, streamBounds);
  if ('wrong' in decoded || !Array.isArray(decoded.value) || decoded.value.length !== 4) {
    return { error: 'invalid_params' };
  }
  const [created_at, kind, tags, content]: (Cbor | undefined)[] = decoded.value;
  if (typeof created_at !== 'number' || typeof kind !== 'number' || kind > 0xffff) return { error: 'invalid_params' };
  if (typeof content !== 'string' || !isTags(tags)) return { error: 'invalid_params' };
  if (neverSigned.includes(kind)) return { error: 'forbidden_kind' };
  const id = eventId({ pubkey, created_at, kind, tags, content });
  return { command: 'sign_event', event: { created_at, kind, tags, content, id }, pubkey };
}

function isTags(value: Cbor | undefined): value is readonly (readonly string[])[] {
  return (
    Array.isArray(value) && value.every((tag) => Array.isArray(tag) && tag.every((item) => typeof item === 'string'))
  );
}
