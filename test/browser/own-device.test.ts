/** A device of one's own, plugged in: the page guides from there to the first signed event, and through the set-up of a new one. */
import { BunkerSigner, parseBunkerInput } from 'nostr-tools/nip46';
import { generateSecretKey, verifyEvent } from 'nostr-tools/pure';
import { expect, onTestFinished, test } from 'vitest';
import { accessibilityFaults, hasBrowser, newPage } from '../support/browser.ts';
import { startPageHost } from './page-host.ts';
import { hands, onItsPage, startSimDevice } from './sim-device.ts';

const template = { kind: 1, content: 'My first note', tags: [], created_at: 1_760_000_000 };

test.runIf(hasBrowser)('from plugging in to the first signed event I do six things', async () => {
  const { port, url } = await startSimDevice('--demo');
  const face = await newPage();
  await face.goto(url);
  const device = onItsPage(face);
  await device.pull();
  await device.shows('no power');
  const host = await startPageHost('--port', port);
  const page = await newPage({ permissions: ['clipboard-read', 'clipboard-write'] });
  await host.visit(page);
  await page.getByRole('status').getByText('No device is there').waitFor();

  /** What somebody does at the computer and at the device, who plugged it in. */
  const done: string[] = [];
  const act = async (what: string, how: Promise<void>): Promise<void> => {
    await how;
    done.push(what);
  };
  await device.plug();
  // The digits are on both screens by themselves, and the same.
  const digits = page.getByText(/^\d{6}$/);
  await digits.waitFor();
  expect(await digits.textContent()).toMatch(/^\d{6}$/);
  expect(await accessibilityFaults(page)).toEqual([]);
  await act('they are the same, at the computer', page.getByRole('button', { name: 'They are the same' }).click());
  await device.shows('HOLD');
  await act('they are the same, at the device', device.hold('approve', 'DEMO'));

  await act('a line for an app', page.getByRole('button', { name: 'Make the line' }).click());
  await page.getByRole('img', { name: 'QR code' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await act('copied', page.getByRole('button', { name: 'Copy', exact: true }).first().click());
  const line = await page.evaluate(() => navigator.clipboard.readText());
  expect(line).toMatch(/^bunker:/);

  // The app's part: it is given the line, and a note is written in it.
  const pointer = await parseBunkerInput(line);
  if (pointer === null) throw new Error(`no bunker line: ${line}`);
  const app = BunkerSigner.fromBunker(generateSecretKey(), pointer);
  onTestFinished(() => app.close());
  const connecting = app.connect({ name: 'Coracle' });
  await page.getByText('Coracle asks to be paired').waitFor();
  await device.shows('Coracle');
  await act('yes to the app', device.yes());
  await connecting;
  await page.getByText('An app used this line and is paired').waitFor();
  const signing = app.signEvent(template);
  await device.shows('My first note');
  await act('yes to the note', device.yes());
  const event = await signing;
  expect(verifyEvent(event) && event.content).toBe('My first note');
  expect(done).toHaveLength(6);

  await page.keyboard.press('Escape');
  await page.getByText('First steps').waitFor({ state: 'detached' });
  await page.getByRole('status').getByText('Ready: one app may ask').waitFor();
});

test.runIf(hasBrowser)('a new device: I am led through its set-up, and to its PIN when it is locked', async () => {
  const { port, program } = await startSimDevice('--press', 'control');
  const device = hands(program);
  const host = await startPageHost('--port', port);
  // The browser writes to its console that the first host is gone.
  const page = await newPage({ mayFail: /ERR_/ });
  await host.visit(page);
  const step = page.locator('li[aria-current=step]');
  await step.getByText('Pair this computer with it').waitFor();
  const digits = page.getByText(/^\d{6}$/);
  await digits.waitFor();
  // Who sees other digits there says so, and compares new ones.
  await page.getByRole('button', { name: 'They differ' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Show the digits' }).click();
  await digits.waitFor();
  await page.getByRole('button', { name: 'They are the same' }).click();
  program.say({ hold: 'approve' });
  await step.getByText('Now look at your device').waitFor();
  await page.getByRole('status').getByText('The device is new').waitFor();
  await device.shows('no key yet');
  await device.setUp('280517');
  await device.shows('The device is set up');
  await step.getByText('Pair your first app').waitFor();
  await host.client.call('POST /v0/device/lock');
  await page.getByRole('status').getByText('The device is locked').waitFor();
  await page.getByRole('button', { name: 'Ask for the PIN' }).click();
  await step.getByText('Now type it on the device').waitFor();
  await device.shows('PIN');
  await device.pin('280517');
  await step.getByText('Pair your first app').waitFor();

  // Another computer of mine, and the device is locked: it has to be open before it pairs.
  await host.client.call('POST /v0/device/lock');
  await host.kill();
  const second = await startPageHost('--port', port);
  await second.visit(page);
  await step.getByText('Now type it on the device').waitFor();
  await device.pin('280517');
  await digits.waitFor();
  await page.getByRole('button', { name: 'They are the same' }).click();
  program.say({ hold: 'approve' });
  await step.getByText('Pair your first app').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
});
