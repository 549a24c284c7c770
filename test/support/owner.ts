/** A device in a hand, without any computer: who holds it reads the rows, and presses what they name. Flash outlives the power. */

import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import type { Board, Flash } from '../../firmware-sim/src/firmware/env.ts';
import { boot, type FirmwareInput, firmwareDeadline, step } from '../../firmware-sim/src/firmware/firmware.ts';
import { fingers, type Key } from './fingers.ts';
import { testChip } from './memory-flash.ts';
import { bytesFrom, chance } from './random.ts';

export function owner(flash: Flash, board: Board, seed = 1) {
  const env = { ...testChip, random: bytesFrom(chance(seed)), crypto: acceleratedCrypto, flash, board };
  const marks = { simulator: true, autoPress: false };
  const options = { marks, model: 'hand', resetReason: 'power' } as const;
  let now = 1;
  let [firmware] = boot(env, options);
  const feed = (input: FirmwareInput): void => {
    [firmware] = step(firmware, input, now, env);
  };
  const wait = (ms: number): void => {
    const end = now + ms;
    for (let due = firmwareDeadline(firmware); due !== null && due <= end; due = firmwareDeadline(firmware)) {
      now = Math.max(now, due);
      feed({ type: 'tick' });
    }
    now = end;
  };
  const press = (key: Key, heldMs = 0): void => {
    wait(20 + heldMs);
    feed({ type: heldMs > 0 ? 'hold' : 'press', key, at: now - heldMs });
    wait(20);
  };
  const text = (): string => firmware.screen.rows.join('\n');
  const device = {
    wait,
    press,
    text,
    firmware: () => firmware,
    powerCycle: () => {
      now = 1;
      [firmware] = boot(env, options);
    },
    ...fingers(press, text),
  };
  return device;
}
