/**
 * An unlocked account: its secret key and what was derived from it. It lives in memory while the device runs; nothing of it but
 * the public key is ever sent.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Crypto } from './env.ts';
import { accountSecret, type Keys } from './keys.ts';
import { conversationKey } from './nip44.ts';

/** What two parties share: the x coordinate (NIP-04's key) and the NIP-44 conversation key. */
export type Conversation = { readonly sharedX: Uint8Array; readonly nip44: Uint8Array };

export type Account = {
  readonly name: string;
  readonly secret: Uint8Array;
  readonly pubkey: Uint8Array;
  /** What this account shares with a peer; null when the peer's key is not a point of the curve. */
  readonly conversation: (peer: Uint8Array, crypto: Crypto) => Conversation | null;
};

/** A shared secret costs as much as a signature; a direct-message inbox has dozens of peers, not hundreds at once. */
const conversationsKept = 64;

/** Opens account `number` of the keys (NIP-06). */
export function openAccount(keys: Keys, number: number, crypto: Crypto): Account {
  const secret = accountSecret(keys.entropy, number);
  const kept = new Map<string, Conversation>();
  return { name: `account ${number}`, secret, pubkey: crypto.publicKey(secret), conversation };

  function conversation(peer: Uint8Array, curve: Crypto): Conversation | null {
    const name = bytesToHex(peer);
    const known = kept.get(name);
    if (known !== undefined) return known;
    const sharedX = curve.sharedX(secret, peer);
    if (sharedX === null) return null;
    const made = { sharedX, nip44: conversationKey(sharedX) };
    const oldest = kept.keys().next();
    if (kept.size >= conversationsKept && oldest.done !== true) kept.delete(oldest.value);
    kept.set(name, made);
    return made;
  }
}
