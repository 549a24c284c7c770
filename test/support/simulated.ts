/**
 * A simulated device in this process: the real board and firmware on a virtual clock and a seed, on a line that is an array, with
 * the real host session at its other end. `ask` has it shown a note to sign, with its keys named; `replies` are what the host understood.
 */

import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import { prepareDemo } from '../../firmware-sim/src/board.ts';
import { seededRandom, virtualClock } from '../../firmware-sim/src/clock-and-chance.ts';
import { type Board, LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import { flashInMemory } from '../../firmware-sim/src/flash-file.ts';
import type { LineEvents } from '../../firmware-sim/src/lines/line.ts';
import { type SimulatedDevice, startDevice } from '../../firmware-sim/src/simulated-device.ts';
import {
  type DeviceSessionInput,
  startDeviceSession,
  stepDeviceSession,
} from '../../host/src/core/device/device-session.ts';
import { pairedBefore, testChip } from './memory-flash.ts';

export type Simulated = {
  readonly device: SimulatedDevice;
  /** Every byte that the device wrote, since the start. */
  readonly written: () => Buffer;
  readonly ask: () => Promise<void>;
  /** Waits until nothing is on the way any more. */
  readonly settled: () => Promise<void>;
  readonly replies: () => readonly string[];
};

/** More than a human is given before the keys count. */
const armedMs = 1_000;
const note = { kind: 1, created_at: 1_700_000_000, tags: [], content: 'Good morning, Nostr!' };

/** Starts it; two with the same seed are the same device. */
export async function simulated({
  seed = 'a test',
  board = LCD240,
  autoPress = false,
  arm = !autoPress,
}: {
  seed?: string;
  board?: Board;
  /** As where the control channel presses; otherwise a human does. */
  autoPress?: boolean;
  /** `ask` waits until the keys are named. */
  arm?: boolean;
} = {}): Promise<Simulated> {
  const random = seededRandom(seed);
  const flash = flashInMemory();
  prepareDemo({ ...testChip, flash, random }, null);
  const hostRandom = seededRandom('the host');
  const identity = pairedBefore(flash, hostRandom, acceleratedCrypto.x25519);
  let session = startDeviceSession(hostRandom, identity);
  let line: LineEvents | null = null;
  let jobs = 0;
  let onTheWay = 0;
  const written: Uint8Array[] = [];
  const replies: string[] = [];

  /** A wire takes a moment: what is written in the middle of a step arrives after it. */
  function deliver(arrive: () => void): void {
    onTheWay += 1;
    queueMicrotask(() => {
      onTheWay -= 1;
      arrive();
    });
  }

  function host(input: DeviceSessionInput): void {
    const [next, effects] = stepDeviceSession(session, input, 1_000, hostRandom);
    session = next;
    for (const effect of effects) {
      if (effect.type === 'write') deliver(() => line?.bytes(effect.bytes));
      if (effect.type === 'answered') replies.push(effect.answer.type);
    }
  }

  async function settled(): Promise<void> {
    do await Promise.resolve();
    while (onTheWay > 0);
  }

  const started = await startDevice({
    board,
    flash,
    crypto: acceleratedCrypto,
    ...testChip,
    random,
    autoPress,
    clock: virtualClock(),
    open: async (events) => {
      line = events;
      return {
        line: {
          path: 'memory',
          write: (bytes) => {
            written.push(bytes.slice());
            deliver(() => host({ type: 'bytes', bytes }));
          },
          dropped: () => 0,
          close: async () => {
            line = null;
          },
        },
      };
    },
    canReopen: true,
    real: false,
    failed: (reason) => {
      throw new Error(reason);
    },
  });
  if ('refused' in started) throw new Error(started.refused);
  return {
    device: started,
    written: () => Buffer.concat(written),
    replies: () => replies,
    settled,
    ask: async () => {
      // A fresh session each time: the device may have been reset since.
      if (jobs > 0) host({ type: 'wire_closed' });
      host({ type: 'wire_opened' });
      host({
        type: 'ask',
        job: ++jobs,
        client: 'an app',
        ask: { method: 'sign_event', account: 0, label: 'Coracle', event: note },
      });
      await settled();
      if (arm) started.advance(armedMs);
      await settled();
    },
  };
}
