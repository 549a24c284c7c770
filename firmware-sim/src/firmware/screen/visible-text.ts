/**
 * Untrusted text, made readable and honest, one glyph at a time. A character is drawn as itself only when a reader can see it
 * and see which one it is; everything else is shown as its code point, like ⟨U+202E⟩. Nothing is dropped.
 *
 * Shown as code points: control, format, bidirectional, invisible, blank, combining, unassigned and private characters,
 * everything that the font has no glyph for (it ends with the basic plane), and whatever looks like one of our own marks. So a
 * mark on the screen is always ours:
 *
 *   ⟨U+0000⟩  a code point          ↵  a line break in the text        ·  a space where it would not be seen
 *   →         a tab                 ⋯  a line goes on without a space  ▸  what follows is one field's value
 *   ▒         a heading
 *
 * A newer engine knows more characters than the font, an older one fewer: both show code points for the difference. There is
 * no shaping and no reordering: characters stand in the order in which they are signed.
 */
import { isHighSurrogate, isSurrogate, pairAt, utf8Length } from '@sallyport/device-protocol';
import { glyphCells } from './glyph-table.ts';

/**
 * Our own structure inside a text. These are lone low surrogates: text that came from UTF-8 cannot hold one, so nobody else
 * can write them, and no escaping is needed. `untrusted` guards the door.
 */
export const OWN = {
  /** Begins a field's value: ▸ */
  field: '\udc00',
  /** Ends a line that is ours, with no ↵. */
  lineEnd: '\udc01',
  /** Begins a line that is a heading. */
  heading: '\udc02',
  /** A line break within a field that must stay on its line: shown as ⟨U+000A⟩. */
  innerBreak: '\udc03',
} as const;

/** Passes text that somebody else wrote into a document. A lone surrogate here is a fault: UTF-8 cannot have carried it. */
export function untrusted(text: string): string {
  if (utf8Length(text) === null) throw new Error('visible text: lone surrogate');
  return text;
}

/** The same for a value that may not break its line, such as a name: it cannot start a line that looks like another field. */
export function untrustedLine(text: string): string {
  return untrusted(text).replaceAll('\n', OWN.innerBreak);
}

/** True when the unit at `i` is a character that is drawn as itself (a space included). */
export function isDrawn(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  return (code >= 0x20 && code < 0x7f) || (code > 0xa0 && glyphCells(code) > 0 && !NOT_DRAWN.test(text.charAt(i)));
}

/** What stands for the glyph at `i`, when it is not drawn as itself. */
export function markAt(text: string, i: number): string {
  const unit = text.charAt(i);
  const own = OWN_MARKS.get(unit);
  return own ?? codePointMark(codePointAt(text, i));
}

/** How many units of the text the glyph at `i` takes: 1, or 2 for a surrogate pair. */
export function unitsAt(text: string, i: number): 1 | 2 {
  return codePointAt(text, i) > 0xffff ? 2 : 1;
}

/** The code point at `i`; a lone surrogate is its own. */
export function codePointAt(text: string, i: number): number {
  const code = text.charCodeAt(i);
  return isHighSurrogate(code) ? Math.max(pairAt(text, i), code) : code;
}

/** True for the units that are our own structure. */
export function isOwn(unit: string): boolean {
  return isSurrogate(unit.charCodeAt(0)) && OWN_MARKS.has(unit);
}

const OWN_MARKS: ReadonlyMap<string, string> = new Map([
  ['\n', '↵'],
  ['\t', '→'],
  [OWN.field, '▸'],
  [OWN.lineEnd, ''],
  [OWN.heading, '▒ '],
  [OWN.innerBreak, '⟨U+000A⟩'],
]);

function codePointMark(code: number): string {
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

/**
 * By property: C (control, format, unassigned, private, surrogate), M (combining: no cell of its own), Z (blank, except the
 * space), default-ignorable. Then: Hangul vowels and finals (combine with what stands before), and our marks with everything
 * that can pass for them, by whole blocks rather than twin by twin: arrows, technical symbols, box drawing, block elements,
 * geometric shapes, dingbats, mathematical brackets and arrows, braille, Canadian syllabics (triangles and dots), middle dots,
 * and the two fillers of the basic plane.
 */
const NOT_DRAWN =
  /[\p{C}\p{M}\p{Z}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7ff\u2190-\u21ff\u2300-\u23ff\u2500-\u25ff\u2700-\u28ff\u2900-\u29ff\u2b00-\u2bff\u1400-\u167f⟨⟩〈〉\uffeb·\u0387\u05c3\u16eb\u2024\u2025\u2027\u2039\u203a\u22b2\u22b3\u22c5\u22ef\u2219\u22ee\u22f0\u22f1\u2e31-\u2e33\ua78f\uff65\ufffc\u303f‣]/u;
