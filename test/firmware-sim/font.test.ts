/** The font of the boards: every glyph is found where it lies, our own marks have one, and a broken file is refused. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openFont } from '../../firmware-sim/src/firmware/screen/font.ts';
import { glyphCells } from '../../firmware-sim/src/firmware/screen/glyph-table.ts';
import { boardFont } from './sample.ts';

const bytes = new Uint8Array(readFileSync(new URL('../../firmware-sim/font/glyphs.bin', import.meta.url)));

function picture(character: string): readonly string[] {
  const rows = boardFont(character.charCodeAt(0)) ?? new Uint8Array();
  const wide = rows.length === 32;
  const words = Array.from({ length: 16 }, (_, y) =>
    wide ? ((rows[2 * y] ?? 0) << 8) | (rows[2 * y + 1] ?? 0) : (rows[y] ?? 0),
  );
  return words.map((word) =>
    word
      .toString(2)
      .padStart(wide ? 16 : 8, '0')
      .replaceAll('0', '.')
      .replaceAll('1', '#'),
  );
}

test('a letter and an ideograph look like themselves', () => {
  expect(picture('A').slice(3, 15)).toEqual([
    '........',
    '...##...',
    '..#..#..',
    '..#..#..',
    '.#....#.',
    '.#....#.',
    '.######.',
    '.#....#.',
    '.#....#.',
    '.#....#.',
    '.#....#.',
    '........',
  ]);
  expect(picture('王').filter((row) => row.includes('##########'))).toHaveLength(3);
});

test('the table of widths is that of the font, over the whole basic plane', () => {
  let glyphs = 0;
  for (let code = 0; code <= 0xffff; code++) {
    const glyph = boardFont(code);
    if (glyph === null) continue;
    glyphs += 1;
    if (glyph.length !== 16 * glyphCells(code)) expect.fail(`U+${code.toString(16)}`);
  }
  expect(glyphs).toBeGreaterThan(53_000);
});

test.each([...'⟨⟩↵→·⋯▸▒█░▼▲●…│─✔✘'])('our own %s has a glyph that is not blank', (mark) => {
  expect(boardFont(mark.charCodeAt(0))?.some((row) => row !== 0)).toBe(true);
});

test('the marks that stand within text are one cell wide', () => {
  for (const mark of '⟨⟩↵→·⋯▸▒') expect(glyphCells(mark.charCodeAt(0)), mark).toBe(1);
});

test('what the font has not is nothing: unassigned, private, combining, placeholders, beyond the basic plane', () => {
  for (const code of [0, 0x0a, 0x300, 0x378, 0x1c89, 0xd800, 0xe000, 0xffff, 0x10000, 0x1f600, -1])
    expect(boardFont(code)).toBeNull();
});

test('a file that is no font, or is cut off, is refused or has no such glyph', () => {
  expect(() => openFont(new Uint8Array())).toThrow('not a file of glyphs');
  expect(() => openFont(new Uint8Array(100))).toThrow('not a file of glyphs');
  expect(() => openFont(bytes.subarray(0, 100))).toThrow('cut off');
  const short = openFont(bytes.subarray(0, bytes.length - 1));
  expect([...(short(0x41) ?? [])]).toEqual([...(boardFont(0x41) ?? [])]);
  expect(short(0xfffd)).toBeNull();
});
