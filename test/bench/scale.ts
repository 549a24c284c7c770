/**
 * A host that has been used for years beside an empty one: 1,000 paired apps and 1,000,000 rows of the activity log on its disk. Latency
 * of one app in turns, and memory. The devices of both are empty: what is measured is the host.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { activityFileName, openActivityLog } from '../../host/src/store/activity-log.ts';
import { openStore } from '../../host/src/store/store.ts';
import { residentMb } from '../support/processes.ts';
import { startProgram } from '../support/program.ts';
import { type Effort, median, percentile } from './measure.ts';
import { loads, type Timed, turn } from './product-loads.ts';
import { type Ends, ended, startProduct } from './product-parts.ts';
import { short, table } from './table.ts';

/** Two hosts over one relay, in turns. */
export async function benchScale({ quick }: Effort): Promise<string> {
  const [apps, rows] = quick ? [10, 1_000] : [1_000, 1_000_000];
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-scale-'));
  const ends: Ends = [async () => rmSync(dir, { recursive: true, force: true })];
  try {
    fill(join(dir, 'full'), apps, rows);
    const carrier = startProgram<{ readonly url?: string }>('test/bench/relay.ts', [], { linesFd: 1, stdin: 'lines' });
    ends.push(() => ended(carrier));
    const relay = await carrier.until((line) => line.url, 'the address of the relay');
    const [load] = loads(quick);
    if (load === undefined) throw new Error('the bench has no load');
    const hosts = [];
    for (const [name, state] of [
      ['empty', 'empty'],
      [`${apps} apps, ${rows} rows`, 'full'],
    ] as const) {
      const product = await startProduct(relay, join(dir, state), { built: !quick }, ends);
      const { side, pids } = await product.granted(name);
      const timed: Timed = { latencies: [], totals: [] };
      await turn({ ...load, count: quick ? 4 : 300 }, side, { latencies: [], totals: [] });
      hosts.push({ name, side, pids, timed });
    }
    for (let i = 0; i < (quick ? 1 : 10); i++) {
      for (const { side, timed } of hosts) await turn({ ...load, count: quick ? 4 : 60 }, side, timed);
    }
    const base = median(hosts[0]?.timed.latencies ?? []);
    const lines = hosts.map(({ name, side, pids, timed }) => {
      side.client.close();
      const { latencies } = timed;
      const memory = residentMb(pids.get('host') ?? null);
      return [
        name,
        `${short(median(latencies))} ms`,
        `${short(percentile(latencies, 0.99))} ms`,
        `${short(median(latencies) / base)}×`,
        `${short(memory)} MB`,
      ];
    });
    return table(
      'sign_event, one after the other, by age of the host',
      ['', 'median', 'p99', 'ratio', 'memory'],
      lines,
    );
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** What years leave on the disk, written by the host's own code where that is quick enough. */
function fill(state: string, apps: number, rows: number): void {
  const store = openStore(state);
  const log = openActivityLog(state);
  if (store.type === 'refused' || log.type === 'refused') throw new Error('the state directory cannot be prepared');
  const now = Date.now();
  const clients = Array.from({ length: apps }, () => randomBytes(32).toString('hex'));
  for (const [n, client] of clients.entries()) {
    const [hash, name] = [randomBytes(32).toString('hex'), `app ${n}`];
    const secret = {
      hash,
      name,
      account: 0,
      perms: '',
      ownKey: false,
      createdAt: now,
      expiresAt: now + 86_400_000,
      spent: null,
    };
    store.save({ type: 'secret', secret });
    const [remoteSigner, app] = [randomBytes(32).toString('hex'), { client, account: 0, relays: [], name, url: '' }];
    store.save({
      type: 'pair',
      app: { ...app, remoteSigner, ownKey: false, onDevice: true, perms: '', pairedAt: now, secretHash: hash },
    });
    const row = { at: now - 86_400_000, client, app: name, paired: true, method: 'sign_event', kind: 1 };
    const ms = { relay: 10, queue: 1, device: 12, total: 15 };
    log.record({ ...row, outcome: 'answered', why: '', ms });
  }
  store.close();
  log.close();
  // A million rows one by one would take minutes: those that are there are copied, a little later each.
  const database = new DatabaseSync(join(state, activityFileName));
  const columns = 'client, app, paired, method, kind, outcome, why, relay_ms, queue_ms, device_ms, total_ms';
  database.exec(`INSERT INTO activity (at, ${columns})
    WITH RECURSIVE times (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM times WHERE n < ${Math.ceil(rows / apps) - 1})
    SELECT at + n, ${columns} FROM times CROSS JOIN activity`);
  database.close();
}
