/** Pairing an app by the page, either way round. */
import { BunkerSigner, createNostrConnectURI } from 'nostr-tools/nip46';
import { generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { expect, onTestFinished, test } from 'vitest';
import { accessibilityFaults, hasBrowser, newPage } from '../support/browser.ts';
import { startPageHost } from './page-host.ts';

test.runIf(hasBrowser)('I paste the line of an app, and it signs; a line that is none is told why', async () => {
  const host = await startPageHost('--sim-press', 'approve');
  // The browser writes the refusal to its console.
  const page = await newPage({ mayFail: /409/ });
  await host.visit(page);
  await page.getByRole('button', { name: 'Pair an app' }).click();
  const dialog = page.getByRole('dialog', { name: 'Pair an app' });
  await dialog.getByRole('button', { name: 'Paste a line' }).click();
  expect(await accessibilityFaults(page)).toEqual([]);
  const field = dialog.getByRole('textbox', { name: 'The line of the app' });
  await field.fill('nostrconnect://nonsense');
  await dialog.getByRole('button', { name: 'Pair it' }).click();
  await dialog.getByRole('alert').waitFor();

  const secretKey = generateSecretKey();
  const uri = createNostrConnectURI({
    clientPubkey: getPublicKey(secretKey),
    relays: new URL(host.bunker).searchParams.getAll('relay'),
    secret: 'only-once-0123456789',
    name: 'Coracle',
  });
  const connecting = BunkerSigner.fromURI(secretKey, uri, {}, 20_000);
  await field.fill(uri);
  await dialog.getByRole('textbox', { name: 'What you call the app' }).fill('The app of the boat');
  await dialog.getByRole('button', { name: 'Pair it' }).click();
  const app = await connecting;
  onTestFinished(() => app.close());
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('status').getByText('Ready: one app may ask').waitFor();
  const event = await app.signEvent({ kind: 1, content: 'by a pasted line', tags: [], created_at: 1_760_000_000 });
  expect(verifyEvent(event)).toBe(true);
  const said = await host.client.call('GET /v0/apps');
  expect(said.type === 'answer' && said.answer.apps.map(({ name }) => name)).toEqual(['The app of the boat']);
});

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
