/**
 * freshness.json: what an app signs, in the order in which it comes, and what a device makes of it. Written by hand out of chapter 17;
 * the outcomes are the same for every ring of 512 to 1,024 entries, however many fall out of it at once.
 */
import { createHash } from 'node:crypto';

const paired = 1_700_000_000;
const day = 86_400;

type Verdict = 'accepted' | 'replayed' | 'invalid_params';
/** One event, or as many as `count` says, each `every` seconds after the one before; their ids are numbered from `from` on. */
export type FreshnessStep =
  | { readonly event: number; readonly created_at: number; readonly verdict: Verdict }
  | {
      readonly from: number;
      readonly count: number;
      readonly created_at: number;
      readonly every: number;
      readonly verdict: Verdict;
    }
  | { readonly revoked: true }
  | { readonly paired: number; readonly created_at: number; readonly verdict: Verdict };

const one = (event: number, created_at: number, verdict: Verdict): FreshnessStep => ({ event, created_at, verdict });
const run = (from: number, count: number, created_at: number, every: number, verdict: Verdict): FreshnessStep => ({
  from,
  count,
  created_at,
  every,
  verdict,
});

const sequences: readonly { readonly name: string; readonly steps: readonly FreshnessStep[] }[] = [
  {
    name: 'the second of the pairing is taken, the one before is not',
    steps: [
      one(1, paired, 'accepted'),
      one(2, paired, 'accepted'),
      one(3, paired - 1, 'replayed'),
      one(4, paired - day, 'replayed'),
      one(5, 0, 'replayed'),
    ],
  },
  { name: 'the event of the pairing is in the ring', steps: [one(0, paired, 'replayed')] },
  {
    name: 'an event is taken once',
    steps: [one(1, paired + 5, 'accepted'), one(1, paired + 5, 'replayed'), one(1, paired + 5, 'replayed')],
  },
  {
    name: 'events come in any order',
    steps: [
      one(1, paired + 90, 'accepted'),
      one(2, paired + 10, 'accepted'),
      one(3, paired + 50, 'accepted'),
      one(4, paired + 10, 'accepted'),
      one(2, paired + 10, 'replayed'),
      one(1, paired + 90, 'replayed'),
    ],
  },
  {
    name: 'a burst of 500 in one second is taken whole, and each of it once',
    steps: [
      run(1, 500, paired + 60, 0, 'accepted'),
      run(1, 500, paired + 60, 0, 'replayed'),
      one(501, paired + 60, 'accepted'),
      one(502, paired + 61, 'accepted'),
    ],
  },
  {
    name: 'what fell out of the ring stays refused, and so does everything of its time',
    steps: [
      run(1, 3_000, paired + 1, 1, 'accepted'),
      one(1, paired + 1, 'replayed'),
      one(700, paired + 700, 'replayed'),
      one(2_999, paired + 2_999, 'replayed'),
      one(5_000, paired + 100, 'replayed'),
      one(5_001, paired + 1_500, 'replayed'),
      one(5_002, paired + 2_999, 'accepted'),
      one(5_003, paired + 3_001, 'accepted'),
    ],
  },
  {
    name: 'a date of next year keeps nobody out but itself',
    steps: [
      one(1, paired + 365 * day, 'accepted'),
      run(2, 2_000, paired + 1, 1, 'accepted'),
      one(5_000, paired + 2_001, 'accepted'),
      one(1, paired + 365 * day, 'replayed'),
      one(5_001, paired + 2_002, 'accepted'),
    ],
  },
  {
    name: 'after a long pause the app goes on, and what it had asked before stays refused',
    steps: [
      run(1, 2_000, paired + 1, 1, 'accepted'),
      run(5_000, 2_000, paired + 30 * day, 1, 'accepted'),
      one(1, paired + 1, 'replayed'),
      one(1_999, paired + 1_999, 'replayed'),
      one(9_000, paired + 30 * day + 2_000, 'accepted'),
    ],
  },
  {
    name: 'a date that no device can keep',
    steps: [
      one(1, 4_294_967_296, 'invalid_params'),
      one(2, 1_700_000_000_000, 'invalid_params'),
      one(3, 4_294_967_295, 'accepted'),
      one(4, paired + 1, 'accepted'),
    ],
  },
  {
    name: 'a revocation forgets nothing of what was asked',
    steps: [
      run(1, 50, paired + 1, 1, 'accepted'),
      { revoked: true },
      { paired: 100, created_at: paired + 100, verdict: 'accepted' },
      one(50, paired + 50, 'replayed'),
      one(101, paired + 99, 'replayed'),
      one(100, paired + 100, 'replayed'),
      one(102, paired + 100, 'accepted'),
    ],
  },
  {
    name: 'the event of an earlier pairing pairs nobody again',
    steps: [
      one(1, paired + 5, 'accepted'),
      { revoked: true },
      { paired: 0, created_at: paired, verdict: 'replayed' },
      { paired: 2, created_at: paired + 10, verdict: 'accepted' },
    ],
  },
];

/** The id of the event of this number. */
export function freshnessId(number: number): string {
  return createHash('sha256').update(`event ${number}`).digest('hex');
}

export function freshnessVectors() {
  return {
    about:
      `Each sequence begins with an app that was just paired by event 0, whose created_at is ${paired}. event: its number; its id is SHA-256 of ` +
      'the ASCII text "event N". count: so many events in a row, numbered from `from` on, each `every` seconds after the one before, all with ' +
      'this verdict. revoked: the app is revoked. paired: it is paired again by this event.',
    paired_at: paired,
    paired_by: freshnessId(0),
    example: { event: 1, id: freshnessId(1) },
    sequences,
  };
}
