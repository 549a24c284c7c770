/**
 * The tags of an event as they lie in a stream, and how to go through them: from their beginning, or on from a place. Whether they were
 * written in JSON or in CBOR is nobody's business but this file's.
 */
import { type CborScan, copyCbor, newCborScan, scanCbor } from './cbor-scan.ts';
import { copyScan, isDone, type JsonScan, newJsonScan, scanJson } from './json-scan.ts';
import type { Bytes, Reading } from './reading.ts';
import type { Visitor } from './scan.ts';
import { copyLevels, feed, newLevels, within } from './walk.ts';

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
