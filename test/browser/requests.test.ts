/** What waits on the device, as somebody sees it who sits at the computer; and what they see when the host is gone. */
import { expect, test } from 'vitest';
import { accessibilityFaults, hasBrowser, newPage } from '../support/browser.ts';
import { pairedApp, pressOnce, startPageHost } from './page-host.ts';

const event = (kind: number, content: string) => ({ kind, content, tags: [], created_at: 1_760_000_000 });

test.runIf(hasBrowser)('I see what waits as it comes, bursts as one, and can say no', async () => {
  const host = await startPageHost('--sim-press', pressOnce());
  const page = await newPage();
  await host.visit(page);
  await page.getByText('First steps').waitFor();
  const signer = await pairedApp(host);
  await page.getByText('Write a note in the app').waitFor();
  const ends = Promise.allSettled(['one', 'two', 'three'].map((text) => signer.signEvent(event(7, text))));
  const burst = page.getByRole('article').filter({ hasText: 'Coracle asks to sign a reaction, 3 times' });
  await burst.getByText('The device has it.').waitFor();
  await page.getByRole('status').getByText('3 requests wait for you').waitFor();
  // The raw event is behind a click, and asked for only then.
  expect(await burst.getByText('"content": "two"').count()).toBe(0);
  await burst.getByText('in full').nth(1).click();
  await burst.getByText('"content": "two"').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await burst.getByRole('button', { name: 'Refuse all 3' }).click();
  await page.getByText('Look at your device', { exact: true }).waitFor({ state: 'detached' });
  for (const end of await ends)
    expect(end).toMatchObject({ status: 'rejected', reason: expect.stringContaining('refused this at the computer') });

  const note = signer.signEvent(event(1, '<img src=x> \u202egnp.exe'));
  const told = expect(note).rejects.toContain('refused this at the computer');
  const card = page.getByRole('article').filter({ hasText: 'Coracle asks to sign a note' });
  await card.getByText('in full').click();
  // Text stays text, and what would turn it around is named.
  await card.getByText('<img src=x> \\u202egnp.exe').waitFor();
  await card.getByRole('button', { name: 'Refuse', exact: true }).click();
  await told;
});

test.runIf(hasBrowser)('I see that the host is gone, and what to do when it is back', async () => {
  const host = await startPageHost('--sim-press', 'approve');
  // The browser writes each try to its console.
  const page = await newPage({
    mayFail: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|401/,
  });
  await host.visit(page);
  const other = await newPage({ mayFail: /ERR_/ });
  await host.visit(other);
  await page.getByRole('status').getByText('Ready for your first app').waitFor();
  await host.kill();
  await page.getByRole('status').getByText('Sallyport does not answer').waitFor();
  // Who leaves has left, whether the host hears it or not.
  await other.getByRole('button', { name: 'Log out' }).click();
  await other.getByText('It is opened by a link that works once').waitFor();
  expect(await page.getByRole('button', { name: 'Pair an app' }).first().isVisible()).toBe(true);
  await host.again();
  // A new start lets nobody in by what an earlier one gave.
  await page.getByText('Sallyport was started again').waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  await host.visit(page);
  await page.getByRole('status').getByText('Ready for your first app').waitFor();
});
