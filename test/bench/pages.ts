/** What the dashboard weighs on its way to the browser, and how soon it says how everything is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { controlClient } from '../../host/src/control/client.ts';
import { builtPage, readPage } from '../../host/src/dashboard/files.ts';
import { isInstalled, launch } from '../support/chromium.ts';
import { startProgram } from '../support/program.ts';
import { type Effort, median, percentile } from './measure.ts';
import { type Ends, ended } from './product-parts.ts';
import { short, table } from './table.ts';

/** Loads the page as somebody does who follows a link, each time in a browser that knows nothing of it. */
export async function benchPages({ quick }: Effort): Promise<string> {
  const weights = [...(readPage(builtPage('dashboard')) ?? [])].map(([address, { gzip }]) => [address, gzip.length]);
  const sum = weights.reduce((before, [, bytes]) => before + Number(bytes), 0);
  const rows = [...weights, ['all of it', sum]].map(([what, bytes]) => [
    `${what}, gzip`,
    `${short(Number(bytes) / 1000)} kB`,
    '',
  ]);
  const shown = isInstalled ? await benchShowing(quick ? 1 : 15) : [['no browser here', '–', '–']];
  return table('The dashboard', ['', 'median', 'p99'], [...rows, ...shown]);
}

async function benchShowing(count: number): Promise<readonly (readonly string[])[]> {
  const state = mkdtempSync(join(tmpdir(), 'sallyport-pages-'));
  const ends: Ends = [async () => rmSync(state, { recursive: true, force: true })];
  try {
    const args = ['--json', '--state', state, '--dashboard', '0', '--sim-press', 'approve'];
    const host = startProgram<{ readonly bunker?: string }>('host/bin/sallyport.js', args, { linesFd: 1 });
    ends.push(() => ended(host));
    await host.until(({ bunker }) => bunker, 'a bunker line');
    const browser = await launch();
    ends.push(() => browser.close());
    const times: { painted: number; said: number }[] = [];
    for (let i = 0; i < count; i++) times.push(await shown(browser, await linkOf(state)));
    const row = (what: string, samples: readonly number[]) => [
      what,
      `${short(median(samples))} ms`,
      `${short(percentile(samples, 0.99))} ms`,
    ];
    return [
      row(
        'first paint',
        times.map(({ painted }) => painted),
      ),
      row(
        'says how everything is',
        times.map(({ said }) => said),
      ),
    ];
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

async function linkOf(state: string): Promise<string> {
  const said = await controlClient(state).call('POST /v0/dashboard');
  if (said.type !== 'answer') throw new Error(said.words);
  return said.answer.url;
}

/** By the page's own clock, in ms since the link was followed. */
async function shown(browser: Browser, link: string): Promise<{ painted: number; said: number }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.waitForFunction(() => document.querySelector('.sentence.good, .sentence.bad') !== null);
  const times = await page.evaluate(() => ({
    painted: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
    said: performance.now(),
  }));
  await context.close();
  return times;
}
