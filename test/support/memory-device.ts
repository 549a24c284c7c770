/**
 * The simulated device in memory: the real firmware behind a cable with faults, on the virtual clock. It watches over itself: each
 * signature is recorded together with what was on the screen and whether it came out of a press, and the jobs it holds are
 * counted at every step.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { getEventHash } from 'nostr-tools/pure';
import { type Env, LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import {
  bootWith,
  type FirmwareInput,
  type FirmwareState,
  firmwareDeadline,
  step,
} from '../../firmware-sim/src/firmware/firmware.ts';
import { isBare, type JobRequest } from '../../firmware-sim/src/firmware/jobs/request.ts';
import type { Subject } from '../../firmware-sim/src/firmware/jobs/subject.ts';
import { loadLife } from '../../firmware-sim/src/firmware/life/life.ts';
import { type Cable, cable } from './cable.ts';
import type { Clock } from './clock.ts';
import { heldEvent } from './held-event.ts';
import { memoryFlash, testChip } from './memory-flash.ts';
import { testAccount, testLife } from './open-life.ts';
import { quickCrypto } from './quick-crypto.ts';
import { bytesFrom, type Chance } from './random.ts';

export type Key = 'approve' | 'deny' | 'next' | 'back';

/** One request that came onto the screen. */
export type Prompt = {
  readonly request: number;
  readonly command: string;
  /** The id of the event that is to be signed; null for texts. */
  readonly eventId: string | null;
  readonly rows: readonly string[];
};

/**
 * One signature: what was on the screen when it was made, since when, and when the press began that made it; null when there was
 * none. Times are ms since the start of the device.
 */
export type Signature = {
  readonly hash: string;
  readonly prompt: Prompt | null;
  readonly drawnAt: number;
  readonly pressedAt: number | null;
};

export type MemoryDevice = {
  readonly pubkey: string;
  readonly cable: Cable;
  readonly prompts: readonly Prompt[];
  /** Pairings of apps, and grants, that came onto the screen. */
  readonly pairings: readonly Prompt[];
  readonly signatures: readonly Signature[];
  /** What is waiting for a decision now. */
  readonly prompt: () => Prompt | null;
  readonly firmware: () => FirmwareState;
  /** The most requests that it ever held at once. */
  readonly held: () => number;
  /** `heldMs`: how long ago the press began. */
  readonly press: (key: Key, heldMs?: number) => void;
  readonly reboot: () => void;
};

/** What another device has of its own: flash, and the curve. `starts`: with the open demo of most tests, or with what is in that flash. */
export type MemoryDeviceParts = {
  readonly curve?: Env['crypto'];
  readonly flash?: Env['flash'];
  readonly starts?: 'demo' | 'flash';
};

export type MemoryDeviceHooks = {
  readonly toHost: (bytes: Uint8Array) => void;
  readonly prompted: (prompt: Prompt) => void;
};

export function memoryDevice(
  clock: Clock,
  draw: Chance,
  hooks: MemoryDeviceHooks,
  { curve = quickCrypto, flash = memoryFlash(), starts = 'demo' }: MemoryDeviceParts = {},
): MemoryDevice {
  const marks = { simulator: true, autoPress: false, demo: true };
  const boot = { marks, model: 'memory', resetReason: 'power' } as const;
  const prompts: Prompt[] = [];
  const pairings: Prompt[] = [];
  const signatures: Signature[] = [];
  let prompt: Prompt | null = null;
  let pressedAt: number | null = null;
  let drawnAt = 0;
  let held = 0;
  const signSchnorr: typeof curve.signSchnorr = (hash, secret, aux) => {
    signatures.push({ hash: bytesToHex(hash), prompt, drawnAt, pressedAt });
    return curve.signSchnorr(hash, secret, aux);
  };
  const env: Env = {
    random: bytesFrom(draw),
    crypto: { ...curve, signSchnorr },
    flash,
    board: LCD240,
    ...testChip,
  };
  let booted = clock.now();
  const life = () => (starts === 'demo' ? testLife(env) : loadLife(env, 0));
  let [firmware] = bootWith(life(), env, boot);
  const ends = { host: hooks.toHost, device: (bytes: Uint8Array) => feed({ type: 'bytes', bytes }) };
  const wires = cable(clock, draw, ends, () => undefined);

  function feed(input: FirmwareInput): void {
    pressedAt = input.type === 'press' ? input.at : null;
    const [next, effects] = step(firmware, input, clock.now() - booted, env);
    firmware = next;
    for (const effect of effects) {
      if (effect.type === 'write') wires.toHost(effect.bytes);
      else drawnAt = clock.now() - booted;
    }
    watch();
  }

  function watch(): void {
    held = Math.max(held, firmware.jobs.length);
    const [job, ...others] = firmware.jobs.filter((one) => one.phase === 'reviewing');
    if (others.length > 0) throw new Error('two prompts at once');
    if (job?.phase !== 'reviewing') prompt = null;
    else if (job.id !== prompt?.request) {
      const { prompt: asked } = job;
      const command = asked.about === 'use' ? asked.subject.command : asked.about;
      const eventId = asked.about === 'use' ? idOf(asked.subject, job.request) : null;
      drawnAt = clock.now() - booted;
      prompt = { request: job.id, command, eventId, rows: firmware.screen.rows };
      // What pairs an app is a prompt too, and counted apart: the stories count uses of the key.
      (asked.about === 'use' ? prompts : pairings).push(prompt);
      hooks.prompted(prompt);
    }
  }

  clock.watch(
    () => {
      const due = firmwareDeadline(firmware);
      return due === null ? null : due + booted;
    },
    () => feed({ type: 'tick' }),
  );
  return {
    pubkey: bytesToHex(testAccount.pubkey),
    cable: wires,
    prompts,
    pairings,
    signatures,
    prompt: () => prompt,
    firmware: () => firmware,
    held: () => held,
    press: (key, heldMs = 0) => feed({ type: 'press', key, at: clock.now() - booted - heldMs }),
    reboot: () => {
      booted = clock.now();
      prompt = null;
      [firmware] = bootWith(life(), env, boot);
    },
  };
}

/**
 * The id as nostr-tools computes it from the very parts that are shown: the device's own word for it is not asked. Of what does not lie in
 * the head of its request it is: the device pulls that piece by piece, and nobody else here has it.
 */
function idOf(subject: Subject, request: JobRequest): string | null {
  if (subject.command !== 'sign_event') return null;
  const { event } = subject;
  if (isBare(request) || request.body.input.head.length < request.body.input.length) return bytesToHex(event.id);
  return getEventHash({ ...heldEvent(event, request.body.input.head), pubkey: bytesToHex(event.pubkey) });
}
