/** The lines that the page makes for apps: with terms, one after another, made void; by mouse and by keyboard. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { accessibilityFaults, hasBrowser, newPage } from '../support/browser.ts';
import { startPageHost } from './page-host.ts';

test.runIf(hasBrowser)('I give a line with my own terms, another in its place, and make one void', async () => {
  const host = await startPageHost('--sim-press', 'approve');
  const page = await newPage();
  await host.visit(page);
  const waiting = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'Make it void' }) });
  await waiting.filter({ hasText: 'start' }).getByRole('button').click();
  await waiting.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Pair an app' }).click();
  const dialog = page.getByRole('dialog', { name: 'Pair an app' });
  await dialog.getByRole('textbox', { name: 'What you call the app' }).fill('Phone');
  await dialog.getByText('How long, what it wants to do').click();
  await dialog.getByLabel('The line may be used for').selectOption('an hour');
  await dialog.getByLabel('sign notes').check();
  expect(await accessibilityFaults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Make the line' }).click();
  const field = dialog.getByRole('textbox', { name: 'The bunker line' });
  const first = await field.inputValue();
  await dialog.getByRole('button', { name: 'Make another line' }).click();
  await page.waitForFunction((old) => document.querySelector<HTMLInputElement>('dialog input')?.value !== old, first);
  expect(await field.inputValue()).toMatch(/^bunker:\/\/[0-9a-f]{64}\?relay=/);
  await page.keyboard.press('Escape');
  await waiting.nth(1).waitFor();
  const said = await host.client.call('GET /v0/secrets');
  const open = said.type === 'answer' ? said.answer.secrets.filter(({ name }) => name === 'Phone') : [];
  expect(open.map(({ perms, createdAt, expiresAt }) => [perms, Math.round((expiresAt - createdAt) / 60_000)])).toEqual([
    ['sign_event:1', 60],
    ['sign_event:1', 60],
  ]);

  // The icon in the panel has an item for this.
  await page.goto(`${await host.link()}&to=pair`);
  await dialog.waitFor();
  expect(new URL(page.url()).hash).toBe('#/');
});

test.runIf(hasBrowser)('I find my way by the keyboard alone, and am where I was when a dialog closes', async () => {
  const host = await startPageHost('--sim-press', 'approve');
  const page = await newPage();
  await host.visit(page);
  await page.getByRole('status').getByText('Ready for your first app').waitFor();
  await page.getByRole('button', { name: 'Make the line' }).waitFor();
  await page.keyboard.press('Tab');
  await expect.poll(() => focused(page)).toBe('To the content');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
  const visited: string[] = [];
  while (visited.at(-1) !== 'Pair an app' && visited.length < 8) {
    await page.keyboard.press('Tab');
    visited.push(await focused(page));
  }
  expect(visited).toEqual(['Make the line', 'Pair an app']);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Pair an app' }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await focused(page)).toBe('Pair an app');
  // The content of another tab, too, is reached without leaving that tab.
  await page.goto(new URL('#/relays', page.url()).href);
  await page.getByRole('button', { name: 'To the content' }).focus();
  await page.keyboard.press('Enter');
  expect(new URL(page.url()).hash).toBe('#/relays');
});

function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.textContent ?? '');
}
