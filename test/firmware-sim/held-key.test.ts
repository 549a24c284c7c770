/** A held key is one press: by the device's clock it began once, whatever is reset, moved or shown meanwhile. */
import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { terminalFace } from '../../firmware-sim/src/faces/terminal.ts';
import { simulated } from '../support/simulated.ts';

function hold() {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  return { input, output, again: () => void input.emit('data', 'a') };
}

test.each([
  ['nothing', () => undefined],
  ['a jump of the clock', ({ device }: Awaited<ReturnType<typeof simulated>>) => device.advance(5_000)],
  ['a reset', ({ device }: Awaited<ReturnType<typeof simulated>>) => void device.reboot('button')],
])('what comes up after %s is not approved by the finger that was down before', async (_name, happens) => {
  const sim = await simulated();
  const { device } = sim;
  const { input, output, again } = hold();
  const face = terminalFace({
    input,
    output,
    press: device.press,
    hold: device.hold,
    now: device.now,
    quit: () => undefined,
  });
  device.advance(10_000);
  again();
  happens(sim);
  again();
  await sim.ask();
  expect(device.view().screen?.rows[0]).toContain('Sign note');
  again();
  await sim.settled();
  expect(sim.replies()).toEqual([]);
  // Another key between: the finger was lifted.
  input.emit('data', '\x1b[A');
  again();
  await sim.settled();
  expect(sim.replies()).toEqual(['signature']);
  face.close();
  await device.close();
});
