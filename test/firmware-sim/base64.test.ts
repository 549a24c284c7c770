/** Strict base64: as Node writes it, and nothing else. */
import { expect, test } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../firmware-sim/src/firmware/formats/base64.ts';
import { sampler, someBytes } from './sample.ts';

test('every length up to 300, and a large one, as Node writes it', () => {
  const next = sampler(3);
  for (const length of [...Array(300).keys(), 1_000_003]) {
    const bytes = someBytes(next, length);
    const text = encodeBase64(bytes);
    expect(text === Buffer.from(bytes).toString('base64')).toBe(true);
    expect(Buffer.from(decodeBase64(text) ?? 'x').equals(Buffer.from(bytes))).toBe(true);
  }
});

test.each([
  ['A'],
  ['AA'],
  ['AAA'],
  ['AAAAA'],
  ['AA=A'],
  ['A==='],
  ['===='],
  ['='],
  ['AAAA=AAA'],
  ['AA-_'],
  ['AAA\n'],
  ['AA A'],
  ['AAAé'],
  ['AAA\u0141'],
])('refuses %j', (text) => {
  expect(decodeBase64(text)).toBeNull();
});

test.each([['AB=='], ['AAB='], ['//=='], ['AAAAAP==']])('refuses bits behind the end: %j', (text) => {
  expect(decodeBase64(text)).toBeNull();
});

test('what decodes has one encoding', () => {
  const next = sampler(4);
  const alphabet = 'ABCDabcd0123+/=';
  let decoded = 0;
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: 4 * (1 + next(2)) }, () => alphabet.charAt(next(alphabet.length))).join('');
    const bytes = decodeBase64(text);
    if (bytes === null) continue;
    decoded += 1;
    expect(encodeBase64(bytes)).toBe(text);
  }
  expect(decoded).toBeGreaterThan(1_000);
});
