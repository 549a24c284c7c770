/**
 * A key that went down before a page was drawn was meant for something else: every page that the flows come to, on both boards, is met with
 * presses and holds from before, and stays what it is. Each of these is a golden screen besides: of a text every page, of a list or a
 * wheel the first sight.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Board, LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { boot, type FirmwareInput, firmwareDeadline, step } from '../../firmware-sim/src/firmware/firmware.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { picture } from '../../firmware-sim/src/picture.ts';
import { encodePng } from '../../firmware-sim/src/png.ts';
import { fingers, type Key } from '../support/fingers.ts';
import { golden } from '../support/golden-screens.ts';
import { pin, settledFlash } from '../support/life-bench.ts';
import { memoryFlash, testChip } from '../support/memory-flash.ts';
import { decodePng } from '../support/png.ts';
import { bytesFrom, chance } from '../support/random.ts';

/** A device in hands that try each page with old keys first; `pages` are the screens that were met, each once. */
function tried(board: Board, settled: boolean) {
  const flash = settled ? settledFlash() : memoryFlash();
  const env = { ...testChip, random: bytesFrom(chance(3)), crypto: portableCrypto, flash, board };
  const options = { marks: { simulator: true, autoPress: false }, model: 'hand', resetReason: 'power' } as const;
  let now = 1_000;
  let [firmware] = boot(env, options);
  const pages: (readonly [string, typeof firmware.screen])[] = [];
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
  const met = (rows: readonly string[]): boolean => pages.some(([, screen]) => screen.rows.join() === rows.join());
  /** Presses and holds that began before. */
  const old = (): void => {
    const { flow } = firmware;
    if (flow === null) return;
    const isNew =
      flow.page.type === 'question' ? !met(firmware.screen.rows) : !pages.some(([title]) => title === flow.page.title);
    if (isNew) pages.push([flow.page.title, firmware.screen]);
    for (const key of ['approve', 'deny', 'next', 'back'] as const) {
      for (const type of ['press', 'hold'] as const) {
        for (const at of [0, flow.drawnAt - 1]) feed({ type, key, at });
      }
    }
    expect(firmware.flow?.page, flow.page.title).toBe(flow.page);
  };
  const press = (key: Key, heldMs = 0): void => {
    wait(20 + heldMs);
    feed({ type: heldMs > 0 ? 'hold' : 'press', key, at: now - heldMs });
    old();
    wait(20);
    old();
  };
  const text = (): string => firmware.screen.rows.join('\n');
  return {
    ...fingers(press, text),
    press,
    wait: (ms: number) => {
      wait(ms);
      old();
    },
    text,
    pages,
    phase: () => firmware.life.phase,
  };
}

type Hands = ReturnType<typeof tried>;

function enter(device: Hands): void {
  device.press('next');
  device.pin('0000');
  device.wait(20);
  device.press('approve');
  device.wait(1_000);
  device.pin(pin);
  device.wait(20);
}

const stories: Readonly<Record<string, { settled: boolean; tell: (device: Hands) => void; ends: string }>> = {
  'set-up': {
    settled: false,
    ends: 'open',
    tell: (device) => {
      device.press('next');
      device.choose('New key');
      device.read();
      device.press('approve');
      const words = device
        .read()
        .flatMap((page) => [...page.matchAll(/^ ?\d+ ([a-z]+) *$/gm)].map(([, word]) => word ?? ''));
      device.press('approve');
      device.choose('Ask 4 of them');
      for (let i = 0; i < 4; i++) device.word(words[Number(/Word (\d+)\?/.exec(device.text())?.[1]) - 1] ?? '');
      device.wait(20);
      device.pin(pin);
      device.pin('4712');
      device.press('approve');
      device.pin(pin);
      device.pin(pin);
      device.wait(20);
      device.press('approve');
    },
  },
  menu: {
    settled: true,
    ends: 'open',
    tell: (device) => {
      enter(device);
      device.press('next');
      device.choose('Accounts');
      device.choose('New account');
      device.wait(20);
      device.read();
      device.press('approve');
      device.choose('account 1');
      device.choose('Rename');
      for (const one of ['abcdefg', 'b', 'done']) device.turn(one);
      device.read();
      device.press('approve');
      device.choose('Remove');
      device.read();
      device.press('approve', 1_600);
      device.press('deny');
      for (const one of ['Pair an app', 'Apps', 'Computers']) {
        device.choose(one);
        device.press('approve');
      }
      for (const one of ['Auto-lock', 'Backup check', 'Emergency lock', 'Wipe']) {
        device.choose(one);
        device.press('deny');
      }
      device.choose('Change PIN');
      device.pin(pin);
      device.wait(20);
      device.press('deny');
    },
  },
  wipe: {
    settled: true,
    ends: 'fresh',
    tell: (device) => {
      enter(device);
      device.press('next');
      device.choose('Wipe');
      device.read();
      device.press('approve', 1_600);
    },
  },
};

describe.each([LCD240, OLED128])('$name', (board) => {
  test.each(Object.entries(stories))('%s', (name, { settled, tell, ends }) => {
    const device = tried(board, settled);
    tell(device);
    expect(device.phase()).toBe(ends);
    golden(
      `flow-${name}.${board.name}`,
      device.pages.map(([, { rows }]) => rows),
    );
    if (name === 'menu') {
      for (const title of ['Menu', 'Remove account?', 'Wipe device?', 'Unlock', 'New name']) {
        const screen = device.pages.find(([one]) => one === title)?.[1];
        if (screen === undefined) throw new Error(`there was no ${title}`);
        goldenPicture(
          `flow-${title.toLowerCase().replace('?', '').replaceAll(' ', '-')}.${board.name}`,
          encodePng(picture(screen, board)),
        );
      }
    }
  });
});

function goldenPicture(name: string, png: Buffer): void {
  const file = new URL(`golden/${name}.png`, import.meta.url);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, png);
  expect(decodePng(png).rgb.equals(decodePng(readFileSync(file)).rgb), `${name}.png`).toBe(true);
}
