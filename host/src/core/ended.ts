/**
 * Answers of requests that ended, kept for repeats: the same request gets the same answer without a second prompt. Bounded by
 * count, bytes and age; the oldest go first.
 */
import { bridgeLimits as limits } from './bridge-limits.ts';

/** The kept answers by request key, oldest first. */
export type Ended = ReadonlyMap<string, EndedAnswer>;

/** One kept answer: the JSON-RPC text, sealed anew for every repeat. */
export type EndedAnswer = { readonly client: string; readonly text: string; readonly endedAt: number };

export const noneEnded: Ended = new Map();

/** The kept answer to a request, or null. */
export function endedAnswer(ended: Ended, key: string, now: number): string | null {
  const answer = ended.get(key);
  return answer === undefined || isOld(answer, now) ? null : answer.text;
}

/** Keeps an answer. */
export function keepAnswer(ended: Ended, key: string, answer: EndedAnswer): Ended {
  const kept = new Map(ended);
  kept.delete(key);
  kept.set(key, answer);
  let bytes = 0;
  for (const each of kept.values()) bytes += bytesOf(each);
  for (const [oldKey, old] of kept) {
    const fits = kept.size <= limits.endedMax && bytes <= limits.endedBytesMax;
    if (fits && !isOld(old, answer.endedAt)) break;
    kept.delete(oldKey);
    bytes -= bytesOf(old);
  }
  return kept;
}

/** Forgets what was answered to a client: its session is over, and decrypted texts have no reason to stay. */
export function forgetClient(ended: Ended, client: string): Ended {
  return new Map([...ended].filter(([, answer]) => answer.client !== client));
}

function isOld(answer: EndedAnswer, now: number): boolean {
  return now - answer.endedAt > limits.endedMs;
}

/** Two bytes a character is the most that a JavaScript string takes. */
function bytesOf(answer: EndedAnswer): number {
  return answer.text.length * 2;
}
