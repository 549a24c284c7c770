/**
 * BIP-32 private derivation, as much of it as NIP-06 needs: a seed and a path in, a secret key out. Written here on the curve
 * that the firmware has anyway, because @scure/bip32 would bring a second one (@noble/curves) that needs a TextEncoder as soon as it
 * is loaded. The tests hold it to the vectors of BIP-32 and NIP-06, and to @scure/bip32 by way of nostr-tools.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { etc, getPublicKey, Point } from '@noble/secp256k1';

/** Marks a hardened step of a path: 44' is HARDENED + 44. */
export const HARDENED = 0x80000000;

/** ASCII of "Bitcoin seed", the key under which BIP-32 hashes every seed. */
const MASTER = Uint8Array.of(0x42, 0x69, 0x74, 0x63, 0x6f, 0x69, 0x6e, 0x20, 0x73, 0x65, 0x65, 0x64);

const ORDER = Point.CURVE().n;

/** The 32-byte secret at the end of a path. The caller zeroes it, and the seed. */
export function derive(seed: Uint8Array, path: readonly number[]): Uint8Array {
  let node: Uint8Array = hmac(sha512, MASTER, seed);
  for (const step of path) {
    const next = child(node, step);
    node.fill(0);
    node = next;
  }
  const secret = node.slice(0, 32);
  node.fill(0);
  return secret;
}

/** CKDpriv. A node is 64 bytes: secret, then chain code. */
function child(node: Uint8Array, step: number): Uint8Array {
  const secret = node.subarray(0, 32);
  const data = new Uint8Array(37);
  if (step >= HARDENED) data.set(secret, 1);
  else data.set(getPublicKey(secret, true));
  new DataView(data.buffer).setUint32(33, step);
  const next = hmac(sha512, node.subarray(32), data);
  data.fill(0);
  const tweak = etc.bytesToNumberBE(next.subarray(0, 32));
  const sum = etc.mod(tweak + etc.bytesToNumberBE(secret), ORDER);
  // Has a chance below 2^-127, and NIP-06 knows no second choice: such an account does not exist.
  if (tweak >= ORDER || sum === 0n) throw new Error('bip32: no key at this path');
  next.set(etc.numberToBytesBE(sum));
  return next;
}
