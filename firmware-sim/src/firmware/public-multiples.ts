/**
 * a·G + b·Q on secp256k1 for numbers that everybody may know: what verifying a signature takes, and nothing else. Its time depends on
 * the numbers, so no secret may ever come here; secrets are noble's business (portable-crypto.ts).
 *
 * Both sums walk down one chain of doublings (Straus), and each number is cut into parts that walk it side by side, the multiples for
 * the upper parts made beforehand: the chain is as long as one part. Points are Jacobian, (X/Z², Y/Z³), on BigInt; tables are affine.
 * Numbers are reduced after products only, and may be negative in between: only what is compared or leaves is brought into the field.
 */
import { etc, Point } from '@noble/secp256k1';

/**
 * How much is made beforehand: into how many parts of equal length a number is cut, and how many bits of a part one multiple stands for.
 * A table holds parts × 2^(window − 2) points.
 */
export type TableSize = { readonly parts: 1 | 2 | 4 | 8; readonly window: 2 | 3 | 4 | 5 | 6 | 7 };

type Affine = { readonly x: bigint; readonly y: bigint };
/** Infinity has z = 0. */
type Jacobian = { readonly x: bigint; readonly y: bigint; readonly z: bigint };

/** For each part of a number, the odd multiples of the point times what the part counts: 1, 3, 5 and so on. */
export type Multiples = { readonly size: TableSize; readonly ofParts: readonly (readonly Affine[])[] };

const p = Point.CURVE().p;
const infinity: Jacobian = { x: 1n, y: 1n, z: 0n };
const numberBits = 256;

/** The multiples of a point that is not infinity. */
export function multiplesOf(point: Affine, size: TableSize): Multiples {
  const made: Jacobian[] = [];
  let base: Jacobian = { ...point, z: 1n };
  for (let part = 0; part < size.parts; part++) {
    if (part > 0) for (let i = 0; i < numberBits / size.parts; i++) base = doubled(base);
    const twice = doubled(base);
    let odd = base;
    for (let i = 0; i < oddsOf(size); i++) {
      made.push(odd);
      odd = added(odd, twice);
    }
  }
  const points = allAffine(made);
  const ofParts = Array.from({ length: size.parts }, (_, part) =>
    points.slice(part * oddsOf(size), (part + 1) * oddsOf(size)),
  );
  return { size, ofParts };
}

const oddsOf = ({ window }: TableSize): number => 2 ** (window - 2);

/** The sum of number × point over all terms, numbers being 32 bytes, first the highest; null when it is infinity. */
export function sumOf(terms: readonly (readonly [number: Uint8Array, of: Multiples])[]): Affine | null {
  const walks = terms.flatMap(([number, { size, ofParts }]) =>
    ofParts.map((odds, part) => ({ odds, digits: digitsOf(number, part, size) })),
  );
  let sum = infinity;
  for (let at = Math.max(...walks.map(({ digits }) => digits.length)) - 1; at >= 0; at--) {
    if (sum !== infinity) sum = doubled(sum);
    for (const { odds, digits } of walks) {
      const digit = digits[at] ?? 0;
      if (digit === 0) continue;
      const point = odds[(Math.abs(digit) - 1) / 2];
      if (point === undefined) throw new Error(`multiples: no ${digit} in a table of ${odds.length}`);
      sum = addedAffine(sum, digit > 0 ? point : { x: point.x, y: -point.y });
    }
  }
  return sum.z === 0n ? null : (allAffine([sum])[0] ?? null);
}

/**
 * One part of a number as digits, first the lowest: each is zero or odd and below 2^(window − 1) in size, and window − 1 zeros at least
 * follow on one that is not zero (wNAF). It has a digit more than bits: what is carried over the top stays with the part.
 */
function digitsOf(number: Uint8Array, part: number, { parts, window }: TableSize): Int8Array {
  const bits = numberBits / parts;
  const low = part * bits;
  const digits = new Int8Array(bits + 1);
  let carry = 0;
  for (let at = 0; at < bits; ) {
    if (bitOf(number, low + at) === carry) {
      at++;
      continue;
    }
    const taken = Math.min(window, bits - at);
    let digit = carry;
    for (let i = 0; i < taken; i++) digit += bitOf(number, low + at + i) << i;
    carry = digit >> (window - 1);
    digits[at] = digit - (carry << window);
    at += taken;
  }
  digits[bits] = carry;
  return digits;
}

function bitOf(number: Uint8Array, at: number): number {
  return ((number[number.length - 1 - (at >> 3)] ?? 0) >> (at & 7)) & 1;
}

/** dbl-2009-l of the Explicit-Formulas Database, with D as a product. No point of this curve has y = 0; infinity stays infinity. */
function doubled({ x, y, z }: Jacobian): Jacobian {
  const yy = (y * y) % p;
  const d = (4n * x * yy) % p;
  const e = (3n * x * x) % p;
  const x3 = (e * e - 2n * d) % p;
  return { x: x3, y: (e * (d - x3) - 8n * yy * yy) % p, z: (2n * y * z) % p };
}

/** madd-2004-hmv: complete, because the cases that it does not hold for are told apart. */
function addedAffine(sum: Jacobian, { x: x2, y: y2 }: Affine): Jacobian {
  const { x, y, z } = sum;
  if (z === 0n) return { x: x2, y: y2, z: 1n };
  const zz = (z * z) % p;
  return sumBy(sum, x, y, (x2 * zz - x) % p, (y2 * ((zz * z) % p) - y) % p, z);
}

/** The same for two points that both have a z. */
function added(one: Jacobian, other: Jacobian): Jacobian {
  if (one.z === 0n) return other;
  if (other.z === 0n) return one;
  const [zz1, zz2] = [(one.z * one.z) % p, (other.z * other.z) % p];
  const x = (one.x * zz2) % p;
  const y = (one.y * ((zz2 * other.z) % p)) % p;
  const h = (other.x * zz1 - x) % p;
  const r = (other.y * ((zz1 * one.z) % p) - y) % p;
  return sumBy(one, x, y, h, r, (one.z * other.z) % p);
}

/** What both end with: x and y of the first point over a common z, and by how much the second differs from them. */
function sumBy(first: Jacobian, x: bigint, y: bigint, h: bigint, r: bigint, z: bigint): Jacobian {
  if (h === 0n) return r === 0n ? doubled(first) : infinity;
  const hh = (h * h) % p;
  const hhh = (hh * h) % p;
  const v = (x * hh) % p;
  const x3 = (r * r - hhh - 2n * v) % p;
  return { x: x3, y: (r * (v - x3) - y * hhh) % p, z: (z * h) % p };
}

/** None of them infinity. One inversion for all (Montgomery's trick). */
function allAffine(points: readonly Jacobian[]): readonly Affine[] {
  const products: bigint[] = [];
  let product = 1n;
  for (const { z } of points) {
    products.push(product);
    product = (product * z) % p;
  }
  let inverse = etc.invert(etc.mod(product, p), p);
  const affine: Affine[] = [];
  for (let i = points.length - 1; i >= 0; i--) {
    const { x, y, z } = points[i] ?? infinity;
    const zi = (inverse * (products[i] ?? 1n)) % p;
    const zzi = (zi * zi) % p;
    affine.push({ x: etc.mod(x * zzi, p), y: etc.mod(y * ((zzi * zi) % p), p) });
    inverse = (inverse * z) % p;
  }
  return affine.reverse();
}
