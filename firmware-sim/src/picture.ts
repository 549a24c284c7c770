/**
 * A picture of the simulated device: its screen as the firmware draws it, in a red frame that says SIMULATOR. The frame is this
 * computer's and no part of the firmware's screen: a picture of a simulator must not pass for one of a device.
 */
import { readFileSync } from 'node:fs';
import type { Board } from './firmware/env.ts';
import { type Font, openFont } from './firmware/screen/font.ts';
import { type Bitmap, fill, paint, paintText, palettes } from './firmware/screen/pixels.ts';
import type { Screen } from './firmware/screen/screens.ts';

/** A bitmap with its colours, 0xRRGGBB by ink. */
export type Picture = Bitmap & { readonly palette: readonly number[] };

const words = 'SIMULATOR';
const band = 24;
const edge = 6;
const red = 0xc8102e;
const white = 0xffffff;

let font: Font | null = null;

/** The font beside this program, read once. */
export function boardFont(): Font {
  font ??= openFont(new Uint8Array(readFileSync(new URL('../font/glyphs.bin', import.meta.url))));
  return font;
}

/** The device as one sees it. Without a screen it is dark: it has no power. */
export function picture(screen: Screen | null, board: Board): Picture {
  const inner: Bitmap =
    screen === null
      ? { width: board.columns * 8, height: board.rows * 16, inks: new Uint8Array(board.columns * board.rows * 128) }
      : paint(screen, board, boardFont());
  const palette = [...palettes[board.name], red, white];
  const [ground, pen] = [palette.length - 2, palette.length - 1];
  const width = inner.width + 2 * edge;
  const height = inner.height + band + edge;
  const outer: Picture = { width, height, inks: new Uint8Array(width * height).fill(ground), palette };
  const start = { x: (width - words.length * 8) / 2, y: (band - 16) / 2 };
  paintText(outer, words, boardFont(), start, () => ({ pen, paper: ground }));
  // A thin dark line parts the glass from the red.
  fill(outer, { x: edge - 1, y: band - 1, width: inner.width + 2, height: inner.height + 2 }, 0);
  for (let y = 0; y < inner.height; y++) {
    outer.inks.set(inner.inks.subarray(y * inner.width, (y + 1) * inner.width), (y + band) * width + edge);
  }
  return outer;
}

/** Every pixel as a square of `factor` pixels. */
export function enlarged({ width, height, inks, palette }: Picture, factor: number): Picture {
  const wide = width * factor;
  const large = new Uint8Array(wide * height * factor);
  for (let y = 0; y < height * factor; y++) {
    for (let x = 0; x < wide; x++) {
      large[y * wide + x] = inks[Math.floor(y / factor) * width + Math.floor(x / factor)] ?? 0;
    }
  }
  return { width: wide, height: height * factor, inks: large, palette };
}
