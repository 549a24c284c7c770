/** What I gave, seen and taken back on the device itself: no computer is there, nor needed. Every screen is in a golden file. */
import { describe, expect, test } from 'vitest';
import { LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { listed } from '../../firmware-sim/src/firmware/policy/clients.ts';
import { golden } from '../support/golden-screens.ts';
import { pin } from '../support/life-bench.ts';
import { owner } from '../support/owner.ts';
import { usedFlash } from '../support/used-flash.ts';

type Hands = ReturnType<typeof owner>;

function unlock(device: Hands): void {
  device.press('next');
  device.pin(pin);
  device.wait(10);
}

/** The apps and how many grants each has, and the computers. */
function given(device: Hands): unknown {
  const { life, identity } = device.firmware();
  if (life.phase !== 'open') throw new Error(`the device is ${life.phase}`);
  const apps = listed(life.clients).map(({ name, grants }) => [
    name,
    grants.map(({ verdict, kind }) => [verdict, kind]),
  ]);
  return [apps, identity.hosts.map(({ name }) => name)];
}

const coracle = [
  ['allow', 1],
  ['allow', null],
  ['deny', 4],
];
const amethyst = ['Amethyst\nCoracle\u202e', [['allow', 7]]];
const computers = ['desk', 'laptop \u202e(verified)'];

describe.each([LCD240, OLED128])('$name', (board) => {
  /** A device that was just unlocked, and whoever writes down each screen that is new. */
  function opened() {
    const device = owner(usedFlash(), board);
    unlock(device);
    device.wait(3_000);
    const seen: (readonly string[])[] = [];
    const see = (): void => {
      const { rows } = device.firmware().screen;
      if (seen.at(-1)?.join() !== rows.join()) seen.push(rows);
    };
    const reads = (): void => {
      const pages = device.read();
      for (const page of pages) seen.push(page.split('\n'));
    };
    const choose = (line: string): void => {
      device.choose(line);
      see();
    };
    return { device, seen, see, reads, choose };
  }

  test('I look at an app, and take away what it may, one thing after the other', () => {
    const { device, seen, see, reads, choose } = opened();
    expect(given(device)).toEqual([[['Coracle', coracle], amethyst, ['', []]], computers]);
    device.press('next');
    choose('Apps');
    choose('Coracle');
    device.choose('About it');
    reads();
    device.press('approve');
    device.choose('sign note');
    reads();
    device.press('deny');
    expect(given(device)).toEqual([[['Coracle', coracle], amethyst, ['', []]], computers]);
    device.choose('sign note');
    device.press('approve');
    see();
    device.choose('never sign');
    reads();
    device.press('approve');
    device.choose('decrypt');
    reads();
    device.press('approve');
    see();
    expect(given(device)).toEqual([[['Coracle', []], amethyst, ['', []]], computers]);
    golden(`lists-grants.${board.name}`, seen);
    device.powerCycle();
    unlock(device);
    expect(given(device)).toEqual([[['Coracle', []], amethyst, ['', []]], computers]);
  });

  test('I revoke apps until there are none, and see which of them a computer spoke for', () => {
    const { device, seen, see, reads, choose } = opened();
    device.press('next');
    choose('Apps');
    for (const app of ['Amethyst', '(no name)', 'Coracle']) {
      device.choose(app);
      device.choose('Revoke the app');
      reads();
      device.press('approve');
      see();
    }
    expect(device.text()).toContain('No app is');
    golden(`lists-apps.${board.name}`, seen);
    device.powerCycle();
    unlock(device);
    expect(given(device)).toEqual([[], computers]);
  });

  test('I forget a computer, and not the other one', () => {
    const { device, seen, see, reads, choose } = opened();
    device.press('next');
    choose('Computers');
    device.choose('laptop');
    reads();
    device.press('deny');
    expect(given(device)).toMatchObject([{}, computers]);
    device.choose('laptop');
    device.press('approve');
    see();
    golden(`lists-computers.${board.name}`, seen);
    device.powerCycle();
    unlock(device);
    expect(given(device)).toMatchObject([{}, ['desk']]);
  });
});
