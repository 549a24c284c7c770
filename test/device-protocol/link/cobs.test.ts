/** COBS against the tables of its paper, at every length around a block, and on random bytes both ways. */
import { expect, test } from 'vitest';
import { cobsDecode, cobsEncode } from '../../../device-protocol/src/link/cobs.ts';
import { between, bytesFrom, chance } from '../../support/random.ts';

const run = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, i) => (first + i).toString(16).padStart(2, '0')).join('');

/** Cheshire and Baker's examples and those that every implementation is tried on. */
const table = [
  { decoded: '', encoded: '01' },
  { decoded: '00', encoded: '0101' },
  { decoded: '0000', encoded: '010101' },
  { decoded: '001100', encoded: '01021101' },
  { decoded: '11220033', encoded: '0311220233' },
  { decoded: '11223344', encoded: '0511223344' },
  { decoded: '11000000', encoded: '0211010101' },
  { decoded: run(0x01, 0xfe), encoded: `ff${run(0x01, 0xfe)}` },
  { decoded: `00${run(0x01, 0xfe)}`, encoded: `01ff${run(0x01, 0xfe)}` },
  { decoded: run(0x01, 0xff), encoded: `ff${run(0x01, 0xfe)}02ff` },
  { decoded: `${run(0x02, 0xff)}00`, encoded: `ff${run(0x02, 0xff)}0101` },
  { decoded: `${run(0x03, 0xff)}0001`, encoded: `fe${run(0x03, 0xff)}0201` },
];

test.each(table)('$decoded ⇄ $encoded', ({ decoded, encoded }) => {
  expect(Buffer.from(cobsEncode(bytes(decoded))).toString('hex')).toBe(encoded);
  expect(Buffer.from(cobsDecode(bytes(encoded)) ?? []).toString('hex')).toBe(decoded);
});

test.each([
  ['a zero as a length', '00'],
  ['a zero as a later length', '021100'],
  ['a zero inside a block', '03110022'],
  ['a block that runs over the end', '05112233'],
  ['a length and nothing else', 'ff'],
])('refused: %s', (_, encoded) => expect(cobsDecode(bytes(encoded))).toBeNull());

test('the empty block that some encoders put after a full last one is accepted', () => {
  const full = new Uint8Array(254).fill(7);
  expect(cobsDecode(Uint8Array.of(0xff, ...full, 0x01))).toEqual(full);
});

test('every length from 0 to 1,100, with and without zeros at the edges of blocks', () => {
  for (let length = 0; length <= 1_100; length++) {
    const plain = new Uint8Array(length).fill(0xa5);
    const edges = [plain, ...[0, 252, 253, 254, 255, 507, 508, 509, 510, length - 1].map((at) => withZero(plain, at))];
    for (const decoded of edges) {
      const encoded = cobsEncode(decoded);
      expect(encoded.includes(0)).toBe(false);
      expect(encoded.length).toBeLessThanOrEqual(length + 1 + Math.floor(length / 254));
      expect(Buffer.from(cobsDecode(encoded) ?? [1]).equals(decoded)).toBe(true);
    }
  }
});

test('random bytes come back; random bytes as input are refused or have one meaning', () => {
  const draw = chance(1);
  const random = bytesFrom(draw);
  let accepted = 0;
  for (let i = 0; i < 20_000; i++) {
    const some = random(between(draw, 0, 40)).map((byte) => (draw() < 0.3 ? 0 : byte));
    expect(Buffer.from(cobsDecode(cobsEncode(some)) ?? [1]).equals(some)).toBe(true);
    const short = random(between(draw, 0, 8)).map((byte) => (draw() < 0.9 ? byte & 3 : byte));
    const decoded = cobsDecode(short);
    if (decoded === null || short.length === 0) continue;
    accepted++;
    expect(Buffer.from(cobsEncode(decoded)).equals(short)).toBe(true);
  }
  expect(accepted).toBeGreaterThan(500);
});

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

function withZero(plain: Uint8Array, at: number): Uint8Array {
  const copy = plain.slice();
  if (at >= 0 && at < copy.length) copy[at] = 0;
  return copy;
}
