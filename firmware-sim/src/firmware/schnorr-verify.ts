/**
 * Verifying BIP-340 signatures, in a quarter of the time that noble takes or less: everything here is public, so nothing has to hide how long it
 * takes (public-multiples.ts). What is taken for a key or a signature is exactly what noble takes, which the tests hold it to.
 *
 * The multiples of keys whose signatures held are kept: a device sees those of its apps and accounts again and again. A key that never
 * signed anything pushes none of them out.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js';
import { etc, Point } from '@noble/secp256k1';
import { ascii } from './formats/ascii.ts';
import { type Multiples, multiplesOf, sumOf, type TableSize } from './public-multiples.ts';

/** What memory may be used for: multiples of the base point and of so many keys. */
export type Room = { readonly table: TableSize; readonly keys: number };

export type Verify = (sig: Uint8Array, message: Uint8Array, pubkey: Uint8Array) => boolean;

const { n: order, p: prime } = Point.CURVE();

/** A verifier with a memory of its own. The first use makes the table of the base point. */
export function schnorrVerifier({ table, keys }: Room): Verify {
  const kept = new Map<string, Multiples>();
  let base: Multiples | null = null;

  return (sig, message, pubkey) => {
    if (sig.length !== 64 || message.length !== 32 || pubkey.length !== 32) return false;
    const r = etc.bytesToNumberBE(sig.subarray(0, 32));
    const s = etc.bytesToNumberBE(sig.subarray(32));
    // s = 0 is for BIP-340 a number like any other. Noble refuses it, as nobody who is honest ever gets there; so do we.
    if (r >= prime || s >= order || s === 0n) return false;
    const name = bytesToHex(pubkey);
    const ofKey = kept.get(name) ?? lifted(pubkey, table);
    if (ofKey === null) return false;
    base ??= multiplesOf(Point.BASE.toAffine(), table);
    // R = s·G − e·P, the table being that of −P. The hash need not be brought below the order: the product is the same.
    const e = taggedHash('challenge', sig.subarray(0, 32), pubkey, message);
    const point = sumOf([
      [sig.subarray(32), base],
      [e, ofKey],
    ]);
    const holds = point !== null && point.x === r && (point.y & 1n) === 0n;
    if (holds) keep(name, ofKey);
    return holds;
  };

  function keep(name: string, ofKey: Multiples): void {
    kept.delete(name);
    const oldest = kept.keys().next();
    if (kept.size >= keys && oldest.done !== true) kept.delete(oldest.value);
    kept.set(name, ofKey);
  }
}

/** The multiples of −P, P being the point with this x and an even y; null when there is none. */
function lifted(pubkey: Uint8Array, table: TableSize): Multiples | null {
  const point = evenPoint(pubkey);
  return point === null ? null : multiplesOf(point.negate().toAffine(), table);
}

/** BIP-340's lift_x: of the two points with this x, the one with even y; null when there is none. */
export function evenPoint(x: Uint8Array): Point | null {
  if (x.length !== 32) return null;
  try {
    return Point.fromBytes(concatBytes(Uint8Array.of(0x02), x));
  } catch {
    return null; // noble throws on what is no point: to us it is nobody's key
  }
}

/** BIP-340's hash with a name. */
export function taggedHash(name: 'aux' | 'nonce' | 'challenge', ...parts: readonly Uint8Array[]): Uint8Array {
  const tag = sha256(ascii(`BIP0340/${name}`));
  return sha256(concatBytes(tag, tag, ...parts));
}
