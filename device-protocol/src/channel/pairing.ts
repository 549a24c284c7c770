/**
 * The six digits that two people-sized ends compare when a computer and a device meet for the first time.
 *
 *     device: commitment = SHA-256("sallyport pair commit" ‖ handshake hash ‖ device random)
 *     host:   host random
 *     device: device random                                   the host checks the commitment
 *     both:   code = SHA-256("sallyport pair code" ‖ handshake hash ‖ device random ‖ host random) mod 10^6
 *
 * Why not the digits of the handshake hash alone: somebody in the middle could try key pairs until both of his handshakes give
 * the same digits, in seconds. Here each end fixes its random before it sees the other's, so that he has one try, and it
 * succeeds with one in a million; both ends show and refuse a pairing that fails.
 */
import { sha256 } from '@noble/hashes/sha2.js';

/** Bytes of each random, and of the commitment. */
export const pairingBytes = 32;
export const pairingDigits = 6;

/** What the device says before it knows anything of the host's random. */
export function pairingCommitment(hash: Uint8Array, deviceRandom: Uint8Array): Uint8Array {
  return digest('sallyport pair commit', [hash, deviceRandom]);
}

/** Whether the device's random is the one that it committed to. */
export function keepsCommitment(commitment: Uint8Array, hash: Uint8Array, deviceRandom: Uint8Array): boolean {
  const kept = pairingCommitment(hash, deviceRandom);
  return kept.length === commitment.length && kept.every((byte, i) => byte === commitment[i]);
}

/** The code, with leading zeros. `digits` is smaller in tests that show how rarely two codes meet. */
export function pairingCode(
  hash: Uint8Array,
  deviceRandom: Uint8Array,
  hostRandom: Uint8Array,
  digits: number = pairingDigits,
): string {
  const bytes = digest('sallyport pair code', [hash, deviceRandom, hostRandom]);
  // 64 bits: what the remainder favours is less than one in 10^13.
  const number = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  return (number % 10n ** BigInt(digits)).toString().padStart(digits, '0');
}

/** Every part has a fixed length, so that the concatenation is read in one way only. */
function digest(name: string, parts: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create().update(Uint8Array.from(name, (character) => character.charCodeAt(0)));
  for (const part of parts) {
    if (part.length !== pairingBytes) throw new Error(`pairing: ${pairingBytes} bytes expected, got ${part.length}`);
    hash.update(part);
  }
  return hash.digest();
}
