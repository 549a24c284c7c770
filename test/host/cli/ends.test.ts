/** How commands end that come to nothing: by whose fault, in which words. */
import { expect, test } from 'vitest';
import { pairedApp } from '../bridge-world.ts';
import { cli, running } from './cli-world.ts';

test('more permissions than a device is asked about at once are refused, and none is left out', async (context) => {
  const { run, world, asked } = await running(context);
  const { pubkey } = pairedApp(world);
  const kinds = (count: number): string =>
    Array.from({ length: count }, (_, i) => `sign_event:${i + 20_000}`).join(',');
  expect(await run('grants', pubkey, 'propose', kinds(13))).toEqual({
    code: 2,
    out: '',
    err: 'sallyport: the device is asked about 12 permissions at once, and these are 13.\n',
  });
  expect(asked).toEqual([]);
  await run('grants', pubkey, 'propose', kinds(12));
  expect(asked).toMatchObject([{ method: 'grants_propose', grants: { length: 12 } }]);
});

test('a fault of the host is none of the call, and no refusal: the command failed', async (context) => {
  const faults: unknown[] = [];
  const { run } = await running(context, {
    newDashboardAddress: () => {
      throw new Error('a hole in it');
    },
    fault: (problem) => void faults.push(problem),
  });
  expect(await run('dashboard', '--print')).toEqual({
    code: 1,
    out: '',
    err: 'sallyport: A fault of the host; its log says more.\n',
  });
  expect(faults).toHaveLength(1);
});

test('words that are too long are refused before anybody is sent to the device', async (context) => {
  const { run, world, asked } = await running(context);
  const line = `nostrconnect://${world.app().pubkey}?relay=wss%3A%2F%2Frelay.example&secret=a1`;
  const name = 'x'.repeat(65);
  const tooLong = { code: 2, out: '', err: 'sallyport: --name takes 64 characters at most, and these are 65.\n' };
  expect(await run('connect', line, '--name', name)).toEqual(tooLong);
  expect(await run('pair', '--no-qr', '--name', name)).toEqual(tooLong);
  expect(await run('rules', 'add', '--kind', '1', '--note', 'x'.repeat(121))).toEqual({
    code: 2,
    out: '',
    err: 'sallyport: --note takes 120 characters at most, and these are 121.\n',
  });
  expect(asked).toEqual([]);
});

test.each([
  ['user-key', '16', 'on'],
  ['pair', '--account', '16'],
  ['sign', '--account', '200'],
  ['connect', `nostrconnect://${'a'.repeat(64)}?relay=wss%3A%2F%2Frelay.example&secret=x`, '--account', '16'],
  ['names', 'add', 'alice', '--account', '-1'],
])('%s with an account that no device can have says which there can be, host or none', async (...argv) => {
  const { code, err } = await cli(...argv);
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringMatching(/account (takes 0 to 15, and not|is a number)/),
  });
});
