/**
 * Requests that ended, remembered for repeats: the same request gets the same answer without a second prompt. What is too much to
 * keep is forgotten in two steps: first the text of an answer, then that there was a request. Kept by client, and whoever has most
 * forgets first: no app can make the signer forget what another one was told.
 */
import { bridgeLimits as limits } from './bridge-limits.ts';

/** By client. */
export type Ended = ReadonlyMap<string, EndedOf>;

/**
 * Of one client, in chunks, in the order of their ends: how many there are, and what their texts weigh. Chunks keep it cheap as an
 * immutable value: keeping copies the youngest one, forgetting the oldest.
 */
export type EndedOf = { readonly chunks: readonly Chunk[]; readonly count: number; readonly bytes: number };

/** By request key, in the order of their ends. */
type Chunk = ReadonlyMap<string, EndedAnswer>;

/** The JSON-RPC text, sealed anew for every repeat; null when it was forgotten, or given by a host before this one. */
export type EndedAnswer = { readonly text: string | null; readonly endedAt: number };

export const noneEnded: Ended = new Map();

/** Requests of a chunk: what is new is looked for in all of them, when it comes and when it ends, which costs more than the copy of one. */
const chunkMax = 256;
const nothing: EndedOf = { chunks: [], count: 0, bytes: 0 };

/** Requests that ended before, by client and oldest first; of too many the last ones of each. */
export function endedBefore(requests: ReadonlyMap<string, readonly (readonly [string, EndedAnswer])[]>): Ended {
  const each = Math.min(limits.endedPerApp, Math.floor(limits.endedMax / Math.max(1, requests.size)));
  return new Map([...requests].map(([client, own]) => [client, ofOne(own.slice(-each))]));
}

/** What is known of a request that ended; null when nothing is, and it may be asked. */
export function endedAnswer(ended: Ended, client: string, key: string, now: number): EndedAnswer | null {
  const answer = ended
    .get(client)
    ?.chunks.findLast((chunk) => chunk.has(key))
    ?.get(key);
  return answer === undefined || isOld(answer, now) ? null : answer;
}

/** Keeps an answer. */
export function keepAnswer(ended: Ended, client: string, key: string, answer: EndedAnswer, now: number): Ended {
  const kept = new Map(ended);
  kept.set(client, added(ended.get(client) ?? nothing, key, answer));
  for (const [each, own] of kept) {
    const young = withoutOld(own, now);
    if (young !== own) kept.set(each, young);
  }
  forgetRequest(kept);
  forgetTexts(kept);
  return kept;
}

/** Forgets that a request ended: it goes on. */
export function forgetEnded(ended: Ended, client: string, key: string): Ended {
  const own = ended.get(client);
  return own === undefined ? ended : new Map(ended).set(client, without(own, key));
}

/** Forgets what was answered to a client: its session is over, and decrypted texts have no reason to stay. */
export function forgetClient(ended: Ended, client: string): Ended {
  const kept = new Map(ended);
  kept.delete(client);
  return kept;
}

/** What one client has, made at once: of a request that ended twice its last end. */
function ofOne(own: readonly (readonly [string, EndedAnswer])[]): EndedOf {
  const last = new Map<string, EndedAnswer>();
  for (const [key, answer] of own) {
    last.delete(key);
    last.set(key, answer);
  }
  const all = [...last];
  const chunks: Chunk[] = [];
  for (let at = 0; at < all.length; at += chunkMax) chunks.push(new Map(all.slice(at, at + chunkMax)));
  return { chunks, count: all.length, bytes: all.reduce((sum, [, answer]) => sum + bytesOf(answer), 0) };
}

/** With an answer more, as the youngest. */
function added(own: EndedOf, key: string, answer: EndedAnswer): EndedOf {
  const { chunks, count, bytes } = without(own, key);
  const last = chunks.at(-1);
  const isFull = last === undefined || last.size >= chunkMax;
  const young = new Map(isFull ? [] : last).set(key, answer);
  return {
    chunks: [...(isFull ? chunks : chunks.slice(0, -1)), young],
    count: count + 1,
    bytes: bytes + bytesOf(answer),
  };
}

function without(own: EndedOf, key: string): EndedOf {
  const at = own.chunks.findIndex((chunk) => chunk.has(key));
  const chunk = own.chunks[at];
  const gone = chunk?.get(key);
  if (chunk === undefined || gone === undefined) return own;
  const fewer = new Map(chunk);
  fewer.delete(key);
  const chunks = fewer.size === 0 ? own.chunks.toSpliced(at, 1) : own.chunks.with(at, fewer);
  return { chunks, count: own.count - 1, bytes: own.bytes - bytesOf(gone) };
}

function withoutOld(own: EndedOf, now: number): EndedOf {
  let kept = own;
  for (;;) {
    const [oldest] = kept.chunks[0] ?? [];
    if (oldest === undefined || (kept.count <= limits.endedPerApp && !isOld(oldest[1], now))) return kept;
    kept = without(kept, oldest[0]);
  }
}

/** One request too many: one came in. */
function forgetRequest(kept: Map<string, EndedOf>): void {
  if (total(kept, ({ count }) => count) <= limits.endedMax) return;
  const [client, own] = most(kept, ({ count }) => count);
  const [oldest = ''] = own.chunks[0]?.keys() ?? [];
  kept.set(client, without(own, oldest));
}

/** The excess is one text at most, so the one who has most can give it all. */
function forgetTexts(kept: Map<string, EndedOf>): void {
  const excess = total(kept, ({ bytes }) => bytes) - limits.endedBytesMax;
  if (excess <= 0) return;
  const [client, own] = most(kept, ({ bytes }) => bytes);
  let forgotten = 0;
  const chunks = own.chunks.map((chunk) => {
    if (forgotten >= excess) return chunk;
    const shorter = new Map(chunk);
    for (const [key, answer] of chunk) {
      if (forgotten >= excess) break;
      forgotten += bytesOf(answer);
      shorter.set(key, { ...answer, text: null });
    }
    return shorter;
  });
  kept.set(client, { ...own, chunks, bytes: own.bytes - forgotten });
}

function most(kept: ReadonlyMap<string, EndedOf>, measure: (of: EndedOf) => number): [string, EndedOf] {
  return [...kept].reduce((a, b) => (measure(b[1]) > measure(a[1]) ? b : a));
}

function total(kept: ReadonlyMap<string, EndedOf>, measure: (of: EndedOf) => number): number {
  let sum = 0;
  for (const own of kept.values()) sum += measure(own);
  return sum;
}

function isOld(answer: EndedAnswer, now: number): boolean {
  return now - answer.endedAt > limits.endedMs;
}

/** Two bytes a character is the most that a JavaScript string takes. */
function bytesOf({ text }: EndedAnswer): number {
  return text === null ? 0 : text.length * 2;
}
