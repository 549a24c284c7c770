/**
 * The whole product under load, beside software signers: the same client, the same relay, in turns. Each signer has processes of its
 * own; requests are signed before a turn and answers checked after it, so that the client is not what is measured.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as nip44 from 'nostr-tools/nip44';
import { generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { controlClient } from '../../host/src/control/client.ts';
import { type Ask, type Exchange, type Nip46Client, nip46Client } from '../support/nip46-client.ts';
import { childrenOf, processorMs, residentMb } from '../support/processes.ts';
import { type Program, startProgram } from '../support/program.ts';
import { ready, startHost } from '../support/whole.ts';
import { type Effort, median, percentile } from './measure.ts';
import { short, table } from './table.ts';

/** What is asked, how many at once, and how often per turn. */
type Load = {
  readonly title: string;
  readonly inFlight: number;
  readonly count: number;
  readonly turns: number;
  readonly asks: (signer: Side, count: number) => readonly Ask[];
};

type Side = { readonly client: Nip46Client; readonly user: string };
/** Of single requests, and of all of a turn. */
type Timed = { readonly latencies: number[]; readonly totals: number[] };

/** One who signs, the processes that do it by name, and what was measured of them. */
type Contestant = { readonly name: string; readonly side: Side; readonly pids: ReadonlyMap<string, number> };

/**
 * Runs every load on all of them in turns: the product, whose key is behind a serial port, for an app with a grant and for one whose
 * every request is shown and approved by a press at once; and three signers whose key is in their memory.
 * `profiles` is a directory for CPU profiles of host and simulator.
 */
export async function benchProduct({ quick }: Effort, profiles: string | null): Promise<string> {
  const env = profiles === null ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` };
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const ends: (() => Promise<void>)[] = [async () => rmSync(dir, { recursive: true, force: true })];
  try {
    const state = join(dir, 'state');
    const host = startHost(['--sim-press', 'approve', '--state', state], { env });
    ends.push(() => ended(host));
    const bunker = new URL(await host.until((line) => line.bunker, 'the bunker line'));
    const relay = bunker.searchParams.get('relay') ?? '';
    await ready(host);
    const pids = findProcesses();
    const atRest = memory(pids);
    const granted = await pairApp(bunker, 'sign_event:1,nip44_decrypt');
    const pressed = await pairApp(await anotherBunker(state), '');
    const contestants: Contestant[] = [
      { name: `${productName}, granted`, side: granted, pids },
      { name: `${productName}, pressed`, side: pressed, pids },
    ];
    // To see that everything runs one of them is enough: each waits for a library to be loaded.
    for (const kind of quick ? (['plain'] as const) : rivals) contestants.push(await startRival(kind, relay, ends));
    const parts: string[] = [];
    for (const load of loads(quick)) parts.push(await runLoad(load, contestants));
    parts.push(table('Memory (resident)', ['', 'at rest', 'after the load'], rowsOfMemory(pids, atRest, memory(pids))));
    for (const one of contestants) one.side.client.close();
    return parts.join('\n');
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

const productName = 'Sallyport';

/** The two that issue reports compare signers with, and the plainest one there can be. */
const rivals = ['ndk', 'applesauce', 'plain'] as const;
const rivalNames = { ndk: 'NDKNip46Backend', applesauce: 'NostrConnectProvider', plain: 'nostr-tools, plain' } as const;

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
  return { name: rivalNames[kind], side: await side(relay, pubkey, '', ''), pids };
}

async function ended(program: Pick<Program<unknown>, 'signal' | 'gone'>): Promise<void> {
  program.signal('SIGINT');
  await program.gone();
}

/** The processes of the product, as far as /proc tells them apart. */
function findProcesses(): ReadonlyMap<string, number> {
  const [host] = childrenOf(process.pid);
  const [simulator] = host === undefined ? [] : childrenOf(host);
  const found: [string, number][] = [];
  if (host !== undefined) found.push(['host', host]);
  if (simulator !== undefined) found.push(['simulator', simulator]);
  return new Map(found);
}

function loads(quick: boolean): readonly Load[] {
  const turns = quick ? 1 : 5;
  return [
    { title: 'sign_event, one after the other', inFlight: 1, count: quick ? 4 : 30, turns, asks: notes(200) },
    { title: 'sign_event, 32 in flight', inFlight: 32, count: quick ? 32 : 128, turns, asks: notes(200) },
    { title: 'sign_event of 200 KB', inFlight: 1, count: 1, turns: quick ? 1 : 10, asks: notes(200_000) },
    {
      title: 'a burst of 500 nip44_decrypt, 250 in flight',
      // An app may have 256 open; more are told to ask again.
      inFlight: 250,
      count: quick ? 10 : 500,
      turns: quick ? 1 : 3,
      asks: decryptions,
    },
  ];
}

type Run = { readonly timed: Timed; readonly processor: Map<string, number> };

async function runLoad(load: Load, contestants: readonly Contestant[]): Promise<string> {
  const runs: { contestant: Contestant; run: Run }[] = [];
  const warmUp = { ...load, count: Math.min(load.count, 8) };
  for (const contestant of contestants) if (await isAble(warmUp, contestant)) runs.push({ contestant, run: emptied() });
  for (let i = 0; i < load.turns; i++) {
    for (const { contestant, run } of runs) {
      const before = processors(contestant);
      await turn(load, contestant.side, run.timed);
      for (const [name, ms] of processors(contestant))
        run.processor.set(name, (run.processor.get(name) ?? 0) + ms - (before.get(name) ?? 0));
    }
  }
  return compared(load, runs);
}

/** An answer that did not come, or was an error. */
class Unable extends Error {}

/** Warms a contestant up. Some rivals do not answer events of 200 KB: they are left out of that table. The product is never. */
async function isAble(load: Load, { name, side: asked }: Contestant): Promise<boolean> {
  try {
    await turn(load, asked, emptied().timed);
    return true;
  } catch (problem) {
    if (!(problem instanceof Unable) || name.startsWith(productName)) throw problem;
    return false;
  }
}

function processors({ pids }: Contestant): ReadonlyMap<string, number> {
  return new Map([...pids].map(([name, pid]) => [name, processorMs(pid)]));
}

/** Time of one request as its app sees it, and requests per second: they differ when many are in flight. Ratios are to the fastest rival. */
function compared(load: Load, runs: readonly { readonly contestant: Contestant; readonly run: Run }[]): string {
  const others = runs.flatMap(({ contestant, run }) => (contestant.name.startsWith(productName) ? [] : [run.timed]));
  const base = Math.min(...others.map(({ latencies }) => median(latencies)));
  const baseTotal = Math.min(...others.map(({ totals }) => median(totals)));
  const heads = ['', 'median', 'p99', 'ratio', 'req/s', 'ratio', 'processor per request'];
  const rows = runs.map(({ contestant, run }) => {
    const { latencies, totals } = run.timed;
    const requests = load.count * load.turns;
    const processor = [...run.processor].map(([name, ms]) => `${name} ${short(ms / requests)} ms`);
    return [
      contestant.name,
      `${short(median(latencies))} ms`,
      `${short(percentile(latencies, 0.99))} ms`,
      `${short(median(latencies) / base)}×`,
      short((load.count * 1000) / median(totals)),
      `${short(baseTotal / median(totals))}×`,
      processor.join(', '),
    ];
  });
  return table(`${load.title}, from request to answer (ratio: to the fastest of the others)`, heads, rows);
}

async function turn(load: Load, side: Side, measured: Timed): Promise<void> {
  const requests = side.client.prepare(load.asks(side, load.count));
  const exchanges = await side.client.run(requests, load.inFlight, 20_000);
  const latencies = exchanges.map((exchange) => checked(exchange, side.user));
  measured.latencies.push(...latencies);
  const ends = exchanges.map(({ sentAt }, i) => sentAt + (latencies[i] ?? 0));
  measured.totals.push(Math.max(...ends) - Math.min(...exchanges.map(({ sentAt }) => sentAt)));
}

/** The time of an exchange; throws when its answer is not what was asked for. */
function checked({ ask, ms, result, error }: Exchange, user: string): number {
  if (ms === null || result === null || error !== null) throw new Unable(`${ask.method}: ${error ?? 'no answer'}`);
  if (ask.method === 'sign_event') {
    const event = JSON.parse(result);
    const { content } = JSON.parse(ask.params[0] ?? '');
    if (!verifyEvent(event) || event.pubkey !== user || event.content !== content) throw new Error('a wrong signature');
  } else if (ask.method === 'nip44_decrypt' && !result.startsWith('secret ')) throw new Error('a wrong text');
  return ms;
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

let written = 0;

/** Notes of this size, no two alike: an equal request would be answered from memory. */
function notes(size: number): Load['asks'] {
  return (_side, count) =>
    Array.from({ length: count }, () => {
      const content = `${++written} ${'x'.repeat(size)}`;
      const template = { kind: 1, created_at: Math.floor(Date.now() / 1000), tags: [['t', 'bench']], content };
      return { method: 'sign_event', params: [JSON.stringify(template)] };
    });
}

/** Direct messages of one friend. */
function decryptions({ user }: Side, count: number): readonly Ask[] {
  const friend = generateSecretKey();
  const conversation = nip44.v2.utils.getConversationKey(friend, user);
  return Array.from({ length: count }, () => {
    const ciphertext = nip44.v2.encrypt(`secret ${++written} ${'y'.repeat(100)}`, conversation);
    return { method: 'nip44_decrypt', params: [getPublicKey(friend), ciphertext] };
  });
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
