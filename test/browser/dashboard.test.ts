/** The dashboard in a real browser: how one comes in, and what one sees then. */
import { expect, test } from 'vitest';
import { accessibilityFaults, hasBrowser, newPage } from '../support/browser.ts';
import { startPageHost } from './page-host.ts';

test.runIf(hasBrowser)('a link lets one tab in, once, and its code is in no address after that', async () => {
  const host = await startPageHost('--sim-press', 'approve');
  const link = await host.link();
  const page = await newPage();
  await page.goto(link);
  await page.getByRole('status').getByText('Ready for your first app').waitFor();
  expect(page.url()).not.toContain('code');
  await page.reload();
  await page.getByRole('status').getByText('Ready for your first app').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  const opening = page.waitForEvent('popup');
  await page.getByRole('link', { name: 'simulated device' }).click();
  const device = await opening;
  await device.getByText('SIMULATOR: a computer program').waitFor();
  await device.getByRole('button', { name: 'Pull the plug' }).waitFor();

  // A browser writes a refused request to its console.
  const other = await newPage({ mayFail: /403/ });
  await other.goto(link);
  await other.getByText('That link was used already').waitFor();
  expect(await accessibilityFaults(other)).toEqual([]);
  const third = await newPage();
  await third.goto(new URL('/', link).href);
  await third.getByText('It is opened by a link that works once').waitFor();
});
