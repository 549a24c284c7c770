/** CRC-32 against its check value and against zlib. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { crc32 } from '../../../device-protocol/src/link/crc32.ts';
import { between, bytesFrom, chance } from '../../support/random.ts';

test.each([
  ['', 0x00000000],
  ['123456789', 0xcbf43926],
  ['a', 0xe8b7be43],
  ['The quick brown fox jumps over the lazy dog', 0x414fa339],
])('%j', (text, crc) => expect(crc32(Buffer.from(text))).toBe(crc));

test('the same as zlib on random bytes, and over a prefix', () => {
  const draw = chance(2);
  const random = bytesFrom(draw);
  for (let i = 0; i < 2_000; i++) {
    const bytes = random(between(draw, 0, 600));
    const end = between(draw, 0, bytes.length);
    expect(crc32(bytes)).toBe(zlibCrc32(bytes));
    expect(crc32(bytes, end)).toBe(zlibCrc32(bytes.subarray(0, end)));
  }
});
