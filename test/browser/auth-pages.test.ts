/**
 * Auth pages in a real browser: an app sends its user there, who clicks, presses on the device (in its own page), and is led back by one
 * more click. The same without scripts, and for an account.
 */
import { BunkerSigner, parseBunkerInput } from 'nostr-tools/nip46';
import { generateSecretKey, verifyEvent } from 'nostr-tools/pure';
import { expect, onTestFinished, test } from 'vitest';
import { accessibilityFaults, hasBrowser, newPage } from '../support/browser.ts';
import { type DevicePage, openDevicePage } from './device-page.ts';
import { type PageHost, startPageHost } from './page-host.ts';

const callbackUrl = 'http://127.0.0.1:9/welcome?x=1';

/** An app without a line, the page to which it sends its user, and what comes of its request. */
async function stranger(host: PageHost) {
  const { pubkey, relays } = (await parseBunkerInput(host.bunker)) ?? expect.fail('a bunker line');
  const sent = Promise.withResolvers<string>();
  const pointer = { pubkey, relays, secret: null };
  const app = BunkerSigner.fromBunker(generateSecretKey(), pointer, { onauth: sent.resolve });
  onTestFinished(() => app.close());
  const metadata = JSON.stringify({ name: 'Coracle', url: 'https://coracle.example' });
  const paired = app.sendRequest('connect', [pubkey, '', 'sign_event:1', metadata]);
  paired.catch(() => undefined);
  return { app, paired, address: `${await sent.promise}?callbackUrl=${encodeURIComponent(callbackUrl)}` };
}

async function expectingAnApp(device: DevicePage): Promise<void> {
  await device.press('next');
  await device.choose('Pair an app');
  await device.press('approve');
  await device.press('deny');
}

test.runIf(hasBrowser)('the page says who asks for what, follows the device, and shows the way back', async () => {
  const host = await startPageHost('--web', '0', '--web-logins');
  const device = await openDevicePage(host);
  expect(await accessibilityFaults(device.page)).toEqual([]);
  const { app, paired, address } = await stranger(host);
  const page = await newPage();
  await page.goto(address);
  await page.getByRole('heading', { name: 'An app asks to use this signer' }).waitFor();
  await page.getByText('https://coracle.example').waitFor();
  await page.getByText('sign a note').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  // Too early: the device expects no app. The page says what to do, and the keyboard is enough.
  await page.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await page.getByText('Open "Pair an app" in its menu').waitFor();
  await expectingAnApp(device);
  await page.getByRole('button', { name: 'Ask me on the device' }).click();
  await page.getByRole('heading', { name: 'Look at the device' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await device.approve('Pair');
  await device.approve('Coracle');
  await page.getByRole('heading', { name: 'Approved on the device' }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  const link = page.getByRole('link', { name: 'Go to http://127.0.0.1:9' });
  expect(await link.getAttribute('href')).toBe(callbackUrl);
  expect(page.url()).toContain('/auth/');
  await paired;
  expect(verifyEvent(await app.signEvent({ kind: 1, content: 'hello', tags: [], created_at: 1_760_000_000 }))).toBe(
    true,
  );
});

test.runIf(hasBrowser)(
  'without scripts it is the same page, and a no is told on it; an account has its page, too',
  async () => {
    const host = await startPageHost('--web', '0', '--web-logins');
    const device = await openDevicePage(host);
    const { paired, address } = await stranger(host);
    const page = await newPage({ javaScriptEnabled: false });
    await page.goto(address);
    await expectingAnApp(device);
    await page.getByRole('button', { name: 'Ask me on the device' }).click();
    await page.getByRole('heading', { name: 'Look at the device' }).waitFor();
    await device.answer('Pair', 'deny');
    await page.getByRole('heading', { name: 'Denied on the device' }).waitFor();
    await page.getByText('The app was not let in.').waitFor();
    await expect(paired).rejects.toContain('denied on the device');

    // An account, with scripts again.
    const { pubkey, relays } = (await parseBunkerInput(host.bunker)) ?? expect.fail('a bunker line');
    const sent = Promise.withResolvers<string>();
    const pointer = { pubkey, relays, secret: null };
    const app = BunkerSigner.fromBunker(generateSecretKey(), pointer, { onauth: sent.resolve });
    onTestFinished(() => app.close());
    const made = app.sendRequest('create_account', ['alice', '', '']);
    made.catch(() => undefined);
    const other = await newPage();
    await other.goto(await sent.promise);
    await other.getByRole('heading', { name: 'An app asks for an account here' }).waitFor();
    await other.getByText('with the name alice').waitFor();
    await other.getByRole('button', { name: 'Ask me on the device' }).click();
    await other.getByRole('heading', { name: 'Look at the device' }).waitFor();
    await device.approve('alice');
    await other.getByRole('heading', { name: 'Approved on the device' }).waitFor();
    const { origin } = new URL(other.url());
    const names: unknown = await (await fetch(`${origin}/.well-known/nostr.json?name=alice`)).json();
    expect(names).toMatchObject({ names: { alice: await made } });

    // Its host ends: the page says so, and goes on trying.
    const { address: last } = await stranger(host);
    const lone = await newPage({ mayFail: /ERR_/ });
    await lone.goto(last);
    await device.page.close();
    await host.kill();
    await lone.getByText('The signer does not answer.').waitFor();
  },
);
