/**
 * The curve operations of env.ts on @noble/secp256k1: pure JavaScript, correct everywhere, and the oracle for a board that
 * brings its own. It needs BigInt and nothing of the platform: no WebCrypto, no TextEncoder.
 *
 * Whatever is multiplied by a secret is multiplied by noble. Around that BIP-340's signing is written out here, as noble's own makes the
 * public key anew for each signature and verifies it with its slow arithmetic. A signature is still verified before it leaves, against a
 * public key that was made before: so a bit flipped by heat or by an attacker with a glitcher, in the secret too, does not leave as a
 * signature that gives the key away.
 *
 * Honest limits: JavaScript cannot promise constant time, and noble's table of multiples of G stays in memory (33 × 128 points, about
 * 0.9 MB in Node); a board without that room brings its own.
 */
import { concatBytes } from '@noble/hashes/utils.js';
import { etc, Point } from '@noble/secp256k1';
import { x25519 } from '@sallyport/device-protocol';
import type { Crypto } from './env.ts';
import { evenPoint, type Room, schnorrVerifier, taggedHash, type Verify } from './schnorr-verify.ts';

const order = Point.CURVE().n;

/** The curve for a board that has this room for what is made beforehand. A secret that is no scalar (zero, or not below the order) is a fault and throws. */
export function portableCryptoIn(room: Room): Crypto {
  const verifySchnorr = schnorrVerifier(room);
  const publicKeys = new WeakMap<Uint8Array, PublicKey>();
  const made = (secret: Uint8Array): PublicKey => {
    const key = keyOf(Point.BASE.multiply(etc.secretKeyToScalar(secret)));
    publicKeys.set(secret, key);
    return key;
  };
  return {
    publicKey: (secret) => made(secret).x.slice(),
    signSchnorr: (hash, secret, aux) => {
      if (hash.length !== 32) throw new Error(`crypto: hash of 32 bytes expected, got ${hash.length}`);
      if (aux.length !== 32) throw new Error(`crypto: 32 bytes of randomness expected, got ${aux.length}`);
      // Kept for as long as the secret is. Were a secret changed in its place, no signature of it would hold.
      return signed(hash, secret, publicKeys.get(secret) ?? made(secret), aux, verifySchnorr);
    },
    verifySchnorr,
    sharedX: (secret, peer) => {
      const point = evenPoint(peer);
      if (point === null) return null;
      // The x of a product does not depend on which of the two points was taken.
      return keyOf(point.multiply(etc.secretKeyToScalar(secret))).x;
    },
    x25519,
  };
}

/** The portable default, for the least memory: 2 KiB hold all that is made beforehand. */
export const portableCrypto: Crypto = portableCryptoIn({ table: { parts: 2, window: 3 }, keys: 2 });

/** What a board may use that has memory to spare: some 100 KiB. */
export const spareRoom: Room = { table: { parts: 4, window: 5 }, keys: 16 };

type PublicKey = { readonly x: Uint8Array; readonly isOdd: boolean };

/** Throws for what is no point of the curve, which takes a fault. */
function keyOf(point: Point): PublicKey {
  const { x, y } = point.toAffine();
  Point.fromAffine({ x, y }).assertValidity();
  return { x: etc.numberToBytesBE(x), isOdd: (y & 1n) === 1n };
}

/** "Default Signing" of BIP-340, by its letters. */
function signed(m: Uint8Array, secret: Uint8Array, key: PublicKey, a: Uint8Array, verify: Verify): Uint8Array {
  const scalar = etc.secretKeyToScalar(secret);
  const d = key.isOdd ? order - scalar : scalar;
  const t = etc.numberToBytesBE(d ^ etc.bytesToNumberBE(taggedHash('aux', a)));
  const nonce = etc.mod(etc.bytesToNumberBE(taggedHash('nonce', t, key.x, m)), order);
  // noble throws for a nonce of zero.
  const r = keyOf(Point.BASE.multiply(nonce));
  const k = r.isOdd ? order - nonce : nonce;
  const e = etc.bytesToNumberBE(taggedHash('challenge', r.x, key.x, m));
  const sig = concatBytes(r.x, etc.numberToBytesBE(etc.mod(k + e * d, order)));
  if (!verify(sig, m, key.x)) throw new Error('crypto: a signature does not hold');
  return sig;
}
