/**
 * What a request is about, parsed once from what the host sent: the value that is shown, approved and acted upon. Nothing is
 * read from the request again after this.
 */
import {
  type Cbor,
  type DeviceError,
  decodeCbor,
  decodeUtf8,
  limits,
  neverSigned,
  streamBounds,
  type TextCommand,
} from '@sallyport/device-protocol';
import { eventId } from './event-id.ts';
import type { JobCommand, OwnRequest, Read } from './request.ts';
import type { ShownEvent } from './review.ts';
import type { Reading } from './stream/reading.ts';
import { wholeInput } from './whole-input.ts';

/** An event with the id that was computed from exactly these fields, or a text with the peer it is for or from. */
export type Subject =
  | { readonly command: 'sign_event'; readonly event: ShownEvent; readonly pubkey: Uint8Array }
  | { readonly command: TextCommand; readonly peer: Uint8Array; readonly text: string };

/** The largest input that the device takes for a command. */
export function inputMax(command: JobCommand): number {
  if (command === 'nip46_request' || command === 'client_connect') return limits.requestStreamMax;
  return command === 'nip04_decrypt' || command === 'nip44_decrypt' ? limits.resultMax : limits.streamMax;
}

export function isTextMethod(name: string): name is TextCommand {
  return textMethods.some((one) => one === name);
}

const textMethods: readonly TextCommand[] = ['nip44_encrypt', 'nip44_decrypt', 'nip04_encrypt', 'nip04_decrypt'];

/** Reads the input of a request that a computer asks in its own name, for the account with this public key. */
export function* readOwn(request: OwnRequest, pubkey: Uint8Array): Reading<Read> {
  const input = yield* wholeInput(request.body.input.length);
  if (request.command === 'sign_event') {
    const subject = parseEvent(input, pubkey);
    return 'error' in subject ? { type: 'refused', error: subject.error } : { type: 'own', subject };
  }
  const text = decodeUtf8(input);
  if (text === null) return { type: 'refused', error: 'invalid_params' };
  return { type: 'own', subject: { command: request.command, peer: request.body.peer, text } };
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
