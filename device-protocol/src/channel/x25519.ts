/**
 * X25519 (RFC 7748), and the port through which the handshake uses it: a board may bring its own, a test a cheap one.
 *
 * From noble's Montgomery ladder and not from its `ed25519.js`, which needs a TextEncoder when it loads: a bare engine has none.
 */
import { montgomery } from '@noble/curves/abstract/montgomery.js';

/** A Diffie-Hellman function on 32 bytes. `shared` is null for a peer whose key contributes nothing (a point of small order). */
export type Dh = {
  readonly publicKey: (secret: Uint8Array) => Uint8Array;
  readonly shared: (secret: Uint8Array, peer: Uint8Array) => Uint8Array | null;
};

const prime = 2n ** 255n - 19n;

const curve = montgomery({
  P: prime,
  type: 'x25519',
  adjustScalarBytes: (bytes: Uint8Array) => {
    const scalar = Uint8Array.from(bytes);
    scalar[0] = (scalar[0] ?? 0) & 0xf8;
    scalar[31] = ((scalar[31] ?? 0) & 0x7f) | 0x40;
    return scalar;
  },
  powPminus2: (x) => power(x, prime - 2n),
});

/** The portable default. */
export const x25519: Dh = {
  publicKey: (secret) => curve.getPublicKey(secret),
  shared: (secret, peer) => {
    // The ladder throws for the all-zero result (RFC 7748 section 6.1): to us that is one more handshake that fails.
    try {
      return curve.getSharedSecret(secret, peer);
    } catch {
      return null;
    }
  },
};

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % prime;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}
