/**
 * A computer and a device that never met, in memory: the real session, the real firmware, the real curve, a cable on which somebody
 * may sit. Computers and devices can be exchanged; what each of them kept stays with it.
 */
import { type Env, type Flash, LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import {
  bootWith,
  type FirmwareInput,
  type FirmwareState,
  firmwareDeadline,
  step as stepFirmware,
} from '../../firmware-sim/src/firmware/firmware.ts';
import { holdMs } from '../../firmware-sim/src/firmware/jobs/reviewing.ts';
import { loadLife } from '../../firmware-sim/src/firmware/life/life.ts';
import type { DeviceAnswer, DeviceAsk } from '../../host/src/core/device/device-port.ts';
import {
  type DeviceSessionInput,
  type DeviceSessionState,
  type DeviceStatus,
  deviceSessionDeadline,
  type HostIdentity,
  type PairingNews,
  startDeviceSession,
  stepDeviceSession,
} from '../../host/src/core/device/device-session.ts';
import { nodeDh } from '../conformance/dh.ts';
import { type Clock, virtualClock } from './clock.ts';
import type { Key } from './fingers.ts';
import { settledFlash } from './life-bench.ts';
import { memoryFlash, testChip } from './memory-flash.ts';
import { testLife } from './open-life.ts';
import { quickCrypto } from './quick-crypto.ts';
import { bytesFrom, chance } from './random.ts';

/** Bytes on their way; what comes back goes on in their place. */
export type Tamper = (bytes: Uint8Array, to: 'host' | 'device') => Uint8Array;

export type PairingBench = {
  readonly clock: Clock;
  readonly statuses: readonly DeviceStatus[];
  readonly news: readonly PairingNews[];
  readonly answers: readonly DeviceAnswer[];
  /** What went to the device, and what came from it, in the session that runs. */
  readonly toDevice: readonly Uint8Array[];
  readonly session: () => DeviceSessionState;
  readonly firmware: () => FirmwareState;
  readonly host: (input: DeviceSessionInput) => void;
  readonly ask: (ask: DeviceAsk) => void;
  readonly press: (key: Key, heldMs?: number) => void;
  readonly hold: (key: 'approve' | 'deny') => void;
  readonly raw: (bytes: Uint8Array, to: 'host' | 'device') => void;
  tamper: Tamper;
  readonly unplug: () => void;
  readonly plug: () => void;
  readonly reboot: () => void;
  /** Takes another computer, which knows nothing, or one from before; gives the one that was there. */
  readonly changeComputer: (identity?: HostIdentity) => HostIdentity;
  /** Takes another device, new or from before; gives the flash of the one that was there. */
  readonly changeDevice: (flash?: Flash) => Flash;
  /** Pairs as an honest human does. */
  readonly pair: () => void;
  readonly trust: () => string | undefined;
};

export const someEvent = { kind: 1, created_at: 1_700_000_000, tags: [], content: 'hello' };

/** `starts`: the open demo of most tests, or a device with a PIN, locked. */
export function pairingBench(seed = 1, starts: 'demo' | 'locked' = 'demo'): PairingBench {
  const clock = virtualClock();
  const random = bytesFrom(chance(seed));
  const newComputer = (): HostIdentity => ({ dh: nodeDh, secret: random(32), name: 'desk', pin: null });
  const envOf = (flash: Flash): Env => ({ ...testChip, random, crypto: quickCrypto, flash, board: LCD240 });
  const marks = { simulator: true, autoPress: false, demo: true };
  const options = { marks, model: 'bench', resetReason: 'power' } as const;
  const statuses: DeviceStatus[] = [];
  const news: PairingNews[] = [];
  const answers: DeviceAnswer[] = [];
  const sent: Uint8Array[] = [];
  let env = envOf(starts === 'demo' ? memoryFlash() : settledFlash());
  const start = () => bootWith(starts === 'demo' ? testLife(env) : loadLife(env, 0), env, options);
  let [firmware] = start();
  let session = startDeviceSession(random, newComputer());
  let booted = clock.now();
  let plugged = false;
  let job = 1;

  function host(input: DeviceSessionInput): void {
    const [next, effects] = stepDeviceSession(session, input, clock.now(), random);
    session = next;
    for (const effect of effects) {
      if (effect.type === 'write') carry(effect.bytes, 'device');
      else if (effect.type === 'status') statuses.push(effect.status);
      else if (effect.type === 'pairing') news.push(effect.news);
      else if (effect.type === 'answered') answers.push(effect.answer);
    }
  }

  function device(input: FirmwareInput): void {
    const [next, effects] = stepFirmware(firmware, input, clock.now() - booted, env);
    firmware = next;
    for (const effect of effects) if (effect.type === 'write') carry(effect.bytes, 'host');
  }

  /** A cable takes a millisecond. */
  function carry(bytes: Uint8Array, to: 'host' | 'device'): void {
    clock.after(1, () => {
      if (!plugged) return;
      const arrived = bench.tamper(bytes, to);
      if (to === 'device') sent.push(arrived);
      if (to === 'device') device({ type: 'bytes', bytes: arrived });
      else host({ type: 'bytes', bytes: arrived });
    });
  }

  function plug(): void {
    plugged = true;
    sent.length = 0;
    host({ type: 'wire_opened' });
    clock.advance(100);
  }

  function unplug(): void {
    plugged = false;
    host({ type: 'wire_closed' });
    clock.advance(100);
  }

  function reboot(): void {
    booted = clock.now();
    [firmware] = start();
  }

  clock.watch(
    () => {
      const due = firmwareDeadline(firmware);
      return due === null ? null : due + booted;
    },
    () => device({ type: 'tick' }),
  );
  clock.watch(
    () => deviceSessionDeadline(session),
    () => host({ type: 'tick' }),
  );

  const bench: PairingBench = {
    clock,
    statuses,
    news,
    answers,
    toDevice: sent,
    session: () => session,
    firmware: () => firmware,
    host,
    ask: (ask) => {
      host({ type: 'ask', job: job++, client: 'app', ask });
      // Longer than the device takes to name its keys.
      clock.advance(400);
    },
    press: (key, heldMs = 0) => {
      device({ type: 'press', key, at: clock.now() - booted - heldMs });
      clock.advance(100);
    },
    hold: (key) => {
      clock.advance(holdMs);
      bench.press(key, holdMs);
    },
    raw: (bytes, to) => (to === 'device' ? device({ type: 'bytes', bytes }) : host({ type: 'bytes', bytes })),
    tamper: (bytes) => bytes,
    unplug,
    plug,
    reboot,
    changeComputer: (identity = newComputer()) => {
      const before = session.identity;
      unplug();
      session = startDeviceSession(random, identity);
      plug();
      return before;
    },
    changeDevice: (flash = memoryFlash()) => {
      const before = env.flash;
      unplug();
      env = envOf(flash);
      reboot();
      plug();
      return before;
    },
    pair: () => {
      host({ type: 'pair' });
      clock.advance(500);
      bench.hold('approve');
      host({ type: 'pair_answer', yes: true });
      clock.advance(500);
    },
    trust: () => {
      const last = statuses.at(-1);
      return last?.state === 'ready' ? last.channel : last?.state;
    },
  };
  plug();
  return bench;
}
