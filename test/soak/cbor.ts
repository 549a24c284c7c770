/** Mutations of CBOR: refused, or the one encoding of what they mean; where cborg understands them too, it means the same. */
import { isDeepStrictEqual } from 'node:util';
import { decodeCbor, encodeCbor, streamBounds } from '@sallyport/device-protocol';
import { decode } from 'cborg';
import { someCbor } from '../device-protocol/cbor/some-cbor.ts';
import { mutatedBytes } from '../support/mutations.ts';
import { chance } from '../support/random.ts';
import { forEachSeed, must, type Stage } from './stage.ts';

/** Mutations of one value, so that making the value is not most of the work. */
const perValue = 10;

export const cbor: Stage = {
  count: 2_000_000 / perValue,
  run: (first, count) => {
    let admitted = 0;
    forEachSeed(first, count, (seed) => {
      const draw = chance(seed);
      const source = encodeCbor(someCbor(draw));
      for (let i = 0; i < perValue; i++) admitted += check(mutatedBytes(draw, source)) ? 1 : 0;
    });
    return `${count * perValue} mutations of ${count} values: ${admitted} admitted, the rest refused`;
  },
};

/** True when it was admitted. */
function check(bytes: Uint8Array): boolean {
  const hex = (): string => Buffer.from(bytes).toString('hex');
  const result = decodeCbor(bytes, streamBounds);
  if ('wrong' in result) {
    must(result.offset <= bytes.length, `refused beyond its end: ${hex()}`);
    return false;
  }
  must(Buffer.from(encodeCbor(result.value)).equals(bytes), `not the one encoding: ${hex()}`);
  // cborg takes a leading U+FEFF for a byte order mark and drops it; the encoding above has shown that we do not.
  if (hex().includes('efbbbf')) return true;
  must(
    isDeepStrictEqual(result.value, decode(bytes, { useMaps: true, strict: true })),
    `cborg reads another: ${hex()}`,
  );
  return true;
}
