/**
 * grants.json: questions with their verdicts. A record has the grants as the wire says them, in the state of the moment: `used` are uses that
 * were made `minuteAgo` milliseconds ago, `left` milliseconds of uptime of a time grant, `until` the last created_at for
 * which it holds.
 */
import { neverSigned } from '@sallyport/device-protocol';

type Method = 'sign_event' | 'nip44_encrypt' | 'nip44_decrypt' | 'nip04_encrypt' | 'nip04_decrypt';

export type VectorGrant = {
  readonly id: number;
  readonly verdict: 'allow' | 'deny';
  readonly method: Method;
  readonly kind?: number;
  readonly peer?: string;
  readonly uses?: number;
  readonly perMinute?: number;
  readonly used?: number;
  readonly minuteAgo?: number;
  readonly left?: number;
  readonly until?: number;
};

export type VectorQuestion = {
  readonly source: 'app' | 'computer' | 'stranger';
  readonly method: string;
  readonly kind?: number;
  readonly peer?: string;
  readonly createdAt: number;
};

export type Decided = {
  readonly name: string;
  readonly question: VectorQuestion;
  /** `unknown`: no record of that app. */
  readonly app: 'paired' | 'revoked' | 'damaged' | 'unknown';
  readonly suspended: boolean;
  readonly grants: readonly VectorGrant[];
  readonly answer: 'never' | 'refuse' | 'ask' | 'allow';
  readonly why: string;
  readonly grant?: number;
};

/** The account itself, and two others. */
export const accountKey = 'aa'.repeat(32);
const friend = 'bb'.repeat(32);
const other = 'cc'.repeat(32);
const createdAt = 1_700_000_000;

type Rest = Partial<Pick<Decided, 'app' | 'suspended' | 'grant'>> & { readonly source?: VectorQuestion['source'] };

function decided(
  name: string,
  question: Omit<VectorQuestion, 'source' | 'createdAt'>,
  grants: readonly VectorGrant[],
  words: string,
  { source = 'app', app = 'paired', suspended = false, grant }: Rest = {},
): Decided {
  const [said, why = ''] = words.split(' ');
  const answer = (['never', 'refuse', 'ask', 'allow'] as const).find((one) => one === said);
  if (answer === undefined) throw new Error(words);
  const base: Decided = { name, question: { source, ...question, createdAt }, app, suspended, grants, answer, why };
  return grant === undefined ? base : { ...base, grant };
}

const sign = (kind: number) => ({ method: 'sign_event', kind }) as const;
const decrypt = (peer: string) => ({ method: 'nip44_decrypt', peer }) as const;
const allow = (about: Omit<VectorGrant, 'id' | 'verdict'>, id = 1): VectorGrant => ({ id, verdict: 'allow', ...about });
const deny = (about: Omit<VectorGrant, 'id' | 'verdict'>, id = 2): VectorGrant => ({ id, verdict: 'deny', ...about });
const first = { grant: 1 };
const second = { grant: 2 };
const alwaysAsked = [0, 3, 5, 13, 1_059, 10_000, 10_001, 10_002, 10_050, 22_242, 24_242, 27_235];

export function grantVectors(): { readonly account: string; readonly decided: readonly Decided[] } {
  return { account: accountKey, decided: [...signing(), ...peers(), ...limited(), ...others()] };
}

function signing(): readonly Decided[] {
  return [
    ...neverSigned.map((kind) => decided(`kind ${kind}`, sign(kind), [allow(sign(kind))], 'never never_signed')),
    ...alwaysAsked.map((kind) => decided(`kind ${kind}, not named`, sign(kind), [allow(sign(1))], 'ask always_ask')),
    ...alwaysAsked.map((kind) =>
      decided(`kind ${kind}, named`, sign(kind), [allow(sign(kind))], 'allow granted', first),
    ),
    decided('no grant', sign(1), [], 'ask no_grant'),
    decided('a grant', sign(1), [allow(sign(1))], 'allow granted', first),
    decided('of another kind', sign(1), [allow(sign(2))], 'ask no_grant'),
    decided('denied', sign(1), [deny(sign(1))], 'never denied', second),
    decided('denied and granted', sign(1), [allow(sign(1)), deny(sign(1)), allow(sign(1), 3)], 'never denied', second),
  ];
}

function peers(): readonly Decided[] {
  return [
    decided('no grant for a peer', decrypt(friend), [], 'ask no_grant'),
    decided('every peer', decrypt(friend), [allow({ method: 'nip44_decrypt' })], 'allow granted', first),
    decided('this peer', decrypt(friend), [allow(decrypt(friend))], 'allow granted', first),
    decided('another peer', decrypt(friend), [allow(decrypt(other))], 'ask no_grant'),
    decided('another method', decrypt(friend), [allow({ method: 'nip04_decrypt', peer: friend })], 'ask no_grant'),
    decided('oneself, every peer', decrypt(accountKey), [allow({ method: 'nip44_decrypt' })], 'ask own'),
    decided('oneself, named', decrypt(accountKey), [allow(decrypt(accountKey))], 'allow granted', first),
    decided(
      'oneself, every peer denied',
      decrypt(accountKey),
      [allow(decrypt(accountKey)), deny({ method: 'nip44_decrypt' })],
      'never denied',
      second,
    ),
  ];
}

function limited(): readonly Decided[] {
  const rate = (used: number, minuteAgo: number) => [allow({ ...sign(1), perMinute: 3, used, minuteAgo })];
  return [
    decided('one use left', sign(1), [allow({ ...sign(1), uses: 1 })], 'allow granted', first),
    decided(
      'without a count first',
      sign(1),
      [allow({ ...sign(1), uses: 5 }), allow(sign(1), 2)],
      'allow granted',
      second,
    ),
    decided('within the rate', sign(1), rate(2, 59_999), 'allow granted', first),
    decided('at the rate', sign(1), rate(3, 59_999), 'ask rate'),
    decided('a new minute', sign(1), rate(3, 60_000), 'allow granted', first),
    decided('one millisecond left', sign(1), [allow({ ...sign(1), left: 1 })], 'allow granted', first),
    decided('time is over', sign(1), [allow({ ...sign(1), left: 0 })], 'ask no_grant'),
    decided('dated at the end', sign(1), [allow({ ...sign(1), left: 9, until: createdAt })], 'allow granted', first),
    decided('dated past the end', sign(1), [allow({ ...sign(1), left: 9, until: createdAt - 1 })], 'ask no_grant'),
  ];
}

function others(): readonly Decided[] {
  const grants = [allow(sign(1))];
  return [
    decided('get_public_key', { method: 'get_public_key' }, [], 'allow free'),
    decided('ping', { method: 'ping' }, [], 'allow free', { suspended: true }),
    decided('a method that nobody knows', { method: 'nip44_get_key' }, [], 'refuse unknown_method'),
    decided('sign_event without a kind', { method: 'sign_event' }, grants, 'refuse malformed'),
    decided('nip44_decrypt without a peer', { method: 'nip44_decrypt' }, grants, 'refuse malformed'),
    decided('suspended', sign(1), grants, 'ask suspended', { suspended: true }),
    decided('suspended and denied', sign(1), [deny(sign(1))], 'never denied', { suspended: true, grant: 2 }),
    decided('a computer in its own name', sign(1), grants, 'ask computer', { source: 'computer' }),
    decided('an unknown computer', sign(1), grants, 'ask unknown_computer', { source: 'stranger' }),
    decided('a computer, a kind that is never signed', sign(24_133), [], 'never never_signed', { source: 'computer' }),
    decided('an unknown app', sign(1), [], 'refuse unknown_client', { app: 'unknown' }),
    decided('a revoked app', sign(1), grants, 'refuse revoked', { app: 'revoked' }),
    decided('a damaged record', sign(1), grants, 'refuse damaged', { app: 'damaged' }),
  ];
}
