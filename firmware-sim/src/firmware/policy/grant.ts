/**
 * A grant: what one app may, or may never, do without asking, and what ends it. Here is what a grant says at a moment; how grants are
 * given, spent and kept is in grants.ts.
 *
 * Four limits, each optional. `uses`: so many, counted in flash. `perMinute`: so many in a minute of uptime. `session`: until the device
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
  /** Uses in the minute that began at this uptime. In memory only: after a restart a PIN stands before the first use. */
  readonly minute: { readonly began: number; readonly used: number };
};

const minuteMs = 60_000;

/** Whether it still holds, at this uptime, for a request that the app dated so. Its rate is another matter. */
export function grantIsLive(grant: Grant, now: number, createdAt: number): boolean {
  if (grant.uses !== null && grant.uses <= 0) return false;
  if (grant.ends === null) return true;
  const { uptime, signed } = grant.ends;
  return now < uptime && (signed === null || createdAt <= signed);
}

/** How many uses its rate leaves at this uptime. The minute begins with a use; an uptime before that is still in it. */
export function rateLeft(grant: Grant, now: number): number {
  if (grant.perMinute === null) return Number.POSITIVE_INFINITY;
  const over = now - grant.minute.began >= minuteMs;
  return Math.max(0, grant.perMinute - (over ? 0 : grant.minute.used));
}

/** The grant after one use at this uptime, of a request that the app dated so. */
export function afterUse(grant: Grant, now: number, createdAt: number): Grant {
  const { uses, minute, ends } = grant;
  const over = minute.used === 0 || now - minute.began >= minuteMs;
  return {
    ...grant,
    uses: uses === null ? null : uses - 1,
    minute: over ? { began: now, used: 1 } : { ...minute, used: minute.used + 1 },
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
