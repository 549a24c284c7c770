/**
 * The curve operations of env.ts as a real board has them: native code, here libsecp256k1 as WebAssembly. Ten times as fast as the
 * portable ones, held to the same vectors and the same rules: a secret that is no scalar is a fault and throws, a peer that is no point
 * of the curve is null.
 */
import { pointMultiply, signSchnorr, verifySchnorr, xOnlyPointFromScalar } from 'tiny-secp256k1';
import type { Crypto } from './firmware/env.ts';
import { portableCrypto } from './firmware/portable-crypto.ts';

export const acceleratedCrypto: Crypto = {
  ...portableCrypto,
  publicKey: (secret) => Uint8Array.from(xOnlyPointFromScalar(secret)),
  signSchnorr: (hash, secret, aux) => {
    if (hash.length !== 32) throw new Error(`crypto: hash of 32 bytes expected, got ${hash.length}`);
    const pubkey = publicKeyOf(secret);
    const sig = Uint8Array.from(signSchnorr(hash, secret, aux));
    // A signature that a fault has spoiled can give the key away: it does not leave.
    if (!verifySchnorr(hash, pubkey, sig)) throw new Error('crypto: a signature does not hold');
    return sig;
  },
  verifySchnorr: (sig, hash, pubkey) => {
    if (sig.length !== 64 || hash.length !== 32 || pubkey.length !== 32) return false;
    try {
      return verifySchnorr(hash, pubkey, sig);
    } catch {
      return false; // the library throws on a key that is no point, and on numbers beyond the field or the order
    }
  },
  sharedX: (secret, peer) => {
    if (peer.length !== 32) return null;
    const point = new Uint8Array(33);
    point[0] = 0x02;
    point.set(peer, 1);
    const shared = multiplied(point, secret);
    if (shared === null) return null;
    const x = shared.slice(1);
    shared.fill(0);
    return x;
  },
};

/** What signatures are held against, kept for as long as the secret is. Were a secret changed in its place, none would hold. */
const publicKeys = new WeakMap<Uint8Array, Uint8Array>();

function publicKeyOf(secret: Uint8Array): Uint8Array {
  const known = publicKeys.get(secret);
  if (known !== undefined) return known;
  const made = Uint8Array.from(xOnlyPointFromScalar(secret));
  publicKeys.set(secret, made);
  return made;
}

/** The library throws on bytes that are no point. */
function multiplied(point: Uint8Array, secret: Uint8Array): Uint8Array | null {
  try {
    return pointMultiply(point, secret, true);
  } catch {
    return null; // said to the caller as what it is: no key of anybody
  }
}
