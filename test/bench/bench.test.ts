/** The bench runs and prints ratios. How large they are is for people to read: no time is asserted. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

// Its parts start processes of their own; beside another test on two cores it takes a minute.
test('npm run bench -- --quick prints its tables', async () => {
  const args = ['--conditions=sallyport-source', main, '--quick'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 170_000 });
  for (const row of [
    'decode, byte by byte',
    'open + seal',
    'gate + decode, as it is used',
    'Sallyport, granted',
    'Sallyport, pressed',
  ]) {
    expect(stdout).toMatch(new RegExp(`${row.replace(/[+]/g, '\\+')}.*[0-9]×`, 'm'));
  }
  expect(stdout).toMatch(/on top while it signs 64 KiB +\d+ KiB/);
  expect(stdout).toMatch(/icon in the panel +\d/);
  expect(stdout).toMatch(/all of it, gzip +[\d.]+ kB/);
  expect(stdout).toMatch(/hostile inputs of CBOR/);
  expect(stdout).not.toMatch(/ADMITTED/);
}, 180_000);
