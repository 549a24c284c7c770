/** The lines that the page makes for apps: with terms, one after another, made void. */
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
  await dialog.getByText('How long, and what it wants to do').click();
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
});
