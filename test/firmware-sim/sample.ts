/** Seeded random material for the tests of the firmware's pure parts: the same seed gives the same bytes, texts and events. */
import { readFileSync } from 'node:fs';
import { openFont } from '../../firmware-sim/src/firmware/screen/font.ts';

/** A source of numbers from a seed (mulberry32). */
export type Sampler = (below: number) => number;

export function sampler(seed: number): Sampler {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

export function someBytes(next: Sampler, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => next(256));
}

/** Text of `length` characters out of everything that serializers treat in different ways. */
export function someText(next: Sampler, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) text += someCharacter(next);
  return text;
}

const SPECIAL = '"\\/\b\f\n\r\t\u007f\u0080\u009f\u00ad\u2028\u2029\ufeff\ufffd\uffff\u202e\u200d<>&\'';

function someCharacter(next: Sampler): string {
  switch (next(8)) {
    case 0:
      return String.fromCharCode(next(0x20));
    case 1:
      return SPECIAL.charAt(next(SPECIAL.length));
    case 2:
      return String.fromCodePoint(0x80 + next(0xd800 - 0x80));
    case 3:
      return String.fromCodePoint(0x10000 + next(0x100000));
    case 4:
      return ['👩‍👩‍👧', '🇩🇪', 'é', '漢字', 'हिन्दी'][next(5)] ?? '';
    default:
      return String.fromCharCode(0x20 + next(0x5f));
  }
}

/** The font of the simulated boards, read anew: the second opinion on the widths of cells.ts. */
export const boardFont = openFont(readFileSync(new URL('../../firmware-sim/font/glyphs.bin', import.meta.url)));

/** Cells of a row as the font draws it; a character without a glyph has none. */
export function cellsOf(row: string): number {
  return [...row].reduce((sum, character) => sum + (boardFont(character.codePointAt(0) ?? 0)?.length ?? 0) / 16, 0);
}
