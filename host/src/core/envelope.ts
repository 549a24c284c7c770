/**
 * The envelope of NIP-46: kind 24133 events, encrypted between a client key and the remote-signer key, opened and sealed.
 * The remote-signer key lives in the closure of `remoteSigner`, so that no state, log or failed test can print it.
 *
 * Opening is a function of its arguments; the cache of conversation keys changes its speed, never its result.
 * Sealing draws randomness in two places that nostr-tools does not take as arguments: the IV of NIP-04, and the auxiliary
 * randomness of the signature (BIP-340). That is the one exception in this core; the nonce of NIP-44 is an argument.
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import * as nip04 from 'nostr-tools/nip04';
import * as nip44 from 'nostr-tools/nip44';
import { finalizeEvent, getPublicKey } from 'nostr-tools/pure';
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { NostrEvent } from './event.ts';
import { type Refusal, refuse } from './refusal.ts';

/** The kind of requests and answers. */
export const nip46Kind = 24133;

/** How a content is encrypted: read off the content itself, and answered in kind. */
export type Encryption = 'nip04' | 'nip44';

/** A request that was opened, or why it was not. */
export type Opened =
  | { readonly type: 'opened'; readonly text: string; readonly encryption: Encryption }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** An answer that is to be sealed. `nonce` is 32 fresh random bytes for every event: a retry is encrypted anew. */
export type Sealing = {
  readonly text: string;
  readonly client: string;
  readonly encryption: Encryption;
  readonly createdAt: number;
  readonly nonce: Uint8Array;
};

/** The remote-signer key as what it can do. */
export type RemoteSigner = {
  readonly pubkey: string;
  /** Decrypts a request. Ask only for an event whose signature was verified: otherwise anybody picks the key agreement. */
  readonly open: (event: NostrEvent) => Opened;
  /** What opens the requests of a client in this encryption, for a device that opens them itself: 32 bytes. It opens nothing else. */
  readonly conversationKey: (client: string, encryption: Encryption) => Uint8Array;
  /** Encrypts and signs an answer: a kind 24133 event with exactly one `p` tag. */
  readonly seal: (sealing: Sealing) => NostrEvent;
};

/** The remote signer of a secret key of 32 bytes. */
export function remoteSigner(secret: Uint8Array): RemoteSigner {
  const conversations = new Map<string, Uint8Array>();
  const conversation = (client: string) => conversationKey(conversations, secret, client);
  return {
    pubkey: getPublicKey(secret),
    open: (event) => openRequest(event, secret, conversation),
    conversationKey: (client, encryption) =>
      encryption === 'nip44' ? conversation(client).slice() : sharedX(secret, client),
    seal: (sealing) => sealAnswer(sealing, secret, conversation),
  };
}

/** `created_at` of an answer: some clients filter with `since: now` by a clock that is ahead of ours (go-nostr). */
export function answerCreatedAt(nowMs: number, requestCreatedAt: number): number {
  return Math.max(Math.floor(nowMs / 1000), requestCreatedAt);
}

/** Characters of the content that an answer becomes in either encryption, at most: an answer may be repeated in the other one. */
export function sealedMax(text: string): number {
  // Version, nonce, length, padded text and MAC in base64; NIP-04 pads less.
  const bytes = 1 + 32 + 6 + nip44.v2.utils.calcPaddedLen(utf8ToBytes(text).length) + 32;
  return Math.ceil(bytes / 3) * 4;
}

/** Read off the content, as the device does. */
function encryptionOf({ content }: NostrEvent): Encryption {
  return content.includes('?iv=') ? 'nip04' : 'nip44';
}

type Conversation = (client: string) => Uint8Array;

function openRequest(event: NostrEvent, secret: Uint8Array, conversation: Conversation): Opened {
  const encryption = encryptionOf(event);
  try {
    const text =
      encryption === 'nip04'
        ? nip04.decrypt(secret, event.pubkey, event.content)
        : nip44.v2.decrypt(event.content, conversation(event.pubkey));
    return { type: 'opened', text, encryption };
  } catch {
    // nostr-tools says "this does not decrypt" by throwing; its words may quote the payload, so they are dropped.
    return { type: 'refused', refusal: undecryptable };
  }
}

function sealAnswer(sealing: Sealing, secret: Uint8Array, conversation: Conversation): NostrEvent {
  const { text, client, encryption, createdAt, nonce } = sealing;
  const content =
    encryption === 'nip04' ? nip04.encrypt(secret, client, text) : nip44.v2.encrypt(text, conversation(client), nonce);
  const tags = [['p', client]];
  const { id, pubkey, sig } = finalizeEvent({ kind: nip46Kind, created_at: createdAt, tags, content }, secret);
  return Object.freeze({ id, pubkey, created_at: createdAt, kind: nip46Kind, tags, content, sig });
}

/** The x coordinate of the shared point, which is the key of NIP-04. */
function sharedX(secret: Uint8Array, client: string): Uint8Array {
  return secp256k1.getSharedSecret(secret, hexToBytes(`02${client}`)).slice(1, 33);
}

/** Keeps the most recently used keys: a Map iterates in the order of insertion, and a use inserts anew. */
function conversationKey(kept: Map<string, Uint8Array>, secret: Uint8Array, client: string): Uint8Array {
  const key = kept.get(client) ?? nip44.v2.utils.getConversationKey(secret, client);
  kept.delete(client);
  kept.set(client, key);
  const [oldest] = kept.keys();
  if (kept.size > limits.conversationsMax && oldest !== undefined) kept.delete(oldest);
  return key;
}

const undecryptable = refuse(
  'bad_payload',
  'The request does not decrypt with the remote-signer key.',
  'Pair the app again with a new bunker line.',
);
