/**
 * The frame decoder on random and mutated streams: it never throws, gives only frames that were sent, gives the same ones however
 * the bytes are cut, keeps count, and understands the very next frame.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  encodeFrame,
  type Frame,
  type FrameType,
  frameDecoder,
  frameOverhead,
  limits,
} from '@sallyport/device-protocol';
import { mutatedBytes } from '../support/mutations.ts';
import { between, bytesFrom, type Chance, chance, pick } from '../support/random.ts';
import { forEachSeed, must, type Stage } from './stage.ts';

const probe: Frame = { type: 'ack', flags: 0, sequence: 0xa5, session: 0xdeadbeef, payload: new Uint8Array(0) };

export const frames: Stage = {
  count: 1_000_000,
  run: (first, count) => {
    const told = { sent: 0, decoded: 0, damaged: 0 };
    forEachSeed(first, count, (seed) => {
      const { sent, decoded, damaged } = check(chance(seed));
      told.sent += sent;
      told.decoded += decoded;
      told.damaged += damaged;
    });
    return `${count} streams: ${told.sent} frames sent, ${told.decoded} decoded, ${told.damaged} stretches of damage`;
  },
};

function check(draw: Chance): { readonly sent: number; readonly decoded: number; readonly damaged: number } {
  const frameMax = pick(draw, [limits.frameMin, limits.frameDefault]);
  const sent = Array.from({ length: between(draw, 0, 4) }, () => someFrame(draw, frameMax));
  const clean = Uint8Array.from(Buffer.concat(sent.map(encodeFrame)));
  const stream = sent.length === 0 ? bytesFrom(draw)(between(draw, 0, 300)) : mutatedBytes(draw, clean);
  const whole = frameDecoder(frameMax);
  const got = whole.push(stream);
  for (const frame of got)
    must(
      sent.some((one) => isDeepStrictEqual(one, frame)),
      'a frame that nobody sent',
    );

  const cut = frameDecoder(frameMax);
  const pieces: Frame[] = [];
  for (let at = 0; at < stream.length; ) {
    const end = at + between(draw, 1, 20);
    pieces.push(...cut.push(stream.subarray(at, end)));
    at = end;
  }
  must(isDeepStrictEqual(pieces, got) && isDeepStrictEqual(cut.damage, whole.damage), 'other frames when cut');
  must(whole.damage.bytes <= stream.length, 'more damage than bytes');
  const next = whole.push(encodeFrame(probe));
  must(isDeepStrictEqual(next.at(-1), probe), 'the next frame was lost');
  const { overflow, cobs, crc, header } = whole.damage;
  return { sent: sent.length, decoded: got.length, damaged: overflow + cobs + crc + header };
}

function someFrame(draw: Chance, frameMax: number): Frame {
  const type = pick<FrameType>(draw, ['hello_request', 'hello', 'data', 'data', 'ack', 'unknown_session']);
  const room = Math.min(frameMax - frameOverhead, pick(draw, [0, 8, 52, 260, 500]));
  const payload = bytesFrom(draw)(between(draw, 0, room));
  if (draw() < 0.3) payload.fill(draw() < 0.5 ? 0 : 0xff); // what COBS treats specially
  const flags = type === 'data' ? between(draw, 0, 3) : 0;
  return { type, flags, sequence: between(draw, 0, 255), session: between(draw, 0, 2 ** 32 - 1), payload };
}
