/**
 * The suite's end of the secure channel (chapter 13): the handshake step by step, so that a rule can leave one out or spoil it, and the
 * sealing of whole messages. One channel for each link session.
 */
import {
  type Channel,
  finish,
  type Handshake,
  initiate,
  type NoiseEnd,
  open,
  seal,
  startChannel,
} from '@sallyport/device-protocol';
import { nodeDh } from './dh.ts';

export type Sealing = {
  /** The channel stands: from here on everything is sealed. */
  readonly stands: () => boolean;
  readonly begin: (prologue: Uint8Array) => void;
  /** The first handshake message of the computer with this static key. */
  readonly first: (staticSecret: Uint8Array, ephemeralSecret: Uint8Array) => Uint8Array;
  /** The last one, out of the device's answer; null when that does not verify. */
  readonly last: (second: Uint8Array) => { readonly message: Uint8Array; readonly end: NoiseEnd } | null;
  readonly start: (end: NoiseEnd) => void;
  readonly seal: (message: Uint8Array) => Uint8Array;
  /** Null: it does not open. */
  readonly open: (sealed: Uint8Array) => Uint8Array | null;
};

export function sealing(): Sealing {
  let prologue = new Uint8Array(0);
  let handshake: Handshake | null = null;
  let channel: Channel | null = null;
  return {
    stands: () => channel !== null,
    begin: (bytes) => {
      [prologue, handshake, channel] = [Uint8Array.from(bytes), null, null];
    },
    first: (staticSecret, ephemeralSecret) => {
      const [next, message] = initiate({ dh: nodeDh, prologue, staticSecret, ephemeralSecret });
      handshake = next;
      return message;
    },
    last: (second) => (handshake === null ? null : finish(handshake, second)),
    start: (end) => {
      channel = startChannel(end);
    },
    seal: (message) => {
      const next = channel === null ? null : seal(channel, message);
      if (next === null) throw new Error('no channel to seal with');
      channel = next[0];
      return next[1];
    },
    open: (sealed) => {
      const next = channel === null ? null : open(channel, sealed);
      if (next === null) return null;
      channel = next[0];
      return next[1];
    },
  };
}
