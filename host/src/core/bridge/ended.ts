/**
 * Requests that ended, remembered for repeats: the same request gets the same answer without a second prompt. What is too much to
 * keep is forgotten in two steps: first the text of an answer, then that there was a request. Kept by client, and whoever has most
 * forgets first: no app can make the signer forget what another one was told.
 */
import { bridgeLimits as limits } from './bridge-limits.ts';

/** By client. */
export type Ended = ReadonlyMap<string, EndedOf>;

/** Of one client: by request key, in the order of their ends, and what their texts weigh. */
export type EndedOf = { readonly answers: ReadonlyMap<string, EndedAnswer>; readonly bytes: number };

/** The JSON-RPC text, sealed anew for every repeat; null when it was forgotten, or given by a host before this one. */
export type EndedAnswer = { readonly text: string | null; readonly endedAt: number };

export const noneEnded: Ended = new Map();

/** Requests that ended before, by client and oldest first; of too many the last ones of each. */
export function endedBefore(requests: ReadonlyMap<string, readonly (readonly [string, EndedAnswer])[]>): Ended {
  const each = Math.min(limits.endedPerApp, Math.floor(limits.endedMax / Math.max(1, requests.size)));
  return new Map([...requests].map(([client, own]) => [client, weighed(new Map(own.slice(-each)))]));
}

/** What is known of a request that ended; null when nothing is, and it may be asked. */
export function endedAnswer(ended: Ended, client: string, key: string, now: number): EndedAnswer | null {
  const answer = ended.get(client)?.answers.get(key);
  return answer === undefined || isOld(answer, now) ? null : answer;
}

/** Keeps an answer. */
export function keepAnswer(ended: Ended, client: string, key: string, answer: EndedAnswer, now: number): Ended {
  const kept = new Map(ended);
  const before = ended.get(client);
  const own = new Map(before?.answers);
  const bytes = (before?.bytes ?? 0) - weightOf(own.get(key)) + weightOf(answer);
  own.delete(key);
  kept.set(client, { answers: own.set(key, answer), bytes });
  for (const [each, { answers, bytes }] of kept) {
    const [oldest] = answers.values();
    if (answers.size > limits.endedPerApp || (oldest !== undefined && isOld(oldest, now))) {
      kept.set(each, withoutOld({ answers, bytes }, now));
    }
  }
  forgetRequest(kept);
  forgetTexts(kept);
  return kept;
}

/** Forgets what was answered to a client: its session is over, and decrypted texts have no reason to stay. */
export function forgetClient(ended: Ended, client: string): Ended {
  const kept = new Map(ended);
  kept.delete(client);
  return kept;
}

function withoutOld({ answers, bytes: before }: EndedOf, now: number): EndedOf {
  const kept = new Map(answers);
  let bytes = before;
  for (const [key, answer] of answers) {
    if (kept.size <= limits.endedPerApp && !isOld(answer, now)) break;
    kept.delete(key);
    bytes -= weightOf(answer);
  }
  return { answers: kept, bytes };
}

/** One request too many: one came in. */
function forgetRequest(kept: Map<string, EndedOf>): void {
  const count = [...kept.values()].reduce((sum, { answers }) => sum + answers.size, 0);
  if (count <= limits.endedMax) return;
  const [client, { answers, bytes }] = most(kept, (each) => each.answers.size);
  const [oldest = ''] = answers.keys();
  const fewer = new Map(answers);
  fewer.delete(oldest);
  kept.set(client, { answers: fewer, bytes: bytes - weightOf(answers.get(oldest)) });
}

/** The excess is one text at most, so the one who has most can give it all. */
function forgetTexts(kept: Map<string, EndedOf>): void {
  let excess = [...kept.values()].reduce((sum, { bytes }) => sum + bytes, 0) - limits.endedBytesMax;
  if (excess <= 0) return;
  const [client, { answers }] = most(kept, (each) => each.bytes);
  const shorter = new Map(answers);
  for (const [key, answer] of answers) {
    if (excess <= 0) break;
    excess -= weightOf(answer);
    shorter.set(key, { ...answer, text: null });
  }
  kept.set(client, weighed(shorter));
}

function most(kept: ReadonlyMap<string, EndedOf>, measure: (of: EndedOf) => number): [string, EndedOf] {
  return [...kept].reduce((a, b) => (measure(b[1]) > measure(a[1]) ? b : a));
}

function weighed(answers: ReadonlyMap<string, EndedAnswer>): EndedOf {
  let bytes = 0;
  for (const answer of answers.values()) bytes += weightOf(answer);
  return { answers, bytes };
}

function isOld(answer: EndedAnswer, now: number): boolean {
  return now - answer.endedAt > limits.endedMs;
}

/** Two bytes a character is the most that a JavaScript string takes. */
function weightOf(answer: EndedAnswer | undefined): number {
  return (answer?.text ?? '').length * 2;
}
