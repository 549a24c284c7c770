/** The simulated device in its own page, and a person who reads it and clicks its keys. */
import type { Page } from 'playwright-core';
import { newPage } from '../support/browser.ts';
import type { PageHost } from './page-host.ts';

const keys = {
  approve: 'KEY1',
  deny: 'KEY3',
  next: 'Down: next page',
  back: 'Up: page back',
} as const;

export type DevicePage = {
  readonly page: Page;
  /** What is on the screen. */
  readonly text: () => Promise<string>;
  /** Waits until the screen says so. */
  readonly until: (words: string | RegExp) => Promise<void>;
  /** Clicks a key, and waits until the screen is another one. */
  readonly press: (key: keyof typeof keys) => Promise<void>;
  /** Goes to this row of the menu and takes it. */
  readonly choose: (row: string) => Promise<void>;
  /** Waits for this question and for its keys to count, and says yes or no. */
  readonly answer: (question: string | RegExp, key: 'approve' | 'deny') => Promise<void>;
  readonly approve: (question: string | RegExp) => Promise<void>;
};

/** Opens the page that the host tells of. */
export async function openDevicePage(host: PageHost): Promise<DevicePage> {
  const said = await host.client.call('GET /v0/device');
  const url = said.type === 'answer' ? said.answer.simulator?.url : undefined;
  if (url === undefined) throw new Error('the host has no simulated device with a page');
  const page = await newPage();
  await page.goto(url);
  return deviceOn(page);
}

/** The device on a page that is open already. */
export async function deviceOn(page: Page): Promise<DevicePage> {
  const screen = page.locator('#text');
  const text = async (): Promise<string> => (await screen.textContent()) ?? '';
  const until = (words: string | RegExp): Promise<void> =>
    screen.filter({ hasText: words }).waitFor({ state: 'attached' });
  const press = async (key: keyof typeof keys): Promise<void> => {
    const before = await text();
    await page.getByRole('button', { name: keys[key] }).click();
    await page.waitForFunction((old) => document.getElementById('text')?.textContent !== old, before);
  };
  const answer: DevicePage['answer'] = async (question, key) => {
    await until(question);
    // Keys count from when they are named.
    await until(/KEY1/);
    await press(key);
  };
  await until(/\S/);
  return {
    page,
    text,
    until,
    press,
    choose: async (row) => {
      while (!new RegExp(`^[▸>] ?${row}`, 'm').test(await text())) await press('next');
      await press('approve');
    },
    answer,
    approve: (question) => answer(question, 'approve'),
  };
}
