/** A page of another site in the same browser: what it tries at the dashboard, by the browser's own means, and that nothing comes of it. */
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { hasBrowser, newPage } from '../support/browser.ts';
import { startPageHost } from './page-host.ts';

/** A site of somebody else, on a port of its own: another origin, though the same computer. */
async function evilSite(): Promise<string> {
  const site = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>evil</title><p>evil</p>');
  });
  await new Promise<void>((settle) => site.listen(0, '127.0.0.1', settle));
  onTestFinished(() => void site.close());
  const address = site.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  // Another site than 127.0.0.1, and not only another port of it.
  return `http://localhost:${address.port}/`;
}

test.runIf(hasBrowser)('a page of another site reads nothing, does nothing and shows nothing of it', async () => {
  const host = await startPageHost('--sim-press', 'approve');
  const link = await host.link();
  const own = new URL('/', link).href;
  const inside = await newPage();
  await inside.goto(link);
  await inside.getByRole('status').getByText('Ready').waitFor();
  const bearer = await inside.evaluate(() => sessionStorage.getItem('sallyport-bearer'));
  expect(bearer).toMatch(/^[\w-]{43}$/);

  const page = await newPage({
    mayFail: /CORS|blocked|Failed to load|ERR_FAILED|Refused|Content Security|40[13]|frame/,
  });
  await page.goto(await evilSite());
  const code = new URL(await host.link()).hash.slice('#code='.length);
  // Also with what it could never know.
  const said = await page.evaluate(
    async ({ own, bearer, code }) => {
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
      const simple = { 'content-type': 'text/plain' };
      const tries = [
        fetch(`${own}v0/status`),
        fetch(`${own}v0/status`, { headers }),
        fetch(`${own}v0/kill`, { method: 'POST', headers, body: '{}' }),
        fetch(`${own}v0/kill`, { method: 'POST', mode: 'no-cors', headers: simple, body: '{}' }),
        fetch(`${own}session`, { method: 'POST', headers, body: JSON.stringify({ code }) }),
        fetch(`${own}session`, { method: 'POST', mode: 'no-cors', headers: simple, body: JSON.stringify({ code }) }),
      ];
      const ends = await Promise.allSettled(tries);
      return ends.map((end) => (end.status === 'fulfilled' ? `${end.value.type} ${end.value.status}` : 'blocked'));
    },
    { own, bearer, code },
  );
  expect(said).toEqual(Array.from({ length: 6 }, () => 'blocked'));
  // A form, which a browser sends without asking anybody; its answer is a page of words.
  await page.setContent(
    `<form method="post" action="${own}v0/kill" enctype="text/plain"><input name="{" value="}"></form>`,
  );
  await Promise.all([page.waitForNavigation(), page.evaluate(() => document.forms[0]?.submit())]);
  expect(await page.textContent('body')).toContain('Requests of other sites are refused.');
  // A frame of it stays empty: nothing can be laid over a button.
  await page.goto(await evilSite());
  await page.setContent(`<iframe src="${own}"></iframe>`);
  const framed = page.frames()[1];
  await expect.poll(() => framed?.url()).toMatch(/^chrome-error:|^about:blank/);
  // The link that was tried works on, and nothing was stopped.
  const status = await host.client.call('GET /v0/status');
  expect(status).toMatchObject({ answer: { killedAt: null } });
  const after = await newPage();
  await after.goto(`${own}#code=${code}`);
  await after.getByRole('status').getByText('Ready').waitFor();
});
