/** Filters of NIP-01: parsed once into sets, then matched against live events. */
import { isHex32, type NostrEvent } from '../core/nip46/event.ts';
import { loopbackTagConditionsMax } from '../core/nip46/limits.ts';

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
      if (tag !== undefined) {
        if (tags.size >= loopbackTagConditionsMax)
          return invalid(`a filter has at most ${loopbackTagConditionsMax} tag conditions`);
        tags.set(tag, set);
      }
      if (name === 'ids') ids = set;
      if (name === 'authors') authors = set;
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

/** An event as filters look at it: its tags' first values by name, gathered once for all listeners. */
export type Indexed = { readonly event: NostrEvent; readonly values: ReadonlyMap<string, ReadonlySet<string>> };

/** Gathers what filters may ask for: tags whose name is one letter. */
export function indexEvent(event: NostrEvent): Indexed {
  const values = new Map<string, Set<string>>();
  for (const [name, value] of event.tags) {
    if (name?.length !== 1 || value === undefined) continue;
    const known = values.get(name);
    if (known === undefined) values.set(name, new Set([value]));
    else known.add(value);
  }
  return { event, values };
}

/** True when every condition of the filter holds. */
export function matches(filter: Filter, { event, values }: Indexed): boolean {
  if (filter.kinds !== null && !filter.kinds.has(event.kind)) return false;
  if (event.created_at < filter.since || event.created_at > filter.until) return false;
  if (filter.ids !== null && !filter.ids.has(event.id)) return false;
  if (filter.authors !== null && !filter.authors.has(event.pubkey)) return false;
  for (const [letter, wanted] of filter.tags) {
    if (!intersects(wanted, values.get(letter) ?? noValues)) return false;
  }
  return true;
}

const noValues: ReadonlySet<string> = new Set();

function intersects(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const item of small) if (large.has(item)) return true;
  return false;
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
