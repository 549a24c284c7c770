/**
 * A real browser for the tests of the pages: Debian's chromium, headless. One browser for a test file, a context of its own for each page;
 * whatever a page says on its console as an error, or loads from elsewhere than this computer, fails the test that opened it.
 */
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, expect, onTestFinished } from 'vitest';
import { isInstalled, launch } from './chromium.ts';

/** Whether there is one. Where it is needed (CI says so), its absence is a failure and not a skipped test. */
export const hasBrowser = isInstalled || process.env['SALLYPORT_BROWSER'] === 'needed';

/** With both processors busy a page takes its time. */
const patienceMs = 20_000;

let browser: Promise<Browser> | null = null;
afterAll(async () => {
  const opened = await browser;
  browser = null;
  await opened?.close();
});

/** Refusals that a test provokes are written to the console by the browser itself. */
export type PageOptions = BrowserContextOptions & { readonly mayFail?: RegExp };

/** A page with nothing in it, until the test that opened it ends. */
export async function newPage({ mayFail, ...options }: PageOptions = {}): Promise<Page> {
  browser ??= launch();
  const context = await (await browser).newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const complaints: string[] = [];
  page.on('pageerror', (problem) => complaints.push(problem.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !mayFail?.test(message.text())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (/^(http|ws)s?:$/.test(protocol) && !['127.0.0.1', 'localhost'].includes(hostname))
      complaints.push(`asked for ${request.url()}`);
  });
  onTestFinished(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });
  return page;
}

/** The faults of a page for people who see or move otherwise, as axe-core finds them: those that are serious. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  // By the debugger's door: the page's own policy would refuse the script.
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    return (await axe.run()).violations;
  });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
