/**
 * The whole product under load, beside software signers: the same client, the same relay, in turns. Each signer has processes of its
 * own; requests are signed before a turn and answers checked after it, so that the client is not what is measured.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlClient } from '../../host/src/control/client.ts';
import { nip46Client } from '../support/nip46-client.ts';
import { childrenOf, processorMs, residentMb } from '../support/processes.ts';
import { type Program, startProgram } from '../support/program.ts';
import { ready, startHost } from '../support/whole.ts';
import { type Effort, median, percentile } from './measure.ts';
import { hostFloorMs } from './product-floor.ts';
import { type Load, loads, type Sample, type Side, type Timed, turn, Unable } from './product-loads.ts';
import { short, table } from './table.ts';

/** One who signs, and the processes that do it by name. `isBase`: ratios are to the fastest of those. */
type Contestant = {
  readonly name: string;
  readonly side: Side;
  readonly pids: ReadonlyMap<string, number>;
  readonly isBase: boolean;
};

/**
 * Runs every load on all of them in turns, over one relay in a process of its own: the product, whose key is behind a serial port, for
 * an app with a grant and for one whose every request is shown and approved by a press at once, and with a board that has the curve in
 * JavaScript only; and three signers whose key is in their memory. `profiles` is a directory for CPU profiles of host and simulator.
 */
export async function benchProduct({ quick }: Effort, profiles: string | null): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const ends: (() => Promise<void>)[] = [async () => rmSync(dir, { recursive: true, force: true })];
  try {
    const carrier = startProgram<{ readonly url?: string }>('test/bench/relay.ts', [], { linesFd: 1 });
    ends.push(() => ended(carrier));
    const relay = await carrier.until((line) => line.url, 'the address of the relay');
    const board = await startProduct(relay, join(dir, 'accelerated'), 'accelerated', profiles, ends);
    const atRest = memory(board.pids);
    const contestants = [
      await board.granted(`${productName}, granted`),
      await board.pressed(`${productName}, pressed`),
    ];
    if (!quick) {
      const portable = await startProduct(relay, join(dir, 'portable'), 'portable', null, ends);
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

const productName = 'Sallyport';

/** The two that issue reports compare signers with, and the plainest one there can be: no queue, no store, no questions. */
const rivals = ['ndk', 'applesauce', 'plain'] as const;
const rivalNames = { ndk: 'NDKNip46Backend', applesauce: 'NostrConnectProvider', plain: 'nostr-tools, plain' } as const;

type Product = {
  readonly pids: ReadonlyMap<string, number>;
  readonly granted: (name: string) => Promise<Contestant>;
  readonly pressed: (name: string) => Promise<Contestant>;
};

/** A host with its simulator, each a process; ends with `ends`. */
async function startProduct(
  relay: string,
  state: string,
  crypto: 'accelerated' | 'portable',
  profiles: string | null,
  ends: (() => Promise<void>)[],
): Promise<Product> {
  const before = new Set(childrenOf(process.pid));
  const env = profiles === null ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` };
  const args = ['--sim-press', 'approve', '--sim-crypto', crypto, '--relay', relay, '--state', state];
  const host = startHost(args, { env });
  ends.push(() => ended(host));
  const bunker = new URL(await host.until((line) => line.bunker, 'the bunker line'));
  await ready(host);
  const pids = processesSince(before);
  const contestant = async (name: string, line: URL, perms: string): Promise<Contestant> => ({
    name,
    side: await pairApp(line, perms),
    pids,
    isBase: false,
  });
  return {
    pids,
    granted: (name) => contestant(name, bunker, 'sign_event:1,nip44_decrypt'),
    pressed: async (name) => contestant(name, await anotherBunker(state), ''),
  };
}

async function startRival(
  kind: (typeof rivals)[number],
  relay: string,
  ends: (() => Promise<void>)[],
): Promise<Contestant> {
  const before = new Set(childrenOf(process.pid));
  const program = startProgram<{ readonly pubkey?: string }>('test/bench/rival.ts', [kind, relay], { linesFd: 1 });
  ends.push(() => ended(program));
  const pubkey = await program.until((line) => line.pubkey, 'the key of the rival');
  const pid = childrenOf(process.pid).find((child) => !before.has(child));
  const pids = new Map(pid === undefined ? [] : [['signer', pid]]);
  return { name: rivalNames[kind], side: await side(relay, pubkey, '', ''), pids, isBase: kind !== 'plain' };
}

async function ended(program: Pick<Program<unknown>, 'signal' | 'gone'>): Promise<void> {
  program.signal('SIGINT');
  await program.gone();
}

/** The processes of a product that was just started, as far as /proc tells them apart. */
function processesSince(before: ReadonlySet<number>): ReadonlyMap<string, number> {
  const host = childrenOf(process.pid).find((child) => !before.has(child));
  const [simulator] = host === undefined ? [] : childrenOf(host);
  const found: [string, number][] = [];
  if (host !== undefined) found.push(['host', host]);
  if (simulator !== undefined) found.push(['simulator', simulator]);
  return new Map(found);
}

type Run = { readonly timed: Timed; readonly processor: Map<string, number> };

async function runLoad(load: Load, contestants: readonly Contestant[]): Promise<string> {
  const runs: { contestant: Contestant; run: Run }[] = [];
  const warmUp = { ...load, count: Math.min(load.count, 8) };
  let floor = Number.NaN;
  for (const contestant of contestants) {
    const sample = await isAble(warmUp, contestant);
    if (sample === null) continue;
    runs.push({ contestant, run: emptied() });
    if (Number.isNaN(floor)) floor = hostFloorMs(sample.request, sample.answer);
  }
  for (let i = 0; i < load.turns; i++) {
    for (const { contestant, run } of runs) {
      const before = processors(contestant);
      await turn(load, contestant.side, run.timed);
      for (const [name, ms] of processors(contestant))
        run.processor.set(name, (run.processor.get(name) ?? 0) + ms - (before.get(name) ?? 0));
    }
  }
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
  floor: number,
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
      host === undefined ? '' : `${short(host / requests / floor)}×`,
    ];
  });
  const words = `ratio: to the fastest library; the host's floor: ${short(floor)} ms`;
  return table(`${load.title}, from request to answer (${words})`, heads, rows);
}

/** Another line for an app: each works once. */
async function anotherBunker(state: string): Promise<URL> {
  const body = { name: '', perms: '', account: 0, minutes: 60 };
  const made = await controlClient(state).call('POST /v0/secrets', { body });
  if (made.type !== 'answer') throw new Error(`no bunker line: ${JSON.stringify(made)}`);
  return new URL(made.answer.uri);
}

/** The simulator presses for the human: what the app wishes for is granted. */
function pairApp(bunker: URL, perms: string): Promise<Side> {
  const { searchParams } = bunker;
  return side(searchParams.get('relay') ?? '', bunker.host, searchParams.get('secret') ?? '', perms);
}

async function side(relay: string, signer: string, secret: string, perms: string): Promise<Side> {
  const client = await nip46Client(relay, signer);
  const [connected] = await client.run(client.prepare([{ method: 'connect', params: [signer, secret, perms] }]), 1);
  if (connected?.result !== 'ack') throw new Error(`connect: ${connected?.error ?? 'no answer'}`);
  const [key] = await client.run(client.prepare([{ method: 'get_public_key', params: [] }]), 1);
  return { client, user: key?.result ?? '' };
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
