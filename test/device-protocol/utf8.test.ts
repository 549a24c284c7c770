/** Strict UTF-8 against Node's own, on random bytes, random texts and the edges of every range. */
import { expect, test } from 'vitest';
import { decodeUtf8, encodeUtf8, malformedAt, utf8Length } from '../../device-protocol/src/utf8.ts';
import { sampler, someBytes, someText } from '../firmware-sim/sample.ts';

/** Node's strict decoder, which keeps a byte order mark only when told so. */
function byNode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

test('random bytes decode as Node decodes them, or not at all', () => {
  const next = sampler(1);
  let refused = 0;
  for (let i = 0; i < 50_000; i++) {
    const bytes = someBytes(next, next(9));
    // Half of the bytes are moved to where UTF-8 is decided: leads and tails at their edges.
    for (let j = 0; j < bytes.length; j++) {
      if (next(2) === 0)
        bytes[j] =
          [0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0x9f, 0xa0, 0x8f, 0x90][next(15)] ?? 0;
    }
    const text = decodeUtf8(bytes);
    if (text === null) refused += 1;
    expect(text).toBe(byNode(bytes));
  }
  expect(refused).toBeGreaterThan(10_000);
  expect(refused).toBeLessThan(49_000);
});

test('every two-, three- and four-byte form at its edge', () => {
  for (const code of [0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x10000, 0x10ffff]) {
    const text = String.fromCodePoint(code);
    const bytes = encodeUtf8(text);
    expect(bytes).toEqual(new Uint8Array(Buffer.from(text)));
    expect(utf8Length(text)).toBe(Buffer.byteLength(text));
    expect(decodeUtf8(bytes ?? new Uint8Array())).toBe(text);
  }
});

test('random texts encode as Node encodes them', () => {
  const next = sampler(2);
  for (let i = 0; i < 2_000; i++) {
    const text = someText(next, next(40));
    const bytes = encodeUtf8(text) ?? new Uint8Array();
    expect(Buffer.from(bytes).equals(Buffer.from(text))).toBe(true);
    expect(decodeUtf8(bytes)).toBe(text);
  }
});

test.each([['\ud800'], ['a\udc00'], ['\udc00\ud800'], ['\ud83d'], ['\ud83dx'], ['😀\udc00']])(
  'a lone surrogate has no UTF-8: %j',
  (text) => {
    expect(encodeUtf8(text)).toBeNull();
    expect(utf8Length(text)).toBeNull();
  },
);

test.each([
  ['overlong', 'c080'],
  ['overlong', 'e09fbf'],
  ['overlong', 'f08fbfbf'],
  ['surrogate', 'eda080'],
  ['beyond U+10FFFF', 'f4908080'],
  ['cut off', 'e282'],
  ['cut off', 'f09f98'],
  ['a tail alone', '80'],
])('%s bytes are refused: %s', (_, hex) => {
  expect(decodeUtf8(new Uint8Array(Buffer.from(hex, 'hex')))).toBeNull();
  expect(decodeUtf8(new Uint8Array(Buffer.from(`61${hex}`, 'hex')))).toBeNull();
});

test('a mebibyte of every width survives, across all block borders', () => {
  for (const piece of ['a', 'é', '漢', '😀', 'a😀漢é']) {
    const text = piece.repeat(Math.ceil((1024 * 1024) / Buffer.byteLength(piece)));
    expect(decodeUtf8(encodeUtf8(text) ?? new Uint8Array()) === text).toBe(true);
  }
});

test('malformedAt finds the first byte that is not UTF-8, and a character never reaches over the end', () => {
  const next = sampler(3);
  const valid = Buffer.from('aé漢😀\ufeff');
  for (let start = 0; start <= valid.length; start++) {
    for (let end = start; end <= valid.length; end++) {
      const fine = byNode(valid.subarray(start, end)) !== null;
      expect(malformedAt(valid, start, end) === -1).toBe(fine);
    }
  }
  for (let i = 0; i < 20_000; i++) {
    const bytes = someBytes(next, next(12));
    const at = malformedAt(bytes, 0, bytes.length);
    expect(at === -1).toBe(byNode(bytes) !== null);
    if (at !== -1) expect(byNode(bytes.subarray(0, at))).not.toBeNull();
  }
});
