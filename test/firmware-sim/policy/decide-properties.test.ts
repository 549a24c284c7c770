/** What holds of the decision for any question, any grants, any clock. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decide,
  type PolicyClock,
  type Question,
  type Standing,
} from '../../../firmware-sim/src/firmware/policy/decide.ts';
import { type Grant, keyMethods } from '../../../firmware-sim/src/firmware/policy/grant.ts';
import { key, today } from '../../support/policy-bench.ts';

const numRuns = 1_000;
const peers = [key(1), key(2), key(3)];
const peer = fc.option(fc.constantFrom(...peers));
const kind = fc.option(fc.constantFrom(0, 1, 3, 7, 14, 15, 1_059, 24_133, 27_235));
/** No limit, as often as one. */
const count = fc.option(fc.integer({ min: 0, max: 3 }), { freq: 1 });
const when = fc.integer({ min: 0, max: 200_000 });

const anyGrant: fc.Arbitrary<Grant> = fc.record({
  id: fc.integer({ min: 1, max: 0xffff }),
  verdict: fc.constantFrom('allow', 'allow', 'allow', 'deny'),
  method: fc.constantFrom(...keyMethods, 'sign_event'),
  kind,
  peer,
  uses: count,
  perMinute: count,
  session: fc.boolean(),
  ends: fc.option(
    fc.record({ uptime: when, ms: when, signed: fc.option(fc.constantFrom(today - 1, today, today + 1)) }),
  ),
  recent: fc.array(
    when.chain((from) =>
      fc.record({ from: fc.constant(from), last: fc.constant(from), used: fc.integer({ min: 1, max: 4 }) }),
    ),
    { maxLength: 3 },
  ),
});

/** Of the shape that flash holds. */
const aGrant = anyGrant.map((one) =>
  one.method === 'sign_event' ? { ...one, kind: one.kind ?? 1, peer: null } : { ...one, kind: null },
);

/** Grants about the same few things as the questions, so that they meet. */
const grants = fc.uniqueArray(aGrant, { maxLength: 8, selector: ({ id }) => id });
const aRecord: fc.Arbitrary<Standing | null> = fc.option(
  fc.record({ state: fc.constantFrom('paired', 'paired', 'paired', 'revoked', 'damaged'), grants }),
  { freq: 8 },
);
const aQuestion: fc.Arbitrary<Question> = fc
  .record({
    source: fc.constantFrom('app', 'app', 'app', 'computer', 'stranger'),
    method: fc.constantFrom(...keyMethods, ...keyMethods, 'get_public_key', 'ping', 'describe'),
    kind,
    peer,
    own: fc.boolean(),
    createdAt: fc.constantFrom(today - 1, today, today + 1, 0, 0xffff_ffff),
  })
  .map((asked) => {
    const whole = asked.method === 'sign_event' ? { kind: asked.kind ?? 1, peer: null } : { kind: null };
    // Mostly whole; the own peer is always the same one.
    return { ...asked, ...(asked.createdAt === 0 ? {} : whole), own: asked.peer === peers[0] };
  });
const aClock: fc.Arbitrary<PolicyClock> = fc.record({ now: when, suspended: fc.boolean() });

const width = { never: 0, refuse: 0, ask: 1, allow: 2 };
const widthOf = (asked: Question, record: Standing | null, clock: PolicyClock): number =>
  width[decide(asked, record, clock).answer];

test('a deny rule never widens, whatever it is about and wherever it stands', () => {
  fc.assert(
    fc.property(aQuestion, grants, aGrant, fc.nat(8), aClock, (asked, given, rule, at, clock) => {
      const before: Standing = { state: 'paired', grants: given };
      const after: Standing = { state: 'paired', grants: given.toSpliced(at, 0, { ...rule, verdict: 'deny' }) };
      return widthOf(asked, after, clock) <= widthOf(asked, before, clock);
    }),
    { numRuns },
  );
});

test('taking a grant away never widens, unless it was a deny rule', () => {
  fc.assert(
    fc.property(aQuestion, grants, fc.nat(8), aClock, (asked, given, at, clock) => {
      const taken = given[at];
      if (taken === undefined || taken.verdict === 'deny') return true;
      const less = given.toSpliced(at, 1);
      return (
        widthOf(asked, { state: 'paired', grants: less }, clock) <=
        widthOf(asked, { state: 'paired', grants: given }, clock)
      );
    }),
    { numRuns },
  );
});

test('a grant widens nothing but what it names: another method, kind or peer is answered as before', () => {
  fc.assert(
    fc.property(aQuestion, grants, aGrant, aClock, (asked, given, one, clock) => {
      const about =
        one.method === asked.method &&
        (one.method === 'sign_event' ? one.kind === asked.kind : one.peer === null || one.peer === asked.peer);
      if (about) return true;
      const with_ = decide(asked, { state: 'paired', grants: [...given, one] }, clock);
      return JSON.stringify(with_) === JSON.stringify(decide(asked, { state: 'paired', grants: given }, clock));
    }),
    { numRuns },
  );
});

test('only a paired app is ever allowed anything, only by a grant of its own that names it, and never while suspended', () => {
  let allowed = 0;
  fc.assert(
    fc.property(aQuestion, aRecord, aClock, fc.nat(8), (any, record, clock, at) => {
      // Mostly about what one of the grants is about.
      const { method, kind: of, peer: whom } = record?.grants[at % record.grants.length] ?? any;
      const asked: Question = { ...any, method, kind: of, peer: whom, own: whom === peers[0] };
      const found = decide(asked, record, clock);
      if (found.answer !== 'allow') return true;
      if (asked.source !== 'app' || record?.state !== 'paired') return false;
      if (found.why === 'free') return ['get_public_key', 'ping'].includes(asked.method);
      allowed += 1;
      const one = record.grants.find(({ id, verdict }) => id === found.grant && verdict === 'allow');
      if (one === undefined || clock.suspended || one.method !== asked.method) return false;
      if (one.method === 'sign_event') return one.kind === asked.kind && ![14, 15, 24_133].includes(asked.kind ?? 0);
      return asked.own ? one.peer === asked.peer : one.peer === null || one.peer === asked.peer;
    }),
    { numRuns: 6 * numRuns },
  );
  expect(allowed).toBeGreaterThan(100);
});

test('a computer is never answered more than a question, and an unknown one the same', () => {
  fc.assert(
    fc.property(aQuestion, aRecord, aClock, (asked, record, clock) => {
      const found = decide({ ...asked, source: asked.createdAt % 2 === 0 ? 'computer' : 'stranger' }, record, clock);
      return found.answer !== 'allow';
    }),
    { numRuns },
  );
});

test('time never widens a time grant, and suspension never widens anything', () => {
  fc.assert(
    fc.property(aQuestion, aRecord, aClock, when, (asked, record, clock, later) => {
      const timed: Standing | null =
        record === null ? null : { ...record, grants: record.grants.map((one) => ({ ...one, perMinute: null })) };
      const after = { ...clock, now: clock.now + later };
      return (
        widthOf(asked, timed, after) <= widthOf(asked, timed, clock) &&
        widthOf(asked, record, { ...clock, suspended: true }) <= widthOf(asked, record, { ...clock, suspended: false })
      );
    }),
    { numRuns },
  );
});

test('it is total, and pure: anything of the right shape has one answer, twice the same', () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.constant(Number.NaN));
  const anything: fc.Arbitrary<Question> = fc.record({
    source: fc.constantFrom('app', 'computer', 'stranger'),
    method: fc.oneof(fc.constantFrom(...keyMethods, 'connect', 'logout', '__proto__', 'constructor'), fc.string()),
    kind: fc.option(number),
    peer: fc.option(fc.uint8Array({ maxLength: 40 })),
    own: fc.boolean(),
    createdAt: number,
  });
  const clock = fc.record({ now: number, suspended: fc.boolean() });
  fc.assert(
    fc.property(anything, aRecord, clock, (asked, record, at) => {
      const frozen = JSON.stringify([asked, record]);
      const found = decide(asked, record, at);
      expect(['never', 'refuse', 'ask', 'allow']).toContain(found.answer);
      expect(found.why.length).toBeGreaterThan(0);
      expect(decide(asked, record, at)).toEqual(found);
      expect(JSON.stringify([asked, record])).toBe(frozen);
    }),
    { numRuns },
  );
});
