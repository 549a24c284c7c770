/**
 * The memory of the firmware core in a bare engine (QuickJS), and what a signature costs on the wire. A peak is the highest byte of
 * the engine's memory that was ever used, less what the engine and the firmware's code take before the firmware runs: it counts
 * what the allocator could not reuse, as it would be on a board. Reading the code takes more than it leaves behind, so that a
 * small event hides in the room that the start made. The curve is the board's, outside the engine; the portable one has a row.
 */
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { bundleFirmware } from '../bare-engine/bundle.ts';
import { bareEngine, demoFlash, type EngineOptions } from '../bare-engine/engine.ts';
import { type Fields, signingStory, type Told } from '../bare-engine/story.ts';
import type { Effort } from './measure.ts';
import { table } from './table.ts';

/** Bytes of the engine's memory: when the firmware has booted, and at the peak of the story. */
type Measured = { readonly booted: number; readonly peak: number; readonly told: Told };
type Row = readonly [string, Measured];

const sizes = (quick: boolean): readonly (readonly [string, number])[] => [
  ['1 KB', 1_000],
  ['64 KiB', 64 * 1024],
  ...(quick ? [] : ([['1 MiB', 1024 * 1024]] as const)),
];

export async function benchMemory({ quick }: Effort): Promise<string> {
  const code = await bundleFirmware();
  const board = { code, flash: demoFlash(), curve: portableCrypto };
  const rows: Row[] = [];
  for (const [name, bytes] of sizes(quick)) rows.push([name, await measure(board, bytes)]);
  const portable = await measure({ ...board, curve: null }, 1_000);
  const empty = await measure({ ...board, code: emptyFirmware }, null);
  return [memoryTable(code.length, empty.booted, rows, portable), wireTable(rows)].join('\n');
}

/** Does nothing at all: what is used under it is the engine's. */
const emptyFirmware =
  'const firmware = { start: () => ({ first: { wire: [], screen: [], due: null } }), platform: () => [] };';

function memoryTable(codeBytes: number, engine: number, rows: readonly Row[], portable: Measured): string {
  const kib = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`;
  const small = rows[0]?.[1] ?? portable;
  return table(
    `Memory of the firmware core in QuickJS, without the engine; the target for 1 MiB is 64 KiB more than for 1 KB (one file of ${kib(codeBytes)})`,
    ['', 'memory', 'more than for 1 KB'],
    [
      ['peak of the start, its code included', kib(small.booted - engine), ''],
      ...rows.map(([name, { peak }], i) => [
        `peak while it signs ${name}`,
        kib(peak - engine),
        i === 0 ? '' : kib(peak - small.peak),
      ]),
      ['peak for 1 KB with the portable curve', kib(portable.peak - engine), ''],
    ],
  );
}

/** What must cross at least: the input to the device; id, signature and public key back. */
const replyBytes = 32 + 64 + 32;

function wireTable(rows: readonly Row[]): string {
  return table(
    'One signature on the wire, acknowledgements and notices included',
    ['', 'round trips', 'to the device', 'to the host', 'at least', 'ratio'],
    rows.map(([name, { told }]) => {
      const { wire, inputBytes, pulls } = told;
      const least = inputBytes + replyBytes;
      const ratio = (wire.toDevice + wire.toHost) / least;
      return [name, `${pulls + 1}`, `${wire.toDevice}`, `${wire.toHost}`, `${least}`, `${ratio.toFixed(3)}×`];
    }),
  );
}

/** CBOR around the content, so that the whole input is of the size that is named. */
const headBytes = 16;
const line = 'a line of a long note. ';

/** Signs one event in an engine of its own; null: only starts. */
async function measure(options: EngineOptions, contentBytes: number | null): Promise<Measured> {
  const engine = await bareEngine(options);
  try {
    const booted = engine.peak();
    if (contentBytes === null) return { booted, peak: booted, told: nothingTold };
    const length = contentBytes - headBytes;
    const content = line.repeat(Math.ceil(length / line.length)).slice(0, length);
    const fields: Fields = { created_at: 1_760_000_000, kind: 1, tags: [], content };
    const told = signingStory(engine, fields);
    return { booted, peak: engine.peak(), told };
  } finally {
    engine.stop();
  }
}

const nothing = new Uint8Array(0);
const nothingTold: Told = {
  reply: { id: nothing, sig: nothing, pubkey: nothing },
  question: [],
  outcome: [],
  wire: { toDevice: 0, toHost: 0 },
  pulls: 0,
  inputBytes: 0,
};
