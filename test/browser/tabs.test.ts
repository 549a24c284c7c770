/** The other tabs of the dashboard in a real browser: what one sees of apps, activity, device and relays, and what one can do there. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { restoreBackup } from '../../host/src/store/backup-file.ts';
import { accessibilityFaults, hasBrowser, newPage } from '../support/browser.ts';
import { type PageHost, pairedApp, pressOnce, startPageHost } from './page-host.ts';

const note = (content: string, kind = 1) => ({ kind, content, tags: [], created_at: 1_760_000_000 });

async function tab(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name }).click();
  await page.getByRole('navigation').locator(`a[aria-current=page]:text-is("${name}")`).waitFor();
  // Nothing is wider than the window, whatever that is.
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
}

/** What a click has the browser keep as a file. */
async function downloaded(page: Page, button: string): Promise<Buffer> {
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  return readFileSync(await (await coming).path());
}

test.runIf(hasBrowser)('I pause an app and everything, stop everything, and end a session', async () => {
  const host = await startPageHost('--sim-press', 'approve');
  // What an app calls itself is text, whatever it is.
  const name = '<b onclick="alert(1)">Cor\u202eacle</b>';
  const app = await pairedApp(host, name);
  const page = await newPage();
  await host.visit(page);
  await tab(page, 'Apps');
  const card = page.getByRole('article').filter({ hasText: '<b onclick="alert(1)">Coracle</b>' });
  await card.getByText('none that the log knows of').waitFor({ state: 'detached' });
  await card.getByText('What it may do').click();
  await card.getByRole('button', { name: 'Ask the device' }).click();
  await card.getByText('Nothing: the device asks about every request.').waitFor();
  await card.getByRole('button', { name: 'Propose it to the device' }).click();
  await card.getByText('may sign a note, until the device is locked').waitFor();
  await card.getByRole('button', { name: 'Take it away' }).click();
  await card.getByText('may sign a note').waitFor({ state: 'detached' });

  await card.getByRole('button', { name: 'Pause' }).click();
  await card.getByText(/Paused. It ends in 1[45]:\d\d|15 min/).waitFor();
  await expect(app.signEvent(note('paused'))).rejects.toContain('paused');
  expect(await accessibilityFaults(page)).toEqual([]);
  await card.getByRole('button', { name: 'Resume' }).click();
  await card.getByRole('button', { name: 'Pause' }).waitFor();
  expect((await app.signEvent(note('again'))).content).toBe('again');

  await tab(page, 'Settings');
  await page.getByRole('combobox', { name: 'Pause for' }).selectOption('60');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('status').getByText('Paused: every request is refused').waitFor();
  await tab(page, 'Apps');
  // Wherever one is, the way back is there.
  await page.getByRole('main').getByRole('button', { name: 'Resume' }).first().click();
  await page.getByRole('status').getByText('Ready').waitFor();

  await tab(page, 'Settings');
  const dialog = page.getByRole('dialog');
  const stop = page.getByRole('button', { name: 'Stop everything' });
  await stop.press('Enter');
  await dialog.getByRole('button', { name: 'Cancel' }).press('Enter');
  // Who has no mouse is where they were.
  await expect.poll(() => stop.evaluate((button) => button === document.activeElement)).toBe(true);
  await stop.press('Enter');
  expect(await accessibilityFaults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Stop everything' }).click();
  await page.getByRole('status').getByText('The kill switch is on').waitFor();
  await expect(app.signEvent(note('stopped'))).rejects.toContain('stopped');
  await page.getByRole('main').getByRole('button', { name: 'Resume' }).first().click();
  await page.getByRole('status').getByText('Ready').waitFor();

  const rules = page.getByRole('region', { name: 'Rules that refuse' });
  await rules.getByRole('textbox', { name: 'Which kind' }).fill('4');
  await rules.getByRole('textbox', { name: 'Why' }).fill('no old messages');
  await rules.getByRole('button', { name: 'Add the rule' }).click();
  await rules.getByText('Refuses events of kind 4 of all apps').waitFor();
  await expect(app.signEvent(note('secret', 4))).rejects.toContain('no old messages');
  await rules.getByRole('button', { name: 'Remove the rule' }).click();
  await rules.getByText('There are no rules.').waitFor();

  await tab(page, 'Apps');
  await card.getByRole('button', { name: 'End its session' }).click();
  await dialog.getByRole('button', { name: 'End its session' }).click();
  await page.getByText('No app is paired yet.').waitFor();
  await page.getByRole('status').getByText('Ready for your first app').waitFor();

  await tab(page, 'Overview');
  await page.getByRole('region', { name: 'A new app' }).getByRole('button', { name: 'Pair an app' }).click();
  await dialog.getByText('which key it asks').click();
  await dialog.getByRole('checkbox', { name: 'cannot be linked' }).check();
  await dialog.getByRole('button', { name: 'Make the line' }).click();
  await dialog.getByRole('textbox', { name: 'The bunker line' }).waitFor();
  const lines = await host.client.call('GET /v0/secrets');
  expect(lines).toMatchObject({
    answer: { secrets: expect.arrayContaining([expect.objectContaining({ ownKey: true })]) },
  });
  await page.keyboard.press('Escape');
  await anOldApp(page, host);
});

/** An app of early 2024: the account is allowed to answer it, it gets a line, is seen, and its account answers no more. */
async function anOldApp(page: Page, host: PageHost): Promise<void> {
  const dialog = page.getByRole('dialog');
  await page.getByRole('region', { name: 'A new app' }).getByRole('button', { name: 'Pair an app' }).click();
  await dialog.getByText('which key it asks').click();
  const old = dialog.getByRole('checkbox', { name: 'For an old app' });
  const own = dialog.getByRole('checkbox', { name: 'cannot be linked' });
  await own.check();
  // It is offered where the account answers there, and only then.
  expect(await old.count()).toBe(0);
  const to = { params: { number: 0 }, body: { on: true } };
  await host.client.call('POST /v0/accounts/:number/user-key', to);
  await old.check();
  expect(await own.isChecked()).toBe(false);
  expect(await accessibilityFaults(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Make the line' }).click();
  const line = await dialog.getByRole('textbox', { name: 'The bunker line' }).inputValue();
  const app = await pairedApp(host, 'Old', line);
  expect(line).toContain(await app.getPublicKey());
  await page.keyboard.press('Escape');

  await tab(page, 'Apps');
  await page.getByText('by the key of your account itself, as apps of early 2024 do').waitFor();
  await tab(page, 'Device');
  await page.getByText('It answers old apps at this key.').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.getByRole('button', { name: 'Stop answering' }).click();
  await page.getByText('It does not answer old apps at this key.').waitFor();
  await tab(page, 'Apps');
  await page.getByText('by the key of your account itself, which answers no app now').waitFor();
}

test.runIf(hasBrowser)('I find in the activity what came of each request and why, live, and export it', async () => {
  const host = await startPageHost('--sim-press', 'approve');
  // What an app calls itself stays one line, of its own row.
  const app = await pairedApp(host, `Coracle\n{"outcome":"answered"}\u001b[2J`);
  const page = await newPage();
  await host.visit(page);
  await tab(page, 'Activity');
  const rows = page.getByRole('main').getByRole('listitem');
  await rows.filter({ hasText: '[2J asked to be paired with this signer' }).waitFor();
  await app.signEvent(note('one'));
  const signed = rows.filter({ hasText: '[2J asked to sign a note' });
  await signed.getByText('Done').waitFor();
  await signed.getByText('The device did it: its human approved it there').waitFor();
  await app.signEvent(note('two', 7));
  await rows.filter({ hasText: 'sign a reaction' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await page.getByRole('searchbox', { name: 'Search' }).fill('SIGN_ev');
  await rows.filter({ hasText: 'be paired' }).waitFor({ state: 'detached' });
  await expect.poll(() => rows.count()).toBe(2);
  await page.getByRole('searchbox', { name: 'Kind' }).fill('7');
  await signed.waitFor({ state: 'detached' });
  const file = await downloaded(page, 'Export what is found');
  const exported = file
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(exported).toMatchObject([{ app: 'Coracle {"outcome":"answered"} [2J', method: 'sign_event', kind: 7 }]);
  // It goes on while it is searched.
  await app.signEvent(note('three', 7));
  await rows.nth(1).waitFor();
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption('denied');
  await page.getByText('Nothing of that in the log.').waitFor();

  // The device's own log tells of the same, each signature once.
  await tab(page, 'Device');
  await page.getByRole('button', { name: 'Check it now' }).click();
  await page.getByText('Every use of a key by an app came through this computer').waitFor();
  await page.getByText('The newest of its').click();
  expect(await page.getByText('came through here').count()).toBe(3);
});

test.runIf(hasBrowser)('I see the device and check its log, keep relays, a backup and diagnostics', async () => {
  const host = await startPageHost('--sim-press', pressOnce());
  const app = await pairedApp(host);
  // A kind that is none, and a relay that nobody runs, are what this test asks for.
  const page = await newPage({ mayFail: /40[09]/, viewport: { width: 360, height: 740 }, colorScheme: 'dark' });
  await host.visit(page);
  await tab(page, 'Device');
  await page.getByText('encrypted, and paired with this computer').waitFor();
  await page.getByText('No question of an app').waitFor();
  const end = expect(app.signEvent(note('what \u202eit says'))).rejects.toContain('refused this at the computer');
  const mirror = page.getByRole('region', { name: 'What the device must show now' });
  await mirror.getByText('sign a note').waitFor();
  await mirror.getByRole('button', { name: 'Show the text' }).click();
  await mirror.getByText('what \\u202eit says').waitFor();
  const asked = await host.client.call('GET /v0/requests');
  if (asked.type !== 'answer') throw new Error(asked.words);
  for (const { number } of asked.answer.requests)
    await host.client.call('DELETE /v0/requests/:number', { params: { number } });
  await end;
  expect(await page.getByRole('textbox', { name: 'public key of account 0' }).inputValue()).toMatch(/^npub1/);
  await page.getByText(/^([0-9a-f]{4} ){15}[0-9a-f]{4}$/).waitFor();
  await page.getByRole('button', { name: 'Check it now' }).click();
  await page.getByText('The log is signed by the device.').waitFor();
  await page.getByRole('button', { name: 'Check it now' }).click();
  await page.getByText('The log goes on from the last check').waitFor();
  await page.getByText('Every use of a key by an app came through this computer').waitFor();
  // Nobody holds the button: it waits, and nothing is allowed.
  const accounts = page.getByRole('region', { name: 'Accounts' });
  await accounts.getByRole('button', { name: 'Let it answer' }).click();
  await accounts.getByRole('status').getByText('asks for a hold of its button').waitFor();
  await accounts.getByText('It does not answer old apps at this key.').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);

  await tab(page, 'Relays');
  await page.getByText('listening').waitFor();
  await page.getByRole('textbox', { name: 'Its address' }).fill('no relay');
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.getByText('This is no relay address.').waitFor();
  await page.getByRole('textbox', { name: 'Its address' }).fill('ws://127.0.0.1:9/');
  await page.getByRole('button', { name: 'Add it' }).click();
  const relay = page.getByRole('article', { name: 'ws://127.0.0.1:9' });
  await relay.getByText('not connected').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await relay.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await relay.waitFor({ state: 'detached' });

  await tab(page, 'Settings');
  const diagnostics = (await downloaded(page, 'Download it')).toString();
  expect(diagnostics).not.toContain('Coracle');
  expect(JSON.parse(diagnostics)).toMatchObject({ status: { device: { key: null } } });
  await page.getByLabel('Passphrase').fill('correct horse');
  await page.getByRole('button', { name: 'Make the backup' }).click();
  await page.getByText('They differ.').waitFor();
  await page.getByLabel('The same again').fill('correct horse');
  const backup = await downloaded(page, 'Make the backup');
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-restored-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  expect(await restoreBackup(backup, join(dir, 'state'), 'correct horse')).toBeNull();
  expect(await page.getByLabel('The same again').inputValue()).toBe('');
});
