/**
 * Decrypting a payload in a stream. Of NIP-44 one pass verifies the MAC, the padding and the UTF-8; of NIP-04 one finds the iv, which
 * stands at the end, and one the padding and the UTF-8. Only then there is an output, and it reads the payload once more.
 */
import { cbc } from '@noble/ciphers/aes.js';
import { limits } from '@sallyport/device-protocol';
import { base64Reader } from './base64-stream.ts';
import { chachaAt, headBytes, type MessageKeys, nip44Reader, plaintextIn } from './nip44-stream.ts';
import { byPieces, gather, joined, type OfPieces, type Output, producer, type Transform } from './output.ts';
import { orRefused, type Reading, Refusal, type Refused } from './reading.ts';
import { checkUtf8, endUtf8, newUtf8Check } from './utf8-check.ts';
import { feed, type StreamText, textWalker, walkText } from './walk.ts';

/** Opens a NIP-44 payload with the conversation key. */
export function decryptStream44(payload: StreamText, key: Uint8Array): Reading<Output | Refused> {
  return orRefused(asPayload(opened44(payload, key)));
}

/** Opens a NIP-04 payload with the x coordinate of the shared point. */
export function decryptStream04(payload: StreamText, sharedX: Uint8Array): Reading<Output | Refused> {
  return orRefused(asPayload(opened04(payload, sharedX)));
}

/** Whatever is wrong with a payload is one answer: it tells nothing of the plaintext. */
function* asPayload<T>(reading: Reading<T>): Reading<T> {
  try {
    return yield* reading;
  } catch (problem) {
    if (problem instanceof Refusal && problem.error === 'invalid_params') throw new Refusal('bad_payload');
    throw problem;
  }
}

function* opened44(payload: StreamText, key: Uint8Array): Reading<Output> {
  const first = new Uint8Array(6);
  const utf8 = newUtf8Check();
  let problem: Refusal | null = null;
  const reader = nip44Reader(key, (cipher, at, keys) => {
    const plain = chachaAt(keys, at, cipher);
    if (at < 6) first.set(plain.subarray(0, 6 - at), at);
    const lies = at + plain.length < 6 ? null : formOf(first);
    if (lies === null) return;
    const from = Math.max(at, lies.at);
    const to = Math.min(at + plain.length, lies.at + lies.length);
    // The first bytes of a short text may have come with an earlier piece: they are in `first`.
    if (at > 0 && at < 6 && lies.at < at)
      checkLater(() => checkUtf8(utf8, first, lies.at, Math.min(at, lies.at + lies.length)));
    if (from < to) checkLater(() => checkUtf8(utf8, plain, from - at, to - at));
  });
  // What is wrong with the text is said only if the MAC holds: before, nobody has written it.
  function checkLater(check: () => void): void {
    try {
      if (problem === null) check();
    } catch (wrong) {
      if (!(wrong instanceof Refusal)) throw wrong;
      problem = wrong;
    }
  }
  const base64 = base64Reader(reader.push);
  yield* walkText(payload, base64.take);
  base64.flush();
  const opened = reader.end();
  if (opened === null || !base64.isWhole()) throw new Refusal('bad_payload');
  const lies = plaintextIn(first, opened.length);
  if (lies === null || lies.length > limits.streamMax || problem !== null) throw new Refusal('bad_payload');
  endUtf8(utf8);
  return { length: lies.length, start: () => producer(payload, lies.length, opening44(opened.keys, lies)) };
}

/** Where the text would lie, before the length of the payload is known. */
function formOf(first: Uint8Array): { readonly at: number; readonly length: number } {
  const view = new DataView(first.buffer, first.byteOffset, first.length);
  const short = view.getUint16(0);
  return short === 0 ? { at: 6, length: view.getUint32(2) } : { at: 2, length: short };
}

function opening44(keys: MessageKeys, lies: { readonly at: number; readonly length: number }): Transform {
  return (out) => {
    let at = -headBytes;
    const base64 = base64Reader((bytes) => {
      const from = Math.max(0, -at);
      if (from < bytes.length) {
        const start = at + from;
        const plain = chachaAt(keys, start, bytes.subarray(from));
        const begin = Math.max(0, lies.at - start);
        const end = Math.min(plain.length, lies.at + lies.length - start);
        if (begin < end) out(plain.subarray(begin, end));
      }
      at += bytes.length;
    });
    let ended = false;
    return {
      tap: base64.take,
      pieceEnds: () => undefined,
      tail: () => {
        base64.flush();
        const more = !ended;
        ended = true;
        return more;
      },
    };
  };
}

const ivChars = 24;
const tailChars = ivChars + 4;

function* opened04(payload: StreamText, sharedX: Uint8Array): Reading<Output> {
  const chars = payload.length - tailChars;
  if (chars < 24 || chars % 4 !== 0) throw new Refusal('bad_payload');
  let tail: Uint8Array = new Uint8Array(0);
  yield* pieces(payload, chars, payload.length, (bytes) => {
    tail = joined(tail, bytes);
  });
  let iv: Uint8Array = new Uint8Array(0);
  const ivReader = base64Reader((bytes) => {
    iv = bytes.slice();
  });
  ivReader.push(tail, 4, tail.length);
  if (String.fromCharCode(...tail.subarray(0, 4)) !== '?iv=' || iv.length !== 16) throw new Refusal('bad_payload');
  if (!ivReader.isWhole()) throw new Refusal('bad_payload');
  const utf8 = newUtf8Check();
  let problem = false;
  let length = 0;
  const check = opening04(sharedX, iv, chars);
  const see = (bytes: Uint8Array): void => {
    length += bytes.length;
    try {
      if (!problem) checkUtf8(utf8, bytes, 0, bytes.length);
    } catch (wrong) {
      if (!(wrong instanceof Refusal)) throw wrong;
      problem = true;
    }
  };
  yield* pieces(payload, 0, payload.length, (bytes) => see(check.push(bytes)));
  see(check.tail() ?? new Uint8Array(0));
  if (problem) throw new Refusal('bad_payload');
  endUtf8(utf8);
  return { length, start: () => producer(payload, length, byPieces(opening04(sharedX, iv, chars))) };
}

/** Decrypts the first `chars` characters; the last block waits for the end, where its padding is looked at. */
function opening04(sharedX: Uint8Array, iv: Uint8Array, chars: number): OfPieces {
  let before = iv;
  let rest: Uint8Array = new Uint8Array(0);
  let left = chars;
  let ended = false;
  const decoded = gather();
  const base64 = base64Reader((bytes) => decoded.tap(bytes, 0, bytes.length));
  function open(blocks: Uint8Array): Uint8Array {
    if (blocks.length === 0) return blocks;
    const plain = cbc(sharedX, before, { disablePadding: true }).decrypt(blocks);
    before = blocks.slice(-16);
    return plain;
  }
  return {
    push: (bytes) => {
      const size = Math.min(left, bytes.length);
      left -= size;
      base64.push(bytes, 0, size);
      const whole = joined(rest, decoded.taken());
      const end = Math.max(0, Math.ceil(whole.length / 16) - 1) * 16;
      rest = whole.slice(end);
      return open(whole.slice(0, end));
    },
    tail: () => {
      if (ended) return null;
      ended = true;
      if (!base64.isWhole() || rest.length !== 16) throw new Refusal('bad_payload');
      const last = open(rest);
      const count = last[15] ?? 0;
      let wrong = count < 1 || count > 16 ? 1 : 0;
      for (let i = 0; i < 16; i++) wrong |= i >= 16 - count ? (last[i] ?? 0) ^ count : 0;
      if (wrong !== 0) throw new Refusal('bad_payload');
      return last.slice(0, 16 - count);
    },
  };
}

/** Goes through a text from its byte `from` to `to`, the runs of each piece of the stream put together. */
function* pieces(text: StreamText, from: number, to: number, take: (bytes: Uint8Array) => void): Reading<void> {
  const gathered = gather();
  const walker = textWalker(text, gathered.tap);
  if (text.length === 0) return;
  let at = 0;
  yield* feed(text.bytes, text.at, (bytes, start, end, origin) => {
    const more = walker.take(bytes, start, end, origin);
    const taken = gathered.taken();
    const begin = Math.max(0, from - at);
    const stop = Math.min(taken.length, to - at);
    if (begin < stop) take(taken.subarray(begin, stop));
    at += taken.length;
    return more;
  });
}
