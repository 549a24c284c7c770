/** Reads back what png.ts writes, so that golden pictures are compared as pixels: how well zlib packs may change with Node. */
import { inflateSync } from 'node:zlib';

export type Pixels = { readonly width: number; readonly height: number; readonly rgb: Buffer };

/** Decodes a PNG with a palette and without filters. */
export function decodePng(file: Buffer): Pixels {
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    chunks.set(file.toString('latin1', at + 4, at + 8), file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const part = (name: string): Buffer => chunks.get(name) ?? Buffer.alloc(0);
  const [width, height] = [part('IHDR').readUInt32BE(0), part('IHDR').readUInt32BE(4)];
  const lines = inflateSync(part('IDAT'));
  const rgb = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ink = lines[y * (width + 1) + 1 + x] ?? 0;
      part('PLTE').copy(rgb, (y * width + x) * 3, ink * 3, ink * 3 + 3);
    }
  }
  return { width, height, rgb };
}
