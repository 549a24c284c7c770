/** The grid: widths, rows of exactly the screen's width, and a mebibyte of text. */
import { expect, test } from 'vitest';
import { cellsAt, rowOf, wrap } from '../../firmware-sim/src/firmware/screen/cells.ts';
import { isDrawn } from '../../firmware-sim/src/firmware/screen/visible-text.ts';
import { cellsOf, sampler, someText } from './sample.ts';

test.each([
  ['a', 1],
  ['é', 1],
  ['ж', 1],
  ['ש', 1],
  ['ｱ', 1],
  ['漢', 2],
  ['か', 2],
  ['カ', 2],
  ['한', 2],
  ['ᄀ', 2],
  ['Ａ', 2],
  ['、', 2],
  ['⚡', 1],
  ['⌚', 8],
  ['☃', 2],
  ['क', 2],
  ['⟨', 8],
  ['\n', 1],
  ['\t', 1],
  ['\u0001', 8],
  ['😀', 9],
  ['\u{10ffff}', 10],
])('%j takes %i cells', (text, cells) => {
  expect(cellsAt(text, 0)).toBe(cells);
});

test('every drawn character has a glyph, as wide as the grid says', () => {
  let drawn = 0;
  for (let code = 0x20; code < 0x10000; code++) {
    const text = String.fromCharCode(code);
    if (!isDrawn(text, 0)) continue;
    drawn += 1;
    if (cellsAt(text, 0) !== cellsOf(text)) expect.fail(`U+${code.toString(16)}: ${cellsOf(text)} cells in the font`);
  }
  expect(drawn).toBeGreaterThan(50_000);
});

test('every row is exactly as wide as the screen, and lines follow one another without a gap', () => {
  const next = sampler(15);
  for (let i = 0; i < 1_000; i++) {
    const text = someText(next, next(120)).toWellFormed();
    const columns = [10, 16, 30][next(3)] ?? 16;
    const lines = wrap(text, columns);
    expect(lines.starts[0]).toBe(0);
    for (let n = 0; n < lines.starts.length; n++) {
      expect(cellsOf(rowOf(lines, n))).toBe(columns);
      if (n > 0) expect(lines.starts[n]).toBeGreaterThan(lines.starts[n - 1] ?? 0);
    }
  }
});

test('a screen too narrow for a code point is a fault', () => {
  expect(() => wrap('a', 9)).toThrow('at least 10 columns');
});

const MEBIBYTE = 1024 * 1024;
test.each([
  ['words', 'lorem ipsum dolor sit amet '],
  ['one long word', 'a'],
  ['line breaks', '\n'],
  ['spaces', ' '],
  ['wide', '漢'],
  ['code points', '\u0001'],
  ['emoji', '😀'],
])('a mebibyte of %s costs four bytes a line', (_, piece) => {
  const text = piece.repeat(MEBIBYTE / piece.length);
  const { starts } = wrap(text, 16);
  expect(starts).toBeInstanceOf(Uint32Array);
  expect(starts.length).toBeLessThanOrEqual(text.length);
});
