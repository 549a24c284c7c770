/**
 * Text on a grid of cells: how wide each glyph of the font is, where long text breaks, and what a row looks like. Linear time; the result
 * of wrapping is one number a line, and rows are made only when they are looked at.
 *
 * A reader can tell from the right edge how a line continues: ↵ is a line break of the text; one blank is one space; dots are
 * as many spaces; ⋯ is no space; a line that fills its row goes on without a space.
 */
import { glyphCells } from './glyph-table.ts';
import { codePointAt, isDrawn, isOwn, markAt, OWN, unitsAt } from './visible-text.ts';

/** A text laid out: line `i` begins at unit `starts[i]` and ends where the next one begins. */
export type Lines = { readonly text: string; readonly columns: number; readonly starts: Uint32Array };

/** Cells of the glyph at `i`. */
export function cellsAt(text: string, i: number): number {
  if (isDrawn(text, i)) return glyphCells(text.charCodeAt(i)) === 2 ? 2 : 1;
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

/** Cells of a row that is made already: its own marks and characters that are drawn. */
export function rowCells(row: string): number {
  let cells = 0;
  for (let i = 0; i < row.length; i++) cells += glyphCells(row.charCodeAt(i)) === 2 ? 2 : 1;
  return cells;
}

/** Our own text in exactly so many cells: cut, or filled with blanks. */
export function fit(text: string, columns: number): string {
  let used = 0;
  let end = 0;
  while (end < text.length) {
    const cells = rowCells(text.charAt(end));
    if (used + cells > columns) break;
    used += cells;
    end += 1;
  }
  return text.slice(0, end) + ' '.repeat(columns - used);
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
