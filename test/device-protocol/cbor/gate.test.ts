/** The gate's verdicts: RFC 8949 appendix A, the rules of section 4.2 one by one, the bounds, and hostile inputs. */
import { describe, expect, test } from 'vitest';
import { decodeCbor } from '../../../device-protocol/src/cbor/cbor.ts';
import { type GateFault, gate, messageBounds, streamBounds } from '../../../device-protocol/src/cbor/gate.ts';
import { limits } from '../../../device-protocol/src/limits.ts';
import { appendixA, type Row } from './appendix-a.ts';
import { rules } from './rules.ts';

describe('RFC 8949 appendix A', () => {
  test.each(appendixA)('$hex', verdict);
});

describe('one thing wrong', () => {
  test.each(rules)('$hex', verdict);
});

function verdict(row: Row): void {
  const bytes = Uint8Array.from(Buffer.from(row.hex, 'hex'));
  const result = decodeCbor(bytes);
  if ('wrong' in row) expect(gate(bytes, messageBounds)).toMatchObject({ wrong: row.wrong });
  else expect(result).toEqual({ value: row.expected });
}

describe('bounds', () => {
  const nested = (depth: number): Uint8Array => Uint8Array.of(...new Array<number>(depth).fill(0x81), 0);

  test.each<[string, Uint8Array, GateFault | null]>([
    ['nested as deep as allowed', nested(limits.depthMax), null],
    ['one deeper', nested(limits.depthMax + 1), 'too deep'],
    ['as many items as allowed', Uint8Array.of(0x99, 0x03, 0xff, ...new Uint8Array(1023)), null],
    ['one item more', Uint8Array.of(0x99, 0x04, 0x00, ...new Uint8Array(1024)), 'too many items'],
    ['as long as allowed', Uint8Array.of(0x59, 0x0f, 0xfd, ...new Uint8Array(4093)), null],
    ['one byte longer', Uint8Array.of(0x59, 0x0f, 0xfe, ...new Uint8Array(4094)), 'too long'],
    ['keys count as items', Uint8Array.of(0xb9, 0x02, 0x00, ...keys(512)), 'too many items'],
  ])('%s', (_, bytes, wrong) => {
    const result = gate(bytes, messageBounds);
    expect('wrong' in result ? result.wrong : null).toBe(wrong);
  });

  function keys(count: number): number[] {
    return Array.from({ length: count }, (_, key) => [...head(key), 0]).flat();
  }

  function head(key: number): number[] {
    return key < 24 ? [key] : key < 256 ? [0x18, key] : [0x19, key >> 8, key & 0xff];
  }
});

/** protocol-evidence section 3: what takes cbor-x seconds and gigabytes, or is taken by it for something else. */
const kib = 1024;
const hostile: readonly (readonly [string, number[] | Uint8Array, GateFault])[] = [
  ['64 KiB of tag 51', repeat([0xd8, 0x33], 64 * kib), 'tag'],
  ['a packed table, tags 51 and 225', [0xd8, 0x33, 0x82, 0x99, 0x40, 0, ...repeat([0xd8, 0xe1, 0], 48 * kib)], 'tag'],
  ['a bignum of 64 KiB', [0xc2, 0x5a, 0, 1, 0, 0, ...new Uint8Array(64 * kib)], 'tag'],
  ['a bignum of 1 MiB less its head', [0xc2, 0x5a, 0, 0x0f, 0xff, 0xf0, ...new Uint8Array(kib * kib - 16)], 'tag'],
  ['5,000 nested arrays', repeat([0x81], 5_000), 'too deep'],
  ['1,000,000 nested arrays', repeat([0x81], 1_000_000), 'too deep'],
  ['5,000 nested maps', repeat([0xa1, 0], 10_000), 'too deep'],
  ['10,000 nested tags', repeat([0xc6], 10_000), 'tag'],
  ['an array that claims 2^32-1 items', [0x9a, 0xff, 0xff, 0xff, 0xff], 'truncated'],
  ['an array that claims 2^53-1 items', [0x9b, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 'truncated'],
  ['a map that claims 2^32-1 entries', [0xba, 0xff, 0xff, 0xff, 0xff], 'truncated'],
  ['bytes that claim 2^32-1', [0x5a, 0xff, 0xff, 0xff, 0xff], 'truncated'],
  ['a text that claims 2^32-1', [0x7a, 0xff, 0xff, 0xff, 0xff], 'truncated'],
  ['a million empty arrays', [0x9a, 0, 0x0f, 0, 0, ...repeat([0x80], 15 * 64 * kib)], 'too many items'],
  ['a lone break', [0xff], 'float, null, undefined or simple value'],
  ['a break as an item', [0x82, 1, 0xff], 'float, null, undefined or simple value'],
  ['an integer wider than it needs', [0x1b, 0, 0, 0, 0, 0, 0, 0, 1], 'not the shortest form'],
  ['-2^64, which cbor-x reads as -1', [0x3b, ...repeat([0xff], 8)], 'negative integer'],
  ['duplicate keys', [0xa2, 1, 1, 1, 2], 'map keys not ascending'],
  ['the key "1" beside 1', [0xa2, 1, 1, 0x61, 0x31, 2], 'map key not an unsigned integer'],
  ['the key 1.0 beside 1', [0xa2, 1, 1, 0xf9, 0x3c, 0, 2], 'float, null, undefined or simple value'],
  ['the key __proto__', [0xa1, 0x69, ...Buffer.from('__proto__'), 0xa0], 'map key not an unsigned integer'],
  ['a record, tag 105', [0xd8, 0x69, 0x82, 0x81, 0x61, 0x61, 1], 'tag'],
  ['a record, tag dfff', [0xd9, 0xdf, 0xff, 0x83, 0x19, 0xe0, 0, 0x81, 0x61, 0x61, 1], 'tag'],
  ['bundled strings, tag dff9', [0xd9, 0xdf, 0xf9, 0x82, 0, 0x60], 'tag'],
  ['a regular expression, tag 27', [0xd8, 0x1b, 0x82, 0x66, ...Buffer.from('RegExp'), 0x61, 0x61], 'tag'],
  ['a cycle, tags 28 and 29', [0xd8, 0x1c, 0x81, 0xd8, 0x1d, 0], 'tag'],
  ['a set, tag 258', [0xd9, 1, 2, 0x80], 'tag'],
  ['a date, tag 1', [0xc1, 0], 'tag'],
  ['a typed array, tag 64', [0xd8, 0x40, 0x41, 0], 'tag'],
  ['an indefinite array', [0x9f, ...repeat([0], 60_000), 0xff], 'indefinite length'],
  ['an indefinite text', [0x7f, 0x61, 0x61, 0xff], 'indefinite length'],
  ['bad UTF-8 at the end of 1 MB', [0x7a, 0, 0x0f, 0x42, 0x40, ...repeat([0x61], 999_999), 0xff], 'invalid UTF-8'],
  ['a surrogate', [0x63, 0xed, 0xa0, 0x80], 'invalid UTF-8'],
  ['1.0 for 1', [0xf9, 0x3c, 0], 'float, null, undefined or simple value'],
  ['undefined', [0xf7], 'float, null, undefined or simple value'],
];

test('hostile inputs are refused by the gate alone, before cbor-x sees a byte', () => {
  // Those of the evidence, and those as large as an event may be.
  const slowestMs = { small: 0, large: 0 };
  for (const [name, list, wrong] of hostile) {
    const bytes = Uint8Array.from(list);
    const result = gate(bytes, streamBounds);
    const size = bytes.length <= 256 * kib ? 'small' : 'large';
    slowestMs[size] = Math.max(slowestMs[size], Math.min(timeOf(bytes), timeOf(bytes), timeOf(bytes)));
    expect('wrong' in result ? result.wrong : 'admitted', name).toBe(wrong);
    // As a message it is refused as well, the large ones for their length alone.
    expect(decodeCbor(bytes), name).toMatchObject({ wrong: bytes.length > limits.messageMax ? 'too long' : wrong });
  }
  const [small, large] = [slowestMs.small.toFixed(1), slowestMs.large.toFixed(1)];
  console.log(`${hostile.length} hostile inputs: refused in at most ${small} ms (to 256 KiB), ${large} ms (1 MiB)`);
});

function timeOf(bytes: Uint8Array): number {
  const started = performance.now();
  gate(bytes, streamBounds);
  return performance.now() - started;
}

function repeat(unit: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, i) => unit[i % unit.length] ?? 0);
}
