/**
 * What is learned of an event while it streams by, whichever way it is written: its numbers, where its texts lie, what its tags are
 * called. Fields come in any order; a field that comes twice is refused, what is not an event's is passed over.
 */
import { decodeUtf8 } from '@sallyport/device-protocol';
import { Refusal } from './reading.ts';
import type { Kind, Visitor } from './scan.ts';

export type EventParts = {
  kind: number | null;
  createdAt: number | null;
  /** As it was written; empty when there was none. */
  pubkey: string;
  /** Where the content begins in the stream, and how many bytes of UTF-8 it is. */
  content: { at: number; length: number } | null;
  /** Where the list of tags begins. */
  tagsAt: number | null;
  readonly tags: TagNames;
};

/** How many tags there are, and of which names; names that nobody knows by heart count as `other`. */
export type TagNames = {
  count: number;
  readonly names: Map<string, number>;
  /** Tags that say for whom a login or an upload is, each cut: nothing is shown of these alone. */
  readonly places: [name: string, value: string][];
};

/** More kinds of tags than this do not help a reader, who sees every tag below anyway. */
const namedMax = 4;
/** Where a login goes (NIP-42, NIP-98, Blossom). */
const placeNames: readonly string[] = ['relay', 'challenge', 'u', 'method', 't', 'x', 'server', 'expiration'];
/** Bytes of a name, and of such a value, that are kept: more of it than the first page shows. */
const nameMax = 13;
const placeMax = 384;
/** Members of an event; a real one has seven. */
const membersMax = 32;

export const newEventParts = (): EventParts => ({
  kind: null,
  createdAt: null,
  pubkey: '',
  content: null,
  tagsAt: null,
  tags: { count: 0, names: new Map(), places: [] },
});

/** Fills `parts` from an event that is an object (or, by `eventOfList`, a list). `above` is how deep in the value it stands. */
export function eventVisitor(parts: EventParts, above = 0): Visitor {
  const seen = new Set<string>();
  let field = '';
  const item = new Uint8Array(placeMax);
  let [used, items, name] = [0, 0, ''];

  function begin(kind: Kind, depth: number, origin: number): void {
    if (depth === 0 && kind !== 'object') throw new Refusal('invalid_params');
    if (depth === 1) fieldBegins(parts, field, kind, origin);
    if (field === 'tags' && depth > 1) {
      if (kind !== (depth === 2 ? 'array' : 'string')) throw new Refusal('invalid_params');
      if (depth === 2) items = 0;
    }
    used = 0;
  }
  function end(kind: Kind, depth: number, word: string): void {
    if (depth === 1 && kind === 'number') numberEnds(parts, field, word);
    if (depth === 1 && kind === 'literal' && word !== 'null' && kindsOf.has(field)) throw new Refusal('invalid_params');
    if (depth === 1 && field === 'pubkey' && kind === 'string') parts.pubkey = textOf(item, used);
    if (field === 'tags' && depth === 3) {
      if (items === 0) name = textOf(item, Math.min(used, nameMax));
      if (items === 1) place(parts.tags, name, textOf(item, used));
      items++;
    }
    if (field === 'tags' && depth === 2) countTag(parts.tags, items === 0 ? '' : name);
  }
  return {
    key: (key, depth) => {
      if (depth - above !== 1) return;
      if (seen.has(key) || seen.size === membersMax) throw new Refusal('invalid_params');
      seen.add(key);
      field = key;
    },
    begin: (kind, depth, origin) => begin(kind, depth - above, origin),
    text: (bytes, from, to) => {
      if (field === 'content' && parts.content !== null) parts.content.length += to - from;
      if (field !== 'pubkey' && field !== 'tags') return;
      const size = Math.min(to - from, placeMax - used);
      item.set(bytes.subarray(from, from + size), used);
      used += size;
    },
    end: (kind, depth, word) => end(kind, depth - above, word),
  };
}

const listFields: readonly string[] = ['created_at', 'kind', 'tags', 'content'];

/** The same for the list `[created_at, kind, tags, content]`; it must have these four and no more. */
export function eventOfList(visitor: Visitor): Visitor & { readonly isWhole: () => boolean } {
  let members = 0;
  return {
    ...visitor,
    begin: (kind, depth, origin) => {
      if (depth === 0) return visitor.begin(kind === 'array' ? 'object' : 'array', 0, origin);
      const field = listFields[members];
      if (depth === 1) {
        if (field === undefined) throw new Refusal('invalid_params');
        members++;
        visitor.key(field, 1);
      }
      visitor.begin(kind, depth, origin);
    },
    isWhole: () => members === listFields.length,
  };
}

const kindsOf: ReadonlyMap<string, Kind> = new Map([
  ['kind', 'number'],
  ['created_at', 'number'],
  ['content', 'string'],
  ['tags', 'array'],
  ['pubkey', 'string'],
]);

/** A field is of its type; where null is as good as nothing, `null` passes. */
function fieldBegins(parts: EventParts, field: string, kind: Kind, origin: number): void {
  const wanted = kindsOf.get(field);
  if (wanted === undefined || (kind === 'literal' && field !== 'kind' && field !== 'content')) return;
  if (kind !== wanted) throw new Refusal('invalid_params');
  if (field === 'content') parts.content = { at: origin, length: 0 };
  if (field === 'tags') parts.tagsAt = origin;
}

function numberEnds(parts: EventParts, field: string, word: string): void {
  if (field !== 'kind' && field !== 'created_at') return;
  const value = Number(word);
  // Digits and nothing else: 1.0 and 1e3 are numbers of JSON, and no two programs agree how they are written again.
  if (!/^[0-9]+$/.test(word) || !Number.isSafeInteger(value)) throw new Refusal('invalid_params');
  if (field === 'kind') parts.kind = value;
  else parts.createdAt = value;
}

/** A text that was perhaps cut within a character. */
function textOf(bytes: Uint8Array, used: number): string {
  for (let cut = 0; cut < 4; cut++) {
    const text = decodeUtf8(bytes.subarray(0, Math.max(0, used - cut)));
    if (text !== null) return text;
  }
  return '';
}

function place({ places }: TagNames, name: string, value: string): void {
  // The first of each name, however many come before it: nobody pushes the one that counts out of sight.
  if (placeNames.includes(name) && places.every(([known]) => known !== name)) places.push([name, value]);
}

function countTag(tags: TagNames, name: string): void {
  const plain = /^[A-Za-z0-9_-]{1,12}$/.test(name) ? name : 'other';
  const known = tags.names.has(plain) || tags.names.size < namedMax ? plain : 'other';
  tags.names.set(known, (tags.names.get(known) ?? 0) + 1);
  tags.count++;
}

/** `300 (298 p, 2 e)`. */
export function tagSummary({ count, names }: TagNames): string {
  if (count === 0) return '0';
  return `${count} (${[...names].map(([name, many]) => `${many} ${name}`).join(', ')})`;
}
