/** The README's first command, as a program calls it: everything on stdout is JSON, and the bunker line comes first. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('npm start -- --json says nothing but JSON, the bunker line first, and ends on SIGINT', async () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  // A group of its own, as a terminal makes one: Ctrl-C reaches npm, the host and the simulator alike.
  const npm = spawn('npm', ['start', '--', '--json'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(npm, 'exit');
  const lines: string[] = [];
  for await (const line of createInterface({ input: npm.stdout })) {
    lines.push(line);
    // The device is ready: everything there is to say at the start has been said.
    if (line.includes('"account"')) process.kill(-(npm.pid ?? 0), 'SIGINT');
  }
  await ended;
  const keys = lines.map((line) => Object.keys(JSON.parse(line))[0]);
  expect(keys[0]).toBe('bunker');
  expect(keys).toContain('account');
});
