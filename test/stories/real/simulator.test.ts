/** The simulator as a program of its own: what it refuses, in one sentence and without a stack. Nothing is made by a wrong call. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startProgram } from '../../support/program.ts';

const dir = mkdtempSync(join(tmpdir(), 'sallyport-simulator-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const missing = join(dir, 'missing');
const script = join(dir, 'script');
writeFileSync(script, 'approve\n\naprove\n');
const flash = join(dir, 'flash');
writeFileSync(flash, 'no flash image', { mode: 0o600 });

describe.concurrent('it ends at once', () => {
  test.each([
    [2, ['--control', 'zz'], '--control does not take "zz"; it takes the number of a descriptor.'],
    [1, ['--control', '77'], 'Descriptor 77 is no open pipe or socket.'],
    [1, ['--listen', 'fd:99'], 'Descriptor 99 is no open pipe or socket.'],
    [2, ['--listen', 'zzz'], '--listen does not take "zzz"; it takes pty, stdio, fd:N, unix:PATH or tty:PATH.'],
    [2, ['--listen', 'tty:'], '--listen does not take "tty:"; it takes pty, stdio, fd:N, unix:PATH or tty:PATH.'],
    [1, ['--listen', `tty:${missing}`], `There is no tty ${missing}.`],
    [1, ['--listen', `tty:${flash}`], `${flash} is not a tty.`],
    [1, ['--listen', `unix:${missing}/socket`], `There is no directory ${missing}.`],
    [2, ['--face', 'zz'], '--face does not take "zz"; it takes terminal or none.'],
    [2, ['--board', 'vt100'], '--board does not take "vt100"; it takes lcd240 or oled128.'],
    [1, ['--flash', `${missing}/flash`], `There is no directory ${missing} for the flash image.`],
    [1, ['--flash', flash], `The flash image cannot be used: ${flash} is not a flash image of version 1.`],
    [
      2,
      ['--press', script],
      `the press script ${script}: line 3: "aprove" is not approve, deny, next, back or ignore.`,
    ],
    [
      2,
      ['--press', missing],
      `what presses the keys is approve, deny or a script file, and ${missing} cannot be read.`,
    ],
    [2, ['--press', 'deny', '--listen', 'tty:/dev/null'], '--press is for simulated lines, never for a real tty.'],
    [2, ['--press', 'control'], '--press control needs --control FD.'],
    [2, ['--link='], '--link needs a value.'],
  ])('with %i for %j', async (code, args, words) => {
    const simulator = startProgram('firmware-sim/bin/sallyport-sim.js', args, { linesFd: 3 });
    expect(await simulator.gone()).toEqual({ code, signal: null });
    expect(simulator.stderr()).toBe(`sallyport-sim: ${words}\n`);
    expect(existsSync(missing)).toBe(false);
  });
});
