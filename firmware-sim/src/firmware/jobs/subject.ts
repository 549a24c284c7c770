/**
 * What a request is about, parsed once from what the host sent: the value that is shown, approved and acted upon. Nothing is
 * read from the request again after this.
 */
import { limits, type TextCommand } from '@sallyport/device-protocol';
import { type EventFor, readOwnEvent, type StreamEvent } from '../stream/event.ts';
import { openInput, type Room } from '../stream/input.ts';
import { isRefused, orRefused, type Reading } from '../stream/reading.ts';
import { type HeadedSection, layText } from '../stream/sections.ts';
import { checkUtf8, endUtf8, newUtf8Check } from '../stream/utf8-check.ts';
import { type StreamText, walkText } from '../stream/walk.ts';
import type { JobCommand, OwnRequest, Read } from './request.ts';

/**
 * An event with the id that was computed from exactly these parts, or a text with the peer it is for or from. Both lie in the input, and
 * are read again when they are shown and when they are used.
 */
export type Subject = { readonly command: 'sign_event'; readonly event: StreamEvent } | TextSubject;

export type TextSubject = {
  readonly command: TextCommand;
  /** The account that it was read for. An event has it in its id. */
  readonly pubkey: Uint8Array;
  readonly peer: Uint8Array;
  readonly text: StreamText;
  /** A text to be encrypted, laid out already; null: it is not, or nothing of it is shown. */
  readonly laid: readonly HeadedSection[] | null;
};

/** The largest input that the device takes for a command. */
export function inputMax(command: JobCommand): number {
  if (command === 'nip46_request' || command === 'client_connect' || command === 'user_request') {
    return limits.requestStreamMax;
  }
  return command === 'nip04_decrypt' || command === 'nip44_decrypt' ? limits.resultMax : limits.streamMax;
}

export function isTextMethod(name: string): name is TextCommand {
  return textMethods.some((one) => one === name);
}

const textMethods: readonly TextCommand[] = ['nip44_encrypt', 'nip44_decrypt', 'nip04_encrypt', 'nip04_decrypt'];

export function decrypts({ command }: TextSubject): boolean {
  return command === 'nip04_decrypt' || command === 'nip44_decrypt';
}

/** Reads the input of a request that a computer asks in its own name. */
export function* readOwn({ command, body }: OwnRequest, whose: EventFor, room: Room): Reading<Read> {
  const { length } = body.input;
  if (command === 'sign_event') {
    const event = yield* readOwnEvent(length, whose, room);
    return isRefused(event) ? { type: 'refused', ...event } : { type: 'own', subject: { command, event } };
  }
  const text: StreamText = { bytes: openInput(length, room), at: 0, levels: 0, length };
  const subject: TextSubject = { command, pubkey: whose.pubkey, peer: body.peer, text, laid: null };
  // Nothing of a large payload is needed for the question about it: what is wrong with it shows when it is opened.
  if (decrypts(subject) && !text.bytes.atHand) return { type: 'own', subject };
  const read = yield* orRefused(checked(text, whose.columns));
  if (isRefused(read)) return { type: 'refused', ...read };
  return { type: 'own', subject: { ...subject, ...read } };
}

/** Sees that a text is UTF-8; what is not kept is laid out on the same way. */
function* checked(text: StreamText, columns: number): Reading<{ readonly laid: TextSubject['laid'] }> {
  const utf8 = newUtf8Check();
  const item = (bytes: Uint8Array, from: number, to: number): void => checkUtf8(utf8, bytes, from, to);
  let laid: TextSubject['laid'] = null;
  if (text.bytes.kept) yield* walkText(text, item);
  else laid = yield* layText('text', text, columns, { item });
  endUtf8(utf8);
  return { laid };
}
