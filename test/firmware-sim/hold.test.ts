/** A held key at each face: it says yes to what takes a hold, and to nothing that the same finger has led to. */
import { PassThrough, Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import type { Key } from '../../firmware-sim/src/board.ts';
import { actOn, parseScript, scriptedHuman } from '../../firmware-sim/src/faces/script.ts';
import { terminalFace } from '../../firmware-sim/src/faces/terminal.ts';
import { LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { holdKey } from '../../firmware-sim/src/simulated-device.ts';
import { simulated } from '../support/simulated.ts';

type Did = readonly [what: 'press' | 'hold', key: Key, began: number | undefined];

function terminal() {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  const did: Did[] = [];
  let time = 5_000;
  const face = terminalFace({
    input,
    output,
    press: (key, began) => did.push(['press', key, began]),
    hold: (key, began) => did.push(['hold', key, began]),
    now: () => time,
    quit: () => undefined,
  });
  const type = (key: string, after = 0): void => {
    time += after;
    input.emit('data', key);
  };
  return { type, did, close: face.close };
}

test('a key that the terminal repeats is one press, and a hold once it is old enough', () => {
  const { type, did, close } = terminal();
  type('a');
  for (let i = 0; i < 4; i++) type('a', 499);
  expect(did).toEqual([
    ['press', 'approve', 5_000],
    ['hold', 'approve', 5_000],
  ]);
  type('d', 10);
  expect(did[2]).toEqual(['press', 'deny', 5_000 + 4 * 499 + 10]);
  close();
});

test('pages turn as long as the key is down', () => {
  const { type, did, close } = terminal();
  for (let i = 0; i < 3; i++) type('\x1b[B', 100);
  expect(did.map(([what, key]) => `${what} ${key}`)).toEqual(['press next', 'press next', 'press next']);
  close();
});

test('a capital letter is a key that stays down for as long as a hold takes, unless another one comes', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { type, did, close } = terminal();
    type('A');
    vi.advanceTimersByTime(1_499);
    expect(did).toEqual([['press', 'approve', 5_000]]);
    vi.advanceTimersByTime(1);
    expect(did[1]).toEqual(['hold', 'approve', 5_000]);
    type('D', 2_000);
    type('\x1b[A', 10);
    vi.advanceTimersByTime(5_000);
    expect(did.slice(2).map(([what, key]) => `${what} ${key}`)).toEqual(['press deny', 'press back']);
    close();
  } finally {
    vi.useRealTimers();
  }
});

test('a script holds where its word says so', async () => {
  expect(parseScript('hold it')).toEqual({
    wrong: 'line 1: "it" is not yes, approve, hold, deny, next, back or ignore',
  });
  const script = parseScript('next hold');
  if ('wrong' in script) throw new Error(script.wrong);
  const acts: string[] = [];
  const human = scriptedHuman(script.lines, (act) => acts.push(act));
  human(7, 1);
  human(7, 1);
  await new Promise(setImmediate);
  expect(acts).toEqual(['next', 'hold']);
  // A request that asks once more, as the pairing of an app does for its wishes.
  human(7, 2);
  await new Promise(setImmediate);
  expect(acts).toEqual(['next', 'hold', 'next', 'hold']);
});

test.each([LCD240, OLED128])(
  '$name: a wipe takes a hold, and the press that led to it is not that hold',
  async (board) => {
    const { device } = await simulated({ board });
    const rows = (): string => device.view().screen?.rows.join('\n') ?? '';
    device.advance(1_000);
    device.press('next');
    for (let i = 0; i < 20 && !/> Wipe/.test(rows()); i++) device.press('next');
    expect(rows()).toMatch(/> Wipe/);
    holdKey(device, 'approve');
    expect(rows()).toContain('Wipe device?');
    device.press('approve');
    expect(rows()).toContain('Wipe device?');
    expect(device.view().hold).toBe(true);
    actOn(device, 'yes');
    expect(rows()).not.toContain('Wipe device?');
    expect(rows()).not.toContain('DEMO');
    expect(device.view().hold).toBe(false);
    await device.close();
  },
);
