/** Seeded values of our subset of CBOR, with a preference for the edges: widths of heads, lengths of texts, U+FEFF in front. */
import type { Cbor } from '../../../device-protocol/src/cbor/cbor.ts';
import { between, bytesFrom, type Chance, pick } from '../../support/random.ts';

/** Every integer at which a head gets wider, and its neighbours. */
export const edges: readonly [number, ...number[]] = [
  0,
  1,
  22,
  23,
  24,
  25,
  254,
  255,
  256,
  257,
  65_534,
  65_535,
  65_536,
  65_537,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 2,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 32 + 1,
  2 ** 53 - 2,
  2 ** 53 - 1,
];

const lengths = [
  0, 1, 2, 7, 20, 21, 22, 23, 24, 25, 31, 32, 60, 61, 62, 63, 64, 65, 85, 86, 254, 255, 256, 300,
] as const;
const characters = [
  'a',
  '\u0000',
  '"',
  '\u007f',
  'é',
  '߿',
  'ࠀ',
  '漢',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '😀',
  '\u{10ffff}',
] as const;

/** A value nested at most `depth` deep. */
export function someCbor(draw: Chance, depth = 4): Cbor {
  switch (between(draw, 0, depth > 0 ? 7 : 4)) {
    case 0:
      return pick(draw, edges);
    case 1:
      return between(draw, 0, 2 ** between(draw, 1, 53) - 1);
    case 2:
      return someText(draw);
    case 3:
      return bytesFrom(draw)(pick(draw, lengths));
    case 4:
      return draw() < 0.5;
    case 5:
      return Array.from({ length: someCount(draw) }, () => someCbor(draw, depth - 1));
    default: {
      const keys = new Set(Array.from({ length: someCount(draw) }, () => someKey(draw)));
      return new Map([...keys].sort((a, b) => a - b).map((key) => [key, someCbor(draw, depth - 1)]));
    }
  }
}

function someText(draw: Chance): string {
  const length = pick(draw, lengths);
  const plain = draw() < 0.5;
  let text = draw() < 0.3 ? '\ufeff' : '';
  while (text.length < length) text += plain ? 'x' : pick(draw, characters);
  return text;
}

function someCount(draw: Chance): number {
  return draw() < 0.03 ? between(draw, 20, 40) : between(draw, 0, 4);
}

function someKey(draw: Chance): number {
  return draw() < 0.8 ? between(draw, 0, 40) : pick(draw, edges);
}
