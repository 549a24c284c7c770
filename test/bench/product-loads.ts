/** What the product and its rivals are asked in the bench: signed before a turn, timed while it lasts, checked after it. */
import * as nip44 from 'nostr-tools/nip44';
import { generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import type { Ask, Exchange, Nip46Client } from '../support/nip46-client.ts';

/** What is asked, how many at once, and how often per turn; before the first one so many that only warm the compiler up. */
export type Load = {
  readonly title: string;
  readonly inFlight: number;
  readonly count: number;
  readonly turns: number;
  readonly warmUp: number;
  readonly asks: (signer: Side, count: number) => readonly Ask[];
};

/** An app, and whose key it expects. */
export type Side = { readonly client: Nip46Client; readonly user: string };
/** Of single requests, and of all of a turn. */
export type Timed = { readonly latencies: number[]; readonly totals: number[] };

/** All loads, in the order of the tables. */
export function loads(quick: boolean): readonly Load[] {
  const turns = quick ? 1 : 5;
  const warmUp = quick ? 4 : 200;
  return [
    { title: 'sign_event, one after the other', inFlight: 1, count: quick ? 4 : 30, turns, warmUp, asks: notes(200) },
    { title: 'sign_event, 32 in flight', inFlight: 32, count: quick ? 32 : 128, turns, warmUp, asks: notes(200) },
    { title: 'sign_event of 200 KB', inFlight: 1, count: 1, turns: quick ? 1 : 10, warmUp: 1, asks: notes(200_000) },
    {
      title: 'a burst of 500 nip44_decrypt',
      inFlight: 500,
      count: quick ? 10 : 500,
      turns: quick ? 1 : 3,
      warmUp,
      asks: decryptions,
    },
  ];
}

/** An answer that did not come, or was an error. */
export class Unable extends Error {}

/** The texts of one request and of its answer, as they stand in their envelopes. */
export type Sample = { readonly request: string; readonly answer: string };

/** Asks everything of a load once, takes down how long it took, and gives one exchange. */
export async function turn(load: Load, side: Side, measured: Timed): Promise<Sample> {
  const requests = side.client.prepare(load.asks(side, load.count));
  const exchanges = await side.client.run(requests, load.inFlight, 20_000);
  const latencies = exchanges.map((exchange) => checked(exchange, side.user));
  measured.latencies.push(...latencies);
  const ends = exchanges.map(({ sentAt }, i) => sentAt + (latencies[i] ?? 0));
  measured.totals.push(Math.max(...ends) - Math.min(...exchanges.map(({ sentAt }) => sentAt)));
  const { ask, result } = exchanges[0] ?? { ask: null, result: null };
  const id = requests[0]?.id ?? '';
  return { request: JSON.stringify({ id, ...ask }), answer: JSON.stringify({ id, result }) };
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
