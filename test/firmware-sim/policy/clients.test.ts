/** Apps on the device: paired, paired again, revoked, remembered; a full board; damage; power cuts at every write. */
import { limits } from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import {
  type Clients,
  findClient,
  freshness,
  leastUsed,
  listed,
  loadClients,
  markSeen,
  type NewClient,
  pairClient,
  revokeAccount,
  revokeClient,
} from '../../../firmware-sim/src/firmware/policy/clients.ts';
import { giveGrant, grantOfWish, liveGrants } from '../../../firmware-sim/src/firmware/policy/grants.ts';
import { type BenchStore, benchStore, key, PowerCut, today } from '../../support/policy-bench.ts';

const signer = key(1_000);
const app = (number: number, fields: Partial<NewClient> = {}): NewClient => ({
  client: key(number),
  remoteSigner: signer,
  account: 0,
  name: `app ${number}`,
  createdAt: today,
  id: key(900 + number),
  ...fields,
});

type Bench = { readonly store: BenchStore; clients: Clients };

function newBench(max = 4): Bench {
  const store = benchStore();
  return { store, clients: loadClients(store, max) };
}

function pair(bench: Bench, one: NewClient): string {
  const after = pairClient(bench.clients, bench.store, one);
  if (typeof after === 'string') return after;
  bench.clients = after;
  return 'paired';
}

const find = (bench: Bench, number = 1) => findClient(bench.clients, key(number), signer);
const recordOf = (bench: Bench, number = 1) => find(bench, number) ?? expect.fail('no such app');
const names = (bench: Bench) => listed(bench.clients).map(({ name }) => name);
const revoke = (bench: Bench, number = 1): void => {
  bench.clients = revokeClient(bench.clients, bench.store, key(number), signer);
};
const restart = (bench: Bench): void => {
  bench.clients = loadClients(bench.store, bench.clients.max);
};
function use(bench: Bench, number: number, createdAt: number, id: number): void {
  const after = markSeen(bench.clients, bench.store, recordOf(bench, number), createdAt, key(id));
  if (typeof after === 'string') throw new Error(after);
  bench.clients = after;
}
function give(bench: Bench, kind: number, verdict: 'allow' | 'deny' = 'allow'): void {
  const grant = { ...grantOfWish({ method: 'sign_event', kind, peer: null }), verdict };
  const after = giveGrant(bench.clients, bench.store, recordOf(bench), grant, 0, null);
  if (typeof after === 'string') throw new Error(after);
  bench.clients = after;
}
const kindsOf = (bench: Bench) => liveGrants(recordOf(bench), 0).map(({ kind, verdict }) => `${verdict} ${kind}`);
const freshOf = (bench: Bench, createdAt: number, id: number) =>
  freshness(bench.store, recordOf(bench), createdAt, key(id));

describe('pairing', () => {
  test('is kept, with whose claim the name is, and grants nothing', () => {
    const bench = newBench();
    expect(pair(bench, app(1))).toBe('paired');
    expect(pair(bench, app(2, { id: null, account: 3 }))).toBe('paired');
    const before = bench.clients.records;
    restart(bench);
    expect(bench.clients.records).toEqual(before);
    expect(recordOf(bench, 1)).toMatchObject({ claim: 'app', account: 0, state: 'paired', grants: [] });
    expect(recordOf(bench, 2)).toMatchObject({ claim: 'computer', account: 3 });
  });

  test('an app is its key together with the remote-signer key', () => {
    const bench = newBench();
    pair(bench, app(1));
    expect(findClient(bench.clients, key(1), key(7))).toBe(null);
    expect(pair(bench, app(1, { remoteSigner: key(7), account: 1 }))).toBe('paired');
    expect(findClient(bench.clients, key(1), key(7))?.account).toBe(1);
    expect(recordOf(bench).account).toBe(0);
  });

  test('again for the same account: everything stays', () => {
    const bench = newBench();
    pair(bench, app(1));
    give(bench, 1);
    give(bench, 2, 'deny');
    expect(pair(bench, app(1, { createdAt: today + 10, id: key(2) }))).toBe('paired');
    restart(bench);
    expect(kindsOf(bench)).toEqual(['allow 1', 'deny 2']);
  });

  test('again for another account: the grants are gone, the deny rules and what was asked stay', () => {
    const bench = newBench();
    pair(bench, app(1));
    give(bench, 1);
    give(bench, 2, 'deny');
    use(bench, 1, today + 5, 1);
    expect(pair(bench, app(1, { name: 'new name', account: 2, createdAt: today + 10, id: key(2) }))).toBe('paired');
    restart(bench);
    expect(recordOf(bench)).toMatchObject({ name: 'new name', account: 2 });
    expect(kindsOf(bench)).toEqual(['deny 2']);
    expect(freshOf(bench, today + 5, 1)).toBe('replayed');
    expect(freshOf(bench, today + 8, 3)).toBe('replayed');
    expect(freshOf(bench, today + 10, 3)).toBe('fresh');
  });

  test('the same event pairs once', () => {
    const bench = newBench();
    pair(bench, app(1));
    expect(pair(bench, app(1))).toBe('replayed');
    revoke(bench);
    expect(pair(bench, app(1))).toBe('replayed');
    expect(pair(bench, app(1, { id: key(77) }))).toBe('paired');
  });

  test('a date that the computer tells never moves the beginning back', () => {
    const bench = newBench();
    pair(bench, app(1));
    revoke(bench);
    expect(pair(bench, app(1, { id: null, createdAt: 5 }))).toBe('paired');
    expect(freshOf(bench, today - 1, 50)).toBe('replayed');
    expect(freshOf(bench, today, 50)).toBe('fresh');
  });

  test.each([-1, 1.5, today * 1_000, Number.NaN])('a date of %d is none', (createdAt) => {
    const bench = newBench();
    expect(pair(bench, app(1, { createdAt }))).toBe('misdated');
    expect(bench.store.records.size).toBe(0);
  });
});

describe('revoking', () => {
  test('takes the grants; what was asked before is not taken after it is paired again', () => {
    const bench = newBench();
    pair(bench, app(1));
    give(bench, 1);
    use(bench, 1, today + 5, 1);
    revoke(bench);
    restart(bench);
    expect(recordOf(bench)).toMatchObject({ state: 'revoked', grants: [] });
    expect(names(bench)).toEqual([]);
    expect(pair(bench, app(1, { createdAt: today + 5, id: key(2) }))).toBe('paired');
    expect(freshOf(bench, today + 5, 1)).toBe('replayed');
    expect(kindsOf(bench)).toEqual([]);
  });

  test('one that is not there is as good as gone', () => {
    const bench = newBench();
    expect(revokeClient(bench.clients, bench.store, key(1), signer)).toBe(bench.clients);
    expect(bench.store.count()).toBe(0);
  });

  test('all apps of an account', () => {
    const bench = newBench();
    pair(bench, app(1));
    pair(bench, app(2, { account: 1 }));
    pair(bench, app(3));
    bench.clients = revokeAccount(bench.clients, bench.store, 0);
    restart(bench);
    expect(names(bench)).toEqual(['app 2']);
  });
});

describe('a full board', () => {
  test('takes no more; the least used makes room, and may come back when there is some', () => {
    const bench = newBench(3);
    for (const number of [1, 2, 3]) expect(pair(bench, app(number))).toBe('paired');
    expect(pair(bench, app(4))).toBe('full');
    for (const number of [1, 3]) {
      restart(bench);
      use(bench, number, today + 1, number);
    }
    restart(bench);
    expect(leastUsed(bench.clients)?.name).toBe('app 2');
    revoke(bench, 2);
    expect(pair(bench, app(4))).toBe('paired');
    expect(pair(bench, app(2, { id: key(50) }))).toBe('full');
    expect(names(bench).sort()).toEqual(['app 1', 'app 3', 'app 4']);
  });

  test('of the revoked ones 32 are remembered; the records stay within what the vault holds', () => {
    const bench = newBench(2);
    for (let number = 1; number <= 100; number++) {
      restart(bench);
      expect(pair(bench, app(number))).toBe('paired');
      revoke(bench, number);
    }
    expect(bench.clients.records).toHaveLength(32);
    expect(find(bench, 68)).toBe(null);
    expect(find(bench, 69)).not.toBe(null);
    expect(bench.store.names().length).toBeLessThanOrEqual(32 * 7);
  });

  test('the largest board and all its memories fit the vault', () => {
    expect((limits.clientsMax + 32) * 7).toBeLessThan(8_192 - 256);
  });
});

describe('damage', () => {
  test('without its head an app is unknown, and may be paired anew', () => {
    for (const damage of ['damaged', new Uint8Array(0), Uint8Array.of(0x83, 0, 0, 0)] as const) {
      const bench = newBench();
      pair(bench, app(1));
      give(bench, 1);
      bench.store.records.set('app-0', damage);
      restart(bench);
      expect(find(bench)).toBe(null);
      expect(pair(bench, app(1, { id: key(40) }))).toBe('paired');
      expect(kindsOf(bench)).toEqual([]);
      restart(bench);
      expect(recordOf(bench).state).toBe('paired');
    }
  });

  test('a damaged head byte by byte never makes an app that may do more', () => {
    const bench = newBench();
    pair(bench, app(1));
    const whole = bench.store.records.get('app-0');
    if (!(whole instanceof Uint8Array)) throw new Error('no head');
    for (let i = 0; i < whole.length; i++) {
      bench.store.records.set(
        'app-0',
        whole.map((byte, at) => (at === i ? byte ^ 0x21 : byte)),
      );
      restart(bench);
      expect(find(bench)?.grants ?? []).toEqual([]);
    }
  });

  test.each([
    ['its grants', 'app-0-grants'],
    ['its ring', 'app-0-0'],
  ])('an app without %s is mended by pairing it again', (_, name) => {
    const bench = newBench();
    pair(bench, app(1));
    bench.store.records.delete(name);
    restart(bench);
    expect(pair(bench, app(1, { createdAt: today + 5, id: key(40) }))).toBe('paired');
    restart(bench);
    expect(recordOf(bench).state).toBe('paired');
    expect(freshOf(bench, today + 4, 3)).toBe('replayed');
    expect(freshOf(bench, today + 5, 40)).toBe('replayed');
    expect(freshOf(bench, today + 5, 3)).toBe('fresh');
  });
});

test('a damaged app is revoked like any other, and stays so', () => {
  const bench = newBench();
  pair(bench, app(1));
  bench.store.records.set('app-0-grants', 'damaged');
  restart(bench);
  expect(recordOf(bench).state).toBe('damaged');
  expect(names(bench)).toEqual(['app 1']);
  revoke(bench);
  restart(bench);
  expect(recordOf(bench).state).toBe('revoked');
  expect(names(bench)).toEqual([]);
});

/** A life of one app, as steps that each end with something on flash. */
const life: readonly ((bench: Bench) => void)[] = [
  (bench) => void pair(bench, app(1)),
  (bench) => give(bench, 1),
  (bench) => give(bench, 2, 'deny'),
  (bench) => use(bench, 1, today + 1, 1),
  (bench) => revoke(bench),
  (bench) => void pair(bench, app(1, { createdAt: today + 2, id: key(2) })),
  (bench) => give(bench, 3),
];

test('whenever the power goes in the life of an app: it is as before or after the step, or it may do less', () => {
  const grantsAt = (bench: Bench): readonly string[] => (find(bench)?.state === 'paired' ? kindsOf(bench) : []);
  for (let cut = 0; cut < 40; cut++) {
    const bench = newBench();
    bench.store.cutAt(cut);
    let step = 0;
    let before: readonly string[] = [];
    try {
      for (; step < life.length; step++) {
        before = grantsAt(bench);
        life[step]?.(bench);
      }
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    bench.store.cutAt(null);
    restart(bench);
    const after = newBench();
    for (const one of life.slice(0, step + 1)) one(after);
    const allowed = (all: readonly string[]) => all.filter((one) => one.startsWith('allow'));
    const possible = new Set([...allowed(before), ...allowed(grantsAt(after))]);
    expect(allowed(grantsAt(bench)).filter((one) => !possible.has(one))).toEqual([]);
    // A deny rule that was there before the step is there, unless the app is none.
    if (before.includes('deny 2') && find(bench)?.state === 'paired') expect(grantsAt(bench)).toContain('deny 2');
    // And the next pairing works.
    expect(pair(bench, app(1, { createdAt: today + 9, id: key(99) }))).toBe('paired');
    restart(bench);
    expect(freshOf(bench, today + 10, 100)).toBe('fresh');
    if (step > 3) expect(freshOf(bench, today + 1, 1)).toBe('replayed');
  }
});
