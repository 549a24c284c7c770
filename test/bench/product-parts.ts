/** The product as the benches start it: its processes, and apps that are paired with it. */
import { controlClient } from '../../host/src/control/client.ts';
import { nip46Client } from '../support/nip46-client.ts';
import { childrenOf } from '../support/processes.ts';
import type { Program } from '../support/program.ts';
import { ready, startHost } from '../support/whole.ts';
import type { Side } from './product-loads.ts';

export const productName = 'Sallyport';

/** What is to be ended, last first. */
export type Ends = (() => Promise<void>)[];

/** One who signs, and the processes that do it by name. `isBase`: ratios are to the fastest of those. */
export type Contestant = {
  readonly name: string;
  readonly side: Side;
  readonly pids: ReadonlyMap<string, number>;
  readonly isBase: boolean;
};

export type Product = {
  readonly pids: ReadonlyMap<string, number>;
  /** Its state directory. */
  readonly state: string;
  readonly granted: (name: string) => Promise<Contestant>;
  readonly pressed: (name: string) => Promise<Contestant>;
};

/** The board, a directory for CPU profiles of host and simulator, and whether it runs as it is published. */
export type ProductOptions = {
  readonly crypto?: 'accelerated' | 'portable';
  readonly profiles?: string | null;
  readonly built?: boolean;
};

/** A host with its simulator, each a process; ends with `ends`. */
export async function startProduct(
  relay: string | readonly string[],
  state: string,
  { crypto = 'accelerated', profiles = null, built = false }: ProductOptions,
  ends: Ends,
): Promise<Product> {
  const before = new Set(childrenOf(process.pid));
  const env = profiles === null ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` };
  const args = [
    '--sim-press',
    'approve',
    '--sim-crypto',
    crypto,
    ...[relay].flat().flatMap((url) => ['--relay', url]),
    '--state',
    state,
  ];
  const host = startHost(args, { env, built });
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
    state,
    granted: (name) => contestant(name, bunker, 'sign_event:1,nip44_decrypt'),
    pressed: async (name) => contestant(name, await anotherBunker(state), ''),
  };
}

export async function ended(program: Pick<Program<unknown>, 'signal' | 'gone'>): Promise<void> {
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

/** An app that is paired, by the first relay of the line. */
export async function side(relay: string, signer: string, secret: string, perms: string): Promise<Side> {
  const client = await nip46Client(relay, signer);
  const [connected] = await client.run(client.prepare([{ method: 'connect', params: [signer, secret, perms] }]), 1);
  if (connected?.result !== 'ack') throw new Error(`connect: ${connected?.error ?? 'no answer'}`);
  const [key] = await client.run(client.prepare([{ method: 'get_public_key', params: [] }]), 1);
  return { client, user: key?.result ?? '' };
}
