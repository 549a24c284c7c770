/** frames.json: COBS, CRC-32, single frames and streams of bytes, valid and not. */

import { frameOverhead, limits } from '../../device-protocol/src/limits.ts';
import { cobsEncode } from '../../device-protocol/src/link/cobs.ts';
import { crc32 } from '../../device-protocol/src/link/crc32.ts';
import { encodeFrame, type Frame, frameDecoder } from '../../device-protocol/src/link/frame.ts';
import { pattern } from '../support/pattern.ts';
import { bytesOf, hexOf, plain } from './diagnostic.ts';

/** An info request with id 4, as one frame. */
const info: Frame = {
  type: 'data',
  flags: 3,
  sequence: 0,
  session: 0x5a11_7007,
  payload: bytesOf('a400000104020103a0'),
};
const ack: Frame = { type: 'ack', flags: 0, sequence: 1, session: 0x5a11_7007, payload: new Uint8Array(0) };

export function frameVectors() {
  return {
    about: 'Bytes are lowercase hex. cobs: encoded has no delimiters. frames: wire is what goes over the line.',
    cobs: { valid: cobsValid(), invalid: cobsInvalid },
    crc32: ['', '313233343536373839', '00', 'ffffffff'].map((hex) => ({ hex, crc32: crcHex(bytesOf(hex)) })),
    frames: { valid: validFrames(), invalid: invalidFrames() },
    streams: streams(),
  };
}

function cobsValid() {
  const blocks = [253, 254, 255, 508, 509].map((length) => new Uint8Array(length).fill(1));
  const decoded = [...['', '00', '0000', '001100', '11220033', '11000000'].map(bytesOf), pattern(256), ...blocks];
  return [
    ...decoded.map((bytes) => ({ decoded: hexOf(bytes), encoded: hexOf(cobsEncode(bytes)) })),
    {
      name: 'an empty block after a full last one: not made, but accepted',
      decoded: '01'.repeat(254),
      encoded: `ff${'01'.repeat(254)}01`,
    },
  ];
}

const cobsInvalid = [
  { name: 'a zero as a block length', encoded: '00' },
  { name: 'a zero as the second block length', encoded: '021100' },
  { name: 'a zero inside a block', encoded: '0411002233' },
  { name: 'a block over the end', encoded: '05112233' },
  { name: 'a full block with nothing in it', encoded: 'ff' },
];

function validFrames() {
  const none = new Uint8Array(0);
  const frames: readonly (readonly [string, Frame])[] = [
    ['a whole message', info],
    ['an acknowledgement: sequence 0 has arrived, 1 is expected', ack],
    ['a first fragment', { ...info, flags: 1, sequence: 254 }],
    ['a middle fragment', { ...info, flags: 0, sequence: 255 }],
    ['a last fragment', { ...info, flags: 2, sequence: 0 }],
    ['a sealed message in one frame', { ...info, flags: 7 }],
    ['an empty message', { ...info, payload: none }],
    ['unknown session', { ...ack, type: 'unknown_session', sequence: 7 }],
    ['a payload of zeros', { ...info, payload: new Uint8Array(16) }],
    ['the largest default frame', { ...info, payload: pattern(limits.frameDefault - frameOverhead) }],
    ['the largest session number', { ...ack, session: 0xffff_ffff, sequence: 255 }],
  ];
  return frames.map(([name, frame]) => ({ name, wire: hexOf(encodeFrame(frame)), frame: plain(frame) }));
}

function invalidFrames() {
  const good = encodeFrame(info);
  const flipped = good.slice();
  flipped[9] = (flipped[9] ?? 0) ^ 0x10;
  const rows: readonly (readonly [string, Uint8Array])[] = [
    ['one bit of the session flipped', flipped],
    ['the last byte missing', Uint8Array.of(...good.subarray(0, -2), 0)],
    ['a CRC of another byte order', wireOf([1, 3, 3, 0, 0, 0, 0, 1], true)],
    ['version 2', wireOf([2, 3, 3, 0, 0, 0, 0, 1])],
    ['type 0', wireOf([1, 0, 0, 0, 0, 0, 0, 1])],
    ['type 6', wireOf([1, 6, 0, 0, 0, 0, 0, 1])],
    ['flag bit 3', wireOf([1, 3, 0x0b, 0, 0, 0, 0, 1])],
    ['the seal on an acknowledgement', wireOf([1, 4, 4, 0, 0, 0, 0, 1])],
    ['flag bit 7', wireOf([1, 3, 0x83, 0, 0, 0, 0, 1])],
    ['a flag on an acknowledgement', wireOf([1, 4, 1, 0, 0, 0, 0, 1])],
    ['a flag on a hello request', wireOf([1, 1, 3, 0, 0, 0, 0, 1])],
    ['shorter than a header', wireOf([1, 3, 3, 0, 0, 0, 0])],
    ['only a CRC', wireOf([])],
    ['not COBS: a block over the end', Uint8Array.of(0, 9, 1, 2, 3, 0)],
    [
      'one byte over the largest frame',
      encodeFrame({ ...info, payload: pattern(limits.frameDefault - frameOverhead + 1) }),
    ],
  ];
  return rows.map(([name, wire]) => {
    const { damage, push } = frameDecoder(limits.frameDefault);
    if (push(wire).length > 0) throw new Error(`${name} is a frame`);
    const wrong = (['overflow', 'cobs', 'crc', 'header'] as const).find((what) => damage[what] === 1);
    return { name, wire: hexOf(wire), wrong };
  });
}

/** Several things on one line: what the decoder gives, and what it counts as damage. */
function streams() {
  const [a, b] = [encodeFrame(info), encodeFrame(ack)];
  const noise = Buffer.from('rst:0x1 (POWERON_RESET),boot:0x13\r\n');
  const rows: readonly (readonly [string, Uint8Array])[] = [
    ['boot noise before a frame', Uint8Array.of(...noise, ...a)],
    ['one delimiter shared by two frames', Uint8Array.of(...a, ...b.subarray(1))],
    ['a frame cut off by the next one', Uint8Array.of(...a.subarray(0, 9), ...b)],
    ['a delimiter lost between two frames', Uint8Array.of(...a.subarray(0, -1), ...b.subarray(1), ...a)],
    ['more than a frame can hold, then a frame', Uint8Array.of(...new Uint8Array(600).fill(0x55), ...b)],
  ];
  return rows.map(([name, wire]) => {
    const decoder = frameDecoder(limits.frameDefault);
    return { name, wire: hexOf(wire), frames: decoder.push(wire).map(plain), damage: { ...decoder.damage } };
  });
}

function wireOf(head: readonly number[], swapped = false): Uint8Array {
  const body = Uint8Array.of(...head, 0, 0, 0, 0);
  new DataView(body.buffer).setUint32(head.length, crc32(body, head.length), swapped);
  return Uint8Array.of(0, ...cobsEncode(body), 0);
}

function crcHex(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
