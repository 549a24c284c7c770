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

/** Ids by client, so that none can push out another's. Together at most `max`: whoever has most forgets its oldest chunk. */
export type SeenByClient = {
  readonly chunkMax: number;
  readonly chunksMax: number;
  readonly max: number;
  readonly count: number;
  readonly clients: ReadonlyMap<string, SeenIds>;
};

/** Sets that hold these ids by client, oldest first, with the limits of one client's set and of all together. */
export function seenByClient(
  chunkMax: number,
  chunksMax: number,
  max: number,
  ids: ReadonlyMap<string, readonly string[]> = new Map(),
): SeenByClient {
  const clients = new Map([...ids].map(([client, own]) => [client, seenIds(chunkMax, chunksMax, own)]));
  const count = [...clients.values()].reduce((sum, own) => sum + sizeOf(own), 0);
  let seen: SeenByClient = { chunkMax, chunksMax, max, count, clients };
  while (seen.count > max) seen = forgetMost(seen);
  return seen;
}

/** True when the id was marked for this client and not yet forgotten. */
export function isSeenOf(seen: SeenByClient, client: string, id: string): boolean {
  const own = seen.clients.get(client);
  return own !== undefined && isSeen(own, id);
}

/** Marks an id of a client. */
export function markSeenOf(seen: SeenByClient, client: string, id: string): SeenByClient {
  const before = seen.clients.get(client) ?? seenIds(seen.chunkMax, seen.chunksMax);
  const after = markSeen(before, id);
  const clients = new Map(seen.clients).set(client, after);
  const count = seen.count + sizeOf(after) - sizeOf(before);
  return count > seen.max ? forgetMost({ ...seen, clients, count }) : { ...seen, clients, count };
}

function forgetMost(seen: SeenByClient): SeenByClient {
  const most = [...seen.clients].reduce((a, b) => (sizeOf(b[1]) > sizeOf(a[1]) ? b : a));
  const [client, own] = most;
  const less: SeenIds = own.full.length === 0 ? { ...own, young: new Set() } : { ...own, full: own.full.slice(1) };
  const clients = new Map(seen.clients).set(client, less);
  if (sizeOf(less) === 0) clients.delete(client);
  return { ...seen, clients, count: seen.count + sizeOf(less) - sizeOf(own) };
}

function sizeOf(seen: SeenIds): number {
  return seen.full.length * seen.chunkMax + seen.young.size;
}
