/**
 * What comes of encrypting or decrypting a text in a stream, by pieces. Nothing is kept: `start` makes it anew from its beginning, with
 * the same nonce the same bytes, as often as a cable fails. Nothing of a decrypted text comes out before all of the payload was
 * read once and its MAC (of NIP-04, its padding) and its UTF-8 hold.
 */
import { cbc } from '@noble/ciphers/aes.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { limits } from '@sallyport/device-protocol';
import { ascii } from '../formats/ascii.ts';
import { encodeBase64 } from '../formats/base64.ts';
import { messageKeys, paddedLength } from '../formats/nip44.ts';
import { type Base64Writer, base64Writer } from './base64-stream.ts';
import { chachaAt, extendedFrom, macBytes, nonceBytes, version } from './nip44-stream.ts';
import { orRefused, type Reading, Refusal, type Refused, type Tap } from './reading.ts';
import { type StreamText, textWalker } from './walk.ts';

/** A result: how long it is, and where its bytes come from. */
export type Output = { readonly length: number; readonly start: () => Producer };
/** Lends the next bytes, at most `max` of them, until it is asked for more; none at the end. */
export type Producer = { readonly next: (max: number) => Reading<Uint8Array | Refused> };

/** A text that is at hand. */
export function outputOf(whole: Uint8Array): Output {
  return {
    length: whole.length,
    start: () => {
      let given = 0;
      return {
        // biome-ignore lint/correctness/useYield: all of it is at hand
        next: function* (max) {
          const bytes = whole.subarray(given, given + max);
          given += bytes.length;
          return bytes;
        },
      };
    },
  };
}

/**
 * What makes bytes of bytes, and lends them to `out`: `tap` is given the runs of each piece. `tail` is asked after the last piece, until it
 * says that nothing more comes.
 */
export type Transform = (out: (bytes: Uint8Array) => void) => {
  readonly tap: Tap;
  readonly pieceEnds: () => void;
  readonly tail: () => boolean;
};

/** One that takes the runs of a piece put together; `tail` gives more after the last `push`, until it gives null. */
export type OfPieces = { readonly push: (bytes: Uint8Array) => Uint8Array; readonly tail: () => Uint8Array | null };

export function byPieces({ push, tail }: OfPieces): Transform {
  return (out) => {
    const gathered = gather();
    return {
      tap: gathered.tap,
      pieceEnds: () => out(push(gathered.taken())),
      tail: () => {
        const more = tail();
        if (more !== null) out(more);
        return more !== null;
      },
    };
  };
}

/** Bytes of padding that are made at once. */
const zerosAtOnce = 2_048;

/** NIP-44 version 2; a text that is empty or too large is refused. */
export function encryptStream44(text: StreamText, key: Uint8Array, nonce: Uint8Array): Output | Refused {
  if (text.length < 1 || text.length > limits.streamMax) return { error: 'bad_payload' };
  const prefix = text.length < extendedFrom ? 2 : 6;
  const padded = prefix + paddedLength(text.length);
  const length = Math.ceil((1 + nonceBytes + padded + macBytes) / 3) * 4;
  return { length, start: () => producer(text, length, byPieces(sealing44(text.length, prefix, padded, key, nonce))) };
}

function sealing44(length: number, prefix: number, padded: number, key: Uint8Array, nonce: Uint8Array): OfPieces {
  const keys = messageKeys(key, nonce);
  const mac = hmac.create(sha256, keys.hmacKey).update(nonce);
  const base64 = base64Writer();
  let at = 0;
  let before: Uint8Array | null = base64.push(Uint8Array.of(version, ...nonce));
  function sealed(bytes: Uint8Array): Uint8Array {
    const cipher = chachaAt(keys, at, bytes);
    at += bytes.length;
    mac.update(cipher);
    return base64.push(cipher);
  }
  const first = new Uint8Array(prefix);
  new DataView(first.buffer)[prefix === 2 ? 'setUint16' : 'setUint32'](prefix === 2 ? 0 : 2, length);
  let ended = false;
  return {
    push: (bytes) => {
      if (before === null) return sealed(bytes);
      const whole = joined(before, joined(sealed(first), sealed(bytes)));
      before = null;
      return whole;
    },
    tail: () => {
      if (at < padded) return sealed(new Uint8Array(Math.min(zerosAtOnce, padded - at)));
      if (ended) return null;
      ended = true;
      keys.zero();
      return joined(base64.push(mac.digest()), base64.end());
    },
  };
}

/** NIP-04; an empty text is a text. */
export function encryptStream04(text: StreamText, sharedX: Uint8Array, iv: Uint8Array): Output | Refused {
  if (text.length > limits.streamMax) return { error: 'bad_payload' };
  const cipher = text.length + 16 - (text.length % 16);
  const length = Math.ceil(cipher / 3) * 4 + '?iv='.length + 24;
  return { length, start: () => producer(text, length, byPieces(sealing04(sharedX, iv, base64Writer()))) };
}

function sealing04(sharedX: Uint8Array, iv: Uint8Array, base64: Base64Writer): OfPieces {
  let before = iv;
  let rest: Uint8Array = new Uint8Array(0);
  function sealed(blocks: Uint8Array): Uint8Array {
    if (blocks.length === 0) return blocks;
    const cipher = cbc(sharedX, before, { disablePadding: true }).encrypt(blocks);
    before = cipher.slice(-16);
    return base64.push(cipher);
  }
  let ended = false;
  return {
    push: (bytes) => {
      const whole = joined(rest, bytes);
      const end = whole.length - (whole.length % 16);
      rest = whole.slice(end);
      return sealed(whole.subarray(0, end));
    },
    tail: () => {
      if (ended) return null;
      ended = true;
      const last = new Uint8Array(16).fill(16 - rest.length);
      last.set(rest);
      return joined(sealed(last), joined(base64.end(), ascii(`?iv=${encodeBase64(iv)}`)));
    },
  };
}

/** Pulls a text through a transform that makes `length` bytes of it. */
export function producer(text: StreamText, length: number, transform: Transform): Producer {
  // What was made and is not taken yet: one room for all of it, as a board has little and in pieces.
  let room: Uint8Array = new Uint8Array(0);
  let [used, lent] = [0, 0];
  const { tap, pieceEnds, tail } = transform((bytes) => {
    if (used + bytes.length > room.length) room = joined(room.subarray(0, used), new Uint8Array(bytes.length));
    room.set(bytes, used);
    used += bytes.length;
  });
  const walker = textWalker(text, tap);
  let next = text.at;
  let ended = false;
  function* more(): Reading<void> {
    if (walker.left() === 0) {
      ended = !tail();
      return;
    }
    if (next >= text.bytes.length) throw new Refusal('stream_integrity');
    const { bytes, start } = yield* text.bytes.piece(next);
    const end = Math.min(start + bytes.length, text.bytes.length);
    walker.take(bytes, next - start, end - start, next);
    next = end;
    pieceEnds();
  }
  function* give(max: number): Reading<Uint8Array> {
    room.copyWithin(0, lent, used);
    [used, lent] = [used - lent, 0];
    if (room.length === 0) room = new Uint8Array(Math.min(length, max));
    while (!ended && used < max) yield* more();
    lent = Math.min(max, used);
    return room.subarray(0, lent);
  }
  return { next: (max) => orRefused(give(max)) };
}

/** Puts the runs of one piece together: an escape may make a run of one byte, and a cipher wants more at once. */
export function gather() {
  let room = new Uint8Array(1_024);
  let used = 0;
  return {
    tap: (bytes: Uint8Array, from: number, to: number): void => {
      if (used + to - from > room.length) {
        const larger = new Uint8Array(Math.max(2 * room.length, used + to - from));
        larger.set(room.subarray(0, used));
        room = larger;
      }
      room.set(bytes.subarray(from, to), used);
      used += to - from;
    },
    taken: (): Uint8Array => {
      const taken = room.slice(0, used);
      used = 0;
      return taken;
    },
  };
}

export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}
