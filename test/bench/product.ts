/**
 * The whole product under load, beside a plain software signer: the same client, the same relay, in turns. The ratio is what a
 * device costs: a second process, a serial line, a screen, a store, and every signature checked before it leaves.
 */

import * as nip44 from 'nostr-tools/nip44';
import { generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { type Ask, type Exchange, type Nip46Client, nip46Client } from '../support/nip46-client.ts';
import { childrenOf, processorMs, residentMb } from '../support/processes.ts';
import { ready, startHost } from '../support/whole.ts';
import { type Effort, median, percentile } from './measure.ts';
import { startSoftwareSigner } from './software-signer.ts';
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

/** The processes of the product, as far as /proc tells them apart. */
type Pids = { readonly host: number | null; readonly simulator: number | null };

/** Runs every load on both signers in turns. `profiles` is a directory for CPU profiles of host and simulator. */
export async function benchProduct({ quick }: Effort, profiles: string | null): Promise<string> {
  const env = profiles === null ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` };
  const host = startHost(['--sim-press', 'approve'], { env });
  try {
    const bunker = new URL(await host.until((line) => line.bunker, 'the bunker line'));
    const relay = bunker.searchParams.get('relay') ?? '';
    await ready(host);
    const pids = findProcesses();
    const atRest = memory(pids);
    const software = await startSoftwareSigner(relay);
    const device = await side(relay, bunker.host, bunker.searchParams.get('secret') ?? '');
    const plain = await side(relay, software.pubkey, 'any');
    const parts: string[] = [];
    for (const load of loads(quick)) parts.push(await runLoad(load, device, plain, pids));
    parts.push(table('Memory (resident)', ['', 'at rest', 'after the load'], rowsOfMemory(atRest, memory(pids))));
    for (const { client } of [device, plain]) client.close();
    software.close();
    return parts.join('\n');
  } finally {
    host.signal('SIGINT');
    await host.gone();
  }
}

function findProcesses(): Pids {
  const [host = null] = childrenOf(process.pid);
  const [simulator = null] = host === null ? [] : childrenOf(host);
  return { host, simulator };
}

function loads(quick: boolean): readonly Load[] {
  const turns = quick ? 1 : 5;
  return [
    { title: 'sign_event, one after the other', inFlight: 1, count: quick ? 4 : 30, turns, asks: notes(200) },
    { title: 'sign_event, 32 in flight', inFlight: 32, count: quick ? 32 : 128, turns, asks: notes(200) },
    { title: 'sign_event of 200 KB', inFlight: 1, count: 1, turns: quick ? 1 : 10, asks: notes(200_000) },
    // As many in flight as in the row above, so that the two can be compared.
    { title: '100 nip44_decrypt, 32 in flight', inFlight: 32, count: quick ? 10 : 100, turns, asks: decryptions },
  ];
}

async function runLoad(load: Load, device: Side, plain: Side, pids: Pids): Promise<string> {
  const measured = { device: emptied(), plain: emptied() };
  const processors = { host: 0, simulator: 0 };
  for (const side of [device, plain]) await turn({ ...load, count: Math.min(load.count, 8) }, side, emptied());
  for (let i = 0; i < load.turns; i++) {
    const before = { host: processorMs(pids.host), simulator: processorMs(pids.simulator) };
    await turn(load, device, measured.device);
    processors.host += processorMs(pids.host) - before.host;
    processors.simulator += processorMs(pids.simulator) - before.simulator;
    await turn(load, plain, measured.plain);
  }
  const requests = load.count * load.turns;
  const each = (ms: number): string => `${short(ms / requests)} ms`;
  return [
    compared(load, measured.plain, measured.device),
    `  processor per request: host ${each(processors.host)}, simulator ${each(processors.simulator)}\n`,
  ].join('');
}

/** Time of one request as its app sees it, and requests per second: they differ when many are in flight. */
function compared(load: Load, plain: Timed, device: Timed): string {
  const [base, baseTotal] = [median(plain.latencies), median(plain.totals)];
  const row = (what: string, { latencies, totals }: Timed): readonly string[] => [
    what,
    `${short(median(latencies))} ms`,
    `${short(percentile(latencies, 0.99))} ms`,
    `${short(median(latencies) / base)}×`,
    short((load.count * 1000) / median(totals)),
    `${short(median(totals) / baseTotal)}×`,
  ];
  const heads = ['', 'median', 'p99', 'ratio', 'req/s', 'ratio'];
  return table(`${load.title}, from request to answer (ratio: to the software signer)`, heads, [
    row('software signer', plain),
    row('Sallyport', device),
  ]);
}

async function turn(load: Load, side: Side, measured: Timed): Promise<void> {
  const requests = side.client.prepare(load.asks(side, load.count));
  const exchanges = await side.client.run(requests, load.inFlight);
  const latencies = exchanges.map((exchange) => checked(exchange, side.user));
  measured.latencies.push(...latencies);
  const ends = exchanges.map(({ sentAt }, i) => sentAt + (latencies[i] ?? 0));
  measured.totals.push(Math.max(...ends) - Math.min(...exchanges.map(({ sentAt }) => sentAt)));
}

/** The time of an exchange; throws when its answer is not what was asked for. */
function checked({ ask, ms, result, error }: Exchange, user: string): number {
  if (ms === null || result === null || error !== null) throw new Error(`${ask.method}: ${error ?? 'no answer'}`);
  if (ask.method === 'sign_event') {
    const event = JSON.parse(result);
    const { content } = JSON.parse(ask.params[0] ?? '');
    if (!verifyEvent(event) || event.pubkey !== user || event.content !== content) throw new Error('a wrong signature');
  } else if (ask.method === 'nip44_decrypt' && !result.startsWith('secret ')) throw new Error('a wrong text');
  return ms;
}

async function side(relay: string, signer: string, secret: string): Promise<Side> {
  const client = await nip46Client(relay, signer);
  const [connected] = await client.run(client.prepare([{ method: 'connect', params: [signer, secret] }]), 1);
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

function emptied(): Timed {
  return { latencies: [], totals: [] };
}

function memory({ host, simulator }: Pids): readonly number[] {
  return [residentMb(host), residentMb(simulator)];
}

function rowsOfMemory(atRest: readonly number[], after: readonly number[]): readonly string[][] {
  return ['host', 'simulator'].map((name, i) => [
    name,
    ...[atRest, after].map((mb) => `${short(mb[i] ?? Number.NaN)} MB`),
  ]);
}
