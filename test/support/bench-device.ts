/**
 * The device and the host's end of it, in memory: the real firmware, the real device session, a cable with faults, a virtual
 * clock and a scripted human. Stories and link histories are told on it.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { type Env, LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import {
  bootWith,
  type FirmwareEffect,
  type FirmwareInput,
  type FirmwareState,
  firmwareDeadline,
  step as stepFirmware,
} from '../../firmware-sim/src/firmware/firmware.ts';
import type { Screen } from '../../firmware-sim/src/firmware/screen/screens.ts';
import type { DeviceAnswer, DeviceAsk } from '../../host/src/core/device/device-port.ts';
import {
  type DeviceSessionEffect,
  type DeviceSessionInput,
  type DeviceStatus,
  deviceSessionDeadline,
  startDeviceSession,
  stepDeviceSession,
} from '../../host/src/core/device/device-session.ts';
import { type Cable, cable } from './cable.ts';
import { cheapDh } from './cheap-dh.ts';
import type { Clock } from './clock.ts';
import { memoryFlash, pairedBefore, testChip } from './memory-flash.ts';
import { testLife } from './open-life.ts';
import { bytesFrom, type Chance } from './random.ts';

export type Press = 'approve' | 'deny' | 'next' | 'back';

export type DeviceBench = {
  readonly cable: Cable;
  readonly faultCounts: Map<string, number>;
  /** Asks the device; the answer comes to `answers` under the job's number. */
  readonly ask: (ask: DeviceAsk) => number;
  readonly cancel: (job: number) => void;
  readonly answers: Map<number, DeviceAnswer[]>;
  readonly press: (key: Press) => void;
  readonly screen: () => Screen;
  /** Every screen that was drawn, oldest first. */
  readonly screens: readonly Screen[];
  readonly statuses: readonly DeviceStatus[];
  readonly unplug: () => void;
  readonly plug: () => void;
  readonly reboot: () => void;
  readonly firmware: () => FirmwareState;
  readonly isOpen: () => boolean;
};

/** Where answers and progress go besides `answers`. */
export type BenchHooks = {
  readonly answered?: (job: number, answer: DeviceAnswer) => void;
  readonly screen?: (screen: Screen) => void;
};

export function deviceBench(
  clock: Clock,
  draw: Chance,
  env: Pick<Env, 'crypto'>,
  hooks: BenchHooks = {},
  board = LCD240,
): DeviceBench {
  const random = bytesFrom(draw);
  const flash = memoryFlash();
  const identity = pairedBefore(flash, random, env.crypto.x25519);
  const whole: Env = { ...env, ...testChip, random, flash, board };
  const marks = { simulator: true, autoPress: false, demo: true };
  const options = { marks, model: 'bench', resetReason: 'power' } as const;
  const faultCounts = new Map<string, number>();
  const answers = new Map<number, DeviceAnswer[]>();
  const screens: Screen[] = [];
  const statuses: DeviceStatus[] = [];
  let nextJob = 1;
  let cancelled = 0;
  let booted = clock.now();
  let [firmware, first] = bootWith(testLife(whole), whole, options);
  let session = startDeviceSession(random, identity);
  const wires = cable(
    clock,
    draw,
    { host: (bytes) => toSession({ type: 'bytes', bytes }), device: (bytes) => toFirmware({ type: 'bytes', bytes }) },
    count,
  );

  /** Only what happens while an ask is open counts: a fault on an idle cable proves nothing. */
  function count(fault: string): void {
    if (answers.size + cancelled < nextJob - 1) faultCounts.set(fault, (faultCounts.get(fault) ?? 0) + 1);
  }

  function toFirmware(input: FirmwareInput): void {
    const [next, effects] = stepFirmware(firmware, input, clock.now() - booted, whole);
    firmware = next;
    perform(effects);
  }

  function perform(effects: readonly FirmwareEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'write') wires.toHost(effect.bytes);
      else {
        screens.push(effect.screen);
        hooks.screen?.(effect.screen);
      }
    }
  }

  function toSession(input: DeviceSessionInput): void {
    const [next, effects] = stepDeviceSession(session, input, clock.now(), random);
    session = next;
    for (const effect of effects) performSession(effect);
  }

  function performSession(effect: DeviceSessionEffect): void {
    if (effect.type === 'write') wires.toDevice(effect.bytes);
    else if (effect.type === 'status') statuses.push(effect.status);
    else if (effect.type === 'answered') {
      answers.set(effect.job, [...(answers.get(effect.job) ?? []), effect.answer]);
      hooks.answered?.(effect.job, effect.answer);
    }
  }

  function restart(): void {
    count('reboot');
    booted = clock.now();
    [firmware, first] = bootWith(testLife(whole), whole, options);
    perform(first);
  }

  perform(first);
  clock.watch(
    () => offset(firmwareDeadline(firmware), booted),
    () => toFirmware({ type: 'tick' }),
  );
  clock.watch(
    () => deviceSessionDeadline(session),
    () => toSession({ type: 'tick' }),
  );
  toSession({ type: 'wire_opened' });

  return {
    cable: wires,
    faultCounts,
    ask: (ask) => {
      const job = nextJob++;
      toSession({ type: 'ask', job, client: 'app', ask });
      return job;
    },
    cancel: (job) => {
      if (!answers.has(job)) cancelled++;
      toSession({ type: 'cancel', job });
    },
    answers,
    press: (key) => toFirmware({ type: 'press', key, at: clock.now() - booted }),
    screen: () => firmware.screen,
    screens,
    statuses,
    unplug: () => {
      count('unplug');
      wires.setPlugged(false);
      toSession({ type: 'wire_closed' });
    },
    plug: () => {
      wires.setPlugged(true);
      toSession({ type: 'wire_opened' });
    },
    reboot: restart,
    firmware: () => firmware,
    isOpen: () => session.channel.phase === 'sealed',
  };
}

/** A curve that costs nothing, for histories in which only the counting matters: signatures are marked hashes. */
export function countingCurve(signed: (hash: string) => void): Env['crypto'] {
  return {
    publicKey: () => new Uint8Array(32).fill(2),
    signSchnorr: (hash) => {
      signed(bytesToHex(hash));
      return new Uint8Array(64).fill(hash[0] ?? 0);
    },
    verifySchnorr: () => true,
    sharedX: () => new Uint8Array(32).fill(3),
    x25519: cheapDh,
  };
}

function offset(time: number | null, by: number): number | null {
  return time === null ? null : time + by;
}
