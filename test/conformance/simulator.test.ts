/** Our simulator passes the suite, over a pseudo-terminal as a maker of firmware runs it. A file of its own: it waits more than it works. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ptyMissing } from '../support/pty-device.ts';
import { rules } from './suite.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const missing = await ptyMissing();

test.skipIf(missing !== null)(
  'the simulator passes over a pseudo-terminal',
  async () => {
    const args = ['--conditions=sallyport-source', main, '--simulator', '--quick'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 150_000 });
    expect(stdout).toContain(`${rules.filter(({ slow }) => slow !== true).length} passed, 0 failed`);
  },
  160_000,
);
