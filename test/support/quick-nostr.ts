/**
 * What clients do with keys, by libsecp256k1: tests send thousands of events, and nostr-tools' JavaScript takes 5 ms for each. Ids and
 * encryption are nostr-tools' own, and test/host/primitives.test.ts holds the curve to it.
 */
import * as nip44 from 'nostr-tools/nip44';
import { type EventTemplate, getEventHash, getPublicKey, type NostrEvent } from 'nostr-tools/pure';
import { signSchnorr, verifySchnorr } from 'tiny-secp256k1';

/** Id, public key and signature added, as nostr-tools' own. */
export function finalizeEvent(template: EventTemplate, secret: Uint8Array): NostrEvent {
  const unsigned = { ...template, pubkey: publicKey(secret) };
  const id = getEventHash(unsigned);
  return { ...unsigned, id, sig: hex(signSchnorr(Buffer.from(id, 'hex'), secret)) };
}

/** Whether the id is that of the event, and the signature its author's. */
export function verifyEvent(event: NostrEvent): boolean {
  if (getEventHash(event) !== event.id) return false;
  try {
    return verifySchnorr(bytes(event.id), bytes(event.pubkey), bytes(event.sig));
  } catch {
    return false; // no point, no signature
  }
}

/** The NIP-44 conversation key of two, made once for each pair. */
export function conversationKey(secret: Uint8Array, peer: string): Uint8Array {
  return remembered(conversations, `${hex(secret)} ${peer}`, () => nip44.v2.utils.getConversationKey(secret, peer));
}

function publicKey(secret: Uint8Array): string {
  return remembered(publicKeys, hex(secret), () => getPublicKey(secret));
}

const conversations = new Map<string, Uint8Array>();
const publicKeys = new Map<string, string>();
/** Far more keys than one test has. */
const rememberedMax = 10_000;

function remembered<T>(known: Map<string, T>, name: string, make: () => T): T {
  const before = known.get(name);
  if (before !== undefined) return before;
  if (known.size >= rememberedMax) known.clear();
  const made = make();
  known.set(name, made);
  return made;
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex');
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'hex');
}
