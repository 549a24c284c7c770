/** A device of one's own: what was first started fresh is never made a demo with a throwaway key by a later start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startHost } from '../../support/whole.ts';

type Line = { readonly device?: { readonly state: string; readonly info?: { readonly state: string } } };

test('I start a fresh device, and once more without saying so: it is still mine to be set up', async ({
  onTestFinished,
}) => {
  const state = mkdtempSync(join(tmpdir(), 'sallyport-own-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  for (const args of [['--fresh'], []]) {
    const host = startHost(['--state', state, ...args]);
    onTestFinished(() => host.signal('SIGKILL'));
    const found = await host.until((line: Line) => line.device?.info?.state, 'what state the device is in');
    expect(found).toBe('fresh');
    host.signal('SIGINT');
    expect((await host.gone()).code).toBe(0);
  }
});
