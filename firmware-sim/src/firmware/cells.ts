/**
 * Text on a grid of cells: how wide each glyph is, where long text breaks, and what a row looks like. Linear time; the result
 * of wrapping is one number a line, and rows are made only when they are looked at.
 *
 * A reader can tell from the right edge how a line continues: ↵ is a line break of the text; one blank is one space; dots are
 * as many spaces; ⋯ is no space; a line that fills its row goes on without a space.
 */
import { codePointAt, isDrawn, isOwn, markAt, OWN, unitsAt } from './visible-text.ts';

/** A text laid out: line `i` begins at unit `starts[i]` and ends where the next one begins. */
export type Lines = { readonly text: string; readonly columns: number; readonly starts: Uint32Array };

/** Cells of the glyph at `i`. */
export function cellsAt(text: string, i: number): number {
  if (isDrawn(text, i)) return isWide(text.charCodeAt(i)) ? 2 : 1;
  const unit = text.charAt(i);
  if (unit === '\n' || unit === '\t' || isOwn(unit)) return markAt(text, i).length;
  const code = codePointAt(text, i);
  return '⟨U+⟩'.length + (code > 0xfffff ? 6 : code > 0xffff ? 5 : 4);
}

/** Breaks text into lines: after spaces, beside wide glyphs and code points, else where the row is full. */
export function wrap(text: string, columns: number): Lines {
  // The longest glyph, ⟨U+10FFFF⟩, must fit a row.
  if (columns < 10) throw new Error(`cells: at least 10 columns expected, got ${columns}`);
  let starts: Uint32Array = new Uint32Array(64);
  let count = 1;
  let lineStart = 0;
  let used = 0;
  let breakAt = 0;
  for (let i = 0; i < text.length; ) {
    const unit = text.charAt(i);
    const cells = cellsAt(text, i);
    let ends = used + cells > columns;
    if (ends) {
      // Going back costs less than one row, so the whole stays linear. Beside a wide glyph there is nothing to go back for.
      if (cells === 1 && breakAt > lineStart) i = breakAt;
    } else {
      if (cells > 1) breakAt = i;
      used += cells;
      i += unitsAt(text, i);
      if (unit === ' ' || cells > 1) breakAt = i;
      ends = (unit === '\n' || unit === OWN.lineEnd) && i < text.length;
    }
    if (!ends) continue;
    starts = withStart(starts, count++, i);
    lineStart = i;
    used = 0;
  }
  return { text, columns, starts: starts.slice(0, count) };
}

/** Line `n` as a row of exactly `columns` cells. */
export function rowOf(lines: Lines, n: number): string {
  const { text, columns, starts } = lines;
  const start = starts[n] ?? text.length;
  const end = starts[n + 1] ?? text.length;
  const last = text.charAt(end - 1);
  const broken = end > start && (last === '\n' || last === OWN.lineEnd);
  const bodyEnd = broken ? end - 1 : end;
  let spacesFrom = bodyEnd;
  while (spacesFrom > start && text.charAt(spacesFrom - 1) === ' ') spacesFrom -= 1;
  const spaces = bodyEnd - spacesFrom;
  const goesOn = !broken && end < text.length;

  let row = '';
  let used = 0;
  for (let i = start; i < spacesFrom; i += unitsAt(text, i)) {
    row += isDrawn(text, i) ? text.charAt(i) : markAt(text, i);
    used += cellsAt(text, i);
  }
  row += (goesOn && spaces === 1 ? ' ' : '·').repeat(spaces);
  used += spaces;
  if (last === '\n' && broken) {
    row += '↵';
    used += 1;
  } else if (goesOn && spaces === 0 && used < columns) {
    row += '⋯';
    used += 1;
  }
  const rest = columns - used;
  if (text.charAt(start) !== OWN.heading) return row + ' '.repeat(rest);
  return rest > 1 ? `${row} ${'▒'.repeat(rest - 1)}` : row + ' '.repeat(rest);
}

/** Cells that our own text takes; it is ASCII and single-cell symbols, so its length is its width. */
export function fit(text: string, columns: number): string {
  return text.length > columns ? text.slice(0, columns) : text.padEnd(columns);
}

/** East Asian Wide and Fullwidth within the basic plane (UAX #11), as [first, last] pairs in ascending order. */
const WIDE = Uint16Array.of(
  ...[0x1100, 0x115f, 0x231a, 0x231b, 0x2329, 0x232a, 0x23e9, 0x23ec, 0x23f0, 0x23f0, 0x23f3, 0x23f3, 0x25fd, 0x25fe],
  ...[0x2614, 0x2615, 0x2630, 0x2637, 0x2648, 0x2653, 0x267f, 0x267f, 0x268a, 0x268f, 0x2693, 0x2693, 0x26a1, 0x26a1],
  ...[0x26aa, 0x26ab, 0x26bd, 0x26be, 0x26c4, 0x26c5, 0x26ce, 0x26ce, 0x26d4, 0x26d4, 0x26ea, 0x26ea, 0x26f2, 0x26f3],
  ...[0x26f5, 0x26f5, 0x26fa, 0x26fa, 0x26fd, 0x26fd, 0x2705, 0x2705, 0x270a, 0x270b, 0x2728, 0x2728, 0x274c, 0x274c],
  ...[0x274e, 0x274e, 0x2753, 0x2755, 0x2757, 0x2757, 0x2795, 0x2797, 0x27b0, 0x27b0, 0x27bf, 0x27bf, 0x2b1b, 0x2b1c],
  ...[0x2b50, 0x2b50, 0x2b55, 0x2b55, 0x2e80, 0x303e, 0x3041, 0x33ff, 0x3400, 0x4dbf, 0x4dc0, 0x4dff, 0x4e00, 0x9fff],
  ...[0xa000, 0xa4cf, 0xa960, 0xa97f, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe10, 0xfe19, 0xfe30, 0xfe6f, 0xff01, 0xff60],
  ...[0xffe0, 0xffe6],
);

function isWide(code: number): boolean {
  if (code < 0x1100) return false;
  let low = 0;
  let high = WIDE.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (code < (WIDE[2 * middle] ?? 0)) high = middle - 1;
    else if (code > (WIDE[2 * middle + 1] ?? 0)) low = middle + 1;
    else return true;
  }
  return false;
}

/** The starts with one more at the end; the array doubles when it is full, so adding stays linear. */
function withStart(starts: Uint32Array, count: number, start: number): Uint32Array {
  let room = starts;
  if (count === starts.length) {
    room = new Uint32Array(2 * count);
    room.set(starts);
  }
  room[count] = start;
  return room;
}
