/**
 * Event ids that were already taken, over all relays together. Bounded: ids are collected in chunks, and the oldest chunk goes
 * when there are too many. Chunks also keep it cheap as an immutable value: marking copies the youngest chunk only.
 */

/** A set of ids. Use the functions below. */
export type SeenIds = {
  readonly chunkMax: number;
  readonly chunksMax: number;
  readonly young: ReadonlySet<string>;
  readonly full: readonly ReadonlySet<string>[];
};

/** A set that holds `ids`, oldest first, and remembers at least `chunkMax × (chunksMax - 1)` of what was marked last. */
export function seenIds(chunkMax: number, chunksMax: number, ids: readonly string[] = []): SeenIds {
  const full: ReadonlySet<string>[] = [];
  const whole = ids.length - (ids.length % chunkMax);
  for (let at = 0; at < whole; at += chunkMax) full.push(new Set(ids.slice(at, at + chunkMax)));
  return { chunkMax, chunksMax, young: new Set(ids.slice(whole)), full: full.slice(1 - chunksMax) };
}

/** True when the id was marked and not yet forgotten. */
export function isSeen(seen: SeenIds, id: string): boolean {
  return seen.young.has(id) || seen.full.some((chunk) => chunk.has(id));
}

/** Marks an id. */
export function markSeen(seen: SeenIds, id: string): SeenIds {
  const young = new Set(seen.young).add(id);
  if (young.size < seen.chunkMax) return { ...seen, young };
  return { ...seen, young: new Set(), full: [...seen.full, young].slice(1 - seen.chunksMax) };
}
