/** CBOR: the gate and what stands behind it, beside the two libraries without a gate; and how long hostile inputs keep it busy. */
import { type Cbor, decodeCbor, encodeCbor, gate, messageBounds, streamBounds } from '@sallyport/device-protocol';
import { Decoder } from 'cbor-x/index-no-eval';
import { decode as cborgDecode } from 'cborg';
import { hostileCbor } from '../support/hostile-cbor.ts';
import { bytesFrom, chance } from '../support/random.ts';
import { type Effort, inTurns } from './measure.ts';
import { ratioTable, short, table } from './table.ts';

const map = (...items: readonly [number, Cbor][]): Cbor => new Map(items);

export function benchCbor({ quick }: Effort): string {
  const random = bytesFrom(chance(2));
  const event = map([0, 1_700_000_000], [1, 1], [2, 'Schöne Grüße 🌍 '.repeat(40)]);
  const messages = [
    map([0, 0], [1, 7], [2, 31], [3, map([0, 0], [1, 'an app'], [2, map([0, 900], [1, random(900)])])]),
    map([0, 1], [1, 7], [2, 60], [3, map([0, random(3840)])]),
    map([0, 3], [1, 0], [2, 1], [3, map([0, 7], [1, 2], [2, 41_000])]),
    map([0, 1], [1, 7], [2, 31], [3, map([0, random(32)], [1, random(64)], [2, random(32)])]),
    map([0, 0], [1, 9], [2, 31], [3, event]),
  ].map(encodeCbor);
  const repeats = quick ? 5 : 200;
  const bare = new Decoder({ useRecords: false, mapsAsObjects: false });
  const all = (decode: (message: Uint8Array) => unknown) => () => {
    for (let i = 0; i < repeats; i++) for (const message of messages) decode(message);
  };

  const strict = { useMaps: true, strict: true, rejectDuplicateMapKeys: true };
  const pass = (message: Uint8Array): void => {
    if ('wrong' in gate(message, messageBounds)) throw new Error('the gate refused a message');
  };
  const amount = (repeats * messages.reduce((sum, message) => sum + message.length, 0)) / 1e6;
  const rows = inTurns(quick ? 3 : 60, [
    { what: 'cbor-x, bare', amount, run: all((message) => bare.decode(message)) },
    { what: 'cborg, strict', amount, run: all((message) => cborgDecode(message, strict)) },
    { what: 'the gate alone', amount, run: all(pass) },
    { what: 'gate + decode, as it is used', amount, run: all((message) => decodeCbor(message)) },
  ]);
  return ratioTable('CBOR, five messages of this protocol (ratio: to bare cbor-x)', 'MB', rows);
}

/** Every hostile input through the gate with the larger bounds, which let it work the longest. */
export function benchHostileCbor({ quick }: Effort): string {
  const inputs = hostileCbor();
  const slowest = new Map<string, number>();
  for (let round = 0; round < (quick ? 2 : 20); round++) {
    for (const { name, bytes } of inputs) {
      const start = performance.now();
      decodeCbor(bytes, streamBounds);
      slowest.set(name, Math.max(slowest.get(name) ?? 0, performance.now() - start));
    }
  }
  const sorted = inputs
    .map(({ name, bytes }) => ({ name, bytes, ms: slowest.get(name) ?? 0 }))
    .toSorted((a, b) => b.ms - a.ms);
  const lines = sorted
    .filter(({ bytes }, place) => place < shown || verdict(bytes) === 'ADMITTED')
    .map(({ name, bytes, ms }) => [name, String(bytes.length), `${short(ms)} ms`, verdict(bytes)]);
  const rest = [`the other ${sorted.length - shown}, at most`, '', `${short(sorted[shown]?.ms ?? 0)} ms`];
  const title = `${inputs.length} hostile inputs of CBOR through the gate, the slowest of all rounds each`;
  return table(title, ['', 'bytes', 'slowest', 'gate says'], [...lines, rest]);
}

/** Rows of the table; what is faster is said in one. */
const shown = 10;

function verdict(bytes: Uint8Array): string {
  const decoded = decodeCbor(bytes, streamBounds);
  return 'wrong' in decoded ? `${decoded.wrong}, at ${decoded.offset}` : 'ADMITTED';
}
