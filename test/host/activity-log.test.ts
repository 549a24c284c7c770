/** The activity log on a real disk: what it finds, how its pages follow each other, and what it forgets. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Activity } from '../../host/src/core/narrowing/activity.ts';
import {
  type ActivityLog,
  activityFileName,
  openActivityLog,
  type Retention,
} from '../../host/src/store/activity-log.ts';

let dir = '';
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'sallyport-activity-')), 'state');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

const alice = 'aa'.repeat(32);
const bob = 'bb'.repeat(32);
const row = (over: Partial<Activity> = {}): Activity => ({
  at: 1_000,
  client: alice,
  app: 'Coracle',
  paired: true,
  method: 'sign_event',
  kind: 1,
  outcome: 'answered',
  why: 'Approved on the device.',
  ms: { relay: null, queue: 1, device: 2, total: 3 },
  ...over,
});

function open(retention?: Retention): ActivityLog {
  const log = openActivityLog(dir, retention);
  if (log.type === 'refused') throw new Error(log.words);
  return log;
}

test('a row comes back after a restart, as it was', () => {
  const log = open();
  const id = log.record(row());
  log.close();
  expect(statSync(join(dir, activityFileName)).mode & 0o077).toBe(0);
  const again = open();
  expect(again.row(id)).toEqual({ ...row(), id });
  expect(again.row(id + 1)).toBeNull();
  again.close();
});

test('rows are found by app, kind, method, outcome and time', () => {
  const log = open();
  log.record(row({ at: 1 }));
  log.record(row({ at: 2, client: bob, kind: 7 }));
  log.record(row({ at: 3, method: 'nip44_decrypt', kind: null, outcome: 'denied' }));
  const at = (query: Parameters<ActivityLog['search']>[0]) => log.search(query).rows.map((each) => each.at);
  expect(at({})).toEqual([3, 2, 1]);
  expect(at({ client: alice })).toEqual([3, 1]);
  expect(at({ kind: 7 })).toEqual([2]);
  expect(at({ method: 'nip44_decrypt' })).toEqual([3]);
  expect(at({ outcome: 'denied' })).toEqual([3]);
  expect(at({ outcome: "'; DROP TABLE activity" })).toEqual([]);
  expect(at({ since: 2, until: 2 })).toEqual([2]);
  expect(at({ client: alice, outcome: 'denied', since: 4 })).toEqual([]);
  log.close();
});

test('pages follow each other without a gap while new rows come in', () => {
  const log = open();
  for (let at = 1; at <= 25; at++) log.record(row({ at }));
  const seen: number[] = [];
  let before: number | null = null;
  do {
    const page = log.search({ limit: 10, ...(before === null ? {} : { before }) });
    seen.push(...page.rows.map(({ at }) => at));
    log.record(row({ at: 1_000 }));
    before = page.next;
  } while (before !== null);
  expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index));
  expect([...log.all({ until: 999 })]).toHaveLength(25);
  log.close();
});

test('the oldest are forgotten by count and by age, and strangers push out nobody', () => {
  const log = open({ rows: 100, strangerRows: 5, days: 10 });
  const now = 100 * 86_400_000;
  log.record(row({ at: 1 }));
  log.record(row({ at: now, app: 'kept' }));
  for (let n = 0; n < 50; n++) log.record(row({ at: now, paired: false, client: `${n}`.padStart(64, '0') }));
  log.prune(now);
  expect(log.search({ limit: 1_000 }).rows.filter(({ paired }) => !paired)).toHaveLength(5);
  expect(log.search({}).rows.filter(({ paired }) => paired)).toMatchObject([{ app: 'kept' }]);
  for (let n = 0; n < 200; n++) log.record(row({ at: now }));
  log.prune(now);
  expect(log.search({ limit: 1_000 }).rows).toHaveLength(100);
  log.close();
});

test('a damaged log is a refusal with advice', () => {
  open().close();
  writeFileSync(join(dir, activityFileName), 'no database at all, but long enough to be looked at'.repeat(100));
  expect(openActivityLog(dir)).toMatchObject({ type: 'refused', words: expect.stringContaining('Move it away') });
});
