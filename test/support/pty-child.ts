/**
 * A device on a pseudo-terminal in a process of its own, as a real one is: `pty-child.ts <link>`. It obeys commands on stdin,
 * one per line (`echo`, `mute`, `burst <bytes>`), and reports on stdout, one JSON object per line. To unplug it, kill
 * it; it ends with its parent, too.
 */
import { createInterface } from 'node:readline';
import { openPtyLine } from '../../firmware-sim/src/lines/pty-line.ts';
import { pattern } from './pattern.ts';

let echo = true;
const opening = await openPtyLine(
  {
    bytes(chunk) {
      if (echo) opening.line?.write(chunk);
    },
    peer: () => report({ peer: true }),
    failed: (reason) => report({ failed: reason }),
  },
  { link: process.argv[2] ?? '' },
);
if (opening.line === null) report({ refused: opening.reason });
else report({ ready: opening.line.path });

const commands = createInterface({ input: process.stdin });
commands.on('close', () => process.exit());
commands.on('line', (line) => {
  const [command, argument = ''] = line.split(' ');
  if (command === 'echo') echo = true;
  if (command === 'mute') echo = false;
  if (command === 'burst') opening.line?.write(pattern(Number(argument)));
  report({ done: line });
});

function report(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
