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
import { newCborScan, scanCbor } from './cbor-scan.ts';
import { type EventParts, eventOfList, eventVisitor, newEventParts, tagSummary } from './event-parts.ts';
import { openInput, type Room } from './input.ts';
import { type Bytes, orRefused, type Reading, Refusal, type Refused } from './reading.ts';
import type { ClientRequest } from './request.ts';
import { type HeadedSection, layTags, layText } from './sections.ts';
import { type StreamTags, type TagVisitor, walkTags } from './tags.ts';
import { feed, type StreamText, walkText } from './walk.ts';

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
  /** What of it is to be read in full, laid out already; null: it is kept, and is laid out when somebody is asked. */
  readonly laid: readonly HeadedSection[] | null;
};

/** For whom an event is read: whose it is to be, and how wide the screen is on which it may have to be shown. */
export type EventFor = { readonly pubkey: Uint8Array; readonly columns: number };

/** Kinds whose tags say where somebody logs in, or what a server may do. */
const loginKinds: readonly number[] = [22242, 27235, 24242];

/** The event of a `sign_event` of an app; `createdAt` is that of the app's own event. */
export function readEvent(request: ClientRequest, whose: EventFor, createdAt: number): Reading<StreamEvent | Refused> {
  return orRefused(eventOf(request, whose, createdAt));
}

function* eventOf({ event, bytes }: ClientRequest, whose: EventFor, createdAt: number): Reading<StreamEvent> {
  if (event === null) throw new Refusal('invalid_params');
  const { parts, levels } = event;
  if (parts.pubkey !== '' && parts.pubkey !== bytesToHex(whose.pubkey)) throw new Refusal('invalid_params');
  return yield* withId(parts, { bytes, levels, form: 'json' }, whose, parts.createdAt ?? createdAt);
}

/** The event that a computer wants signed in its own name: the whole input is CBOR `[created_at, kind, tags, content]`. */
export function readOwnEvent(length: number, whose: EventFor, room: Room): Reading<StreamEvent | Refused> {
  return orRefused(ownEvent(openInput(length, room), whose));
}

/** What of an event is to be read in full, in the order in which it is shown. */
export function* sectionsOf(
  { content, tags, tagCount, laid }: StreamEvent,
  columns: number,
): Reading<readonly HeadedSection[]> {
  if (laid !== null) return laid;
  const text = yield* layText('text', content, columns);
  return [...text, ...(yield* layTags(tags, tagCount, columns))];
}

function* ownEvent(bytes: Bytes, whose: EventFor): Reading<StreamEvent> {
  const parts = newEventParts();
  const list = eventOfList(eventVisitor(parts));
  const scan = newCborScan();
  yield* feed(bytes, 0, (piece, from, to, origin) => {
    if (scanCbor(scan, piece, from, to, origin, list) < to) throw new Refusal('invalid_params');
    return true;
  });
  if (!scan.done || !list.isWhole() || parts.createdAt === null) throw new Refusal('invalid_params');
  return yield* withId(parts, { bytes, levels: 0, form: 'cbor' }, whose, parts.createdAt);
}

type Lies = { readonly bytes: Bytes; readonly levels: number; readonly form: 'json' | 'cbor' };

/**
 * What is too large to be kept is laid out for the screen on the same way on which it is hashed; all else is laid out when the human is
 * asked, for most of them nobody is.
 */
function* withId(parts: EventParts, lies: Lies, whose: EventFor, created_at: number): Reading<StreamEvent> {
  const { kind, content: place, tagsAt } = parts;
  if (kind === null || kind > 0xffff || place === null) throw new Refusal('invalid_params');
  if (neverSigned.includes(kind)) throw new Refusal('forbidden_kind');
  if (place.length > limits.streamMax) throw new Refusal('too_large');
  const { bytes, levels, form } = lies;
  const content: StreamText = { bytes, at: place.at, levels, length: place.length };
  // The list itself stands one string further out than the texts in it.
  const tags: StreamTags = tagsAt === null ? null : { bytes, at: tagsAt, levels: Math.max(0, levels - 1), form };
  const tagCount = parts.tags.count;
  const id = eventIdWriter(whose.pubkey, created_at, kind);
  const inTags: TagVisitor = { ...id, item: (piece, from, to) => id.item(piece.subarray(from, to)) };
  const inText = (piece: Uint8Array, from: number, to: number): void => id.content(piece.subarray(from, to));
  let laid: readonly HeadedSection[] | null = null;
  if (bytes.kept) {
    yield* walkTags(tags, inTags);
    yield* walkText(content, inText);
  } else {
    const list = yield* layTags(tags, tagCount, whose.columns, inTags);
    laid = [...(yield* layText('text', content, whose.columns, { item: inText })), ...list];
  }
  return {
    kind,
    created_at,
    pubkey: whose.pubkey,
    id: id.finish(),
    content,
    tags,
    tagCount,
    tagSummary: tagSummary(parts.tags),
    places: loginKinds.includes(kind) ? parts.tags.places : [],
    laid,
  };
}
