/**
 * The whole signer in this process, on real relays: the product's host with a store on disk, and the simulated board behind a wire that
 * is two function calls. Its owner says yes to everything, at once.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import { prepareDemo } from '../../firmware-sim/src/board.ts';
import { machineRandom, realClock } from '../../firmware-sim/src/clock-and-chance.ts';
import { LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import { flashInMemory } from '../../firmware-sim/src/flash-file.ts';
import type { LineEvents } from '../../firmware-sim/src/lines/line.ts';
import { holdKey, startDevice } from '../../firmware-sim/src/simulated-device.ts';
import { parseNostrconnect } from '../../host/src/core/apps/nostrconnect-uri.ts';
import type { WireEvents } from '../../host/src/device/wire.ts';
import { runHost } from '../../host/src/host.ts';
import { parseRelayUrl } from '../../host/src/relays/relay-url.ts';
import type { Report } from '../../host/src/report.ts';
import { stageClock } from '../../host/src/stages.ts';
import { openStore } from '../../host/src/store/store.ts';
import { pairedBefore, testChip } from '../support/memory-flash.ts';

export type Signer = {
  /** The key of its user. */
  readonly user: string;
  readonly bunkerUri: () => string;
  /** A line that names the user key, which answers itself from then on. */
  readonly userKeyUri: () => Promise<string>;
  /** What `sallyport connect` does with a line of an app. */
  readonly introduce: (uri: string) => Promise<void>;
  /** Questions that were put before its owner so far. */
  readonly questions: () => number;
  readonly close: () => Promise<void>;
};

/** Starts it on this relay, with a key for each app where that is said, and waits until it listens there and knows its device. */
export async function startSigner(relay: string, keyPerApp = false): Promise<Signer> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-interop-'));
  const store = openStore(join(dir, 'state'));
  if (store.type === 'refused') throw new Error(store.words);
  const flash = flashInMemory();
  prepareDemo({ ...testChip, flash, random: machineRandom }, null);
  const identity = pairedBefore(flash, machineRandom, acceleratedCrypto.x25519);
  let toHost: WireEvents | null = null;
  const device = await startBoard(flash, (bytes) => toHost?.bytes(bytes));
  const known = Promise.withResolvers<string>();
  const host = runHost({
    store,
    secret: Uint8Array.from(randomBytes(32)),
    keyPerApp,
    identity,
    relays: [relay],
    wire: (events) => {
      toHost = events;
      setImmediate(events.opened);
      return { write: (bytes) => setImmediate(() => device.line()?.bytes(bytes)), close: async () => undefined };
    },
    report: (report: Report) => report.type === 'account' && known.resolve(report.pubkey),
    stages: stageClock(() => undefined),
    now: Date.now,
  });
  await host.listening(10_000);
  return {
    user: await known.promise,
    bunkerUri: () => {
      const line = host.newLine({ name: '', account: 0 });
      if ('code' in line) throw new Error(line.words);
      return line.uri;
    },
    userKeyUri: async () => {
      const allow = { method: 'account_address', account: 0, addressed: true } as const;
      const said = await host.askDevice(allow, AbortSignal.timeout(20_000));
      if (said.type !== 'done') throw new Error(JSON.stringify(said));
      // The host asks the device anew which accounts are.
      for (;;) {
        const line = host.newLine({ name: 'early 2024', account: 0, userKey: true });
        if (!('code' in line)) return line.uri;
        await new Promise(setImmediate);
      }
    },
    introduce: async (uri) => {
      const line = parseNostrconnect(uri, parseRelayUrl);
      const refusal = 'code' in line ? line : await host.introduce(line, 0, AbortSignal.timeout(20_000));
      if (refusal !== null) throw new Error(refusal.words);
    },
    questions: device.questions,
    close: async () => {
      await host.close();
      await device.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** A board whose owner approves whatever it asks. */
async function startBoard(flash: ReturnType<typeof flashInMemory>, toHost: (bytes: Uint8Array) => void) {
  let line: LineEvents | null = null;
  const started = await startDevice({
    board: LCD240,
    flash,
    crypto: acceleratedCrypto,
    ...testChip,
    autoPress: true, // its keys count from the first moment
    clock: realClock(),
    open: async (events) => {
      line = events;
      const write = (bytes: Uint8Array): void => void setImmediate(() => toHost(bytes));
      return { line: { path: 'memory', write, dropped: () => 0, close: async () => undefined } };
    },
    canReopen: false,
    real: false,
    failed: (reason) => {
      throw new Error(reason);
    },
  });
  if ('refused' in started) throw new Error(started.refused);
  let answered = 0;
  started.watch(({ waiting, questions, hold }) => {
    if (waiting === null || questions === answered) return;
    answered = questions;
    setImmediate(() => (hold ? holdKey(started, 'approve') : started.press('approve')));
  });
  return { line: () => line, questions: () => answered, close: started.close };
}
