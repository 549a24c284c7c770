/**
 * The screen as pixels: rows of text in, one ink a pixel out. Pure, so that every board draws the same: the first row stands
 * inverted, a line parts the last one with its keys from the rest, and the words of a machine that presses its own keys
 * stand in the colour of alarm. On a board with colours our own marks differ from what somebody else wrote by colour too.
 */

import type { Board } from '../env.ts';
import { rowCells } from './cells.ts';
import type { Font } from './font.ts';
import { autoPressRow, type Screen } from './screens.ts';

/** What a pixel is drawn with: an index into the palette of the board. */
export type Ink = number;

/** `inks` has one byte a pixel, row by row from the top left. */
export type Bitmap = { readonly width: number; readonly height: number; readonly inks: Uint8Array };

/** Colours as 0xRRGGBB by ink. The small board has two inks, and they are one bit in its memory. */
export const palettes: Record<Board['name'], readonly number[]> = {
  lcd240: [0x0b1018, 0xe9eef5, 0xffc44d, 0x1d1503, 0x6fa8dc, 0x93a4b8, 0xff9a5c, 0x1a2836, 0xd3121f, 0xffffff],
  oled128: [0x000000, 0xdff1ff],
};

/** A cell is 8×16 pixels. */
const cellWidth = 8;
const cellHeight = 16;

/** Draws a screen on its board. */
export function paint(screen: Screen, board: Board, font: Font): Bitmap {
  const width = board.columns * cellWidth;
  const height = board.rows * cellHeight;
  const canvas: Bitmap = { width, height, inks: new Uint8Array(width * height) };
  const style = styles[board.name];
  for (const [n, row] of screen.rows.entries()) {
    const y = n * cellHeight;
    const last = n === board.rows - 1;
    const alarm = last && row === autoPressRow(board);
    const caps = last && !alarm ? keyInks(row, board, style) : null;
    const ground = alarm ? style.alarm : n === 0 ? style.title : caps === null ? style.text : style.keys;
    fill(canvas, { x: 0, y, width, height: cellHeight }, ground.paper);
    const inks = n === 0 || alarm ? null : (caps ?? textInks(row, style));
    paintText(canvas, row, font, { x: 0, y }, (i) => inks?.[i] ?? ground);
    // Above the words of the last row the font is blank: the line costs no text.
    if (caps !== null) fill(canvas, { x: 0, y, width, height: 1 }, style.line);
  }
  return canvas;
}

/** What a character is drawn with: `pen` on `paper`. */
export type Pair = { readonly pen: Ink; readonly paper: Ink };

/** Writes text from a point to the right; characters beyond the edge are cut off. */
export function paintText(
  canvas: Bitmap,
  text: string,
  font: Font,
  from: { readonly x: number; readonly y: number },
  pairAt: (index: number) => Pair,
): void {
  let { x } = from;
  for (let i = 0; i < text.length; i++) {
    const cells = rowCells(text.charAt(i));
    const pair = pairAt(i);
    fill(canvas, { x, y: from.y, width: cells * cellWidth, height: cellHeight }, pair.paper);
    const glyph = font(text.charCodeAt(i));
    if (glyph !== null) stamp(canvas, slim(text.charAt(i), glyph), x, from.y, pair.pen);
    x += cells * cellWidth;
  }
}

/** Headings and bars are cells full of pixels; a slimmer band of the same pattern leaves the words beside it more room. */
function slim(character: string, glyph: Uint8Array): Uint8Array {
  const band = character === '▒' ? [6, 9] : character === '█' || character === '░' ? [3, 12] : null;
  if (band === null) return glyph;
  const [first = 0, last = 0] = band;
  return glyph.map((row, y) => (y < first || y > last ? 0 : row));
}

/** Fills a rectangle; what lies outside is cut off. */
export function fill(
  { width, height, inks }: Bitmap,
  area: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  ink: Ink,
): void {
  const right = Math.min(area.x + area.width, width);
  for (let y = area.y; y < Math.min(area.y + area.height, height); y++)
    inks.fill(ink, y * width + area.x, y * width + right);
}

function stamp({ width, height, inks }: Bitmap, glyph: Uint8Array, left: number, top: number, pen: Ink): void {
  const bytes = glyph.length / cellHeight;
  for (let i = 0; i < glyph.length; i++) {
    const bits = glyph[i] ?? 0;
    const y = top + Math.floor(i / bytes);
    const x = left + (i % bytes) * 8;
    for (let bit = 0; bit < 8; bit++) {
      if ((bits & (0x80 >> bit)) !== 0 && x + bit < width && y < height) inks[y * width + x + bit] = pen;
    }
  }
}

type Style = {
  readonly text: Pair;
  readonly title: Pair;
  readonly keys: Pair;
  readonly alarm: Pair;
  /** A key of the board in the last row. */
  readonly cap: Pair;
  /** Our own structure within text: the end of a line, a heading, the name of a field. */
  readonly mark: Pair;
  readonly name: Pair;
  /** A character that is shown as its code point. */
  readonly codePoint: Pair;
  readonly line: Ink;
};

const bright: Pair = { pen: 1, paper: 0 };
const inverted: Pair = { pen: 0, paper: 1 };

const styles: Record<Board['name'], Style> = {
  lcd240: {
    text: bright,
    title: { pen: 3, paper: 2 },
    keys: { pen: 1, paper: 7 },
    alarm: { pen: 9, paper: 8 },
    cap: { pen: 2, paper: 7 },
    mark: { pen: 4, paper: 0 },
    name: { pen: 5, paper: 0 },
    codePoint: { pen: 6, paper: 0 },
    line: 4,
  },
  oled128: {
    text: bright,
    title: inverted,
    keys: bright,
    alarm: inverted,
    cap: inverted,
    mark: bright,
    name: bright,
    codePoint: bright,
    line: 1,
  },
};

const marks = '▸↵·⋯→▒';

/** The inks of a row between the first and the last. A mark there is always ours (visible-text.ts), so its colour cannot be forged. */
function textInks(row: string, style: Style): readonly Pair[] {
  const nameEnd = row.indexOf('▸');
  const isHeading = row.startsWith('▒');
  let inCodePoint = false;
  return Array.from(row, (character, i) => {
    if (character === '⟨') inCodePoint = true;
    const pair = inCodePoint
      ? style.codePoint
      : isHeading || marks.includes(character)
        ? style.mark
        : i < nameEnd
          ? style.name
          : style.text;
    if (character === '⟩') inCodePoint = false;
    return pair;
  });
}

/** The inks of the last row: what is written on the keys stands out from what they do. Null when the row names no key. */
function keyInks(row: string, { keys }: Board, style: Style): readonly Pair[] | null {
  const labels = [keys.approve, keys.deny, keys.back, keys.next, '▼'].filter((label) => label !== '');
  const inks = row.split(/( +)/).flatMap((word) => {
    const isCap = word.trim() !== '' && labels.reduce((rest, label) => rest.replaceAll(label, ''), word) === '';
    return Array.from(word, () => (isCap ? style.cap : style.keys));
  });
  return inks.includes(style.cap) ? inks : null;
}
