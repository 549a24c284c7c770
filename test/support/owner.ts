/** A device in a hand, without any computer: who holds it reads the rows, and presses what they name. Flash outlives the power. */
import type { Board, Flash } from '../../firmware-sim/src/firmware/env.ts';
import { boot, type FirmwareInput, firmwareDeadline, step } from '../../firmware-sim/src/firmware/firmware.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { testChip } from './memory-flash.ts';
import { bytesFrom, chance } from './random.ts';

type Key = 'approve' | 'deny' | 'next' | 'back';

export function owner(flash: Flash, board: Board, seed = 1) {
  const env = { ...testChip, random: bytesFrom(chance(seed)), crypto: portableCrypto, flash, board };
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
    /** Marks this line of a list and chooses it. */
    choose: (line: string) => {
      for (let i = 0; i < 64 && !text().includes(`> ${line}`); i++) press('next');
      if (!text().includes(`> ${line}`)) throw new Error(`no line ${line} on\n${text()}`);
      press('approve');
    },
    /** Turns the wheel to this and takes it. */
    turn: (to: string) => {
      for (let i = 0; i < 64 && !text().includes(`[${to}]`); i++) press('next');
      if (!text().includes(`[${to}]`)) throw new Error(`no ${to} on the wheel of\n${text()}`);
      press('approve');
    },
    pin: (digits: string) => {
      for (const one of [...digits, 'done']) device.turn(one);
    },
    word: (wanted: string) => {
      for (let at = 0; at <= wanted.length; at++) {
        for (let i = 0; i < 30 && !text().includes(`[${wanted}]`); i++) press('next');
        if (text().includes(`[${wanted}]`)) return press('approve');
        device.turn(wanted.charAt(at));
      }
    },
    /** Every page of a text, from the one that is seen. */
    read: (): readonly string[] => {
      const pages = Number(/\/(\d+)\s*$/m.exec(text().split('\n')[0] ?? '')?.[1] ?? 1);
      return Array.from({ length: pages }, (_, i) => {
        if (i > 0) press('next');
        return text();
      });
    },
  };
  return device;
}
