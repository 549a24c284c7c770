/**
 * The curve operations of env.ts on @noble/secp256k1: pure JavaScript, correct everywhere, and the oracle for a board that
 * brings its own. It needs BigInt and nothing of the platform: no WebCrypto, no TextEncoder.
 *
 * `signSchnorr` verifies its own signature before returning it (noble does), so a bit flipped by heat or by an attacker with a
 * glitcher does not leave as a signature that gives the key away. Honest limits: JavaScript cannot promise constant time, and
 * noble's table of multiples of G stays in memory (33 × 128 points, about 0.9 MB in Node); a board without that room brings its own.
 */

import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { getSharedSecret, hashes, schnorr, utils } from '@noble/secp256k1';
import { x25519 } from '@sallyport/device-protocol';
import type { Crypto } from './env.ts';

hashes.sha256 = sha256;
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message);

/** The portable default. A secret that is no scalar (zero, or not below the order) is a fault and throws. */
export const portableCrypto: Crypto = {
  publicKey: (secret) => schnorr.getPublicKey(secret),
  signSchnorr: (hash, secret, aux) => {
    if (hash.length !== 32) throw new Error(`crypto: hash of 32 bytes expected, got ${hash.length}`);
    return schnorr.sign(hash, secret, aux);
  },
  // noble answers false, never an exception, for whatever is no signature; lengths are ours to look at.
  verifySchnorr: (sig, hash, pubkey) =>
    sig.length === 64 && hash.length === 32 && pubkey.length === 32 && schnorr.verify(sig, hash, pubkey),
  sharedX: (secret, peer) => {
    const point = evenPoint(peer);
    if (!utils.isValidPublicKey(point, true)) return null;
    const shared = getSharedSecret(secret, point, true);
    const x = shared.slice(1);
    shared.fill(0);
    return x;
  },
  x25519,
};

/** BIP-340's lift_x: of the two points with this x, the one with even y. The x of a product does not depend on the choice. */
function evenPoint(x: Uint8Array): Uint8Array {
  const point = new Uint8Array(1 + x.length);
  point[0] = 0x02;
  point.set(x, 1);
  return point;
}
