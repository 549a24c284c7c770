/** The frame decoder survives anything: cuts, noise, overflow, every flipped bit. */
import { expect, test } from 'vitest';
import { frameOverhead, limits } from '../../../device-protocol/src/limits.ts';
import { cobsEncode } from '../../../device-protocol/src/link/cobs.ts';
import { crc32 } from '../../../device-protocol/src/link/crc32.ts';
import {
  encodeFrame,
  type Frame,
  frameDecoder,
  frameTypes,
  parseFrame,
} from '../../../device-protocol/src/link/frame.ts';
import { pattern } from '../../support/pattern.ts';
import { between, bytesFrom, chance } from '../../support/random.ts';

const types = Object.keys(frameTypes) as Frame['type'][];

function someFrames(seed: number, count: number): Frame[] {
  const draw = chance(seed);
  const random = bytesFrom(draw);
  return Array.from({ length: count }, (_, i): Frame => {
    const type = types[i % types.length] ?? 'data';
    const flags = type === 'data' ? between(draw, 0, 7) : 0;
    const size = draw() < 0.2 ? limits.frameDefault - frameOverhead : between(draw, 0, 300);
    const payload = random(size).map((byte) => (draw() < 0.2 ? 0 : byte));
    return { type, flags, sequence: between(draw, 0, 255), session: between(draw, 0, 0xffff_ffff), payload };
  });
}

const frames = someFrames(1, 100);
const wire = Uint8Array.from(frames.flatMap((frame) => [...encodeFrame(frame)]));

test('a wire starts and ends in zero and has none inside', () => {
  for (const frame of frames) {
    const bytes = encodeFrame(frame);
    expect([bytes[0], bytes.at(-1), bytes.subarray(1, -1).indexOf(0)]).toEqual([0, 0, -1]);
  }
});

test('whole, byte by byte and cut at random are the same', () => {
  expect(frameDecoder(limits.frameDefault).push(wire)).toEqual(frames);
  const single = frameDecoder(limits.frameDefault);
  expect([...wire].flatMap((byte) => single.push(Uint8Array.of(byte)))).toEqual(frames);
  for (let seed = 0; seed < 50; seed++) {
    const draw = chance(seed);
    const cut = frameDecoder(limits.frameDefault);
    const got: Frame[] = [];
    for (let at = 0; at < wire.length; ) {
      const end = at + between(draw, 0, 700);
      got.push(...cut.push(wire.subarray(at, end)));
      at = end;
    }
    expect(got).toEqual(frames);
    expect(cut.damage).toEqual({ overflow: 0, cobs: 0, crc: 0, header: 0, bytes: 0 });
  }
});

test('boot noise before a frame costs nothing but itself', () => {
  const decoder = frameDecoder();
  const noise = Buffer.from('\r\nets Jun  8 2016 00:22:57\r\nrst:0x1 (POWERON_RESET)\r\n');
  const [frame] = frames;
  if (frame === undefined) throw new Error('no frame');
  expect(decoder.push(Uint8Array.of(...noise, ...encodeFrame(frame)))).toEqual([frame]);
  expect(decoder.damage.bytes).toBe(noise.length);
});

test('a delimiter between two frames may be shared or repeated', () => {
  const [a, b] = frames.slice(0, 2).map((frame) => encodeFrame(frame));
  if (a === undefined || b === undefined) throw new Error('no frames');
  expect(frameDecoder().push(Uint8Array.of(...a, ...b.subarray(1)))).toEqual(frames.slice(0, 2));
  expect(frameDecoder().push(Uint8Array.of(0, 0, 0, ...a, 0, 0, 0, ...b, 0))).toEqual(frames.slice(0, 2));
});

test('a lost byte costs one frame at most, wherever it is lost', () => {
  const three = Uint8Array.from(frames.slice(3, 6).flatMap((frame) => [...encodeFrame(frame)]));
  for (let at = 0; at < three.length; at++) {
    const got = frameDecoder().push(Uint8Array.of(...three.subarray(0, at), ...three.subarray(at + 1)));
    expect(got.length).toBeGreaterThanOrEqual(2);
    for (const frame of got) expect(frames.slice(3, 6)).toContainEqual(frame);
  }
});

test('after an overflow everything up to the next delimiter is skipped, even what looks like a frame', () => {
  const decoder = frameDecoder(64);
  const fits: Frame = { type: 'data', flags: 3, sequence: 1, session: 7, payload: pattern(64 - frameOverhead) };
  const long = encodeFrame({ ...fits, payload: pattern(200) });
  const hidden = encodeFrame(fits).subarray(1);
  expect(decoder.push(long.subarray(0, -1))).toEqual([]);
  expect(decoder.push(hidden)).toEqual([]); // the tail of the frame that was too long
  expect(decoder.push(encodeFrame(fits))).toEqual([fits]);
  expect(decoder.damage).toMatchObject({ overflow: 1, bytes: long.length - 2 + hidden.length - 1 });
});

test('frames of exactly the largest size pass; one byte more never does, whatever its zeros', () => {
  for (const frameMax of [limits.frameMin, 253 + 12, limits.frameDefault, limits.frameMax]) {
    for (const fill of [0, 1]) {
      const frame = (length: number): Frame => ({
        type: 'data',
        flags: 0,
        sequence: 0,
        session: 1,
        payload: new Uint8Array(length).fill(fill),
      });
      const largest = frame(frameMax - frameOverhead);
      const decoder = frameDecoder(frameMax);
      expect(decoder.push(encodeFrame(largest))).toEqual([largest]);
      expect(decoder.push(encodeFrame(frame(frameMax - frameOverhead + 1)))).toEqual([]);
      expect(decoder.damage.overflow).toBe(1);
    }
  }
});

test('every flipped bit of a frame is refused or harmless', () => {
  let refused = 0;
  for (const frame of someFrames(2, 20)) {
    const bytes = encodeFrame(frame);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoder = frameDecoder(limits.frameDefault);
      const got = decoder.push(Uint8Array.of(...flipped, 0));
      if (got.length === 0) refused++;
      else expect(got).toEqual([frame]);
    }
  }
  expect(refused).toBeGreaterThan(10_000);
});

test.each([
  ['another version', { version: 2 }],
  ['type 0', { type: 0 }],
  ['type 6', { type: 6 }],
  ['the seal on an acknowledgement', { type: 4, flags: 4 }],
  ['an unknown flag', { flags: 0x80 }],
  ['a flag on an acknowledgement', { type: 4, flags: 1 }],
  ['a flag on a hello', { type: 2, flags: 2 }],
])('refused as a header: %s', (_, { version = 1, type = 3, flags = 0 }: Partial<Record<string, number>>) => {
  expect(parseFrame(cobsEncode(sealed([version, type, flags, 0, 0, 0, 0, 1])))).toBe('header');
});

test('a frame shorter than its header is refused', () => {
  for (let length = 0; length < 8; length++) {
    const bytes = cobsEncode(sealed(new Array<number>(length).fill(1)));
    expect(parseFrame(bytes)).toBe('header');
  }
});

test('each byte of any garbage is looked at once and accounted for once; the buffer never grows', () => {
  const draw = chance(3);
  const garbage = bytesFrom(draw)(1_000_000).map((byte) => (draw() < 0.9 ? byte | 1 : byte));
  const decoder = frameDecoder();
  const got = decoder.push(garbage);
  decoder.push(Uint8Array.of(0));
  const delimiters = garbage.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  expect(got).toEqual([]);
  expect(decoder.damage.bytes).toBe(garbage.length - delimiters);
  const endless = frameDecoder();
  endless.push(new Uint8Array(8_000_000).fill(0x55));
  expect(endless.damage).toEqual({ overflow: 1, cobs: 0, crc: 0, header: 0, bytes: 8_000_000 });
});

function sealed(head: readonly number[]): Uint8Array {
  const body = Uint8Array.of(...head, 0, 0, 0, 0);
  new DataView(body.buffer).setUint32(head.length, crc32(body, head.length));
  return body;
}
