/**
 * The demo app in a real browser, with a device that is clicked in its own page: paired by both lines, a note signed and verified, a
 * text encrypted and decrypted, and the wire seen.
 */
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { demoApp } from '../../host/src/demo-app/server.ts';
import { accessibilityFaults, hasBrowser, newPage } from '../support/browser.ts';
import { startProgram } from '../support/program.ts';
import { type DevicePage, openDevicePage } from './device-page.ts';
import { type PageHost, startPageHost } from './page-host.ts';

const good = '✔ The signature holds. It was made by npub1';

/** The address that the command says. */
async function started(host: PageHost): Promise<string> {
  const args = ['demo-app', '--json', '--state', host.state];
  const program = startProgram<{ readonly url?: string }>('host/bin/sallyport.js', args, { linesFd: 1 });
  onTestFinished(async () => {
    program.signal('SIGINT');
    // Told to end, it ends well.
    expect(await program.gone()).toEqual({ code: 0, signal: null });
  });
  return program.until(({ url }) => url ?? null, 'the address of the demo app');
}

async function signed(page: Page, device: DevicePage): Promise<void> {
  await page.getByRole('button', { name: 'Have it signed' }).click();
  await device.approve('Sign note');
  await page.getByText(good).waitFor();
}

test.runIf(hasBrowser)('a newcomer pairs it by either line, signs, encrypts, and sees the wire', async () => {
  const host = await startPageHost('--web', '0', '--web-logins');
  const device = await openDevicePage(host);
  const address = await started(host);
  const page = await newPage({ mayFail: /127\.0\.0\.1:1\// });
  await page.goto(address);
  await page.getByLabel('Paste a bunker line').fill('npub1x');
  await page.getByRole('button', { name: 'Connect' }).click();
  await page.getByText('That is no bunker line').waitFor();
  await page.getByLabel('Paste a bunker line').fill(host.bunker.replace(/relay=[^&]*/, 'relay=ws://127.0.0.1:1'));
  await page.getByRole('button', { name: 'Connect' }).click();
  await page.getByText('None of its relays can be reached').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.getByLabel('Paste a bunker line').fill(host.bunker);
  await page.getByRole('button', { name: 'Connect' }).click();
  await page.getByText('look at your device').waitFor();
  await device.approve('Pair');
  await page.getByText('Connected. The signer is').waitFor();
  await page.getByRole('button', { name: 'Ask for the public key' }).click();
  await page.getByText(/^npub1/).waitFor();
  await signed(page, device);
  const wire = page.getByRole('listitem');
  await wire.filter({ hasText: 'sent: a request: sign_event' }).getByText('sent:').click();
  await wire.getByText('"method":"sign_event"').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.getByRole('button', { name: 'Encrypt' }).click();
  await device.approve('Encrypt');
  await page.getByRole('button', { name: 'Decrypt' }).click();
  await device.approve('Decrypt');
  await page.getByText('✔ Decrypted, and the same as before: Only I can read this.').waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();

  // The other way: the app shows the line, and the host's relay is known to it already.
  expect(await page.getByLabel('Relay', { exact: true }).inputValue()).toMatch(/^ws:\/\/127\.0\.0\.1:\d+/);
  await page.getByRole('button', { name: 'Make a line' }).click();
  await page.getByRole('img', { name: 'The line as a QR code' }).waitFor();
  const uri = await page.getByLabel('The line for the signer').inputValue();
  const introduced = host.client.call('POST /v0/connect', { body: { uri } });
  await device.approve('Pair');
  // It wishes to sign notes without asking. After the yes it does.
  await device.approve('Demo app');
  expect(await introduced).toMatchObject({ type: 'answer' });
  await page.getByText('Connected. The signer is').waitFor();
  await page.getByRole('button', { name: 'Have it signed' }).click();
  await page.getByText(good).waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();

  // A line without a secret is a stranger's: the signer wants its user on a page, from which a link leads back here.
  await page.getByLabel('Paste a bunker line').fill(host.bunker.replace(/&secret=[^&]*/, ''));
  await page.getByRole('button', { name: 'Connect' }).click();
  const link = page.getByRole('alert').getByRole('link');
  const { pathname, searchParams } = new URL((await link.getAttribute('href')) ?? '');
  expect([pathname, searchParams.get('callbackUrl')]).toEqual([
    expect.stringMatching(/^\/auth\/[0-9a-f]{40}$/),
    new URL(address).origin,
  ]);
});

test('the page comes under its own names only, loads nothing from elsewhere, and there is nothing beside it', async () => {
  const bytes = new TextEncoder().encode('page');
  const file = { type: 'text/html; charset=utf-8', bytes, gzip: bytes, lasting: false };
  const app = demoApp(new Map([['/', file]]), new Set(['127.0.0.1:1']));
  const ask = (path: string, host: string) => app.request(path, { headers: { host } });
  const page = await ask('/', '127.0.0.1:1');
  expect([page.status, await page.text()]).toEqual([200, 'page']);
  expect(page.headers.get('content-security-policy')).toContain(
    "script-src 'self'; style-src 'self'; connect-src ws: wss:;",
  );
  expect((await ask('/', 'evil.example')).status).toBe(421);
  for (const path of ['/v0/status', '/../package.json', '/assets/'])
    expect((await ask(path, '127.0.0.1:1')).status).toBe(404);
});
