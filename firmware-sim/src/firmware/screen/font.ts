/**
 * A bitmap font, read where it lies: glyphs are found by code point without unpacking the file, so that it may stay in flash.
 *
 *     'SPG1' · count of runs (4) · runs · bitmaps                           numbers are big-endian
 *     run: first code point (2) · how many follow one another (2) · where its bitmaps begin (4; bit 31: they are wide)
 *
 * A bitmap has 16 rows from the top; a row is 1 byte, or 2 when the glyph is wide (16×16); the highest bit is at the left.
 */

/** The 16 rows of a glyph: 16 bytes, or 32 when it is two cells wide. Null where the font has none. */
export type Font = (code: number) => Uint8Array | null;

const headBytes = 8;
const runBytes = 8;

/** Opens a font over its bytes, which are not copied. Throws when they are none. */
export function openFont(bytes: Uint8Array): Font {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headBytes || view.getUint32(0) !== 0x53_50_47_31) throw new Error('font: not a file of glyphs');
  const count = view.getUint32(4);
  if (bytes.length < headBytes + count * runBytes) throw new Error('font: cut off');
  return (code) => {
    let low = 0;
    let high = count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = headBytes + middle * runBytes;
      const index = code - view.getUint16(at);
      if (index < 0) high = middle - 1;
      else if (index >= view.getUint16(at + 2)) low = middle + 1;
      else return glyphAt(bytes, view.getUint32(at + 4), index);
    }
    return null;
  };
}

function glyphAt(bytes: Uint8Array, place: number, index: number): Uint8Array | null {
  const size = place >= 2 ** 31 ? 32 : 16;
  const start = (place % 2 ** 31) + index * size;
  return start + size <= bytes.length ? bytes.subarray(start, start + size) : null;
}
