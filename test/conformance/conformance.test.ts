/** The suite passes a device with nothing broken, and fails every broken one. That our simulator passes it is in simulator.test.ts. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { brokenDevices } from './broken-devices.ts';
import { lineOf, rules, runSuite } from './suite.ts';
import { virtualDevice } from './virtual-device.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

test('a wrong call and a missing port say so, with exit code 2', async () => {
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['--conditions=sallyport-source', main, ...args]);
  await expect(run()).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--port PATH') });
  await expect(run('--port', '/dev/no-such-port')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot be opened'),
  });
  await expect(run('--simulator', '--only', 'no such rule')).rejects.toMatchObject({ code: 2 });
});

test('a device with nothing broken passes every rule, the slow ones too', async () => {
  const verdicts = await runSuite(virtualDevice({}), { quick: false, human: true });
  expect(verdicts.filter(({ outcome }) => outcome !== 'passed').map(lineOf)).toEqual([]);
  expect(verdicts).toHaveLength(rules.length);
});

test('so does one that has a PIN', async () => {
  const verdicts = await runSuite(virtualDevice({}, true), { quick: true, human: true });
  expect(verdicts.filter(({ outcome }) => outcome === 'failed').map(lineOf)).toEqual([]);
  const skipped = verdicts.filter(({ outcome }) => outcome === 'skipped');
  expect(skipped.map(({ words }) => words)).toEqual(skipped.map(() => 'takes a minute'));
});

test('without a human the rules that need a press are skipped, and said to be', async () => {
  const verdicts = await runSuite(virtualDevice({}), { quick: true, human: false });
  const skipped = verdicts.filter(({ outcome }) => outcome === 'skipped');
  expect(verdicts.some(({ outcome }) => outcome === 'failed')).toBe(false);
  expect(skipped.map(lineOf).join('\n')).toMatch(/^skip {2}chapter {2}7 {2}.*: nobody presses$/m);
});

describe('the suite fails a device that', () => {
  test.each(brokenDevices)('$name', async ({ flaw, rule, pin }) => {
    const found = rules.filter(({ name }) => name.includes(rule));
    expect(found, `one rule is called so: ${rule}`).toHaveLength(1);
    const [verdict] = await runSuite(virtualDevice(flaw(), pin), { quick: false, human: true, only: rule });
    expect(verdict?.outcome).toBe('failed');
  });

  test('every rule is needed: each is failed by some broken device', () => {
    const failed = new Set(brokenDevices.map(({ rule }) => rules.find(({ name }) => name.includes(rule))?.name));
    expect(rules.map(({ name }) => name).filter((name) => !failed.has(name))).toEqual([]);
  });
});

test('the suite knows nothing of our firmware', () => {
  const files = ['apps', 'bench', 'computers', 'dh', 'main', 'port', 'seal', 'simulator', 'suite', 'talk', 'vectors'];
  const ruleFiles = [
    'addressed',
    'apps',
    'asking',
    'channel',
    'life',
    'link',
    'log',
    'messages',
    'streams',
    'wire',
  ].map((name) => `rules/${name}`);
  for (const file of [...files, ...ruleFiles]) {
    const text = readFileSync(new URL(`${file}.ts`, import.meta.url), 'utf8');
    expect(text, file).not.toMatch(/from '[^']*(firmware-sim|\.\.\/support)/);
  }
});
