/** A class of attacks, and the moves that several of them make. */
import type { Message, RequestOf } from '@sallyport/device-protocol';
import { between, type Chance } from '../../support/random.ts';
import {
  type AppEvent,
  alice,
  appEvent,
  envelope,
  type Fields,
  friend,
  signer,
  toDecrypt,
  toSign,
  utf8,
} from './apps.ts';
import type { Captive, Pull } from './captive-device.ts';
import { type Attempt, today, user } from './world.ts';

/** What a human pressed for during an attempt: the ids of events that were on the screen. */
type Pressed = readonly string[];

export type AttackClass = {
  readonly name: string;
  readonly attack: (attempt: Attempt) => Pressed;
  /** The same without tampering: gets what it is owed, and something. */
  readonly control: (attempt: Attempt) => Pressed;
};

/** Nobody pressed anything. */
export const nothing: Pressed = [];

export type Body = RequestOf<'nip46_request'>;

/** What alice's app may have without a press, and what is owed for it: a note signed, or a text of friend's decrypted. */
export function granted(draw: Chance, fields: Fields = {}): { readonly event: AppEvent; readonly owes: string } {
  const createdAt = fields.createdAt ?? today;
  if (draw() < 0.3) {
    const { wish, text } = toDecrypt(draw, friend, user);
    return { event: appEvent(draw, alice, signer, wish, { ...fields, createdAt }), owes: text };
  }
  return signing(draw, 1, createdAt, fields);
}

/** A request of alice's app to sign an event of this kind. */
export function signing(
  draw: Chance,
  kind: number,
  createdAt = today,
  fields: Fields = {},
): { readonly event: AppEvent; readonly owes: string } {
  const { wish, hash } = toSign(draw, kind, user.hex, createdAt);
  return { event: appEvent(draw, alice, signer, wish, { ...fields, createdAt }), owes: hash };
}

/** Passes an event on, as it is or with another body. */
export function pass(device: Captive, event: AppEvent, change: Partial<Body> = {}, account = 0): number {
  return device.ask({ command: 'nip46_request', body: { ...envelope(event, account), ...change } });
}

/** Answers pulls truly out of these bytes. */
export function pulledFrom(bytes: Uint8Array): (pull: Pull) => Message | null {
  return (pull) => (pull.command === 'chunk_get' ? pieceOf(pull, bytes) : null);
}

/** The answer to a pull. */
export function pieceOf({ id, body }: Pull & { readonly command: 'chunk_get' }, bytes: Uint8Array): Message {
  const piece = bytes.slice(body.offset, body.offset + body.length);
  return { type: 'reply', id, command: 'chunk_get', body: { bytes: piece } };
}

/** Some requests, each passed on once and owed once. */
export function served({ device, draw }: Attempt, count: number): readonly AppEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const { event, owes } = granted(draw, { createdAt: today + i, old: draw() < 0.2 });
    device.owe(owes);
    device.serve(pulledFrom(utf8(event.content)));
    pass(device, event);
    device.wait(between(draw, 10, 50));
    return event;
  });
}
