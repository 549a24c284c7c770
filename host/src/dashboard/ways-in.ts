/**
 * Who may use the dashboard: one-time codes, and the bearers that they were exchanged for. Both live in memory only: a program
 * that takes the port when this host has ended, and is handed the bearer of a page that is still open, holds nothing. Only hashes are
 * kept, so comparing takes no longer for a near miss.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** `codes`: hash → the time (ms) at which it ends. `bearers`: hash → the same; oldest first. */
export type WaysIn = {
  readonly codes: ReadonlyMap<string, number>;
  readonly bearers: ReadonlyMap<string, number>;
  /** When each of the last wrong codes came. */
  readonly wrong: readonly number[];
};

export const noWaysIn: WaysIn = { codes: new Map(), bearers: new Map(), wrong: [] };

export const wayInLimits = {
  /** Time to look at a terminal and open what it says. */
  codeMs: 10 * 60_000,
  /** Clicks in a tray that nobody followed. */
  codesMax: 8,
  /** A page that is left open over a week of work. */
  bearerMs: 7 * 24 * 3_600_000,
  /** Tabs of one person; the oldest loses its place. */
  bearersMax: 16,
  /** A code has 256 bits and is not guessed; who tries often is no person. */
  wrongMax: 20,
  wrongWithinMs: 60_000,
} as const;

/** A code was made. */
export function codeMade(ways: WaysIn, code: string, now: number): WaysIn {
  return { ...ways, codes: kept(ways.codes, code, now + wayInLimits.codeMs, now, wayInLimits.codesMax) };
}

export type Exchange = 'let_in' | 'unknown_code' | 'too_many_tries';

/** A page brought a code: it is used up, and `bearer` is let in from now on; or not. */
export function exchanged(ways: WaysIn, code: string, bearer: string, now: number): readonly [WaysIn, Exchange] {
  const wrong = ways.wrong.filter((at) => at > now - wayInLimits.wrongWithinMs);
  const hash = hashOf(code);
  const until = ways.codes.get(hash);
  if (until !== undefined && until > now) {
    const codes = new Map(ways.codes);
    codes.delete(hash);
    const bearers = kept(ways.bearers, bearer, now + wayInLimits.bearerMs, now, wayInLimits.bearersMax);
    return [{ codes, bearers, wrong }, 'let_in'];
  }
  // The owner with a good code is let in however often a stranger tried.
  if (wrong.length >= wayInLimits.wrongMax) return [{ ...ways, wrong }, 'too_many_tries'];
  return [{ ...ways, wrong: [...wrong, now] }, 'unknown_code'];
}

/** Whether a bearer is let in. */
export function isLetIn(ways: WaysIn, bearer: string, now: number): boolean {
  return (ways.bearers.get(hashOf(bearer)) ?? 0) > now;
}

/** A page said goodbye. */
export function leftBy(ways: WaysIn, bearer: string): WaysIn {
  const bearers = new Map(ways.bearers);
  bearers.delete(hashOf(bearer));
  return { ...ways, bearers };
}

function kept(
  all: ReadonlyMap<string, number>,
  secret: string,
  until: number,
  now: number,
  max: number,
): ReadonlyMap<string, number> {
  const alive = [...all].filter(([, end]) => end > now).slice(-(max - 1));
  return new Map([...alive, [hashOf(secret), until]]);
}

function hashOf(secret: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(secret)));
}
