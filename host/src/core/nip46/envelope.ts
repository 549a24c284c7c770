/**
 * The envelope of NIP-46: kind 24133 events, encrypted between a client key and the remote-signer key, opened and sealed.
 * The remote-signer key lives in the closure of `remoteSigner`, so that no state, log or failed test can print it.
 *
 * Pure but for its cache of what was shared with each client, which changes its speed and never its result.
 */
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import * as nip44 from 'nostr-tools/nip44';
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import { authKind, eventId, isGenuine, type NostrEvent } from './event.ts';
import { lineSecret } from './line-key.ts';
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

/** A remote-signer key as what it can do. */
export type RemoteSigner = {
  readonly pubkey: string;
  /** The key of the line with this hash; an empty one is that of the host itself. */
  readonly at: (line: string) => RemoteSigner;
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
  /** Says who it is to a relay (NIP-42, kind 22242), and to no other. `random` is 32 fresh random bytes. */
  readonly authenticate: (relay: string, challenge: string, createdAt: number, random: Uint8Array) => NostrEvent;
};

/** The remote signer of a secret key of 32 bytes, and of the lines that have keys of their own. */
export function remoteSigner(secret: Uint8Array, primitives: Primitives): RemoteSigner {
  const lines = newest<RemoteSigner>(limits.lineKeysMax + limits.liveSecretsMax);
  const kept = newest<Conversation>(limits.conversationsMax);
  const main = signerOf(secret, primitives, kept, (line) =>
    line === '' ? main : lines(line, () => signerOf(lineSecret(secret, line), primitives, kept, main.at)),
  );
  return main;
}

function signerOf(
  secret: Uint8Array,
  primitives: Primitives,
  kept: Newest<Conversation>,
  at: RemoteSigner['at'],
): RemoteSigner {
  const pubkey = bytesToHex(primitives.publicKey(secret));
  const conversing: Conversing = (client) =>
    kept(pubkey + client, () => {
      const shared = primitives.conversation(secret, hexToBytes(client));
      // Only of keys that have signed something: those are points of the curve.
      if (shared === null) throw new Error('envelope: a client key that is none');
      return shared;
    });
  const sign = (unsigned: Omit<NostrEvent, 'id' | 'sig'>, aux: Uint8Array): NostrEvent => {
    const id = eventId(unsigned, primitives);
    return Object.freeze({ id, ...unsigned, sig: bytesToHex(primitives.sign(hexToBytes(id), secret, aux)) });
  };
  return {
    pubkey,
    at,
    hashText: primitives.hashText,
    isGenuine: (event) => isGenuine(event, primitives),
    isKey: (client) => primitives.conversation(secret, hexToBytes(client)) !== null,
    open: (event) => openRequest(event, primitives, conversing),
    conversationKey: (client, encryption) => conversing(client)[encryption === 'nip44' ? 'nip44' : 'sharedX'].slice(),
    seal: (sealing) => sign(answerOf(sealing, pubkey, primitives, conversing), sealing.random.subarray(32, 64)),
    authenticate: (relay, challenge, created_at, random) => {
      const tags = [
        ['relay', relay],
        ['challenge', challenge],
      ];
      return sign({ pubkey, created_at, kind: authKind, tags, content: '' }, random);
    },
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

function answerOf(
  { text, client, encryption, createdAt: created_at, random }: Sealing,
  pubkey: string,
  primitives: Primitives,
  conversing: Conversing,
): Omit<NostrEvent, 'id' | 'sig'> {
  const { sharedX, nip44: key } = conversing(client);
  const nonce = random.subarray(0, 32);
  const content =
    encryption === 'nip04'
      ? primitives.encryptNip04(text, sharedX, nonce.subarray(0, 16))
      : primitives.encryptNip44(text, key, nonce);
  return { pubkey, created_at, kind: nip46Kind, tags: [['p', client]], content };
}

/** Makes what is not kept yet. */
type Newest<T> = (name: string, make: () => T) => T;

/** Keeps as many as these, those that were used last: a Map iterates in the order of insertion, and a use inserts anew. */
function newest<T>(most: number): Newest<T> {
  const kept = new Map<string, T>();
  return (name, make) => {
    const one = kept.get(name) ?? make();
    kept.delete(name);
    kept.set(name, one);
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    return one;
  };
}
