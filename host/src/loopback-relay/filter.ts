/** Filters of NIP-01: parsed once into sets, then matched against live events. */
import { isHex32, type NostrEvent } from '../core/event.ts';

/** What is null or absent restricts nothing. `limit` is not kept: it speaks of stored events, and nothing is stored. */
export type Filter = {
  readonly ids: ReadonlySet<string> | null;
  readonly authors: ReadonlySet<string> | null;
  readonly kinds: ReadonlySet<number> | null;
  readonly since: number;
  readonly until: number;
  readonly tags: ReadonlyMap<string, ReadonlySet<string>>;
};

/** A filter, or in words what is wrong with it, ready for a CLOSED (a filter that could never match is said, not swallowed). */
export type ParsedFilter =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly why: string };

/** Parses one filter of a REQ. */
export function parseFilter(value: unknown): ParsedFilter {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return invalid('a filter is an object');
  let ids: ReadonlySet<string> | null = null;
  let authors: ReadonlySet<string> | null = null;
  let kinds: ReadonlySet<number> | null = null;
  let since = 0;
  let until = Number.POSITIVE_INFINITY;
  const tags = new Map<string, ReadonlySet<string>>();
  for (const [name, wanted] of Object.entries(value)) {
    const tag = /^#([a-zA-Z])$/.exec(name)?.[1];
    if (name === 'ids' || name === 'authors' || tag !== undefined) {
      const isValue = tag === undefined || tag === 'e' || tag === 'p' ? isHex32 : isString;
      const set = setOf(wanted, isValue);
      if (set === null)
        return invalid(`${name} is a list of ${isValue === isHex32 ? '64-digit lowercase hex' : 'strings'}`);
      if (tag !== undefined) tags.set(tag, set);
      else if (name === 'ids') ids = set;
      else authors = set;
    } else if (name === 'kinds') {
      kinds = setOf(wanted, isCount);
      if (kinds === null) return invalid('kinds is a list of numbers');
    } else if (name === 'since' || name === 'until' || name === 'limit') {
      if (!isCount(wanted)) return invalid(`${name} is a whole number`);
      if (name === 'since') since = wanted;
      if (name === 'until') until = wanted;
    } else {
      return { ok: false, why: 'unsupported: the filter has an element that is not in NIP-01' };
    }
  }
  return { ok: true, filter: { ids, authors, kinds, since, until, tags } };
}

/** True when every condition of the filter holds. */
export function matches(filter: Filter, event: NostrEvent): boolean {
  if (filter.kinds !== null && !filter.kinds.has(event.kind)) return false;
  if (event.created_at < filter.since || event.created_at > filter.until) return false;
  if (filter.ids !== null && !filter.ids.has(event.id)) return false;
  if (filter.authors !== null && !filter.authors.has(event.pubkey)) return false;
  for (const [letter, wanted] of filter.tags) {
    if (!event.tags.some(([name, value]) => name === letter && value !== undefined && wanted.has(value))) return false;
  }
  return true;
}

function setOf<T>(value: unknown, isValue: (item: unknown) => item is T): ReadonlySet<T> | null {
  return Array.isArray(value) && value.every(isValue) ? new Set(value) : null;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function invalid(words: string): ParsedFilter {
  return { ok: false, why: `invalid: ${words}` };
}
