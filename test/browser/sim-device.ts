/** A simulated device that is plugged in by its page, as a real one by a hand: the host finds it at a socket, and was never paired with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { type Program, startProgram } from '../support/program.ts';

type Key = 'approve' | 'deny' | 'next' | 'back';
type Line = { readonly page?: string; readonly screen?: readonly string[] };

const names = { approve: 'KEY1', deny: 'KEY3', next: 'Down: next page', back: 'Up: page back' } as const;

/** Starts it with these options; ends with the test. `port`: what the host is told. */
export async function startSimDevice(...options: readonly string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-usb-'));
  const listen = `unix:${join(dir, 'usb')}`;
  const args = ['--listen', listen, '--face', 'browser', '--control', '3', ...options];
  const program = startProgram<Line>('firmware-sim/bin/sallyport-sim.js', args, { linesFd: 3 });
  onTestFinished(async () => {
    program.signal('SIGTERM');
    await program.gone();
    rmSync(dir, { recursive: true, force: true });
  });
  const url = await program.until(({ page }) => page ?? null, 'the address of its page');
  return { port: listen, url, program };
}

/** The device on its page: what its screen says, and fingers on its buttons. */
export function onItsPage(page: Page) {
  const button = (key: Key) => page.getByRole('button', { name: names[key], exact: true });
  const shows = (words: string): Promise<void> => page.locator('#text').filter({ hasText: words }).waitFor();
  return {
    shows,
    /** A key counts when the screen names it. */
    yes: async (): Promise<void> => {
      await shows('KEY1');
      await button('approve').click();
    },
    /** Keeps a key down until the screen says this. */
    hold: async (key: Key, until: string): Promise<void> => {
      await button(key).hover();
      await page.mouse.down();
      await shows(until);
      await page.mouse.up();
    },
    plug: (): Promise<void> => page.getByRole('button', { name: 'Plug it in' }).click(),
    pull: (): Promise<void> => page.getByRole('button', { name: 'Pull the plug' }).click(),
  };
}

/** Hands at the control channel (`--press control`), for what takes hundreds of presses: setting it up, and its PIN. */
export function hands({ lines, until, say }: Program<Line>) {
  const text = (): string => lines.findLast(({ screen }) => screen !== undefined)?.screen?.join('\n') ?? '';

  async function press(key: Key): Promise<void> {
    const from = lines.length;
    say({ press: key });
    await until(({ screen }) => screen, `a screen after ${key}`, from);
  }

  /** Turns until the screen says this, or is back where it began. */
  async function turned(to: string): Promise<boolean> {
    const first = text();
    for (let i = 0; !text().includes(to); i++) {
      if (i > 0 && text() === first) return false;
      await press('next');
    }
    return true;
  }

  async function choose(to: string): Promise<void> {
    if (!(await turned(to))) throw new Error(`no ${to} on\n${text()}`);
    await press('approve');
  }

  async function word(wanted: string): Promise<void> {
    for (const letter of wanted) {
      if (await turned(`[${wanted}]`)) return press('approve');
      await choose(`[${letter}]`);
    }
    await choose(`[${wanted}]`);
  }

  async function pin(digits: string): Promise<void> {
    for (const one of [...digits, 'done']) await choose(`[${one}]`);
  }

  return {
    text,
    shows: (words: string) => until(({ screen }) => screen?.join('\n').includes(words) || null, words),
    pin,
    /** Makes new words, writes them down, and says those that it asks for. */
    setUp: async (digits: string): Promise<void> => {
      await press('next');
      await choose('> New key');
      await press('approve');
      const first = text();
      await press('next');
      const words = [...`${first}\n${text()}`.matchAll(/^ ?\d+ (\w+) *$/gm)].map(([, one = '']) => one);
      await press('approve');
      await choose('> Ask 4 of them');
      for (let asked = /Word (\d+)\?/.exec(text()); asked !== null; asked = /Word (\d+)\?/.exec(text()))
        await word(words[Number(asked[1]) - 1] ?? '');
      await pin(digits);
      await pin(digits);
    },
  };
}
