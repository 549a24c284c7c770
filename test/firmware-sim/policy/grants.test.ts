/** Grants: given by choices and proposals, spent before they are used, ended by counts, rates, sessions and time, taken away, over power cuts. */
import { commands, type RequestOf } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import {
  type ClientRecord,
  type Clients,
  findClient,
  latest,
  loadClients,
  markSeen,
  suspend,
} from '../../../firmware-sim/src/firmware/policy/clients.ts';
import type { Question } from '../../../firmware-sim/src/firmware/policy/decide.ts';
import { afterUse, type Grant, rateLeft } from '../../../firmware-sim/src/firmware/policy/grant.ts';
import {
  bodyOfGrant,
  type Choice,
  type GrantBody,
  giveGrant,
  grantOfBody,
  grantOfChoice,
  grantOfWish,
  liveGrants,
  type NewGrant,
  resolve,
  revokeGrant,
  takeUse,
} from '../../../firmware-sim/src/firmware/policy/grants.ts';
import { type BenchStore, benchStore, key, PowerCut, pairedApp, today } from '../../support/policy-bench.ts';
import { between, chance } from '../../support/random.ts';

type Bench = { readonly store: BenchStore; readonly record: ClientRecord; clients: Clients };

const newBench = (): Bench => {
  const store = benchStore();
  return { store, ...pairedApp(store) };
};

const note: Question = { source: 'app', method: 'sign_event', kind: 1, peer: null, own: false, createdAt: today };
const unlimited: NewGrant = {
  verdict: 'allow',
  method: 'sign_event',
  kind: 1,
  peer: null,
  uses: null,
  perMinute: null,
  session: false,
  ms: null,
};

function give(bench: Bench, grant: NewGrant | null, now = 0, createdAt: number | null = today): string {
  if (grant === null) return 'none';
  const after = giveGrant(bench.clients, bench.store, bench.record, grant, now, createdAt);
  if (typeof after === 'string') return after;
  bench.clients = after;
  return 'given';
}

/** What is decided, and spent. */
function ask(bench: Bench, now = 0, fields: Partial<Question> = {}): string {
  const found = resolve(bench.clients, bench.store, bench.record, { ...note, ...fields }, now, {});
  if ('verdict' in found) return `${found.verdict.answer} ${found.verdict.why}`;
  bench.clients = found.clients;
  if (!takeUse(found.use)) throw new Error('a use that was not made');
  return 'used';
}

const restart = (bench: Bench): void => {
  bench.clients = loadClients(bench.store, 64);
};
const grantsOf = (bench: Bench) => latest(bench.clients, bench.record).grants;

describe('the choices on the screen', () => {
  test.each([
    ['until_locked', 'used', 'ask no_grant'],
    ['one_hour', 'used', 'ask no_grant'],
    ['hundred_times', 'used', 'used'],
    ['always', 'used', 'used'],
    ['never_again', 'never denied', 'never denied'],
  ] satisfies [Choice, string, string][])('%s, and after a restart', (choice, now, later) => {
    const bench = newBench();
    expect(give(bench, grantOfChoice(note, choice))).toBe('given');
    expect(ask(bench)).toBe(now);
    expect(ask(bench, 0, { kind: 2 })).toBe('ask no_grant');
    restart(bench);
    expect(ask(bench)).toBe(later);
  });

  test('what a computer asks, what needs no key and what is never signed has none', () => {
    expect(grantOfChoice({ ...note, source: 'computer' }, 'always')).toBe(null);
    expect(grantOfChoice({ ...note, source: 'stranger' }, 'never_again')).toBe(null);
    expect(grantOfChoice({ ...note, method: 'get_public_key', kind: null }, 'always')).toBe(null);
    expect(grantOfChoice({ ...note, kind: 14 }, 'always')).toBe(null);
  });

  test('for a peer it is about that peer only, also when that is the account itself', () => {
    const bench = newBench();
    const asked = { method: 'nip44_decrypt', kind: null, peer: key(9), own: true };
    expect(give(bench, grantOfChoice({ ...note, ...asked }, 'always'))).toBe('given');
    expect(ask(bench, 0, asked)).toBe('used');
    expect(ask(bench, 0, { ...asked, peer: key(8), own: false })).toBe('ask no_grant');
    expect(ask(bench, 0, { ...asked, method: 'nip04_decrypt' })).toBe('ask own');
  });
});

describe('limits', () => {
  test('a count is spent, also over restarts', () => {
    const bench = newBench();
    give(bench, { ...unlimited, uses: 3 });
    expect([ask(bench), ask(bench)]).toEqual(['used', 'used']);
    restart(bench);
    expect([ask(bench), ask(bench)]).toEqual(['used', 'ask no_grant']);
  });

  test('a count is on flash before it is used: no power cut gives a use', () => {
    for (let cut = 0; cut < 12; cut++) {
      const bench = newBench();
      give(bench, { ...unlimited, uses: 5 });
      let used = 0;
      bench.store.cutAt(cut);
      try {
        while (ask(bench) === 'used') used += 1;
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      bench.store.cutAt(null);
      restart(bench);
      while (ask(bench) === 'used') used += 1;
      expect(used).toBe(5);
    }
  });

  test('a rate: so many in any minute, wherever it begins', () => {
    const bench = newBench();
    give(bench, { ...unlimited, perMinute: 2 }, 1_000);
    const answers = [5_000, 30_000, 30_001, 64_999, 65_000, 65_001, 89_999, 90_000, 90_001].map((now) =>
      ask(bench, now),
    );
    const rate = 'ask rate';
    expect(answers).toEqual(['used', 'used', rate, rate, 'used', rate, rate, 'used', rate]);
  });

  test.each([1, 3, 16, 17, 100])('a rate of %i is never passed, and reached', (perMinute) => {
    const draw = chance(perMinute);
    const made: number[] = [];
    let grant: Grant = { ...unlimited, perMinute, id: 1, ends: null, recent: [] };
    // Bursts and pauses, for some minutes.
    for (let now = 0; now < 400_000; now += between(draw, 0, between(draw, 0, 15) === 0 ? 5_000 : 30)) {
      if (rateLeft(grant, now) === 0) continue;
      grant = afterUse(grant, now, 0);
      made.push(now);
      expect(grant.recent.length).toBeLessThanOrEqual(16);
    }
    const most = Math.max(...made.map((from) => made.filter((at) => at >= from && at < from + 60_000).length));
    expect(most).toBe(perMinute);
  });

  test('a time ends with uptime', () => {
    const bench = newBench();
    give(bench, { ...unlimited, ms: 60_000 }, 1_000);
    expect([ask(bench, 1_000), ask(bench, 60_999), ask(bench, 61_000), ask(bench, 60_999)]).toEqual([
      'used',
      'used',
      'ask no_grant',
      // Uptime does not go back; if it did, the grant would be live again, as its end has not come.
      'used',
    ]);
  });

  test('a time ends with a request that the app dated past it, for good', () => {
    const bench = newBench();
    give(bench, { ...unlimited, ms: 60_000 }, 0, today);
    expect(ask(bench, 1, { createdAt: today + 60 })).toBe('used');
    expect(ask(bench, 2, { createdAt: today + 61 })).toBe('ask no_grant');
    seen(bench, today + 61, 1);
    expect(ask(bench, 3, { createdAt: today })).toBe('ask no_grant');
  });

  test('a proposed time begins with the first date of the app', () => {
    const bench = newBench();
    give(bench, { ...unlimited, ms: 60_000 }, 0, null);
    seen(bench, today + 1_000, 1);
    expect(ask(bench, 1, { createdAt: today + 1_000 })).toBe('used');
    expect(ask(bench, 1, { createdAt: today + 1_060 })).toBe('used');
    expect(ask(bench, 1, { createdAt: today + 1_061 })).toBe('ask no_grant');
  });

  test('32 grants, then no more; those that ended make room', () => {
    const bench = newBench();
    for (let kind = 100; kind < 132; kind++) expect(give(bench, { ...unlimited, kind, uses: 1 })).toBe('given');
    expect(give(bench, unlimited)).toBe('full');
    expect(ask(bench, 0, { kind: 100 })).toBe('used');
    expect(give(bench, unlimited)).toBe('given');
    restart(bench);
    expect(grantsOf(bench)).toHaveLength(32);
    expect(give(bench, { ...unlimited, kind: 200 })).toBe('full');
  });

  function seen(bench: Bench, createdAt: number, id: number): void {
    const after = markSeen(bench.clients, bench.store, bench.record, createdAt, key(id));
    if (after === 'damaged') throw new Error(after);
    bench.clients = after;
  }
});

describe('deny rules', () => {
  test('take the place of what allowed it, and are not taken back by a computer nor by a proposal', () => {
    const bench = newBench();
    give(bench, unlimited);
    expect(give(bench, grantOfChoice(note, 'never_again'))).toBe('given');
    expect(grantsOf(bench)).toHaveLength(1);
    expect(give(bench, unlimited)).toBe('denied');
    const id = grantsOf(bench)[0]?.id ?? 0;
    expect(revokeGrant(bench.clients, bench.store, bench.record, id, 'computer')).toBe('deny_stays');
    restart(bench);
    expect(ask(bench)).toBe('never denied');
    const after = revokeGrant(bench.clients, bench.store, bench.record, id, 'human');
    if (typeof after === 'string') throw new Error(after);
    bench.clients = after;
    expect(ask(bench)).toBe('ask no_grant');
  });
});

test('a grant is taken away at once, and its number is never given again', () => {
  const bench = newBench();
  give(bench, unlimited);
  const id = grantsOf(bench)[0]?.id ?? 0;
  const after = revokeGrant(bench.clients, bench.store, bench.record, id, 'computer');
  if (typeof after === 'string') throw new Error(after);
  bench.clients = after;
  expect(ask(bench)).toBe('ask no_grant');
  restart(bench);
  give(bench, unlimited);
  expect(grantsOf(bench)[0]?.id).toBe(id + 1);
  expect(revokeGrant(bench.clients, bench.store, bench.record, id, 'computer')).toBe(bench.clients);
});

test('the emergency key suspends every grant, also after a restart, until it is taken back', () => {
  const bench = newBench();
  give(bench, unlimited);
  bench.clients = suspend(bench.clients, bench.store, true);
  expect(ask(bench)).toBe('ask suspended');
  restart(bench);
  expect(ask(bench)).toBe('ask suspended');
  bench.clients = suspend(bench.clients, bench.store, false);
  restart(bench);
  expect(ask(bench)).toBe('used');
  for (const damage of ['damaged', new Uint8Array(0), Uint8Array.of(1, 7), Uint8Array.of(2, 0)] as const) {
    bench.store.records.set('apps', damage);
    restart(bench);
    expect(ask(bench)).toBe('ask suspended');
  }
});

test('grants that cannot be read: the app is refused, as a deny rule may have been among them', () => {
  for (const damage of ['damaged', null, new Uint8Array(3), Uint8Array.of(0x81, 0x02)] as const) {
    const bench = newBench();
    give(bench, unlimited);
    if (damage === null) bench.store.records.delete('app-0-grants');
    else bench.store.records.set('app-0-grants', damage);
    restart(bench);
    expect(ask(bench)).toBe('refuse damaged');
    expect(give(bench, unlimited)).toBe('not_paired');
  }
});

test('a use is one value, taken once; a copy is none', () => {
  const bench = newBench();
  give(bench, unlimited);
  const subject = { what: 'this event' };
  const found = resolve(bench.clients, bench.store, bench.record, note, 0, subject);
  if (!('use' in found)) throw new Error('not allowed');
  expect(found.use.subject).toBe(subject);
  expect(takeUse({ ...found.use })).toBe(false);
  expect(takeUse(found.use)).toBe(true);
  expect(takeUse(found.use)).toBe(false);
});

describe('grants of a computer’s proposal', () => {
  const body = (fields: Partial<GrantBody>): GrantBody => ({
    id: 0,
    verdict: 'allow',
    method: 'sign_event',
    ...fields,
  });

  test.each([
    ['a kind', { kind: 1 }, true],
    ['no kind', {}, false],
    ['a kind that is never signed', { kind: 24_133 }, false],
    ['a kind and a peer', { kind: 1, peer: key(1) }, false],
    ['every peer', { method: 'nip44_encrypt' }, true],
    ['one peer', { method: 'nip44_encrypt', peer: key(1) }, true],
    ['a peer with a kind', { method: 'nip44_encrypt', peer: key(1), kind: 4 }, false],
    ['no uses at all', { kind: 1, uses: 0 }, false],
    ['no rate at all', { kind: 1, perMinute: 0 }, false],
    ['no time at all', { kind: 1, ms: 0 }, false],
    ['a deny rule', { kind: 1, verdict: 'deny' }, true],
    ['a deny rule that ends', { kind: 1, verdict: 'deny', ms: 5 }, false],
    ['a deny rule for what is never signed anyway', { kind: 14, verdict: 'deny' }, true],
  ] satisfies [string, Partial<GrantBody>, boolean][])('%s', (_, fields, possible) => {
    expect(grantOfBody(body(fields)) !== null).toBe(possible);
  });

  test('what was given is said as the wire says it, with what is left', () => {
    const bench = newBench();
    const given: readonly GrantBody[] = [
      body({ kind: 1, uses: 7, perMinute: 5 }),
      body({ method: 'nip44_decrypt', peer: key(3), session: 'yes' }),
      body({ method: 'nip04_encrypt', session: 'yes', ms: 60_000 }),
      body({ kind: 4, verdict: 'deny' }),
    ];
    for (const one of given) expect(give(bench, grantOfBody(one), 1_000, null)).toBe('given');
    expect(give(bench, grantOfWish({ method: 'sign_event', kind: 7, peer: null }))).toBe('given');
    expect(ask(bench, 1_000)).toBe('used');
    const said = liveGrants(latest(bench.clients, bench.record), 31_000).map((one) => bodyOfGrant(one, 31_000));
    expect(said).toEqual([
      { ...given[0], id: 1, uses: 6 },
      { ...given[1], id: 2 },
      { ...given[2], id: 3, ms: 30_000 },
      { ...given[3], id: 4 },
      body({ id: 5, kind: 7 }),
    ]);
    const reply: RequestOf<'grants_propose'> = { client: key(1), remoteSigner: key(2), grants: [...said] };
    expect(commands.grants_propose.request.write(reply)).toBeDefined();
    expect(findClient(bench.clients, key(1), key(2))).toBe(null);
  });
});
