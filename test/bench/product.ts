/**
 * The whole product under load, beside software signers: the same client, the same relay, in turns. Each signer has processes of its
 * own; requests are signed before a turn and answers checked after it, so that the client is not what is measured.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, processorMs, residentMb } from '../support/processes.ts';
import { startProgram } from '../support/program.ts';
import { type Effort, median, percentile } from './measure.ts';
import { type HostFloor, hostFloor } from './product-floor.ts';
import { type Load, loads, type Sample, type Timed, turn, Unable } from './product-loads.ts';
import { type Contestant, type Ends, ended, productName, side, startProduct } from './product-parts.ts';
import { short, table } from './table.ts';

/**
 * Runs every load on all of them in turns, over one relay in a process of its own: the product, whose key is behind a serial port, for
 * an app with a grant and for one whose every request is shown and approved by a press at once, and with a board that has the curve in
 * JavaScript only; and three signers whose key is in their memory. `profiles` is a directory for CPU profiles of host and simulator.
 * It runs as it is published; `quick` takes the source, which needs no build.
 */
export async function benchProduct({ quick }: Effort, profiles: string | null): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const ends: Ends = [async () => rmSync(dir, { recursive: true, force: true })];
  try {
    const carrier = startProgram<{ readonly url?: string }>('test/bench/relay.ts', [], { linesFd: 1, stdin: 'lines' });
    ends.push(() => ended(carrier));
    const relay = await carrier.until((line) => line.url, 'the address of the relay');
    const board = await startProduct(relay, join(dir, 'accelerated'), { profiles, built: !quick }, ends);
    const atRest = memory(board.pids);
    const contestants = [
      await board.granted(`${productName}, granted`),
      await board.pressed(`${productName}, pressed`),
    ];
    if (!quick) {
      const portable = await startProduct(relay, join(dir, 'portable'), { crypto: 'portable', built: !quick }, ends);
      contestants.push(await portable.granted(`${productName}, noble board`));
    }
    // To see that everything runs one of them is enough: each waits for a library to be loaded.
    for (const kind of quick ? (['plain'] as const) : rivals) contestants.push(await startRival(kind, relay, ends));
    const parts: string[] = [];
    for (const load of loads(quick)) parts.push(await runLoad(load, contestants));
    parts.push(
      table(
        'Memory (resident)',
        ['', 'at rest', 'after the load'],
        rowsOfMemory(board.pids, atRest, memory(board.pids)),
      ),
    );
    for (const one of contestants) one.side.client.close();
    return parts.join('\n');
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

/** The two that issue reports compare signers with, and the plainest one there can be: no queue, no store, no questions. */
const rivals = ['ndk', 'applesauce', 'plain'] as const;
const rivalNames = { ndk: 'NDKNip46Backend', applesauce: 'NostrConnectProvider', plain: 'nostr-tools, plain' } as const;

async function startRival(kind: (typeof rivals)[number], relay: string, ends: Ends): Promise<Contestant> {
  const before = new Set(childrenOf(process.pid));
  const program = startProgram<{ readonly pubkey?: string }>('test/bench/rival.ts', [kind, relay], { linesFd: 1 });
  ends.push(() => ended(program));
  const pubkey = await program.until((line) => line.pubkey, 'the key of the rival');
  const pid = childrenOf(process.pid).find((child) => !before.has(child));
  const pids = new Map(pid === undefined ? [] : [['signer', pid]]);
  return { name: rivalNames[kind], side: await side(relay, pubkey, '', ''), pids, isBase: kind !== 'plain' };
}

type Run = { readonly timed: Timed; readonly processor: Map<string, number> };

async function runLoad(load: Load, contestants: readonly Contestant[]): Promise<string> {
  const runs: { contestant: Contestant; run: Run }[] = [];
  const warmUp = { ...load, count: load.warmUp };
  const floors: HostFloor[] = [];
  let sample: Sample | null = null;
  for (const contestant of contestants) {
    const answered = await isAble(warmUp, contestant);
    if (answered === null) continue;
    runs.push({ contestant, run: emptied() });
    sample ??= answered;
  }
  for (let i = 0; i < load.turns; i++) {
    if (sample !== null) floors.push(hostFloor(sample.request, sample.answer));
    for (const { contestant, run } of runs) {
      const before = processors(contestant);
      await turn(load, contestant.side, run.timed);
      for (const [name, ms] of processors(contestant))
        run.processor.set(name, (run.processor.get(name) ?? 0) + ms - (before.get(name) ?? 0));
    }
  }
  const floor = { ms: median(floors.map(({ ms }) => ms)), checked: median(floors.map(({ checked }) => checked)) };
  return compared(load, runs, floor);
}

/** Warms a contestant up. Some rivals do not answer events of 200 KB: they are left out of that table. The product is never. */
async function isAble(load: Load, { name, side: asked }: Contestant): Promise<Sample | null> {
  try {
    return await turn(load, asked, emptied().timed);
  } catch (problem) {
    if (!(problem instanceof Unable) || name.startsWith(productName)) throw problem;
    return null;
  }
}

function processors({ pids }: Contestant): ReadonlyMap<string, number> {
  return new Map([...pids].map(([name, pid]) => [name, processorMs(pid)]));
}

/**
 * Time of one request as its app sees it, and requests per second: they differ when many are in flight. Ratios are to the fastest of
 * the libraries that people use, or of whoever is there beside the product; the host's processor time also to its floor.
 */
function compared(
  load: Load,
  runs: readonly { readonly contestant: Contestant; readonly run: Run }[],
  floor: HostFloor,
): string {
  const others = runs.filter(({ contestant }) => !contestant.name.startsWith(productName));
  const libraries = others.filter(({ contestant }) => contestant.isBase);
  const bases = (libraries.length > 0 ? libraries : others).map(({ run }) => run.timed);
  const base = Math.min(...bases.map(({ latencies }) => median(latencies)));
  const baseTotal = Math.min(...bases.map(({ totals }) => median(totals)));
  const heads = ['', 'median', 'p99', 'ratio', 'req/s', 'ratio', 'processor per request', 'host / floor'];
  const rows = runs.map(({ contestant, run }) => {
    const { latencies, totals } = run.timed;
    const requests = load.count * load.turns;
    const processor = [...run.processor].map(([name, ms]) => `${name} ${short(ms / requests)} ms`);
    const host = run.processor.get('host');
    return [
      contestant.name,
      `${short(median(latencies))} ms`,
      `${short(percentile(latencies, 0.99))} ms`,
      `${short(median(latencies) / base)}×`,
      short((load.count * 1000) / median(totals)),
      `${short(baseTotal / median(totals))}×`,
      processor.join(', '),
      host === undefined ? '' : `${short(host / requests / floor.ms)}×`,
    ];
  });
  const words = `ratio: to the fastest library; the host's floor: ${short(floor.ms)} ms, ${short(floor.checked)} with the device's signature checked`;
  return table(`${load.title}, from request to answer (${words})`, heads, rows);
}

function emptied(): Run {
  return { timed: { latencies: [], totals: [] }, processor: new Map() };
}

type Megabytes = ReadonlyMap<string, number>;

function memory(pids: ReadonlyMap<string, number>): Megabytes {
  return new Map([...pids].map(([name, pid]) => [name, residentMb(pid)]));
}

function rowsOfMemory(pids: ReadonlyMap<string, number>, atRest: Megabytes, after: Megabytes): readonly string[][] {
  return [...pids.keys()].map((name) => [
    name,
    ...[atRest, after].map((mb) => `${short(mb.get(name) ?? Number.NaN)} MB`),
  ]);
}
