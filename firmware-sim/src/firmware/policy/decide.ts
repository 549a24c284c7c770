/**
 * Who decides about a request: nobody (never), the human (ask), a grant (allow), or it cannot be asked at all (refuse). The one
 * decision function of the device: pure and total, and every answer says why.
 *
 *     never signed ▶ in whose name ▶ the app's record ▶ deny rules ▶ suspension ▶ grants ▶ ask
 *
 * What holds whatever the grants say: kinds that are never signed stay so; what a computer asks in its own name always asks; one deny
 * rule outweighs any number of grants; a grant of one app says nothing about another. Nothing here writes: a verdict `allow` is spent
 * by grants.ts before it is acted upon.
 */
import { neverSigned } from '@sallyport/device-protocol';
import { type Grant, grantIsLive, type KeyMethod, keyMethods, rateLeft, sameBytes } from './grant.ts';

/** Methods that use no key, and that a paired app may always call: they give or take nothing that pairing did not. */
export const freeMethods = ['connect', 'ping', 'get_public_key', 'logout'] as const;
export type FreeMethod = (typeof freeMethods)[number];

/**
 * In whose name a request comes. `app`: signed by the app itself and verified, and brought by a paired computer. `computer`: a paired
 * computer in its own name. `stranger`: a computer that nobody paired; also when it brings what an app signed.
 */
export type Source = 'app' | 'computer' | 'stranger';

/** What is asked, with everything that the decision may depend on. */
export type Question = {
  readonly source: Source;
  /** As it was named: anything that this device does not know is refused. */
  readonly method: string;
  /** Of sign_event: the kind; otherwise null. */
  readonly kind: number | null;
  /** Of encryption and decryption: whom with; otherwise null. */
  readonly peer: Uint8Array | null;
  /** Whether that peer is the account itself. */
  readonly own: boolean;
  /** When the app says that it signed the request, in seconds; 0 where a computer asks in its own name. */
  readonly createdAt: number;
};

/** What the decision needs of an app's record. */
export type Standing = { readonly state: 'paired' | 'revoked' | 'damaged'; readonly grants: readonly Grant[] };

/** `now`: uptime in milliseconds. `suspended`: the emergency key was used, and the human has not taken it back. */
export type PolicyClock = { readonly now: number; readonly suspended: boolean };

export type Refused = 'unknown_method' | 'malformed' | 'not_paired' | 'unknown_client' | 'revoked' | 'damaged';

/** Why the human is asked. */
export type AskedBecause =
  | 'unknown_computer'
  | 'computer'
  | 'suspended'
  /** A kind with which an app can do more than it seems, and nobody has allowed it by its number. */
  | 'always_ask'
  /** From or to the account itself: private lists, wallets. */
  | 'own'
  /** A grant would allow it, but for its rate. */
  | 'rate'
  | 'no_grant';

export type Verdict =
  | { readonly answer: 'never'; readonly why: 'never_signed' }
  | { readonly answer: 'never'; readonly why: 'denied'; readonly grant: number }
  | { readonly answer: 'refuse'; readonly why: Refused }
  | { readonly answer: 'ask'; readonly why: AskedBecause }
  | { readonly answer: 'allow'; readonly why: 'free' }
  | { readonly answer: 'allow'; readonly why: 'granted'; readonly grant: number };

/**
 * Kinds that ask unless they were allowed by their number: profile, follow list, deletion, seal and gift wrap (they carry anything
 * in the user's name, unseen), mute, pin, relay and DM-relay lists (they decide whom the user sees, and where), and the keys to
 * relays, file servers and web sites.
 */
export const alwaysAsk: readonly number[] = [0, 3, 5, 13, 1059, 10_000, 10_001, 10_002, 10_050, 22_242, 24_242, 27_235];

/** Decides. `record` is that of the asking app; null for an app that the device does not know, and for a computer. */
export function decide(question: Question, record: Standing | null, clock: PolicyClock): Verdict {
  const { source } = question;
  const method = methodOf(question);
  if (method === 'unknown_method' || method === 'malformed') return { answer: 'refuse', why: method };
  if (method === 'sign_event' && neverSigned.includes(question.kind ?? -1)) {
    return { answer: 'never', why: 'never_signed' };
  }
  if (source !== 'app') return decideForComputer(source, method);
  if (record === null) return { answer: 'refuse', why: 'unknown_client' };
  if (record.state !== 'paired') return { answer: 'refuse', why: record.state };
  if (!isKeyMethod(method)) return { answer: 'allow', why: 'free' };
  return decideByGrants(question, method, record.grants, clock);
}

/** Whether "always" for this must be held rather than pressed: it gives more than a single press should. */
export function needsHold({ method, kind, own }: Pick<Question, 'method' | 'kind' | 'own'>): boolean {
  return own || (method === 'sign_event' && kind !== null && alwaysAsk.includes(kind));
}

/** A computer in its own name: never more than a question, and nothing that is an app's to call. */
function decideForComputer(source: 'computer' | 'stranger', method: KeyMethod | FreeMethod): Verdict {
  if (!isKeyMethod(method)) return { answer: 'refuse', why: source === 'stranger' ? 'not_paired' : 'unknown_method' };
  return { answer: 'ask', why: source === 'stranger' ? 'unknown_computer' : 'computer' };
}

function decideByGrants(
  question: Question,
  method: KeyMethod,
  grants: readonly Grant[],
  { now, suspended }: PolicyClock,
): Verdict {
  const about = grants.filter((grant) => grant.method === method && covers(grant, question));
  const denied = about.find((grant) => grant.verdict === 'deny');
  if (denied !== undefined) return { answer: 'never', why: 'denied', grant: denied.id };
  if (suspended) return { answer: 'ask', why: 'suspended' };
  const live = about.filter((grant) => grant.verdict === 'allow' && grantIsLive(grant, now, question.createdAt));
  // One without a count first: a counted use that was not needed would be a use lost.
  const usable = live.filter((grant) => rateLeft(grant, now) > 0);
  const grant = usable.find((one) => one.uses === null) ?? usable[0];
  if (grant !== undefined) return { answer: 'allow', why: 'granted', grant: grant.id };
  return { answer: 'ask', why: whyAsked(question, live.length > 0) };
}

function whyAsked(question: Question, rateOnly: boolean): AskedBecause {
  if (rateOnly) return 'rate';
  if (question.own) return 'own';
  return needsHold(question) ? 'always_ask' : 'no_grant';
}

/** A grant without a peer means every peer but the account itself; a deny rule without one means all of them. */
function covers(grant: Grant, { kind, peer, own }: Question): boolean {
  if (grant.method === 'sign_event') return grant.kind !== null && grant.kind === kind;
  if (grant.peer === null) return grant.verdict === 'deny' || !own;
  return peer !== null && sameBytes(grant.peer, peer);
}

function methodOf({ method, kind, peer }: Question): KeyMethod | FreeMethod | 'unknown_method' | 'malformed' {
  const free = freeMethods.find((one) => one === method);
  if (free !== undefined) return free;
  const known = keyMethods.find((one) => one === method);
  if (known === undefined) return 'unknown_method';
  const whole = known === 'sign_event' ? kind !== null && isKind(kind) && peer === null : kind === null && isKey(peer);
  return whole ? known : 'malformed';
}

function isKeyMethod(method: KeyMethod | FreeMethod): method is KeyMethod {
  return keyMethods.some((one) => one === method);
}

function isKind(kind: number): boolean {
  return Number.isInteger(kind) && kind >= 0 && kind <= 0xffff;
}

function isKey(peer: Uint8Array | null): boolean {
  return peer?.length === 32;
}
