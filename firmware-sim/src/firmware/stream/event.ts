/**
 * The event that is to be signed, as it lies in a stream: its facts, its id, and its parts to be gone through again. The id is made
 * in the order of NIP-01 by going through the tags and then the content once more, whatever the order in which they came; what was
 * read the first time is what is hashed, input.ts holds the computer to it.
 *
 * What a template lacks the device fills: `created_at` from the event that the app signed, no tags, the pubkey of the account. A
 * pubkey of somebody else is refused; `id` and `sig` that were sent along are nobody's business.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { limits, neverSigned } from '@sallyport/device-protocol';
import { eventIdWriter } from '../formats/event-id.ts';
import { type CborScan, copyCbor, newCborScan, scanCbor } from './cbor-scan.ts';
import { type EventParts, eventOfList, eventVisitor, newEventParts, tagSummary } from './event-parts.ts';
import { openInput } from './input.ts';
import { copyScan, isDone, type JsonScan, newJsonScan, scanJson } from './json-scan.ts';
import { type Bytes, orRefused, type Reading, Refusal, type Refused } from './reading.ts';
import type { ClientRequest } from './request.ts';
import type { Visitor } from './scan.ts';
import { copyLevels, feed, newLevels, type StreamText, walkText, within } from './walk.ts';

/** An event in a stream, with the id that was computed from exactly these parts. */
export type StreamEvent = {
  readonly kind: number;
  readonly created_at: number;
  readonly pubkey: Uint8Array;
  readonly id: Uint8Array;
  readonly content: StreamText;
  readonly tags: StreamTags;
  readonly tagCount: number;
  /** `300 (298 p, 2 e)`. */
  readonly tagSummary: string;
  /** Of logins (22242, 27235, 24242): for whom they are, as far as the tags say; else empty. */
  readonly places: readonly (readonly [name: string, value: string])[];
};

/** The tags of an event: where their list begins, and how it is written. Null: there is none. */
export type StreamTags = {
  readonly bytes: Bytes;
  readonly at: number;
  readonly levels: number;
  readonly form: 'json' | 'cbor';
} | null;

/** Hears of the tags in their order. */
export type TagVisitor = {
  readonly tagBegins: () => void;
  readonly itemBegins: () => void;
  readonly item: (bytes: Uint8Array, from: number, to: number) => void;
  readonly tagEnds: () => void;
};

/** Kinds whose tags say where somebody logs in, or what a server may do. */
const loginKinds: readonly number[] = [22242, 27235, 24242];

/** The event of a `sign_event` of an app, for the account with this public key; `createdAt` is that of the app's own event. */
export function readEvent(
  request: ClientRequest,
  pubkey: Uint8Array,
  createdAt: number,
): Reading<StreamEvent | Refused> {
  return orRefused(eventOf(request, pubkey, createdAt));
}

function* eventOf({ event, bytes }: ClientRequest, pubkey: Uint8Array, createdAt: number): Reading<StreamEvent> {
  if (event === null) throw new Refusal('invalid_params');
  const { parts, levels } = event;
  if (parts.pubkey !== '' && parts.pubkey !== bytesToHex(pubkey)) throw new Refusal('invalid_params');
  return yield* withId(parts, { bytes, levels, form: 'json' }, pubkey, parts.createdAt ?? createdAt);
}

/** The event that a computer wants signed in its own name: the whole input is CBOR `[created_at, kind, tags, content]`. */
export function readOwnEvent(
  length: number,
  pubkey: Uint8Array,
  random: (length: number) => Uint8Array,
): Reading<StreamEvent | Refused> {
  return orRefused(ownEvent(openInput(length, random), pubkey));
}

function* ownEvent(bytes: Bytes, pubkey: Uint8Array): Reading<StreamEvent> {
  const parts = newEventParts();
  const list = eventOfList(eventVisitor(parts));
  const scan = newCborScan();
  yield* feed(bytes, 0, (piece, from, to, origin) => {
    if (scanCbor(scan, piece, from, to, origin, list) < to) throw new Refusal('invalid_params');
    return true;
  });
  if (!scan.done || !list.isWhole() || parts.createdAt === null) throw new Refusal('invalid_params');
  return yield* withId(parts, { bytes, levels: 0, form: 'cbor' }, pubkey, parts.createdAt);
}

type Lies = { readonly bytes: Bytes; readonly levels: number; readonly form: 'json' | 'cbor' };

function* withId(parts: EventParts, lies: Lies, pubkey: Uint8Array, created_at: number): Reading<StreamEvent> {
  const { kind, content: place, tagsAt } = parts;
  if (kind === null || kind > 0xffff || place === null) throw new Refusal('invalid_params');
  if (neverSigned.includes(kind)) throw new Refusal('forbidden_kind');
  if (place.length > limits.streamMax) throw new Refusal('too_large');
  const { bytes, levels, form } = lies;
  const content: StreamText = { bytes, at: place.at, levels, length: place.length };
  // The list itself stands one string further out than the texts in it.
  const tags: StreamTags = tagsAt === null ? null : { bytes, at: tagsAt, levels: Math.max(0, levels - 1), form };
  const writer = eventIdWriter(pubkey, created_at, kind);
  yield* walkTags(tags, { ...writer, item: (piece, from, to) => writer.item(piece.subarray(from, to)) });
  yield* walkText(content, (piece, from, to) => writer.content(piece.subarray(from, to)));
  const id = writer.finish();
  const places = loginKinds.includes(kind) ? parts.tags.places : [];
  return {
    kind,
    created_at,
    pubkey,
    id,
    content,
    tags,
    tagCount: parts.tags.count,
    tagSummary: tagSummary(parts.tags),
    places,
  };
}

/** Goes through the tags of an event. */
export function* walkTags(tags: StreamTags, visitor: TagVisitor): Reading<void> {
  if (tags === null) return;
  const walker = tagWalker(visitor, newTagPlace(tags));
  yield* feed(tags.bytes, tags.at, walker.take);
}

/** How far a walk through the tags has come; copied, it is a place from which to go on. */
export type TagPlace = { readonly levels: ReturnType<typeof newLevels>; readonly scan: JsonScan | CborScan };

export function newTagPlace({ levels, form }: NonNullable<StreamTags>): TagPlace {
  return { levels: newLevels(levels), scan: form === 'json' ? newJsonScan() : newCborScan() };
}

export function copyTagPlace({ levels, scan }: TagPlace): TagPlace {
  return { levels: copyLevels(levels), scan: 'stack' in scan ? copyScan(scan) : copyCbor(scan) };
}

/** Takes pieces of the stream from the list of tags on; `take` says whether more of it has to come. */
export function tagWalker(visitor: TagVisitor, { levels, scan }: TagPlace) {
  const parts: Visitor = {
    key: () => undefined,
    begin: (_kind, depth) => {
      if (depth === 1) visitor.tagBegins();
      if (depth === 2) visitor.itemBegins();
    },
    text: (bytes, from, to) => visitor.item(bytes, from, to),
    end: (_kind, depth) => {
      if (depth === 1) visitor.tagEnds();
    },
  };
  const ended = (): boolean => ('stack' in scan ? isDone(scan) : scan.done);
  const inside = within(
    levels,
    (bytes, from, to, origin) => {
      if ('stack' in scan) scanJson(scan, bytes, from, to, origin, parts);
      else scanCbor(scan, bytes, from, to, origin, parts);
    },
    ended,
  );
  return {
    take: (bytes: Uint8Array, from: number, to: number, origin: number): boolean => {
      inside(bytes, from, to, origin);
      return !ended();
    },
  };
}
