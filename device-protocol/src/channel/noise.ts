/**
 * The handshake of the secure channel: Noise_XX_25519_ChaChaPoly_SHA256 (Noise Protocol Framework, revision 34).
 *
 *     host (initiator)                        device (responder)
 *     initiate   ── e ──────────────────────▶ respond
 *     finish     ◀── e, ee, s, es ───────────
 *                ── s, se ──────────────────▶ complete
 *
 * Promises: both ends end with the same hash and opposite keys, or with null; whoever saw another prologue (the bytes of the
 * hello), another message or another static key gets null. Pure: the ephemeral secret is an argument, used for one handshake.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Dh } from './x25519.ts';

/** What one end brings to a handshake. Secrets of 32 bytes; `prologue` is what both must have seen before it. */
export type NoiseStart = {
  readonly dh: Dh;
  readonly prologue: Uint8Array;
  readonly staticSecret: Uint8Array;
  readonly ephemeralSecret: Uint8Array;
};

/** What a finished handshake leaves: its hash, who is there, and one key for each direction. */
export type NoiseEnd = {
  readonly hash: Uint8Array;
  readonly peer: Uint8Array;
  readonly sendKey: Uint8Array;
  readonly receiveKey: Uint8Array;
};

/** A handshake that is under way. */
export type Handshake = {
  readonly start: NoiseStart;
  readonly symmetric: Symmetric;
  readonly peerEphemeral: Uint8Array;
};

/** CipherState and SymmetricState of section 5 in one; `key` is null before the first MixKey. */
type Symmetric = {
  readonly chainingKey: Uint8Array;
  readonly hash: Uint8Array;
  readonly key: Uint8Array | null;
  readonly nonce: number;
};

const nothing: Uint8Array = new Uint8Array(0);
const keyBytes = 32;
const tagBytes = 16;
/** Exactly 32 characters, so that the protocol's name is itself the first hash (section 5.2). */
const protocolName = ascii('Noise_XX_25519_ChaChaPoly_SHA256');

/** The initiator's first message. */
export function initiate(start: NoiseStart, payload: Uint8Array = nothing): readonly [Handshake, Uint8Array] {
  const ephemeral = start.dh.publicKey(start.ephemeralSecret);
  const mixed = mixHash(mixHash(begin(start), ephemeral), payload);
  return [{ start, symmetric: mixed, peerEphemeral: nothing }, join(ephemeral, payload)];
}

/** The responder reads the first message and answers; null when it is none. */
export function respond(
  start: NoiseStart,
  first: Uint8Array,
  payload: Uint8Array = nothing,
): { readonly handshake: Handshake; readonly message: Uint8Array; readonly payload: Uint8Array } | null {
  if (first.length < keyBytes) return null;
  const { dh, staticSecret, ephemeralSecret } = start;
  const peerEphemeral = first.slice(0, keyBytes);
  const said = first.slice(keyBytes);
  const heard = mixHash(mixHash(begin(start), peerEphemeral), said);
  const ephemeral = dh.publicKey(ephemeralSecret);
  const ee = mixDh(dh, mixHash(heard, ephemeral), ephemeralSecret, peerEphemeral);
  if (ee === null) return null;
  const [named, sealedStatic] = encryptAndHash(ee, dh.publicKey(staticSecret));
  const es = mixDh(dh, named, staticSecret, peerEphemeral);
  if (es === null) return null;
  const [symmetric, sealedPayload] = encryptAndHash(es, payload);
  const message = join(ephemeral, sealedStatic, sealedPayload);
  return { handshake: { start, symmetric, peerEphemeral }, message, payload: said };
}

/**
 * The initiator reads the second message: null when it does not verify. The last message is made here too; whoever does not
 * want this peer keeps it and has said nothing of itself.
 */
export function finish(
  handshake: Handshake,
  second: Uint8Array,
  payload: Uint8Array = nothing,
): { readonly end: NoiseEnd; readonly message: Uint8Array; readonly payload: Uint8Array } | null {
  const { dh, staticSecret, ephemeralSecret } = handshake.start;
  if (second.length < keyBytes + keyBytes + 2 * tagBytes) return null;
  const peerEphemeral = second.slice(0, keyBytes);
  const ee = mixDh(dh, mixHash(handshake.symmetric, peerEphemeral), ephemeralSecret, peerEphemeral);
  const named = ee === null ? null : decryptAndHash(ee, second.slice(keyBytes, 2 * keyBytes + tagBytes));
  if (named === null) return null;
  const [withStatic, peer] = named;
  const es = mixDh(dh, withStatic, ephemeralSecret, peer);
  const read = es === null ? null : decryptAndHash(es, second.slice(2 * keyBytes + tagBytes));
  if (read === null) return null;
  const [sealed, sealedStatic] = encryptAndHash(read[0], dh.publicKey(staticSecret));
  const se = mixDh(dh, sealed, staticSecret, peerEphemeral);
  if (se === null) return null;
  const [symmetric, sealedPayload] = encryptAndHash(se, payload);
  const [sendKey, receiveKey] = split(symmetric);
  const end = { hash: symmetric.hash, peer, sendKey, receiveKey };
  return { end, message: join(sealedStatic, sealedPayload), payload: read[1] };
}

/** The responder reads the last message; null when it does not verify. */
export function complete(
  handshake: Handshake,
  third: Uint8Array,
): { readonly end: NoiseEnd; readonly payload: Uint8Array } | null {
  const { dh, ephemeralSecret } = handshake.start;
  const named = decryptAndHash(handshake.symmetric, third.slice(0, keyBytes + tagBytes));
  if (named === null) return null;
  const [withStatic, peer] = named;
  const se = mixDh(dh, withStatic, ephemeralSecret, peer);
  const read = se === null ? null : decryptAndHash(se, third.slice(keyBytes + tagBytes));
  if (read === null) return null;
  const [receiveKey, sendKey] = split(read[0]);
  return { end: { hash: read[0].hash, peer, sendKey, receiveKey }, payload: read[1] };
}

/** Seals with the message's number as the nonce: four zero bytes and 64 bits little-endian (section 12.3). */
export function sealWith(
  key: Uint8Array,
  number: number,
  plaintext: Uint8Array,
  associated: Uint8Array = nothing,
): Uint8Array {
  return chacha20poly1305(key, nonceOf(number), associated).encrypt(plaintext);
}

/** The plaintext, or null when it was not sealed with this key, number and associated data. */
export function openWith(
  key: Uint8Array,
  number: number,
  sealed: Uint8Array,
  associated: Uint8Array = nothing,
): Uint8Array | null {
  if (sealed.length < tagBytes) return null;
  // The library says "invalid tag" by throwing. That a peer lies is no fault of ours, so it becomes a value here.
  try {
    return chacha20poly1305(key, nonceOf(number), associated).decrypt(sealed);
  } catch {
    return null;
  }
}

function begin({ prologue }: NoiseStart): Symmetric {
  return mixHash({ chainingKey: protocolName, hash: protocolName, key: null, nonce: 0 }, prologue);
}

function mixHash(symmetric: Symmetric, data: Uint8Array): Symmetric {
  return { ...symmetric, hash: sha256(join(symmetric.hash, data)) };
}

function mixDh(dh: Dh, symmetric: Symmetric, secret: Uint8Array, peer: Uint8Array): Symmetric | null {
  const shared = dh.shared(secret, peer);
  if (shared === null) return null;
  const [chainingKey, key] = hkdf(symmetric.chainingKey, shared);
  shared.fill(0);
  return { ...symmetric, chainingKey, key, nonce: 0 };
}

function encryptAndHash(symmetric: Symmetric, plaintext: Uint8Array): readonly [Symmetric, Uint8Array] {
  const { key, nonce, hash } = symmetric;
  if (key === null) throw new Error('noise: nothing is encrypted before the first key');
  const sealed = sealWith(key, nonce, plaintext, hash);
  return [{ ...mixHash(symmetric, sealed), nonce: nonce + 1 }, sealed];
}

function decryptAndHash(symmetric: Symmetric, sealed: Uint8Array): readonly [Symmetric, Uint8Array] | null {
  const { key, nonce, hash } = symmetric;
  const plaintext = key === null ? null : openWith(key, nonce, sealed, hash);
  return plaintext === null ? null : [{ ...mixHash(symmetric, sealed), nonce: nonce + 1 }, plaintext];
}

/** The initiator sends with the first and receives with the second. */
function split(symmetric: Symmetric): readonly [Uint8Array, Uint8Array] {
  return hkdf(symmetric.chainingKey, nothing);
}

/** HKDF with two outputs (section 4.3). */
function hkdf(chainingKey: Uint8Array, material: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const temporary = hmac(sha256, chainingKey, material);
  const one = hmac(sha256, temporary, Uint8Array.of(1));
  return [one, hmac(sha256, temporary, join(one, Uint8Array.of(2)))];
}

function nonceOf(number: number): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, number >>> 0, true);
  view.setUint32(8, Math.floor(number / 2 ** 32), true);
  return nonce;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
