/**
 * The memory of the firmware core in a bare engine (QuickJS), and what a signature costs on the wire. The peak is found from
 * outside: the smallest heap in which the whole story still ends in a signature. The curve is the board's, outside the engine; what
 * the portable one takes is a row of its own.
 */
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { bundleFirmware } from '../bare-engine/bundle.ts';
import { bareEngine, demoFlash, type EngineOptions } from '../bare-engine/engine.ts';
import { type Fields, signingStory, type Told } from '../bare-engine/story.ts';
import type { Effort } from './measure.ts';
import { table } from './table.ts';

/** How exactly the peak is found. */
const stepKiB = 16;
/** More than any story needs; one that needs more is a failure of the measurement. */
const heapMaxKiB = 128 * 1024;

type Measured = { readonly peakKiB: number; readonly told: Told };

export async function benchMemory({ quick }: Effort): Promise<string> {
  const code = await bundleFirmware();
  const flash = demoFlash();
  const board = { code, flash, curve: portableCrypto };
  const booted = await bareEngine(board);
  const atRest = Math.ceil(booted.heap() / 1024);
  booted.stop();
  const sizes: readonly (readonly [string, number])[] = quick
    ? [
        ['1 KB', 1_000],
        ['16 KiB', 16 * 1024],
      ]
    : [
        ['1 KB', 1_000],
        ['64 KiB', 64 * 1024],
        ['1 MiB', 1024 * 1024],
      ];
  const measured: (readonly [string, Measured])[] = [];
  for (const [name, bytes] of sizes) measured.push([name, await measure(board, bytes)]);
  const small = measured[0]?.[1].peakKiB ?? Number.NaN;
  const portable = quick ? null : await measure({ ...board, curve: null }, 1_000);
  return [memoryTable(code.length, atRest, measured, small, portable), wireTable(measured)].join('\n');
}

function memoryTable(
  codeBytes: number,
  atRest: number,
  measured: readonly (readonly [string, Measured])[],
  small: number,
  portable: Measured | null,
): string {
  const row = (name: string, kib: number, more: string): readonly string[] => [name, `${kib} KiB`, more];
  return table(
    `Heap of the firmware core in QuickJS (one file of ${Math.ceil(codeBytes / 1024)} KiB; peaks to ${stepKiB} KiB; target for 1 MiB: 64 KiB more)`,
    ['', 'heap', 'more than for 1 KB'],
    [
      row('booted, at rest', atRest, ''),
      ...measured.map(([name, { peakKiB }], i) =>
        row(`peak while it signs ${name}`, peakKiB, i === 0 ? '' : `${peakKiB - small} KiB`),
      ),
      ...(portable === null ? [] : [row('peak for 1 KB with the portable curve', portable.peakKiB, '')]),
    ],
  );
}

/** What must cross at least: the input to the device; id, signature and public key back. */
const replyBytes = 32 + 64 + 32;

function wireTable(measured: readonly (readonly [string, Measured])[]): string {
  return table(
    'One signature on the wire, acknowledgements and notices included',
    ['', 'round trips', 'to the device', 'to the host', 'at least', 'ratio'],
    measured.map(([name, { told }]) => {
      const { wire, inputBytes, pulls } = told;
      const least = inputBytes + replyBytes;
      const ratio = (wire.toDevice + wire.toHost) / least;
      return [name, `${pulls + 1}`, `${wire.toDevice}`, `${wire.toHost}`, `${least}`, `${ratio.toFixed(3)}×`];
    }),
  );
}

/** The smallest heap in which the event is signed. */
async function measure(options: Omit<EngineOptions, 'heapMax'>, contentBytes: number): Promise<Measured> {
  const fields: Fields = {
    created_at: 1_760_000_000,
    kind: 1,
    tags: [],
    content: 'a line of a long note. '.repeat(contentBytes).slice(0, contentBytes - headBytes),
  };
  let enough = heapMaxKiB;
  let best = await tell(options, fields, enough);
  if (best === null) throw new Error(`no signature in ${heapMaxKiB} KiB`);
  for (let low = 0; enough - low > stepKiB; ) {
    const tried = Math.floor((low + enough) / 2);
    const told = await tell(options, fields, tried);
    if (told === null) low = tried;
    else [enough, best] = [tried, told];
  }
  return { peakKiB: enough, told: best };
}

/** CBOR around the content, so that the whole input is of the size that is named. */
const headBytes = 16;

/** Null when the heap was too small. */
async function tell(options: Omit<EngineOptions, 'heapMax'>, fields: Fields, heapKiB: number): Promise<Told | null> {
  let engine: Awaited<ReturnType<typeof bareEngine>> | null = null;
  try {
    engine = await bareEngine({ ...options, heapMax: heapKiB * 1024 });
    return signingStory(engine, fields);
  } catch (problem) {
    if (/out of memory|in the engine: (null|undefined|InternalError)|memory/i.test(String(problem))) return null;
    throw problem;
  } finally {
    engine?.stop();
  }
}
