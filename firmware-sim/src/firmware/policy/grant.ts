/**
 * A grant: what one app may, or may never, do without asking, and what ends it. Here is what a grant says at a moment; how grants are
 * given, spent and kept is in grants.ts.
 *
 * Four limits, each optional. `uses`: so many, counted in flash. `perMinute`: so many in any minute of uptime. `session`: until the device
 * is locked or restarts, so it is in memory only. `ends`: a time; the device has no clock, so it ends at the first of uptime, lock,
 * restart, and a request that the app itself dated later. A deny rule has no limit: it holds until the human takes it back on the device.
 */

/** The methods that use the key. */
export const keyMethods = ['sign_event', 'nip44_encrypt', 'nip44_decrypt', 'nip04_encrypt', 'nip04_decrypt'] as const;
export type KeyMethod = (typeof keyMethods)[number];

/** What a grant is about: a kind for sign_event; for the others a peer, or null for every peer but the account itself. */
export type GrantSubject = {
  readonly method: KeyMethod;
  readonly kind: number | null;
  readonly peer: Uint8Array | null;
};

/** The end of a time grant. `signed`, in seconds, is set by the first request that the app dated after it was given. */
export type GrantEnd = { readonly uptime: number; readonly ms: number; readonly signed: number | null };

export type Grant = GrantSubject & {
  /** Unique among the grants of one app, never given again. */
  readonly id: number;
  readonly verdict: 'allow' | 'deny';
  readonly uses: number | null;
  readonly perMinute: number | null;
  readonly session: boolean;
  readonly ends: GrantEnd | null;
  /** The uses of the last minute, the oldest first. In memory only: after a restart a PIN stands before the first use. */
  readonly recent: readonly Uses[];
};

/** So many uses, from the first of them to the last one, in uptime. */
export type Uses = { readonly from: number; readonly last: number; readonly used: number };

const minuteMs = 60_000;
/** Each use is kept while that takes no more entries than this; where more may be made, those of a span are one entry. */
const recentMax = 16;
/** As many of them as fit a minute, and one that is under way, are `recentMax`. */
const spanMs = 4_000;

/** Whether it still holds, at this uptime, for a request that the app dated so. Its rate is another matter. */
export function grantIsLive(grant: Grant, now: number, createdAt: number): boolean {
  if (grant.uses !== null && grant.uses <= 0) return false;
  if (grant.ends === null) return true;
  const { uptime, signed } = grant.ends;
  return now < uptime && (signed === null || createdAt <= signed);
}

/**
 * How many uses its rate leaves at this uptime: no minute ever holds more, wherever it begins. Uses of one entry count until the last of
 * them is a minute old, so that a rate above `recentMax` gives a little less, and never more.
 */
export function rateLeft({ perMinute, recent }: Grant, now: number): number {
  if (perMinute === null) return Number.POSITIVE_INFINITY;
  return Math.max(0, perMinute - withinMinute(recent, now).reduce((sum, { used }) => sum + used, 0));
}

/** An uptime that goes back is a fault of the board: what was used counts on. */
function withinMinute(recent: readonly Uses[], now: number): readonly Uses[] {
  return recent.filter(({ last }) => now - last < minuteMs);
}

function withUse(perMinute: number, recent: readonly Uses[], now: number): readonly Uses[] {
  const kept = withinMinute(recent, now);
  const newest = kept.at(-1);
  const joins = newest !== undefined && perMinute > recentMax && now - newest.from < spanMs;
  if (!joins) return [...kept, { from: now, last: now, used: 1 }];
  return [...kept.slice(0, -1), { ...newest, last: Math.max(now, newest.last), used: newest.used + 1 }];
}

/** The grant after one use at this uptime, of a request that the app dated so. */
export function afterUse(grant: Grant, now: number, createdAt: number): Grant {
  const { uses, perMinute, recent, ends } = grant;
  return {
    ...grant,
    uses: uses === null ? null : uses - 1,
    recent: perMinute === null ? recent : withUse(perMinute, recent, now),
    ends: ends === null ? null : datedBy(ends, createdAt),
  };
}

/** A time grant learns from the app's own dates: from its first request on, so long and no longer. */
export function datedBy(ends: GrantEnd, createdAt: number): GrantEnd {
  return ends.signed === null ? { ...ends, signed: createdAt + Math.ceil(ends.ms / 1_000) } : ends;
}

/** Whether two grants are about the same thing. */
export function sameSubject(a: GrantSubject, b: GrantSubject): boolean {
  if (a.method !== b.method || a.kind !== b.kind) return false;
  return a.peer === null || b.peer === null ? a.peer === b.peer : sameBytes(a.peer, b.peer);
}

/** Whether it is only in memory: a restart ends it, so flash need not know it. */
export function isOfSession(grant: Grant): boolean {
  return grant.session || grant.ends !== null;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
