/**
 * The host's cryptography, chosen by measurement (`npm run bench`): libsecp256k1 as WebAssembly for the curve, OpenSSL for hashes and
 * ciphers. Against @noble and nostr-tools a signature is verified ten times, and a text of 64 KB decrypted some fifty times, as fast;
 * they are the oracles in the tests.
 */
import { hash } from 'node:crypto';
import { pointMultiply, signSchnorr, verifySchnorr, xOnlyPointFromScalar } from 'tiny-secp256k1';
import type { Conversation, Primitives } from '../core/nip46/primitives.ts';
import { decryptNip04, encryptNip04 } from './nip04.ts';
import { conversationKey, decryptNip44, encryptNip44 } from './nip44.ts';

export const primitives: Primitives = {
  hashText: (text) => hash('sha256', text, 'buffer'),
  publicKey: (secret) => Uint8Array.from(xOnlyPointFromScalar(secret)),
  sign: (hash, secret, aux) => Uint8Array.from(signSchnorr(hash, secret, aux)),
  verify,
  conversation,
  encryptNip44,
  decryptNip44,
  encryptNip04,
  decryptNip04,
};

/** The library throws on a key that is no point: that is a signature which does not hold. */
function verify(sig: Uint8Array, hash: Uint8Array, pubkey: Uint8Array): boolean {
  try {
    return verifySchnorr(hash, pubkey, sig);
  } catch {
    return false; // of a stranger's bytes there is nothing more to say
  }
}

function conversation(secret: Uint8Array, peer: Uint8Array): Conversation | null {
  const point = new Uint8Array(33);
  point[0] = 2; // an x-only key stands for the point with the even y (BIP-340)
  point.set(peer, 1);
  const shared = multiply(point, secret);
  if (shared === null) return null;
  const sharedX = shared.slice(1, 33);
  shared.fill(0);
  return { sharedX, nip44: conversationKey(sharedX) };
}

function multiply(point: Uint8Array, secret: Uint8Array): Uint8Array | null {
  try {
    return pointMultiply(point, secret, true);
  } catch {
    return null; // the peer's key is no point of the curve
  }
}
