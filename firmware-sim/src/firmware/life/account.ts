/**
 * An unlocked account: its secret key and what was derived from it. It lives in memory while the device runs; nothing of it but
 * the public key is ever sent.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Crypto } from '../env.ts';
import { accountSecret, type Keys } from '../formats/keys.ts';
import { conversationKey } from '../formats/nip44.ts';
import type { StoredAccount } from '../vault/accounts-store.ts';

/** What two parties share: the x coordinate (NIP-04's key) and the NIP-44 conversation key. */
export type Conversation = { readonly sharedX: Uint8Array; readonly nip44: Uint8Array };

export type Account = {
  /** Its number on the wire, for as long as the device lives. */
  readonly number: number;
  readonly name: string;
  /** NIP-06 index; null for a key that was imported, and so was known to a computer. */
  readonly index: number | null;
  readonly secret: Uint8Array;
  readonly pubkey: Uint8Array;
  /** What this account shares with a peer; null when the peer's key is not a point of the curve. */
  readonly conversation: (peer: Uint8Array, crypto: Crypto) => Conversation | null;
  /** Zeroes what is secret: nothing can be done with it any more. */
  readonly forget: () => void;
};

/** Whether the key came from elsewhere: it was known to a computer. */
export function isImported({ index }: Pick<Account, 'index'>): boolean {
  return index === null;
}

/** What a screen says of an account that somebody wants to use. */
export function askerOf(account: Account) {
  const { name, pubkey } = account;
  return { account: name, pubkey, imported: isImported(account) } as const;
}

/** A shared secret costs as much as a signature; a direct-message inbox has dozens of peers, not hundreds at once. */
const conversationsKept = 64;

/** Opens account `number` of the keys (NIP-06). */
export function openAccount(keys: Keys, number: number, crypto: Crypto): Account {
  const secret = accountSecret(keys.entropy, number);
  return accountOfStored({ number, name: `account ${number}`, secret, origin: 'derived', index: number }, crypto);
}

/** An account as the vault keeps it, ready for use. The secret is its own from now on. */
export function accountOfStored(stored: StoredAccount, crypto: Crypto): Account {
  const { number, name, secret } = stored;
  const index = stored.origin === 'derived' ? stored.index : null;
  const kept = new Map<string, Conversation>();
  return { number, name, index, secret, pubkey: crypto.publicKey(secret), conversation, forget };

  function forget(): void {
    secret.fill(0);
    for (const { sharedX, nip44 } of kept.values()) {
      sharedX.fill(0);
      nip44.fill(0);
    }
    kept.clear();
  }

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
