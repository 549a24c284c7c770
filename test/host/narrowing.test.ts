/** Kill switch, pauses and rules: they only narrow, each says why, and what is kept is read back as it was. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  change,
  checks,
  everybody,
  type NarrowChange,
  type Narrowing,
  narrowed,
  noNarrowing,
  rulesMax,
} from '../../host/src/core/narrowing/narrowing.ts';
import { narrowingText, parseNarrowing } from '../../host/src/core/narrowing/narrowing-text.ts';

const alice = 'aa'.repeat(32);
const bob = 'bb'.repeat(32);
const note = { client: alice, method: 'sign_event', kind: 1 };
const with_ = (...changes: NarrowChange[]): Narrowing =>
  changes.reduce((all, one) => change(all, one, 1_000) ?? all, noNarrowing);
const rule = (over: object) => ({ client: null, method: null, kind: null, note: '', ...over });

test('without anything said, everything goes on to the device, and every check says why', () => {
  expect(narrowed(noNarrowing, note, 0)).toBeNull();
  expect(checks(noNarrowing, note, 0).map(({ about, passed }) => [about, passed])).toEqual([
    ['kill_switch', true],
    ['pause', true],
    ['app_pause', true],
    ['rule', true],
  ]);
});

test('the kill switch refuses everything but leaving, until somebody resumes', () => {
  const killed = with_({ type: 'kill' });
  for (const method of ['sign_event', 'ping', 'connect', 'nip44_decrypt', 'get_public_key'])
    expect(narrowed(killed, { client: bob, method, kind: null }, 0)).toMatchObject({ code: 'paused' });
  expect(narrowed(killed, { client: bob, method: 'logout', kind: null }, 0)).toBeNull();
  expect(narrowed(change(killed, { type: 'resume', client: alice }, 0) ?? killed, note, 0)).not.toBeNull();
  expect(narrowed(change(killed, { type: 'resume', client: everybody }, 0) ?? killed, note, 0)).toBeNull();
});

test('a pause of one app is for that app, and ends by its time', () => {
  const paused = with_({ type: 'pause', client: alice, until: 61_000 });
  expect(narrowed(paused, note, 1_000)?.words).toBe('The user paused this app for a minute more.');
  expect(narrowed(paused, { ...note, client: bob }, 1_000)).toBeNull();
  expect(narrowed(paused, note, 61_000)).toBeNull();
  expect(narrowed(with_({ type: 'pause', client: everybody, until: null }), note, 1e12)?.words).toBe(
    'The user paused this signer.',
  );
});

test.each([
  [rule({}), true, true],
  [rule({ kind: 1 }), true, false],
  [rule({ client: bob }), false, false],
  [rule({ client: alice, method: 'nip44_decrypt' }), false, true],
] as const)('a rule %o', (made, refusesNote, refusesDecrypt) => {
  const ruled = with_({ type: 'add_rule', rule: made });
  expect(narrowed(ruled, note, 0) !== null).toBe(refusesNote);
  expect(narrowed(ruled, { client: alice, method: 'nip44_decrypt', kind: null }, 0) !== null).toBe(refusesDecrypt);
  expect(narrowed(ruled, { client: alice, method: 'connect', kind: null }, 0)).toBeNull();
});

test('a rule says its number and why it was made; numbers are not given twice', () => {
  const ruled = with_({ type: 'add_rule', rule: rule({ kind: 1, note: 'no notes\u202e' }) });
  expect(checks(ruled, note, 0).at(-1)?.why).toBe('Rule 1 refuses sign_event of kind 1 of every app (no notes).');
  const gone = change(ruled, { type: 'remove_rule', number: 1 }, 0) ?? noNarrowing;
  expect(change(gone, { type: 'remove_rule', number: 1 }, 0)).toBeNull();
  expect(change(gone, { type: 'add_rule', rule: rule({}) }, 0)?.rules).toMatchObject([{ number: 2 }]);
  const full = with_(...Array.from({ length: rulesMax }, () => ({ type: 'add_rule', rule: rule({}) }) as const));
  expect(change(full, { type: 'add_rule', rule: rule({}) }, 0)).toBeNull();
});

test('what was said about an app goes with it', () => {
  const said = with_(
    { type: 'pause', client: alice, until: null },
    { type: 'add_rule', rule: rule({ client: alice }) },
    { type: 'add_rule', rule: rule({ kind: 4 }) },
  );
  expect(change(said, { type: 'forget', client: alice }, 0)).toMatchObject({ pauses: new Map(), rules: [{ kind: 4 }] });
});

const client = fc.constantFrom(alice, bob);
const changes = fc.oneof(
  fc.constant({ type: 'kill' } as const),
  fc.record({
    type: fc.constant('pause' as const),
    client: fc.oneof(client, fc.constant('')),
    until: fc.option(fc.nat()),
  }),
  fc.record({
    type: fc.constant('add_rule' as const),
    rule: fc.record({
      client: fc.option(client),
      method: fc.option(fc.string()),
      kind: fc.option(fc.nat()),
      note: fc.string(),
    }),
  }),
);

test('whatever is said is read back as it was, and refuses no less than before', () => {
  fc.assert(
    fc.property(fc.array(changes), changes, client, fc.nat(), (before, one, asking, now) => {
      const first = before.reduce<Narrowing>((all, each) => change(all, each, now) ?? all, noNarrowing);
      expect(parseNarrowing(narrowingText(first))).toEqual(first);
      const question = { client: asking, method: 'sign_event', kind: 1 };
      const again = one.type !== 'pause' && change(first, one, now);
      if (again && narrowed(first, question, now) !== null) expect(narrowed(again, question, now)).not.toBeNull();
    }),
  );
});

test.each([
  '',
  '{}',
  'null',
  '{"killedAt":null,"pauses":[["x",{}]],"rules":[],"nextRule":1}',
  '{"killedAt":-1,"pauses":[],"rules":[],"nextRule":1}',
])('what this host did not write is not guessed: %s', (text) => expect(parseNarrowing(text)).toBeNull());
