/**
 * The established channel: whole messages, sealed and numbered. Its keys live as long as one link session.
 *
 * The number of a message is its nonce and is not sent: the link delivers in order and once, so that a message that was
 * changed, repeated, left out or put elsewhere does not open. One that does not open ends the session: there is no going on
 * after it. Pure: each step gives the next channel.
 */
import { limits } from '../limits.ts';
import { type NoiseEnd, openWith, sealWith } from './noise.ts';

export type Channel = {
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
  /** How many messages were sealed and opened so far: the numbers of the next ones. */
  readonly sent: number;
  readonly received: number;
};

/** The channel that a handshake left. */
export function startChannel({ sendKey, receiveKey }: NoiseEnd): Channel {
  return { sendKey, receiveKey, sent: 0, received: 0 };
}

/** Seals the next message; null when the numbers are used up and the session has to end. */
export function seal(channel: Channel, message: Uint8Array): readonly [Channel, Uint8Array] | null {
  const { sendKey, sent } = channel;
  if (sent >= limits.sealedMessagesMax) return null;
  return [{ ...channel, sent: sent + 1 }, sealWith(sendKey, sent, message)];
}

/** Opens the next message; null when it is not the one that the peer sealed next. */
export function open(channel: Channel, sealed: Uint8Array): readonly [Channel, Uint8Array] | null {
  const { receiveKey, received } = channel;
  if (received >= limits.sealedMessagesMax) return null;
  const message = openWith(receiveKey, received, sealed);
  return message === null ? null : [{ ...channel, received: received + 1 }, message];
}
