/**
 * The memory of the firmware core in a bare engine (QuickJS), and what its requests cost on the wire. What a request takes is how much
 * higher the highest byte that was ever used gets by it, after the room that the start left free was filled: so nothing hides in that, and
 * what the allocator cannot reuse counts, as it would on a board. The curve is the board's, outside the engine; the portable one has a row.
 */
import { nip44 } from 'nostr-tools';
import { encryptNip44 } from '../../firmware-sim/src/firmware/formats/nip44.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { type AppAsks, appFlash, appStory } from '../bare-engine/app-story.ts';
import { bundleFirmware } from '../bare-engine/bundle.ts';
import { type BareEngine, bareEngine, demoFlash, type EngineOptions } from '../bare-engine/engine.ts';
import { type Fields, signingStory, type Told } from '../bare-engine/story.ts';
import { testAccount } from '../support/open-life.ts';
import { publicOf, secrets } from '../vectors/client-events.ts';
import type { Effort } from './measure.ts';
import { table } from './table.ts';

/** Bytes of the engine's memory when the firmware has booted, and what the story took on top of that. */
type Measured<T> = { readonly booted: number; readonly took: number; readonly told: T };
type Row = readonly [string, Measured<Told>];

const sizes = (quick: boolean): readonly (readonly [string, number])[] => [
  ['1 KB', 1_000],
  ['64 KiB', 64 * 1024],
  ...(quick ? [] : ([['1 MiB', 1024 * 1024]] as const)),
];

export async function benchMemory({ quick }: Effort): Promise<string> {
  const code = await bundleFirmware();
  const board = { code, flash: demoFlash(), curve: portableCrypto };
  const signing = (options: EngineOptions, bytes: number): Promise<Measured<Told>> =>
    measure(options, (engine) => signingStory(engine, eventOf(bytes - headBytes)));
  const rows: Row[] = [];
  for (const [name, bytes] of sizes(quick)) rows.push([name, await signing(board, bytes)]);
  const portable = await signing({ ...board, curve: null }, 1_000);
  const empty = await measure({ ...board, code: emptyFirmware }, () => null);
  const ofApps = quick ? [] : await requestsOfApps(code);
  return [memoryTable(code.length, empty.booted, rows, portable), wireTable(rows), ...ofApps].join('\n');
}

/** Does nothing at all: what is used under it is the engine's. */
const emptyFirmware =
  'const firmware = { start: () => ({ first: { wire: [], screen: [], due: null } }), platform: () => [] };';

const kib = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`;

function memoryTable(codeBytes: number, engine: number, rows: readonly Row[], portable: Measured<Told>): string {
  const small = rows[0]?.[1] ?? portable;
  return table(
    `Memory of the firmware core in QuickJS, without the engine; the target for 1 MiB is 64 KiB more than for 1 KB (one file of ${kib(codeBytes)})`,
    ['', 'memory', 'more than for 1 KB'],
    [
      ['peak of the start, its code included', kib(small.booted - engine), ''],
      ...rows.map(([name, { took }], i) => [
        `on top while it signs ${name}`,
        kib(took),
        i === 0 ? '' : kib(took - small.took),
      ]),
      ['on top for 1 KB with the portable curve', kib(portable.took), ''],
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
const textOf = (bytes: number): string => line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes);
const eventOf = (bytes: number): Fields => ({ created_at: 1_760_000_000, kind: 1, tags: [], content: textOf(bytes) });

/** A text that the peer sealed for the account of the tests. */
function payloadOf(text: string): string {
  const key = nip44.v2.utils.getConversationKey(secrets.peer, Buffer.from(testAccount.pubkey).toString('hex'));
  return encryptNip44(new Uint8Array(Buffer.from(text, 'utf8')), key, new Uint8Array(32).fill(7)) ?? '';
}

/** What apps ask for, with texts of so many bytes in it. */
const appRequests: readonly (readonly [string, (bytes: number) => AppAsks])[] = [
  ['sign_event', (bytes) => ({ method: 'sign_event', params: [JSON.stringify(eventOf(bytes))] })],
  ['nip44_encrypt', (bytes) => ({ method: 'nip44_encrypt', params: [publicOf('peer'), textOf(bytes)] })],
  ['nip44_decrypt', (bytes) => ({ method: 'nip44_decrypt', params: [publicOf('peer'), payloadOf(textOf(bytes))] })],
];

const appSizes: readonly (readonly [string, number])[] = [
  ['1 KB', 1_000],
  ['1 MiB', 1024 * 1024 - headBytes],
];

/** The same for what an app signed: `nip46_request` in a secure channel, by a press. */
async function requestsOfApps(code: string): Promise<readonly string[]> {
  const board = { code, flash: appFlash(), curve: portableCrypto };
  const memory: string[][] = [];
  const wire: string[][] = [];
  for (const [name, asks] of appRequests) {
    let small: number | null = null;
    for (const [size, bytes] of appSizes) {
      const { took, told } = await measure(board, (engine) => appStory(engine, asks(bytes)));
      memory.push([`${name} of ${size}`, kib(took), small === null ? '' : kib(took - small)]);
      small ??= took;
      const least = told.inputBytes + (told.pushed.length === 0 ? replyBytes : told.pushed.length);
      const crossed = told.wire.toDevice + told.wire.toHost;
      wire.push([
        `${name} of ${size}`,
        `${told.pulls + told.pushes + 1}`,
        `${told.wire.toDevice}`,
        `${told.wire.toHost}`,
        `${least}`,
        `${(crossed / least).toFixed(3)}×`,
      ]);
    }
  }
  return [
    table(
      'Memory for a request that an app signed, its channel included; the same target',
      ['', 'memory', 'more than for 1 KB'],
      memory,
    ),
    table('Such a request on the wire', ['', 'round trips', 'to the device', 'to the host', 'at least', 'ratio'], wire),
  ];
}

/** Tells a story to an engine of its own. */
async function measure<T>(options: EngineOptions, story: (engine: BareEngine) => T): Promise<Measured<T>> {
  const engine = await bareEngine(options);
  try {
    const booted = engine.peak();
    engine.fill();
    const filled = engine.peak();
    const told = story(engine);
    return { booted, took: engine.peak() - filled, told };
  } finally {
    engine.stop();
  }
}
