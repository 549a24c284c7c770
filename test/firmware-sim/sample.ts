/** Seeded random material for the tests of the firmware's pure parts: the same seed gives the same bytes, texts and events. */

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

/**
 * Cells of a row as a terminal or a board font draws it, from the property tables of the engine: the second opinion on the
 * widths of cells.ts. Rows hold no combining characters and nothing beyond the basic plane.
 */
export function cellsOf(row: string): number {
  return [...row].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3001-\u303e\u309b\u309c\u3190-\u319f\u31c0-\u31e5\u3200-\u33ff\u4dc0-\u4dff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\ufe10-\ufe19\u30fb\u30fc\u30a0\u2ff0-\u2fff\u31ef\p{Emoji_Presentation}\u2630-\u2637\u268a-\u268f](?<![\u02ea\u02eb\uff61-\uffdc])/u;
