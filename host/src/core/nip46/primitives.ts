/**
 * The cryptography that the host needs, as an argument: the core decides what is done with it, an edge brings the fastest that was
 * measured (`host/src/primitives`). Keys, hashes, nonces and secrets are 32 bytes unless said otherwise; nothing here throws on
 * what somebody else sent.
 */

/** What two keys share: the x coordinate (NIP-04's key) and the conversation key of NIP-44. */
export type Conversation = { readonly sharedX: Uint8Array; readonly nip44: Uint8Array };

export type Primitives = {
  /** SHA-256 of the UTF-8 of a text. */
  readonly hashText: (text: string) => Uint8Array;
  /** The x-only public key of a secret (BIP-340). */
  readonly publicKey: (secret: Uint8Array) => Uint8Array;
  /** A BIP-340 signature of 64 bytes, with 32 bytes of auxiliary randomness. */
  readonly sign: (hash: Uint8Array, secret: Uint8Array, aux: Uint8Array) => Uint8Array;
  /** Whether a signature of 64 bytes over a hash is that of an x-only key; false for a key that is no point. */
  readonly verify: (sig: Uint8Array, hash: Uint8Array, pubkey: Uint8Array) => boolean;
  /** What a secret shares with an x-only key; null when that is no point of the curve. */
  readonly conversation: (secret: Uint8Array, peer: Uint8Array) => Conversation | null;
  /** NIP-44 version 2, extended lengths included. The text is not empty; `nonce` is fresh for every message. */
  readonly encryptNip44: (text: string, key: Uint8Array, nonce: Uint8Array) => string;
  /** The text, or null for what does not decrypt. The caller bounds the payload. */
  readonly decryptNip44: (payload: string, key: Uint8Array) => string | null;
  /** NIP-04 with a fresh iv of 16 bytes. */
  readonly encryptNip04: (text: string, sharedX: Uint8Array, iv: Uint8Array) => string;
  readonly decryptNip04: (payload: string, sharedX: Uint8Array) => string | null;
};
