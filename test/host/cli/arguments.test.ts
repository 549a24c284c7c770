/** Wrong arguments are told before anything is asked: no host runs here. */
import { expect, test } from 'vitest';
import { runCli } from '../../../host/src/cli/cli.ts';

async function cli(...argv: string[]): Promise<{ readonly code: number; readonly err: string }> {
  let err = '';
  const io = {
    out: () => undefined,
    err: (text: string) => {
      err += text;
    },
    asks: false,
    stdin: async () => '',
    secret: async () => expect.fail('nobody may be asked'),
    until: new AbortController().signal,
  };
  return { code: await runCli(argv, io, []), err };
}

test.each([
  ['user-key', '16', 'on'],
  ['pair', '--account', '16'],
  ['sign', '--account', '200'],
  ['connect', `nostrconnect://${'a'.repeat(64)}?relay=wss%3A%2F%2Frelay.example&secret=x`, '--account', '16'],
  ['names', 'add', 'alice', '--account', '-1'],
])('%s with an account that no device can have says which there can be', async (...argv) => {
  const { code, err } = await cli(...argv);
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringMatching(/account (takes 0 to 15, and not|is a number)/),
  });
});
