/**
 * Writes `glyphs.bin` and `src/firmware/glyph-table.ts` from `unifont.hex` of GNU Unifont. Run by hand, when the font changes:
 * node --conditions=sallyport-source firmware-sim/font/write-font.ts /usr/share/unifont/unifont.hex
 *
 * Packed are letters, numbers, punctuation and symbols of the basic plane. Unifont fills unassigned places with boxes that hold
 * the code point in white on black: those are no glyphs.
 */
import { readFileSync, writeFileSync } from 'node:fs';

type Run = { readonly first: number; count: number; readonly cells: number; readonly glyphs: string[] };

const placeholder = /^00007FFE(?!(7FFE){6}).{20}7FFE7FFE.{20}7FFE0000$/;
/** What is never drawn as itself, whatever a font says: marks, blanks, controls, and the Hangul letters that combine. */
const neverDrawn = /[\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Co}\u1160-\u11ff\ud7b0-\ud7ff]|(?! )\p{Z}/u;

const source = process.argv[2];
if (source === undefined) throw new Error('write-font: the path of unifont.hex is expected');
const glyphs = new Map<number, string>();
for (const line of readFileSync(source, 'latin1').split('\n')) {
  const [code = '', bits = ''] = line.split(':');
  if (bits !== '' && !placeholder.test(bits)) glyphs.set(Number.parseInt(code, 16), bits);
}

const packed: Run[] = [];
const widths: { first: number; cells: number }[] = [];
for (let code = 0; code <= 0xffff; code++) {
  if (neverDrawn.test(String.fromCharCode(code))) continue;
  const bits = glyphs.get(code) ?? '';
  const cells = bits.length / 32;
  if (widths.at(-1)?.cells !== cells) widths.push({ first: code, cells });
  if (cells === 0) continue;
  const run = packed.at(-1);
  if (run !== undefined && run.cells === cells && run.first + run.count === code) {
    run.count += 1;
    run.glyphs.push(bits);
  } else packed.push({ first: code, count: 1, cells, glyphs: [bits] });
}

const head = Buffer.alloc(8 + 8 * packed.length);
head.write('SPG1', 'latin1');
head.writeUInt32BE(packed.length, 4);
let offset = head.length;
for (const [n, { first, count, cells }] of packed.entries()) {
  head.writeUInt16BE(first, 8 + 8 * n);
  head.writeUInt16BE(count, 10 + 8 * n);
  head.writeUInt32BE(offset + (cells === 2 ? 2 ** 31 : 0), 12 + 8 * n);
  offset += count * cells * 16;
}
const bits = Buffer.from(packed.flatMap((run) => run.glyphs).join(''), 'hex');
writeFileSync(new URL('glyphs.bin', import.meta.url), Buffer.concat([head, bits]));

const words = widths.map(({ first, cells }) => `${first.toString(16)}${'nsw'.charAt(cells)}`);
const lines = words.join(' ').match(/.{1,110}(?= |$)/g) ?? [];
const table = `/**
 * Which characters the font has, and how wide they are. Written by font/write-font.ts from GNU Unifont 15.0.01; the tests hold
 * it to the font itself. A board with another font replaces both.
 */

/** Cells of the glyph of a character of the basic plane: 0 where there is none. What is never drawn has no meaning here. */
export function glyphCells(code: number): 0 | 1 | 2 {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= code) low = middle;
    else high = middle - 1;
  }
  const width = widths.charAt(low);
  return width === 'w' ? 2 : width === 's' ? 1 : 0;
}

/** From this character on: n none, s single, w wide. */
const RUNS =
${lines.map((line, n) => `  '${line}'${n === lines.length - 1 ? ';' : ' +'}`).join('\n')}

const runs = RUNS.split(' ');
const starts = Uint16Array.from(runs, (run) => Number.parseInt(run.slice(0, -1), 16));
const widths = runs.map((run) => run.slice(-1)).join('');
`;
writeFileSync(new URL('../src/firmware/screen/glyph-table.ts', import.meta.url), table);
console.log(`${packed.length} runs, ${offset} bytes; ${widths.length} runs of widths`);
