/**
 * Golden pictures: what a person sees on each board, as PNG files to be looked at. `UPDATE_GOLDEN=1` writes them anew; otherwise
 * they are compared, pixel by pixel.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { eventId } from '../../firmware-sim/src/firmware/formats/event-id.ts';
import { paint, palettes } from '../../firmware-sim/src/firmware/screen/pixels.ts';
import { type Review, reviewDecryption, reviewEvent } from '../../firmware-sim/src/firmware/screen/review.ts';
import { draw, layOut, type View } from '../../firmware-sim/src/firmware/screen/screens.ts';
import { enlarged, picture } from '../../firmware-sim/src/picture.ts';
import { encodePng } from '../../firmware-sim/src/png.ts';
import { decodePng } from '../support/png.ts';
import { boardFont } from './sample.ts';

const pubkey = new Uint8Array(Buffer.from('17162c921dc4d2518f9a101db33695df1afb56ab82f5ff3e5da6eec3ca5cd917', 'hex'));
const asker = { account: 'Main', label: 'Coracle', pubkey, imported: false, by: 'computer' } as const;
const boards = [LCD240, OLED128];

function note(content: string, tags: string[][] = [], by: 'app' | 'computer' = 'computer'): Review {
  const fields = { kind: 1, created_at: 1_735_787_045, tags, content };
  return reviewEvent({ ...asker, by }, { ...fields, id: eventId({ ...fields, pubkey }) });
}

const scripts = [
  'Grüße, Přátelé! Ça va?',
  'Привет, мир. Γειά σου.',
  'שלום עולם · مرحبا',
  '漢字かな交じり文、カタカナ。',
  '안녕하세요 · 你好，世界',
  'नमत हनद · অআইঈ · ไทย',
  '☃ ⚡ ♥ ✓ ⌚ ∑ ≠ ½',
  'Pay \u202eevil\u202c \u{1f40e}',
].join('\n');

const reviews: readonly (readonly [string, Review, number])[] = [
  ['note', note('Good morning, Nostr! The gate is open, and the key stays inside.', [['t', 'gate']]), 0],
  ['scripts', note(scripts), 1],
  ['decrypt', reviewDecryption('nip44_decrypt', asker, pubkey, 132), 0],
];

const views: readonly (readonly [string, View])[] = [
  ['idle', { type: 'idle', account: 'Main', pubkey, imported: false, demo: true, more: 0, suspended: false }],
  ['receiving', { type: 'receiving', doing: 'receiving', received: 92_160, total: 204_800 }],
  ['signed', { type: 'result', title: 'Sign note', outcome: 'signed' }],
  ['notice', { type: 'notice', title: 'Keys unreadable', text: 'Keys cannot be read. Nothing is signed.' }],
];

describe.each(boards)('$name', (board) => {
  test.each(reviews)('golden: %s', (name, review, page) => {
    const layout = layOut(review, board);
    const screen = draw({ type: 'review', layout, page, unseen: layout.count - page - 1, armed: true }, board, false);
    golden(`${name}.${board.name}`, encodePng(picture(screen, board)));
  });

  test.each(views)('golden: %s', (name, view) => {
    golden(`${name}.${board.name}`, encodePng(picture(draw(view, board, false), board)));
  });

  test('golden: a machine that presses its own keys stands in the colour of alarm', () => {
    const layout = layOut(note('Good morning, Nostr!'), board);
    const screen = draw({ type: 'review', layout, page: 0, unseen: 1, armed: true }, board, true);
    golden(`auto-press.${board.name}`, encodePng(picture(screen, board)));
    const { inks, width, height } = paint(screen, board, boardFont);
    const lastRow = inks.subarray((height - 16) * width);
    const other = inks.subarray(0, (height - 16) * width);
    const [ground = 0] = lastRow;
    expect(lastRow.filter((ink) => ink === ground).length).toBeGreaterThan(lastRow.length / 2);
    if (board === LCD240) expect(other.includes(ground)).toBe(false);
  });

  test('every ink is of the palette, and every cell of the text is drawn', () => {
    const layout = layOut(note(scripts), board);
    for (let page = 0; page < layout.count; page++) {
      const screen = draw({ type: 'review', layout, page, unseen: 0, armed: true }, board, false);
      const { inks, width, height } = paint(screen, board, boardFont);
      expect([width, height]).toEqual(board === LCD240 ? [240, 240] : [128, 64]);
      expect(Math.max(...inks)).toBeLessThan(palettes[board.name].length);
      for (const [n, row] of screen.rows.entries()) {
        const pixels = inks.subarray(n * 16 * width, (n + 1) * 16 * width);
        if (row.trim() !== '') expect(new Set(pixels).size, row).toBeGreaterThan(1);
      }
    }
  });

  test('without power the glass is dark, and it still says SIMULATOR', () => {
    const { inks, palette, width } = picture(null, board);
    expect(palette[inks[0] ?? 0]).toBe(0xc8102e);
    expect(new Set(inks.subarray(100 * width > inks.length ? 40 * width : 100 * width).values()).size).toBe(2);
    expect(inks.filter((ink) => palette[ink] === 0xffffff).length).toBeGreaterThan(100);
  });
});

test('the picture in the README is what the device shows', () => {
  const text = 'Hello from the gate.\nPříliš žluťoučký kůň 你好 \u{1f40e} \u202eevil\u202c';
  const layout = layOut(note(text, [['t', 'gate']], 'app'), LCD240);
  const screen = draw({ type: 'review', layout, page: 0, unseen: layout.count - 1, armed: true }, LCD240, false);
  golden('../../../docs/screen', encodePng(enlarged(picture(screen, LCD240), 2)));
});

test('two screens that differ in one character differ in their pixels', () => {
  const rows = draw({ type: 'notice', title: 'a', text: 'b' }, LCD240, false);
  const other = draw({ type: 'notice', title: 'a', text: 'c' }, LCD240, false);
  expect(paint(rows, LCD240, boardFont).inks).not.toEqual(paint(other, LCD240, boardFont).inks);
});

test('enlarged pictures have squares for pixels', () => {
  const small = { width: 2, height: 1, inks: Uint8Array.of(0, 1), palette: [0, 0xffffff] };
  expect(enlarged(small, 2)).toEqual({ ...small, width: 4, height: 2, inks: Uint8Array.of(0, 0, 1, 1, 0, 0, 1, 1) });
});

function golden(name: string, png: Buffer): void {
  const file = new URL(`golden/${name}.png`, import.meta.url);
  const { UPDATE_GOLDEN } = process.env;
  if (UPDATE_GOLDEN === '1') writeFileSync(file, png);
  if (!existsSync(file)) expect.fail(`${name}: no golden file; UPDATE_GOLDEN=1 writes it`);
  const [is, was] = [decodePng(png), decodePng(readFileSync(file))];
  expect([is.width, is.height]).toEqual([was.width, was.height]);
  expect(is.rgb.equals(was.rgb), `${name}.png`).toBe(true);
}
