/**
 * Verifying on public numbers, held to @noble/curves: the sums of two multiples for every size of table, and what is taken for a signature.
 * Random material is seeded; the rest is what goes wrong in such arithmetic: zero, carries, infinity, a point met by itself.
 */
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js';
import { bytesToNumberBE, concatBytes, numberToBytesBE } from '@noble/curves/utils.js';
import { describe, expect, test } from 'vitest';
import { portableCrypto, portableCryptoIn, spareRoom } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { multiplesOf, sumOf, type TableSize } from '../../firmware-sim/src/firmware/public-multiples.ts';
import { schnorrVerifier, taggedHash } from '../../firmware-sim/src/firmware/schnorr-verify.ts';
import { type Sampler, sampler, someBytes } from './sample.ts';

const { n, p } = secp256k1.Point.CURVE();
const G = secp256k1.Point.BASE;
type Point = typeof G;
const affine = (point: Point) => (point.is0() ? null : point.toAffine());
/** What noble multiplies by, zero included. */
const times = (point: Point, number: bigint): Point => point.multiplyUnsafe(number % n);
const bytes = (number: bigint): Uint8Array => numberToBytesBE(number, 32);
const mod = (number: bigint): bigint => number % n;

const sizes: readonly TableSize[] = ([1, 2, 4, 8] as const).flatMap((parts) =>
  ([2, 3, 5, 7] as const).map((window) => ({ parts, window })),
);

/** Numbers whose digits carry, end at a part, or are none. */
const edges: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  n - 2n,
  n - 1n,
  n,
  n + 1n,
  2n ** 256n - 1n,
  2n ** 255n,
  2n ** 128n - 1n,
  2n ** 128n,
  2n ** 64n - 1n,
  2n ** 192n + 2n ** 191n,
  0x5555555555555555555555555555555555555555555555555555555555555555n,
  0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaan,
];

describe.each(sizes)('tables of $parts parts and windows of $window bits', (size) => {
  const next = sampler(size.parts * 16 + size.window);
  const ofG = multiplesOf(G.toAffine(), size);
  const sum = (a: bigint, b: bigint, of: Point) =>
    sumOf([
      [bytes(a), ofG],
      [bytes(b), multiplesOf(of.toAffine(), size)],
    ]);

  test('hold what they say', () => {
    ofG.ofParts.forEach((odds, part) => {
      expect(odds).toHaveLength(2 ** (size.window - 2));
      odds.forEach((point, i) => {
        expect(point).toEqual(times(G, BigInt(2 * i + 1) * 2n ** BigInt((part * 256) / size.parts)).toAffine());
      });
    });
  });

  test('sums are those of noble', () => {
    const q = times(G, bytesToNumberBE(someBytes(next, 32)));
    const ofQ = multiplesOf(q.toAffine(), size);
    const some = () => bytesToNumberBE(someBytes(next, 32));
    const pairs = [
      ...edges.map((edge) => [edge, some()] as const),
      ...edges.map((edge) => [some(), edge] as const),
      ...edges.map((edge) => [edge, edge] as const),
      [some(), some()] as const,
    ];
    for (const [a, b] of pairs) {
      const got = sumOf([
        [bytes(a), ofG],
        [bytes(b), ofQ],
      ]);
      expect(got, `${a} and ${b}`).toEqual(affine(times(G, a).add(times(q, b))));
    }
  });

  test('points that meet themselves, or their opposite', () => {
    const a = mod(bytesToNumberBE(someBytes(next, 32)));
    expect(sum(a, a, G)).toEqual(times(G, 2n * a).toAffine());
    expect(sum(a, n - a, G)).toBeNull();
    expect(sum(a, a, G.negate())).toBeNull();
    expect(sum(a, n - a, G.negate())).toEqual(times(G, 2n * a).toAffine());
    expect(sum(6n, 2n, times(G, 3n).negate())).toBeNull();
    expect(sum(1n, 0n, G)).toEqual(G.toAffine());
    expect(sum(0n, 0n, G)).toBeNull();
  });
});

type Case = { readonly sig: Uint8Array; readonly message: Uint8Array; readonly pubkey: Uint8Array };

/** A signature of noble's, and what is near to one: a bit in any place, numbers at and over the edges, the other root, another's key. */
function cases(next: Sampler): readonly Case[] {
  const [secret, message] = [someBytes(next, 32), someBytes(next, 32)];
  const sig = schnorr.sign(message, secret, someBytes(next, 32));
  const pubkey = schnorr.getPublicKey(secret);
  const flipped = (value: Uint8Array): Uint8Array => {
    const at = next(value.length * 8);
    return value.map((byte, i) => (i === at >> 3 ? byte ^ (1 << (at & 7)) : byte));
  };
  const withS = (s: bigint) => concatBytes(sig.subarray(0, 32), bytes(s));
  const withR = (r: bigint) => concatBytes(bytes(r), sig.subarray(32));
  const s = bytesToNumberBE(sig.subarray(32));
  return [
    { sig, message, pubkey },
    { sig: flipped(sig), message, pubkey },
    { sig, message: flipped(message), pubkey },
    { sig, message, pubkey: flipped(pubkey) },
    { sig, message, pubkey: schnorr.getPublicKey(someBytes(next, 32)) },
    ...[0n, n - s, n, n + 1n, 2n ** 256n - 1n, ...(s < 2n ** 256n - n ? [s + n] : [])].map((other) => ({
      sig: withS(other),
      message,
      pubkey,
    })),
    ...[0n, 1n, p - 1n, p, p + 1n, 2n ** 256n - 1n].map((other) => ({ sig: withR(other), message, pubkey })),
    ...[0n, 5n, p - 1n, p, p + 1n, 2n ** 256n - 1n].map((other) => ({ sig, message, pubkey: bytes(other) })),
    { sig: concatBytes(sig, Uint8Array.of(0)), message, pubkey },
    { sig: withOddR(secret, message, pubkey), message, pubkey },
  ];
}

/** What a signer makes that forgets to turn the sign of its nonce: everything holds but that y is even. */
function withOddR(secret: Uint8Array, message: Uint8Array, pubkey: Uint8Array): Uint8Array {
  const scalar = bytesToNumberBE(secret);
  const d = (times(G, scalar).y & 1n) === 0n ? scalar : n - scalar;
  let k = 1n;
  while ((times(G, k).y & 1n) === 0n) k++;
  const r = bytes(times(G, k).x);
  const e = bytesToNumberBE(taggedHash('challenge', r, pubkey, message));
  return concatBytes(r, bytes(mod(k + e * d)));
}

test('what noble takes for a signature is taken, and nothing else', () => {
  const next = sampler(340);
  // One that keeps nothing worth the name, so that tables are made anew all the time; and the two that boards have.
  const verifiers = [
    schnorrVerifier({ table: { parts: 1, window: 2 }, keys: 1 }),
    portableCrypto.verifySchnorr,
    portableCryptoIn(spareRoom).verifySchnorr,
  ];
  let held = 0;
  for (let i = 0; i < 25; i++) {
    for (const { sig, message, pubkey } of cases(next)) {
      const wanted = sig.length === 64 && schnorr.verify(sig, message, pubkey);
      if (wanted) held++;
      for (const verify of verifiers) expect(verify(sig, message, pubkey)).toBe(wanted);
    }
  }
  expect(held).toBe(25);
});

test('keys that come back, and others between them, change nothing', () => {
  const next = sampler(341);
  const verify = schnorrVerifier({ table: { parts: 2, window: 3 }, keys: 2 });
  const signed = Array.from({ length: 5 }, () => {
    const [secret, message] = [someBytes(next, 32), someBytes(next, 32)];
    return { message, sig: schnorr.sign(message, secret, someBytes(next, 32)), key: schnorr.getPublicKey(secret) };
  });
  for (let i = 0; i < 60; i++) {
    const [one, other] = [signed[next(5)], signed[next(5)]];
    if (one === undefined || other === undefined) throw new Error('there are five');
    expect(verify(one.sig, one.message, other.key)).toBe(one === other);
    expect(verify(one.sig, one.message, one.key)).toBe(true);
  }
});

test('signatures are those of noble, bit by bit', () => {
  const next = sampler(342);
  for (let i = 0; i < 20; i++) {
    const [hash, secret, aux] = [someBytes(next, 32), someBytes(next, 32), someBytes(next, 32)];
    expect(portableCrypto.publicKey(secret)).toEqual(schnorr.getPublicKey(secret));
    expect(portableCrypto.signSchnorr(hash, secret, aux)).toEqual(schnorr.sign(hash, secret, aux));
  }
});

test('a signature takes 32 bytes of randomness', () => {
  const [hash, secret] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  expect(() => portableCrypto.signSchnorr(hash, secret, new Uint8Array(31))).toThrow('32 bytes of randomness');
});
