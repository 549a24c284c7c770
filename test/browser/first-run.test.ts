/** From nothing to the first signed event, by the pages alone, as a newcomer does it: their actions are counted. */
import { BunkerSigner, createNostrConnectURI, parseBunkerInput } from 'nostr-tools/nip46';
import { generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import type { Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { accessibilityFaults, hasBrowser, newPage } from '../support/browser.ts';
import { type PageHost, startPageHost } from './page-host.ts';

const note = { kind: 1, content: 'my first note', tags: [], created_at: 1_760_000_000 };
/** What the issue of the companion allows, from plugging in to the first signed event. */
const actionsMax = 6;

/** The device in the hand: the simulated one, in a tab of its own. */
async function deviceIn(page: Page): Promise<Page> {
  const opening = page.waitForEvent('popup');
  await page.getByRole('link', { name: 'simulated device' }).click();
  return opening;
}

async function signerFor(line: string): Promise<BunkerSigner> {
  const pointer = await parseBunkerInput(line);
  if (pointer === null) throw new Error('no bunker line');
  const signer = BunkerSigner.fromBunker(generateSecretKey(), pointer);
  onTestFinished(() => signer.close());
  return signer;
}

test.runIf(hasBrowser)('I start it, and sign my first event with six actions', async () => {
  const host = await startPageHost('--sim-face', 'browser');
  const page = await newPage();
  let actions = 0;
  const act = async <T>(doing: Promise<T>): Promise<T> => {
    actions++;
    return doing;
  };
  await act(host.visit(page));
  const device = await deviceIn(page);
  const screen = device.locator('#text');
  const guide = page.getByRole('region', { name: 'First steps' });
  await guide.getByRole('listitem').filter({ hasText: 'Pair your first app' }).getByText('Any Nostr app').waitFor();
  await act(guide.getByRole('button', { name: 'Make the line' }).click());
  const line = await page.getByLabel('The bunker line', { exact: true }).inputValue();
  const signer = await act(signerFor(line));
  const connected = signer.connect({ name: 'Coracle' });
  // The keys are named when they count: not in the moment in which the question appears.
  await screen.getByText('KEY1 pair').waitFor();
  await act(device.getByRole('button', { name: 'KEY1' }).click());
  await connected;
  await page.getByText('An app used this line and is paired').waitFor();
  const signed = signer.signEvent(note);
  await screen.getByText('KEY1 sign').waitFor();
  await act(device.getByRole('button', { name: 'KEY1' }).click());
  const event = await signed;
  expect(verifyEvent({ ...event })).toBe(true);
  expect(actions).toBeLessThanOrEqual(actionsMax);
  // The guide has done its work.
  await page.getByRole('button', { name: 'Close' }).click();
  await guide.waitFor({ state: 'detached' });
  await page.getByRole('status').getByText('Ready: one app may ask').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
});

test.runIf(hasBrowser)('I paste the line that an app shows, and the app is paired', async () => {
  const host = await startPageHost('--sim-press', 'approve');
  // The browser writes what the host refused to its console.
  const page = await newPage({ mayFail: /409/ });
  await host.visit(page);
  const key = generateSecretKey();
  const uri = createNostrConnectURI({
    clientPubkey: getPublicKey(key),
    relays: [relayOf(host)],
    secret: 'ours',
    name: 'Habla',
  });
  const introduced = BunkerSigner.fromURI(key, uri);
  await page.getByRole('button', { name: 'Pair an app' }).first().click();
  await page.getByRole('button', { name: 'Paste a line' }).click();
  const field = page.getByLabel('The line of the app');
  await field.fill('nostrconnect://nonsense');
  await page.getByRole('button', { name: 'Pair it' }).click();
  await page.getByRole('alert').waitFor();
  await field.fill(uri);
  await page.getByRole('button', { name: 'Pair it' }).click();
  const signer = await introduced;
  onTestFinished(() => signer.close());
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(verifyEvent({ ...(await signer.signEvent(note)) })).toBe(true);
});

function relayOf(host: PageHost): string {
  const relay = new URL(host.bunker).searchParams.get('relay');
  if (relay === null) throw new Error('no relay in the bunker line');
  return relay;
}
