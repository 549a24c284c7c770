/**
 * Nostr events as they come in (NIP-01): parsed once from unknown JSON into a closed, frozen type, then verified.
 *
 * Verified by ourselves: nostr-tools' `verifyEvent` leaves a cached mark on the object, and the mark survives `{...event}`.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Primitives } from './primitives.ts';

/** A Nostr event of the right shape; nothing is said about its id and signature until `isGenuine` has been asked. */
export type NostrEvent = {
  readonly id: string;
  readonly pubkey: string;
  readonly created_at: number;
  readonly kind: number;
  readonly tags: readonly (readonly string[])[];
  readonly content: string;
  readonly sig: string;
};

/** The answer to a relay's AUTH challenge (NIP-42). */
export const authKind = 22242;

const HEX_32 = /^[0-9a-f]{64}$/;
const HEX_64 = /^[0-9a-f]{128}$/;

/** True for 32 bytes of lowercase hex: a pubkey or an event id. */
export function isHex32(value: unknown): value is string {
  return typeof value === 'string' && HEX_32.test(value);
}

/** True for 64 bytes of lowercase hex. */
export function isSignature(value: unknown): value is string {
  return typeof value === 'string' && HEX_64.test(value);
}

/** Parses what `JSON.parse` returned into a frozen event; null when it is not an event at all. Unknown fields are dropped. */
export function parseEvent(value: unknown): NostrEvent | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { id, pubkey, created_at, kind, tags, content, sig } = value as Record<string, unknown>;
  if (!isHex32(id) || !isHex32(pubkey) || !isSignature(sig)) return null;
  if (!isCount(created_at) || !isCount(kind) || kind > 0xffff || typeof content !== 'string') return null;
  const copied = parseTags(tags);
  if (copied === null) return null;
  return Object.freeze({ id, pubkey, created_at, kind, tags: copied, content, sig });
}

/** Parses tags: an array of arrays of strings, copied and frozen; null for anything else. */
export function parseTags(value: unknown): readonly (readonly string[])[] | null {
  if (!Array.isArray(value)) return null;
  const tags: (readonly string[])[] = [];
  for (const tag of value) {
    if (!Array.isArray(tag) || !tag.every((item): item is string => typeof item === 'string')) return null;
    tags.push(Object.freeze([...tag]));
  }
  return Object.freeze(tags);
}

/** True when the id is the hash of the fields and the signature is the pubkey's (NIP-01, BIP-340). */
export function isGenuine(event: NostrEvent, primitives: Pick<Primitives, 'hashText' | 'verify'>): boolean {
  const { id, pubkey, sig } = event;
  if (eventId(event, primitives) !== id) return false;
  return primitives.verify(hexToBytes(sig), hexToBytes(id), hexToBytes(pubkey));
}

/** The id of an event: the hash of its fields as NIP-01 writes them, in hex. Text with half a surrogate pair has none that holds. */
export function eventId(fields: Omit<NostrEvent, 'id' | 'sig'>, { hashText }: Pick<Primitives, 'hashText'>): string {
  const { pubkey, created_at, kind, tags, content } = fields;
  return bytesToHex(hashText(JSON.stringify([0, pubkey, created_at, kind, tags, content])));
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
