/** The decision function, case by case: every method, every class of kinds, own and other peers, every state of the app, suspended and not. */
import { describe, expect, test } from 'vitest';
import {
  alwaysAsk,
  decide,
  freeMethods,
  needsHold,
  type Question,
  type Source,
  type Standing,
} from '../../../firmware-sim/src/firmware/policy/decide.ts';
import { type Grant, type KeyMethod, keyMethods } from '../../../firmware-sim/src/firmware/policy/grant.ts';
import { key, today } from '../../support/policy-bench.ts';

const self = key(500);
const friend = key(501);
const other = key(502);

const question = (fields: Partial<Question>): Question => ({
  source: 'app',
  method: 'sign_event',
  kind: null,
  peer: null,
  own: fields.peer === self,
  createdAt: today,
  ...fields,
});

const grant = (fields: Partial<Grant>): Grant => ({
  id: 1,
  verdict: 'allow',
  method: 'sign_event',
  kind: null,
  peer: null,
  uses: null,
  perMinute: null,
  session: false,
  ends: null,
  recent: [],
  ...fields,
});

const app = (...grants: readonly Grant[]): Standing => ({ state: 'paired', grants });
const clock = { now: 1_000_000, suspended: false };

/** As one line: `ask no_grant`, `allow 3`. */
function verdict(asked: Question, record: Standing | null, at = clock): string {
  const found = decide(asked, record, at);
  return 'grant' in found && found.answer === 'allow' ? `allow ${found.grant}` : `${found.answer} ${found.why}`;
}

/** The table of kinds: what is answered without a grant, and with a grant that names exactly this kind. */
const kinds: readonly (readonly [kind: number, alone: string, granted: string])[] = [
  ...[14, 15, 24_133].map((kind) => [kind, 'never never_signed', 'never never_signed'] as const),
  ...[0, 3, 5, 13, 1_059, 10_000, 10_001, 10_002, 10_050, 22_242, 24_242, 27_235].map(
    (kind) => [kind, 'ask always_ask', 'allow 1'] as const,
  ),
  ...[1, 4, 6, 7, 16, 1_060, 1_111, 9_735, 10_003, 20_000, 22_241, 24_132, 30_023, 65_535].map(
    (kind) => [kind, 'ask no_grant', 'allow 1'] as const,
  ),
];

/** The table of peers: a grant without a peer, with this peer, with another one. */
const peers: readonly (readonly [peer: Uint8Array, alone: string, wide: string, named: string, elsewhere: string])[] = [
  [friend, 'ask no_grant', 'allow 1', 'allow 1', 'ask no_grant'],
  [self, 'ask own', 'ask own', 'allow 1', 'ask own'],
];

const textMethods = keyMethods.filter((method) => method !== 'sign_event');

describe('signing', () => {
  test.each(kinds)('kind %i', (kind, alone, granted) => {
    const asked = question({ kind });
    expect(verdict(asked, app())).toBe(alone);
    expect(verdict(asked, app(grant({ kind })))).toBe(granted);
    for (const [another] of kinds)
      if (another !== kind) expect(verdict(asked, app(grant({ kind: another })))).toBe(alone);
    for (const method of textMethods) expect(verdict(asked, app(grant({ method })))).toBe(alone);
    expect(needsHold(asked)).toBe(alwaysAsk.includes(kind));
  });

  test('every kind that there is has its answer', () => {
    const named = new Map(kinds.map(([kind, alone]) => [kind, alone]));
    for (let kind = 0; kind <= 0xffff; kind++) {
      const usual = named.get(kind) ?? 'ask no_grant';
      if (verdict(question({ kind }), app()) !== usual) throw new Error(`kind ${kind}`);
    }
  });
});

describe.each(textMethods)('%s', (method) => {
  test.each(peers)('a peer', (peer, alone, wide, named, elsewhere) => {
    const asked = question({ method, peer, own: peer === self });
    expect(verdict(asked, app())).toBe(alone);
    expect(verdict(asked, app(grant({ method })))).toBe(wide);
    expect(verdict(asked, app(grant({ method, peer: peer.slice() })))).toBe(named);
    expect(verdict(asked, app(grant({ method, peer: other })))).toBe(elsewhere);
    for (const another of keyMethods) {
      if (another === method) continue;
      const kind = another === 'sign_event' ? 1 : null;
      expect(verdict(asked, app(grant({ method: another, kind }), grant({ method: another, kind, peer })))).toBe(alone);
    }
    expect(needsHold(asked)).toBe(peer === self);
  });
});

/** Something allowed, for every method that uses the key. */
const allowed: readonly (readonly [Question, Grant])[] = keyMethods.flatMap((method) =>
  method === 'sign_event'
    ? [1, 0, 27_235].map((kind) => [question({ kind }), grant({ kind })] as const)
    : [friend, self].map((peer) => [question({ method, peer, own: peer === self }), grant({ method, peer })] as const),
);
const nameOf = ({ method, kind, own }: Question): string => `${method} ${kind ?? (own ? 'own' : 'friend')}`;

describe.each(allowed.map(([asked, given]) => [nameOf(asked), asked, given] as const))(
  '%s, granted',
  (_, asked, given) => {
    test('is allowed', () => expect(verdict(asked, app(given))).toBe('allow 1'));

    test('in the name of a computer it is asked, whatever the record', () => {
      for (const record of [null, app(given)]) {
        expect(verdict({ ...asked, source: 'computer' }, record)).toBe('ask computer');
        expect(verdict({ ...asked, source: 'stranger' }, record)).toBe('ask unknown_computer');
      }
    });

    test('of an app that is not, or not any more, it is refused', () => {
      expect(verdict(asked, null)).toBe('refuse unknown_client');
      expect(verdict(asked, { ...app(given), state: 'revoked' })).toBe('refuse revoked');
      expect(verdict(asked, { ...app(given), state: 'damaged' })).toBe('refuse damaged');
    });

    test('while grants are suspended it is asked', () => {
      expect(verdict(asked, app(given), { ...clock, suspended: true })).toBe('ask suspended');
    });

    test('one deny rule outweighs all grants, before and after them, suspended or not', () => {
      const deny = grant({ ...given, id: 9, verdict: 'deny' });
      const wide = asked.peer === null ? deny : { ...deny, peer: null };
      for (const rule of [deny, wide]) {
        for (const grants of [[rule], [given, rule], [rule, given], [given, given, rule, given]]) {
          for (const suspended of [false, true]) {
            expect(decide(asked, app(...grants), { ...clock, suspended })).toEqual({
              answer: 'never',
              why: 'denied',
              grant: 9,
            });
          }
        }
      }
      const elsewhere = asked.peer === null ? { ...deny, kind: 2 } : { ...deny, peer: other };
      expect(verdict(asked, app(given, elsewhere))).toBe('allow 1');
    });

    test('a count, a rate and a time end it', () => {
      const spent = asked.own ? 'ask own' : needsHold(asked) ? 'ask always_ask' : 'ask no_grant';
      expect(verdict(asked, app({ ...given, uses: 1 }))).toBe('allow 1');
      expect(verdict(asked, app({ ...given, uses: 0 }))).toBe(spent);
      const rated = (used: number, began: number) =>
        app({ ...given, perMinute: 3, recent: [{ from: began, last: began, used }] });
      expect(verdict(asked, rated(2, clock.now))).toBe('allow 1');
      expect(verdict(asked, rated(3, clock.now))).toBe('ask rate');
      expect(verdict(asked, rated(3, clock.now - 59_999))).toBe('ask rate');
      expect(verdict(asked, rated(3, clock.now - 60_000))).toBe('allow 1');
      // An uptime that goes back is a fault of the board: it gives nothing.
      expect(verdict(asked, rated(3, clock.now + 5))).toBe('ask rate');
      const until = (uptime: number, signed: number | null) => app({ ...given, ends: { uptime, signed, ms: 60_000 } });
      expect(verdict(asked, until(clock.now + 1, null))).toBe('allow 1');
      expect(verdict(asked, until(clock.now, null))).toBe(spent);
      expect(verdict(asked, until(clock.now + 1, today))).toBe('allow 1');
      expect(verdict(asked, until(clock.now + 1, today - 1))).toBe(spent);
    });

    test('a grant without a count is used before one with', () => {
      const counted = { ...given, id: 1, uses: 5 };
      const free = { ...given, id: 2 };
      expect(verdict(asked, app(counted, free))).toBe('allow 2');
      expect(
        verdict(
          asked,
          app(counted, { ...free, perMinute: 1, recent: [{ from: clock.now, last: clock.now, used: 1 }] }),
        ),
      ).toBe('allow 1');
    });
  },
);

describe('what no grant is about', () => {
  test.each(freeMethods)('%s: free for a paired app, nobody else', (method) => {
    const asked = question({ method });
    expect(verdict(asked, app())).toBe('allow free');
    expect(verdict(asked, app(), { ...clock, suspended: true })).toBe('allow free');
    expect(verdict(asked, null)).toBe('refuse unknown_client');
    expect(verdict(asked, { state: 'revoked', grants: [] })).toBe('refuse revoked');
    expect(verdict({ ...asked, source: 'computer' }, null)).toBe('refuse unknown_method');
    expect(verdict({ ...asked, source: 'stranger' }, null)).toBe('refuse not_paired');
  });

  test.each(['', 'SIGN_EVENT', 'sign_event ', 'get_relays', 'create_account', '__proto__', 'nip44_get_key'])(
    '%s is not known',
    (method) => {
      for (const source of ['app', 'computer', 'stranger'] satisfies Source[]) {
        expect(verdict(question({ method, source }), app())).toBe('refuse unknown_method');
      }
    },
  );

  test.each([
    { method: 'sign_event', kind: null },
    { method: 'sign_event', kind: 65_536 },
    { method: 'sign_event', kind: -1 },
    { method: 'sign_event', kind: 1.5 },
    { method: 'sign_event', kind: Number.NaN },
    { method: 'sign_event', kind: 1, peer: friend },
    { method: 'nip44_decrypt', peer: null },
    { method: 'nip44_decrypt', peer: new Uint8Array(31) },
    { method: 'nip44_decrypt', peer: friend, kind: 1 },
  ] satisfies Partial<Question>[])('%o is no question', (fields) => {
    for (const source of ['app', 'computer', 'stranger'] satisfies Source[]) {
      const grants = keyMethods.flatMap((method: KeyMethod) => [grant({ method, kind: 1 }), grant({ method })]);
      expect(verdict(question({ ...fields, source }), app(...grants))).toBe('refuse malformed');
    }
  });

  test.each([14, 15, 24_133])('kind %i is never signed, whoever asks and whatever the record', (kind) => {
    for (const source of ['app', 'computer', 'stranger'] satisfies Source[]) {
      for (const record of [null, app(), app(grant({ kind }))]) {
        expect(verdict(question({ kind, source }), record)).toBe('never never_signed');
      }
    }
  });
});
