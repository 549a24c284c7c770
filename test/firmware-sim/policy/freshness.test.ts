/** Replay without a clock: what an app asked is taken once, whatever its clock says and whenever the power goes, and an honest one is not kept out. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Clients,
  findClient,
  freshness,
  loadClients,
  markSeen,
  pairClient,
} from '../../../firmware-sim/src/firmware/policy/clients.ts';
import {
  type Closed,
  close,
  isClosed,
  joinSeconds,
  spansMax,
} from '../../../firmware-sim/src/firmware/policy/closed.ts';
import { blockEntries, ringBlocks } from '../../../firmware-sim/src/firmware/policy/ring.ts';
import { type BenchStore, benchStore, key, PowerCut, pairedApp, today } from '../../support/policy-bench.ts';

type App = { readonly store: BenchStore; clients: Clients };

const recordOf = ({ clients }: App) => {
  const record = findClient(clients, key(1), key(1_000));
  if (record === null) throw new Error('the app is gone');
  return record;
};
const freshOf = (app: App, createdAt: number, id: number) => freshness(app.store, recordOf(app), createdAt, key(id));

/** As the pipeline does: asked, then remembered. */
function take(app: App, createdAt: number, id: number): string {
  const fresh = freshOf(app, createdAt, id);
  if (fresh !== 'fresh') return fresh;
  const after = markSeen(app.clients, app.store, recordOf(app), createdAt, key(id));
  if (after === 'damaged') return after;
  app.clients = after;
  return 'taken';
}

function newApp(): App {
  const store = benchStore();
  return { store, clients: pairedApp(store).clients };
}

const ringFull = ringBlocks * blockEntries;

describe('the ring', () => {
  test('a burst of 512 requests in one second is taken, and each of them once', () => {
    const app = newApp();
    for (let i = 1; i < (ringBlocks - 1) * blockEntries; i++) expect(take(app, today, i)).toBe('taken');
    for (let i = 0; i < (ringBlocks - 1) * blockEntries; i++) expect(take(app, today, i)).toBe('replayed');
  });

  test('such a burst is taken after any other history', () => {
    for (const before of [1, 63, 64, 65, 639, 640, 641, 5_000]) {
      const app = newApp();
      for (let i = 1; i <= before; i++) expect(take(app, today + Math.floor(i / 3), i)).toBe('taken');
      const burst = today + before;
      for (let i = 0; i < 512; i++) expect(take(app, burst, 100_000 + i)).toBe('taken');
    }
  });

  test('over thousands of requests nothing is ever taken twice, and the newest are always taken', () => {
    const app = newApp();
    const taken: [number, number][] = [[today, 0]];
    for (let i = 1; i < 3 * ringFull; i++) {
      const createdAt = today + Math.floor(i / 10);
      expect(take(app, createdAt, i)).toBe('taken');
      taken.push([createdAt, i]);
    }
    for (const [createdAt, id] of taken) expect(freshOf(app, createdAt, id)).toBe('replayed');
  });

  test('a request writes one small block; the head only with a new block or a new unlocking', () => {
    const app = newApp();
    let heads = 0;
    for (let i = 1; i < 1_000; i++) {
      const before = app.store.count();
      take(app, today + i, i);
      const writes = app.store.count() - before;
      expect(writes).toBeLessThanOrEqual(2);
      expect(app.store.lastBytes()).toBeLessThanOrEqual(1_544);
      heads += writes - 1;
    }
    expect(heads).toBe(Math.floor(1_000 / blockEntries));
    app.clients = loadClients(app.store, 64);
    const before = app.store.count();
    take(app, today + 1_000, 1_000);
    expect(app.store.count() - before).toBe(2);
  });

  test('requests of before the pairing are replays, one of its very second is not', () => {
    const app = newApp();
    expect(freshOf(app, today - 1, 5)).toBe('replayed');
    expect(freshOf(app, today, 5)).toBe('fresh');
    expect(freshOf(app, today, 0)).toBe('replayed');
  });

  test('a date that is none, or of an app that counts milliseconds, is said to be so and changes nothing', () => {
    const app = newApp();
    for (const createdAt of [today * 1_000, 0x1_0000_0000, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(freshOf(app, createdAt, 5)).toBe('misdated');
    }
  });
});

describe('an app with a wrong clock', () => {
  test.each([
    ['one request a year ahead', 1],
    ['a thousand requests a year ahead', 1_000],
    ['five thousand requests a year ahead', 5_000],
  ])('%s: it is served as soon as its clock is right', (_, count) => {
    const app = newApp();
    const year = 365 * 86_400;
    for (let i = 1; i <= count; i++) expect(take(app, today + year + i, i)).toBe('taken');
    for (let i = 1; i <= 3_000; i++) expect(take(app, today + 60 + i, 100_000 + i)).toBe('taken');
    for (let i = 1; i <= count; i += 7) expect(freshOf(app, today + year + i, i)).toBe('replayed');
    // And when that year has passed it is served again, past what was closed then.
    expect(take(app, today + year + count + joinSeconds, 200_000)).toBe('taken');
  });

  test('paired at a wrong date, it is served again after it was paired at the right one', () => {
    const store = benchStore();
    const one = { client: key(1), remoteSigner: key(1_000), account: 0, name: 'app', id: key(0) };
    const wrong = pairClient(loadClients(store, 64), store, { ...one, createdAt: 0xffff_ffff });
    if (typeof wrong === 'string') throw new Error(wrong);
    const app: App = { store, clients: wrong };
    expect(freshOf(app, today, 1)).toBe('replayed');
    const right = pairClient(wrong, store, { ...one, id: key(7), createdAt: today });
    if (typeof right === 'string') throw new Error(right);
    app.clients = right;
    expect(take(app, today, 1)).toBe('taken');
    expect(pairClient(right, store, { ...one, id: key(7), createdAt: today })).toBe('replayed');
  });

  test('a pause each night lets the floor follow', () => {
    const app = newApp();
    let id = 1;
    for (let day = 0; day < 40; day++) {
      for (let i = 0; i < 100; i++) expect(take(app, today + day * 86_400 + i * 60, id++)).toBe('taken');
    }
    const { closed } = recordOf(app);
    expect(closed.floor).toBeGreaterThan(today + 20 * 86_400);
    expect(closed.spans.length).toBeLessThanOrEqual(spansMax);
  });
});

describe('what is closed', () => {
  const second = fc.oneof(
    fc.integer({ min: 1, max: 20_000 }),
    fc.integer({ min: 0, max: 60 }).map((i) => i * joinSeconds),
    fc.integer({ min: 0, max: 0xffff_ffff }),
  );

  test('stays closed, holds what was closed, and keeps its order', () => {
    fc.assert(
      fc.property(fc.array(second, { maxLength: 60 }), (seconds) => {
        let closed: Closed = { floor: 0, spans: [] };
        for (const [index, one] of seconds.entries()) {
          closed = close(closed, one);
          for (const earlier of seconds.slice(0, index + 1)) if (!isClosed(closed, earlier)) return false;
          if (closed.spans.length > spansMax) return false;
          const ends = [closed.floor, ...closed.spans.flatMap(({ from, to }) => [from, to])];
          if (!ends.every((end, i) => i === 0 || end >= (ends[i - 1] ?? 0))) return false;
          if (!closed.spans.every(({ from }, i) => from - (closed.spans[i - 1]?.to ?? closed.floor) > joinSeconds))
            return false;
        }
        return true;
      }),
    );
  });

  test('closes nothing that is further than the join from what was asked, while there are spans left', () => {
    fc.assert(
      fc.property(fc.array(second, { maxLength: spansMax }), second, (seconds, other) => {
        const closed = seconds.reduce(close, { floor: 0, spans: [] } satisfies Closed as Closed);
        const near = [0, ...seconds].some((one) => Math.abs(one - other) <= joinSeconds);
        return near || !isClosed(closed, other);
      }),
    );
  });
});

describe('in flash', () => {
  test('whenever the power goes, what was taken is not taken again, and the app is there', () => {
    const full = newApp();
    const before: [number, number][] = [];
    const fill = ringFull - 20;
    for (let i = 1; i <= fill; i++) if (take(full, today + i, i) === 'taken') before.push([today + i, i]);
    for (let cut = 0; cut < 40; cut++) {
      const app: App = { store: benchStore(), clients: full.clients };
      for (const [name, record] of full.store.records) app.store.records.set(name, record);
      const taken = [...before];
      app.store.cutAt(cut);
      try {
        for (let i = fill + 1; i <= fill + 100; i++)
          if (take(app, today + i, i) === 'taken') taken.push([today + i, i]);
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      app.store.cutAt(null);
      app.clients = loadClients(app.store, 64);
      for (const [createdAt, id] of taken) expect(freshOf(app, createdAt, id)).toBe('replayed');
      expect(take(app, today + 10_000, 50_000)).toBe('taken');
    }
  });

  test.each([
    ['not authentic', 'damaged'],
    ['gone', null],
    ['empty', new Uint8Array(0)],
    ['of another version', new Uint8Array(8).fill(9)],
    ['another block', Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 5)],
  ] as const)('a block that is %s: nothing is fresh', (_, found) => {
    for (const number of [0, 1, 2]) {
      const app = newApp();
      for (let i = 1; i < 2.5 * blockEntries; i++) take(app, today + i, i);
      if (found === null) app.store.records.delete(`app-0-${number}`);
      else app.store.records.set(`app-0-${number}`, found);
      expect(freshOf(app, today + 9_999, 9_999)).toBe('damaged');
      app.clients = loadClients(app.store, 64);
      expect(take(app, today + 9_999, 9_999)).toBe('damaged');
    }
  });

  test('random histories: nothing is taken twice, over restarts and wild dates', () => {
    const date = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 400_000_000 }) },
    );
    fc.assert(
      fc.property(
        fc.array(date, { minLength: 700, maxLength: 1_500 }),
        fc.integer({ min: 1, max: 400 }),
        (dates, every) => {
          const app = newApp();
          const taken = new Set<number>([0]);
          dates.forEach((offset, i) => {
            if (i % every === 0) app.clients = loadClients(app.store, 64);
            if (take(app, today + offset, i + 1) === 'taken') taken.add(i + 1);
          });
          return dates.every((offset, i) => !taken.has(i + 1) || freshOf(app, today + offset, i + 1) === 'replayed');
        },
      ),
      { numRuns: 12 },
    );
  });
});
