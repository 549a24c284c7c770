/** Our CBOR beside cborg's: the same bytes for every value, and for damaged bytes a refusal or the one meaning they have. */

import { Decoder } from 'cbor-x/index-no-eval';
import { decode, encode } from 'cborg';
import { expect, test } from 'vitest';
import { type Cbor, decodeCbor, encodeCbor } from '../../../device-protocol/src/cbor/cbor.ts';
import { streamBounds } from '../../../device-protocol/src/cbor/gate.ts';
import { between, type Chance, chance } from '../../support/random.ts';
import { edges, someCbor } from './some-cbor.ts';

const strict = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  rejectDuplicateMapKeys: true,
  useMaps: true,
};

function decoded(bytes: Uint8Array): Cbor {
  const result = decodeCbor(bytes, streamBounds);
  if ('wrong' in result) throw new Error(`${result.wrong} at ${result.offset}`);
  return result.value;
}

test('10,000 values: the same bytes as cborg, and back', () => {
  const draw = chance(1);
  for (let i = 0; i < 10_000; i++) {
    const value = someCbor(draw);
    const bytes = encodeCbor(value);
    if (!Buffer.from(bytes).equals(encode(value))) expect(hex(bytes), `value ${i}`).toBe(hex(encode(value)));
    expect(decoded(bytes), `value ${i}`).toEqual(value);
    if (!hex(bytes).includes('efbbbf')) expect(decode(bytes, strict), `value ${i}`).toEqual(value);
  }
});

test.each(edges.map((edge) => [edge]))('%i as a value, as a key, as an item', (edge) => {
  for (const value of [edge, [edge], new Map<number, Cbor>([[edge, edge]])]) {
    expect(hex(encodeCbor(value))).toBe(hex(encode(value)));
    expect(decoded(encodeCbor(value))).toEqual(value);
  }
});

test('lengths of texts, byte strings, arrays and maps at every width', () => {
  for (const length of [0, 1, 23, 24, 31, 32, 63, 64, 65, 255, 256, 8_191, 8_192, 65_535, 65_536, 300_000]) {
    const values: Cbor[] = ['x'.repeat(length), '漢'.repeat(length), new Uint8Array(length).fill(9)];
    if (length <= 8_192) values.push(new Array<number>(length).fill(1));
    if (length <= 8_192) values.push(new Map(Array.from({ length }, (_, i) => [i, true])));
    for (const value of values) {
      const bytes = encodeCbor(value);
      expect(Buffer.from(bytes).equals(encode(value))).toBe(true);
      expect(decoded(bytes)).toEqual(value);
    }
  }
});

test('a leading U+FEFF, which cbor-x drops from texts of 64 bytes and more, is kept at every length', () => {
  const bare = new Decoder({ useRecords: false, mapsAsObjects: false });
  let dropped = 0;
  for (let length = 0; length <= 400; length++) {
    const text = `\ufeff${'x'.repeat(length)}`;
    const bytes = encodeCbor(text);
    expect(hex(bytes)).toBe(hex(encode(text)));
    expect(decoded(bytes)).toBe(text);
    if (bare.decode(bytes) !== text) dropped++;
  }
  expect(dropped, 'cbor-x needs no mending any more').toBeGreaterThan(300);
  const marked = `\ufeff${'é'.repeat(70_000)}`;
  const among: Cbor = [
    marked,
    'plain',
    [
      marked,
      new Map<number, Cbor>([
        [0, '\ufeff'],
        [7, `${marked}x`],
      ]),
    ],
    '\ufeff\ufeff',
  ];
  expect(decoded(encodeCbor(among))).toEqual(among);
});

test('what is decoded and what was encoded share no memory with anything', () => {
  const bytes = encodeCbor([Uint8Array.of(1, 2, 3)]);
  const value = decoded(bytes);
  bytes.fill(0xee);
  expect(value).toEqual([Uint8Array.of(1, 2, 3)]);
  expect(bytes.buffer.byteLength).toBe(bytes.length);
});

test.each<[string, Cbor]>([
  ['a negative integer', -1],
  ['a fraction', 0.5],
  ['an integer over 2^53-1', 2 ** 53],
  ['NaN', Number.NaN],
  [
    'keys that do not ascend',
    new Map([
      [2, 1],
      [1, 1],
    ]),
  ],
  ['a negative key', new Map([[-1, 1]])],
  ['a lone surrogate', '\ud800'],
  ['one inside', [new Map([[1, 'a\udc00']])]],
])('encoding %s is a fault', (_, value) => expect(() => encodeCbor(value)).toThrow());

test('20,000 mutations are refused or are the one encoding of what they mean', () => {
  const draw = chance(2);
  const sources = Array.from({ length: 1_000 }, () => encodeCbor(someCbor(draw)));
  let refused = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = mutate(draw, sources[i % sources.length] ?? new Uint8Array(1));
    const result = decodeCbor(bytes, streamBounds);
    if ('wrong' in result) {
      refused++;
      if (result.offset > bytes.length) throw new Error(`${hex(bytes)}: wrong at ${result.offset}`);
    } else if (!Buffer.from(encodeCbor(result.value)).equals(bytes)) throw new Error(`two encodings: ${hex(bytes)}`);
  }
  expect(refused).toBeGreaterThan(8_000);
  expect(refused).toBeLessThan(19_800);
});

function mutate(draw: Chance, source: Uint8Array): Uint8Array {
  const bytes = [...source];
  for (let count = between(draw, 1, 3); count > 0; count--) {
    const at = between(draw, 0, Math.max(0, bytes.length - 1));
    const what = draw();
    if (what < 0.3) bytes[at] = (bytes[at] ?? 0) ^ (1 << between(draw, 0, 7));
    else if (what < 0.5) bytes[at] = between(draw, 0, 255);
    else if (what < 0.65) bytes.splice(at, 1);
    else if (what < 0.8) bytes.splice(at, 0, between(draw, 0, 255));
    else if (what < 0.9) bytes.splice(at, 0, ...bytes.slice(at, at + between(draw, 1, 8)));
    else bytes.length = at;
  }
  return Uint8Array.from(bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
