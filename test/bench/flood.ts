/** Strangers at 2,000 events a second over one relay, while an app signs over another: its latency beside that of the quiet turns. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processorMs } from '../support/processes.ts';
import { startProgram } from '../support/program.ts';
import { type Effort, median, percentile } from './measure.ts';
import { loads, type Timed, turn } from './product-loads.ts';
import { type Ends, ended, startProduct } from './product-parts.ts';
import { short, table } from './table.ts';

const perSecond = 2_000;

/** Quiet and flooded turns of one app, one request after the other. */
export async function benchFlood({ quick }: Effort): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-flood-'));
  const ends: Ends = [async () => rmSync(dir, { recursive: true, force: true })];
  try {
    const carrier = startProgram<{ readonly url?: string }>('test/bench/relay.ts', [], { linesFd: 1, stdin: 'lines' });
    ends.push(() => ended(carrier));
    const relay = await carrier.until((line) => line.url, 'the address of the relay');
    type FloodLine = { readonly url?: string; readonly began?: boolean; readonly sent?: number };
    const options = { linesFd: 1, stdin: 'lines' } as const;
    const flood = startProgram<FloodLine>('test/bench/flood-relay.ts', [], options);
    ends.push(() => ended(flood));
    const flooding = await flood.until((line) => line.url, 'the address of the other relay');
    const product = await startProduct([relay, flooding], join(dir, 'state'), { built: !quick }, ends);
    const { side, pids } = await product.granted('one');
    const [load] = loads(quick);
    if (load === undefined) throw new Error('the bench has no load');
    const turns = { ...load, count: quick ? 4 : 200 };
    await turn(turns, side, { latencies: [], totals: [] });
    const host = pids.get('host') ?? null;
    const measured = new Map<string, Timed & { processor: number; ms: number; events: number }>();
    for (let i = 0; i < (quick ? 1 : 4); i++) {
      for (const name of ['quiet', `${perSecond} strangers a second`]) {
        const isFlooded = name !== 'quiet';
        const from = flood.lines.length;
        if (isFlooded) {
          flood.tell({ perSecond });
          await flood.until((line) => line.began, 'the flood', from);
        }
        const row = measured.get(name) ?? { latencies: [], totals: [], processor: 0, ms: 0, events: 0 };
        const [before, began] = [processorMs(host), performance.now()];
        await turn(turns, side, row);
        const ms = performance.now() - began;
        const processor = processorMs(host) - before;
        if (isFlooded) flood.tell({ perSecond: 0 });
        const events = isFlooded ? await flood.until((line) => line.sent, 'the end of the flood', from) : 0;
        const { latencies, totals } = row;
        measured.set(name, {
          latencies,
          totals,
          processor: row.processor + processor,
          ms: row.ms + ms,
          events: row.events + events,
        });
      }
    }
    side.client.close();
    const rows = [...measured].map(([name, { latencies, processor, ms, events }]) => [
      name,
      `${short(median(latencies))} ms`,
      `${short(percentile(latencies, 0.99))} ms`,
      `${short((events * 1000) / ms)}`,
      `${short((100 * processor) / ms)} %`,
    ]);
    const heads = ['', 'median', 'p99', 'events/s', 'processor of the host'];
    return table('sign_event by one app, one after the other, while strangers flood the host', heads, rows);
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
