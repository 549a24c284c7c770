/**
 * What a request is about, parsed once from what the host sent: the value that is shown, approved and acted upon. Nothing is
 * read from the request again after this.
 */
import { limits, type TextCommand } from '@sallyport/device-protocol';
import { readOwnEvent, type StreamEvent } from '../stream/event.ts';
import { openInput } from '../stream/input.ts';
import { isRefused, orRefused, type Reading } from '../stream/reading.ts';
import { textOf } from '../stream/walk.ts';
import type { JobCommand, OwnRequest, Read } from './request.ts';

/**
 * An event with the id that was computed from exactly these parts, which lie in the input and are read again when they are shown; or a text
 * with the peer it is for or from, which is held.
 */
export type Subject =
  | { readonly command: 'sign_event'; readonly event: StreamEvent }
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
export function* readOwn(
  { command, body }: OwnRequest,
  pubkey: Uint8Array,
  random: (length: number) => Uint8Array,
): Reading<Read> {
  const { length } = body.input;
  if (command === 'sign_event') {
    const event = yield* readOwnEvent(length, pubkey, random);
    return isRefused(event) ? { type: 'refused', ...event } : { type: 'own', subject: { command, event } };
  }
  const read = yield* orRefused(textOf({ bytes: openInput(length, random), at: 0, levels: 0, length }));
  if (typeof read === 'object' && read !== null) return { type: 'refused', ...read };
  if (read === null) return { type: 'refused', error: 'invalid_params' };
  return { type: 'own', subject: { command, peer: body.peer, text: read } };
}
