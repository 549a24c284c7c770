/**
 * The envelope of NIP-46: kind 24133 events, encrypted between a client key and the remote-signer key, opened and sealed.
 * The remote-signer key lives in the closure of `remoteSigner`, so that no state, log or failed test can print it.
 *
 * Pure but for its cache of what was shared with each client, which changes its speed and never its result.
 */
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import * as nip44 from 'nostr-tools/nip44';
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import { eventId, isGenuine, type NostrEvent } from './event.ts';
import type { Conversation, Primitives } from './primitives.ts';

/** The kind of requests and answers. */
export const nip46Kind = 24133;

/** How a content is encrypted: read off the content itself, and answered in kind. */
export type Encryption = 'nip04' | 'nip44';

/** A request that was opened, or why it was not. */
export type Opened =
  | { readonly type: 'opened'; readonly text: string; readonly encryption: Encryption }
  | { readonly type: 'undecryptable' };

/** An answer that is to be sealed. `random` is 64 fresh random bytes for every event: a retry is encrypted and signed anew. */
export type Sealing = {
  readonly text: string;
  readonly client: string;
  readonly encryption: Encryption;
  readonly createdAt: number;
  readonly random: Uint8Array;
};

/** The remote-signer key as what it can do. */
export type RemoteSigner = {
  readonly pubkey: string;
  /** SHA-256 of the UTF-8 of a text: of what no key is needed for. */
  readonly hashText: Primitives['hashText'];
  /** Whether id and signature of an event hold. */
  readonly isGenuine: (event: NostrEvent) => boolean;
  /** Whether a key that signed nothing yet is one at all: half of all 32 bytes are no point of the curve. */
  readonly isKey: (client: string) => boolean;
  /** Decrypts a request. Ask only for an event whose signature was verified: otherwise anybody picks the key agreement. */
  readonly open: (event: NostrEvent) => Opened;
  /** What opens the requests of a client in this encryption, for a device that opens them itself: 32 bytes. It opens nothing else. */
  readonly conversationKey: (client: string, encryption: Encryption) => Uint8Array;
  /** Encrypts and signs an answer: a kind 24133 event with exactly one `p` tag. */
  readonly seal: (sealing: Sealing) => NostrEvent;
};

/** The remote signer of a secret key of 32 bytes. */
export function remoteSigner(secret: Uint8Array, primitives: Primitives): RemoteSigner {
  const pubkey = bytesToHex(primitives.publicKey(secret));
  const conversing = conversations(secret, primitives);
  return {
    pubkey,
    hashText: primitives.hashText,
    isGenuine: (event) => isGenuine(event, primitives),
    isKey: (client) => primitives.conversation(secret, hexToBytes(client)) !== null,
    open: (event) => openRequest(event, primitives, conversing),
    conversationKey: (client, encryption) => conversing(client)[encryption === 'nip44' ? 'nip44' : 'sharedX'].slice(),
    seal: (sealing) => sealAnswer(sealing, secret, pubkey, primitives, conversing),
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

type Conversing = (client: string) => Conversation;

function openRequest(event: NostrEvent, primitives: Primitives, conversing: Conversing): Opened {
  const encryption = encryptionOf(event);
  const { sharedX, nip44: key } = conversing(event.pubkey);
  const { content } = event;
  const text =
    encryption === 'nip04' ? primitives.decryptNip04(content, sharedX) : primitives.decryptNip44(content, key);
  return text === null ? { type: 'undecryptable' } : { type: 'opened', text, encryption };
}

function sealAnswer(
  { text, client, encryption, createdAt: created_at, random }: Sealing,
  secret: Uint8Array,
  pubkey: string,
  primitives: Primitives,
  conversing: Conversing,
): NostrEvent {
  const { sharedX, nip44: key } = conversing(client);
  const [nonce, aux] = [random.subarray(0, 32), random.subarray(32, 64)];
  const content =
    encryption === 'nip04'
      ? primitives.encryptNip04(text, sharedX, nonce.subarray(0, 16))
      : primitives.encryptNip44(text, key, nonce);
  const unsigned = { pubkey, created_at, kind: nip46Kind, tags: [['p', client]], content };
  const id = eventId(unsigned, primitives);
  const sig = bytesToHex(primitives.sign(hexToBytes(id), secret, aux));
  return Object.freeze({ id, ...unsigned, sig });
}

/** Keeps what was shared with the most recent clients: a Map iterates in the order of insertion, and a use inserts anew. */
function conversations(secret: Uint8Array, primitives: Primitives): Conversing {
  const kept = new Map<string, Conversation>();
  return (client) => {
    const shared = kept.get(client) ?? primitives.conversation(secret, hexToBytes(client));
    // Only of keys that have signed something: those are points of the curve.
    if (shared === null) throw new Error('envelope: a client key that is none');
    kept.delete(client);
    kept.set(client, shared);
    const [oldest] = kept.keys();
    if (kept.size > limits.conversationsMax && oldest !== undefined) kept.delete(oldest);
    return shared;
  };
}
