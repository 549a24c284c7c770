/** The simulator's command line, and the terminal's right edge. */
import { expect, test } from 'vitest';
import { framed } from '../../firmware-sim/src/faces/terminal.ts';
import { OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { draw } from '../../firmware-sim/src/firmware/screen/screens.ts';
import { parseOptions } from '../../firmware-sim/src/options.ts';

test('without options: a pseudo-terminal, the large board, a terminal, a human', () => {
  expect(parseOptions([])).toMatchObject({
    type: 'run',
    options: {
      listen: { type: 'pty', link: null },
      faces: ['terminal'],
      presser: { type: 'human' },
      controls: [],
      clock: 'real',
      seed: null,
    },
  });
});

test('several control channels, a seed, a clock that stands', () => {
  const argv = [
    '--control',
    '3',
    '--control',
    'unix:/run/a',
    '--seed',
    '7',
    '--clock',
    'virtual',
    '--face',
    'terminal,browser',
  ];
  expect(parseOptions(argv)).toMatchObject({
    options: {
      controls: [
        { type: 'fd', fd: 3 },
        { type: 'unix', path: '/run/a' },
      ],
      seed: '7',
      clock: 'virtual',
      faces: ['terminal', 'browser'],
    },
  });
});

test.each([
  [['--seed', '7', '--listen', 'tty:/dev/ttyACM0'], '--seed is for simulated lines, never for a real tty'],
  [['--press', 'approve', '--listen', 'tty:/dev/ttyACM0'], '--press is for simulated lines, never for a real tty'],
  [['--control', 'zz'], '--control does not take "zz"; it takes the number of a descriptor or unix:PATH.'],
  [['--listen', 'zzz'], '--listen does not take "zzz"; it takes pty, stdio, fd:N, unix:PATH or tty:PATH.'],
  [['--listen', 'tty:'], '--listen does not take "tty:"; it takes pty, stdio, fd:N, unix:PATH or tty:PATH.'],
  [['--link='], '--link needs a value.'],
  [['--control', '/run/a'], '--control does not take "/run/a"; it takes the number of a descriptor or unix:PATH.'],
  [['--clock', 'virtual', '--listen', 'tty:/dev/ttyACM0'], '--clock is for simulated lines, never for a real tty'],
  [['--control', 'unix:'], '--control does not take "unix:"'],
  [['--seed='], '--seed needs a value'],
  [['--press', 'control'], '--press control needs --control.'],
  [['--clock', 'sun'], '--clock does not take "sun"; it takes real or virtual.'],
  [['--face', 'paper'], '--face does not take "paper"; it takes terminal, browser, terminal,browser or none.'],
  [['--board', 'vt100'], '--board does not take "vt100"; it takes lcd240 or oled128.'],
  [['--press', '/nowhere/at/all'], 'cannot be read'],
])('%s is a wrong call', (argv, words) => {
  const parsed = parseOptions(argv);
  expect(parsed.type === 'wrong' && parsed.words).toContain(words);
});

test('where the font is wider than a terminal, the right edge is put by column', () => {
  const screen = draw({ type: 'result', title: 'Sign note', outcome: 'signed' }, OLED128, false);
  expect(framed(screen, true)[2]).toBe('│   ✔ SIGNED    \x1b[18G│');
  expect(framed(screen, true)[1]).toBe('│Sign note       │');
  expect(framed(screen, false)[2]).not.toContain('\x1b');
});
