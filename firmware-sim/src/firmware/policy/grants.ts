/**
 * How grants are given, spent, shown and taken away. A change is on flash before it is returned, and a counted use is on flash before it
 * is used: a power cut between the two costs a use, never gives one.
 *
 * A use is a value, made only here, by the decision function, for one subject, and taken once (`takeUse`): what an approval is where a
 * human decided.
 */
import { limits, neverSigned, type RequestOf } from '@sallyport/device-protocol';
import { writeGrants, writeHead } from './client-record.ts';
import { type ClientRecord, type Clients, latest, replaced, type Store } from './clients.ts';
import { decide, type Question, type Verdict } from './decide.ts';
import { afterUse, type Grant, type GrantSubject, grantIsLive, keyMethods, sameSubject } from './grant.ts';

/** A grant as it goes over the wire. */
export type GrantBody = RequestOf<'grants_propose'>['grants'][number];

/** A grant that is to be given. `ms`: a time grant, of so much uptime. */
export type NewGrant = GrantSubject & {
  readonly verdict: 'allow' | 'deny';
  readonly uses: number | null;
  readonly perMinute: number | null;
  readonly session: boolean;
  readonly ms: number | null;
};

/** What the page after the last one of a review offers. */
export type Choice = 'until_locked' | 'one_hour' | 'hundred_times' | 'always' | 'never_again';

/** Why a grant was not given. `denied`: a deny rule is about the same thing, and only the human takes that back. */
export type NotGiven = 'full' | 'never_signed' | 'malformed' | 'denied' | 'not_paired';

/** A use of a grant for exactly this subject. */
export type GrantUse<S extends object = object> = { readonly subject: S; readonly grant: number };

/** The uses that were made and not taken. Kept outside the value, so that a copy of a use is none. */
const made = new WeakSet<GrantUse>();

const hourMs = 3_600_000;
const manyUses = 100;

/** The grant of a choice on the screen; null for a question that has none: a computer's, or about no key. */
export function grantOfChoice(question: Question, choice: Choice): NewGrant | null {
  const method = keyMethods.find((one) => one === question.method);
  if (method === undefined || question.source !== 'app') return null;
  const grant: NewGrant = {
    method,
    kind: question.kind,
    peer: question.peer,
    verdict: choice === 'never_again' ? 'deny' : 'allow',
    uses: choice === 'hundred_times' ? manyUses : null,
    perMinute: null,
    session: choice === 'until_locked',
    ms: choice === 'one_hour' ? hourMs : null,
  };
  return wrongWith(grant) === null ? grant : null;
}

/** The grant that a computer proposes, or a wish at pairing; null for one that could never be given. */
export function grantOfBody(body: GrantBody): NewGrant | null {
  const { verdict, method, kind = null, peer = null, uses = null, perMinute = null, session, ms = null } = body;
  const grant: NewGrant = { verdict, method, kind, peer, uses, perMinute, session: session !== undefined, ms };
  return wrongWith(grant) === null ? grant : null;
}

/** A wish of an app (perms.ts) as a grant without limits. */
export function grantOfWish(wish: GrantSubject): NewGrant {
  return { ...wish, verdict: 'allow', uses: null, perMinute: null, session: false, ms: null };
}

/** A grant as the wire says it, with what is left of it at this uptime. */
export function bodyOfGrant({ id, verdict, method, kind, peer, ...grant }: Grant, now: number): GrantBody {
  const { uses, perMinute, session, ends } = grant;
  return {
    id,
    verdict,
    method,
    ...(kind === null ? {} : { kind }),
    ...(peer === null ? {} : { peer }),
    ...(uses === null ? {} : { uses }),
    ...(perMinute === null ? {} : { perMinute }),
    ...(session || ends !== null ? { session: 'yes' as const } : {}),
    ...(ends === null ? {} : { ms: Math.max(0, Math.min(limits.grantMsMax, ends.uptime - now)) }),
  };
}

/** The grants that still hold, in the order they were given. */
export function liveGrants({ grants }: ClientRecord, now: number): readonly Grant[] {
  return grants.filter((grant) => grantIsLive(grant, now, 0));
}

/**
 * Gives a grant, after the human said yes to exactly this. It takes the place of an older one about the same thing; a deny rule takes
 * the place of everything that allowed it. `createdAt`: of the app's request that the screen showed; null for a proposal.
 */
export function giveGrant(
  clients: Clients,
  store: Store,
  app: ClientRecord,
  grant: NewGrant,
  now: number,
  createdAt: number | null,
): Clients | NotGiven {
  const wrong = wrongWith(grant);
  if (wrong !== null) return wrong;
  const record = latest(clients, app);
  if (record.state !== 'paired') return 'not_paired';
  const same = record.grants.filter((one) => sameSubject(one, grant));
  if (grant.verdict === 'allow' && same.some(({ verdict }) => verdict === 'deny')) return 'denied';
  const others = liveGrants(record, now).filter((one) => !same.includes(one));
  const id = record.nextGrant;
  if (others.length >= limits.grantsMax || id > 0xffff) return 'full';
  const { ms, ...limited } = grant;
  const signed = createdAt === null || ms === null ? null : createdAt + Math.ceil(ms / 1_000);
  const ends = ms === null ? null : { uptime: now + ms, ms, signed };
  const after: ClientRecord = {
    ...record,
    nextGrant: id + 1,
    grants: [...others, { ...limited, id, ends, recent: [] }],
  };
  // The head first: a number that a grant had is never given to another one.
  writeHead(store, after);
  writeGrants(store, after);
  return replaced(clients, after);
}

/**
 * Takes a grant away; one that is not there is as good as gone. A deny rule is taken back by the human on the device only: a computer
 * that could do it would widen what the app may.
 */
export function revokeGrant(
  clients: Clients,
  store: Store,
  app: ClientRecord,
  id: number,
  by: 'computer' | 'human',
): Clients | 'deny_stays' {
  const record = latest(clients, app);
  const grant = record.grants.find((one) => one.id === id);
  if (grant === undefined) return clients;
  if (grant.verdict === 'deny' && by === 'computer') return 'deny_stays';
  const after: ClientRecord = { ...record, grants: record.grants.filter((one) => one !== grant) };
  writeGrants(store, after);
  return replaced(clients, after);
}

/**
 * Decides a request of an app about this subject, and where a grant allows it spends one use of it. The request was marked as seen
 * before. What comes back is either the verdict, or the use with what the apps are after it.
 */
export function resolve<S extends object>(
  clients: Clients,
  store: Store,
  app: ClientRecord | null,
  question: Question,
  now: number,
  subject: S,
): { readonly verdict: Verdict } | { readonly use: GrantUse<S>; readonly clients: Clients } {
  const record = app === null ? null : latest(clients, app);
  const verdict = decide(question, record, { now, suspended: clients.suspended });
  if (record === null || verdict.answer !== 'allow' || verdict.why !== 'granted') return { verdict };
  const grants = record.grants.map((grant) =>
    grant.id === verdict.grant ? afterUse(grant, now, question.createdAt) : grant,
  );
  const after: ClientRecord = { ...record, grants };
  if (grants.some((grant, i) => grant.uses !== record.grants[i]?.uses)) writeGrants(store, after);
  const use: GrantUse<S> = { subject, grant: verdict.grant };
  made.add(use);
  return { use, clients: replaced(clients, after) };
}

/** Takes a use: true once for each that `resolve` made, false for anything else. */
export function takeUse(use: GrantUse): boolean {
  return made.delete(use);
}

/** What makes a grant one that could never be given. */
function wrongWith({ verdict, method, kind, peer, uses, perMinute, session, ms }: NewGrant): NotGiven | null {
  const signs = method === 'sign_event';
  if (signs ? kind === null || peer !== null : kind !== null || (peer !== null && peer.length !== 32))
    return 'malformed';
  if (uses === 0 || perMinute === 0 || ms === 0) return 'malformed';
  if (verdict === 'deny') {
    // A deny rule that ended would be one that the app waits for.
    return uses === null && perMinute === null && ms === null && !session ? null : 'malformed';
  }
  return kind !== null && neverSigned.includes(kind) ? 'never_signed' : null;
}
