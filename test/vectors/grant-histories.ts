/**
 * The histories of grants.json: grants that are given, and questions that come after them, with what a device decides. Written by hand out
 * of chapter 19. Times are milliseconds of uptime; created_at is what the app signed.
 */
import type { RequestOf } from '@sallyport/device-protocol';
import { hexOf } from './diagnostic.ts';
import { accountKey } from './grants.ts';

type Grant = Omit<RequestOf<'grants_propose'>['grants'][number], 'peer'> & { readonly peer?: string };
export type GrantQuestion = {
  readonly source?: 'app' | 'computer' | 'stranger';
  readonly method: string;
  readonly kind?: number;
  readonly peer?: string;
};
export type GrantStep =
  | { readonly give: Grant; readonly at: number; readonly created_at: number | null }
  | {
      readonly ask: GrantQuestion;
      readonly at: number;
      readonly created_at: number;
      readonly answer: 'allow' | 'ask' | 'never' | 'refuse';
      readonly why: string;
      readonly grant?: number;
    }
  | { readonly suspended: boolean };

const anna = hexOf(new Uint8Array(32).fill(0xa1));
const bert = hexOf(new Uint8Array(32).fill(0xb2));
/** The account that the app is paired with. */
const own = accountKey;
const day0 = 1_700_000_000;
const hour = 3_600_000;

const sign = (kind: number): GrantQuestion => ({ method: 'sign_event', kind });
const read = (peer: string): GrantQuestion => ({ method: 'nip44_decrypt', peer });
const allow = { id: 0, verdict: 'allow' } as const;
const deny = { id: 0, verdict: 'deny' } as const;
const notes = { ...allow, method: 'sign_event', kind: 1 } as const;
const reading = { ...allow, method: 'nip44_decrypt' } as const;

const give = (grant: Grant, at = 0, created_at: number | null = null): GrantStep => ({ give: grant, at, created_at });
const asked = (ask: GrantQuestion, why: string, at = 1_000, created_at = day0): GrantStep => ({
  ask,
  at,
  created_at,
  answer: 'ask',
  why,
});
const allowed = (ask: GrantQuestion, grant: number, at = 1_000, created_at = day0): GrantStep => ({
  ask,
  at,
  created_at,
  answer: 'allow',
  why: 'granted',
  grant,
});
const never = (ask: GrantQuestion, grant: number): GrantStep => ({
  ask,
  at: 1_000,
  created_at: day0,
  answer: 'never',
  why: 'denied',
  grant,
});
type Row = { readonly name: string; readonly steps: readonly GrantStep[] };

const peers: readonly Row[] = [
  {
    name: 'a grant for a peer is for this one',
    steps: [give({ ...reading, peer: anna }), allowed(read(anna), 1), asked(read(bert), 'no_grant')],
  },
  {
    name: 'a grant without a peer is for all but the account itself',
    steps: [give(reading), allowed(read(anna), 1), allowed(read(bert), 1), asked(read(own), 'own')],
  },
  { name: 'the account itself is granted by name', steps: [give({ ...reading, peer: own }), allowed(read(own), 1)] },
  {
    name: 'NIP-04 is another method',
    steps: [give(reading), asked({ method: 'nip04_decrypt', peer: anna }, 'no_grant')],
  },
];

const denials: readonly Row[] = [
  {
    name: 'one denial outweighs every grant',
    steps: [
      give(reading),
      give({ ...reading, peer: anna }),
      give({ ...deny, method: 'nip44_decrypt' }),
      never(read(anna), 3),
      never(read(own), 3),
    ],
  },
  {
    name: 'a denial for a peer is for this one',
    steps: [
      give({ ...deny, method: 'nip44_decrypt', peer: anna }),
      give(reading),
      never(read(anna), 1),
      allowed(read(bert), 2),
    ],
  },
  {
    name: 'a denial for a kind',
    steps: [give({ ...deny, method: 'sign_event', kind: 1 }), never(sign(1), 1), asked(sign(6), 'no_grant')],
  },
];

const ends: readonly Row[] = [
  {
    name: 'so many uses, then it asks',
    steps: [give({ ...notes, uses: 2 }), allowed(sign(1), 1), allowed(sign(1), 1), asked(sign(1), 'no_grant')],
  },
  {
    name: 'a use that another grant allows without counting is not counted',
    steps: [give({ ...reading, peer: anna, uses: 1 }), give(reading), allowed(read(anna), 2), allowed(read(anna), 2)],
  },
  {
    name: 'so many in any minute of uptime, then it asks, then it goes on',
    steps: [
      give({ ...notes, perMinute: 2 }),
      allowed(sign(1), 1, 70_000),
      allowed(sign(1), 1, 110_000),
      asked(sign(1), 'rate', 110_001),
      asked(sign(1), 'rate', 129_999),
      allowed(sign(1), 1, 130_000),
      // A minute that began with the first use would give two more here: four within 20,001 ms.
      asked(sign(1), 'rate', 130_001),
      asked(sign(1), 'rate', 169_999),
      allowed(sign(1), 1, 170_000),
    ],
  },
  {
    name: 'an hour of uptime',
    steps: [give({ ...notes, ms: hour }, 500), allowed(sign(1), 1, hour + 499), asked(sign(1), 'no_grant', hour + 500)],
  },
  {
    name: 'an hour that the app’s own dates end',
    steps: [
      give({ ...notes, ms: hour }, 0, day0),
      allowed(sign(1), 1, 1_000, day0 + 3_600),
      asked(sign(1), 'no_grant', 2_000, day0 + 3_601),
    ],
  },
  {
    name: 'an older date extends nothing',
    steps: [give({ ...notes, ms: hour }, 0, day0), asked(sign(1), 'no_grant', hour, day0 - 86_400)],
  },
];

const names: readonly Row[] = [
  {
    name: 'what a computer asks in its own name is asked, whatever is granted',
    steps: [
      give(notes),
      asked({ ...sign(1), source: 'computer' }, 'computer'),
      asked({ ...sign(1), source: 'stranger' }, 'unknown_computer'),
      allowed(sign(1), 1),
    ],
  },
  {
    name: 'the emergency key: all grants rest, denials do not',
    steps: [
      give(notes),
      give({ ...deny, method: 'sign_event', kind: 7 }),
      { suspended: true },
      asked(sign(1), 'suspended'),
      never(sign(7), 2),
      { suspended: false },
      allowed(sign(1), 1),
    ],
  },
];

/** Each begins with a paired app without grants; ids are 1, 2, … A use that is allowed is used. */
export function grantHistories() {
  return [...peers, ...denials, ...ends, ...names];
}
