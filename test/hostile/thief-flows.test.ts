/**
 * The power goes at every write of the flows that make and change keys, as a human goes through them: afterwards the device is fresh or
 * set up, an account is there or not, and never something between; what a computer was told is so.
 */
import { expect, test } from 'vitest';
import { lifeBench, pin, settledFlash } from '../support/life-bench.ts';
import { cutting, flashOn, type Records, untilCut } from './thief-stories.ts';

type Bench = ReturnType<typeof lifeBench>;

/** What a restart finds, opened with the PIN: `fresh`, or the accounts and the name. */
function found(records: Records): unknown {
  const device = lifeBench('fresh', false, flashOn(records));
  if (device.phase() === 'fresh') return 'fresh';
  device.unlock();
  const { life } = device.firmware();
  if (life.phase !== 'open') return life.phase;
  return [life.accounts.map(({ number, name, index }) => [number, name, index]), life.settings.name];
}

const main = [0, 'Main', 0];
const held = (bench: Bench): void => {
  bench.read();
  bench.press('approve', 1_600);
};
const short = (bench: Bench): void => {
  bench.read();
  bench.press('approve');
};
const secret = new Uint8Array(32).fill(3);

const flows = [
  {
    name: 'a first key is imported',
    fresh: true,
    before: 'fresh',
    after: [[[0, 'Old', null]], ''],
    ask: (bench: Bench) => bench.ask('account_import', { name: 'Old', secret }),
    yes: (bench: Bench) => {
      held(bench);
      bench.pin(pin);
      bench.pin(pin);
      bench.advance(20);
      bench.press('approve');
    },
  },
  {
    name: 'another key is imported',
    before: [[main], ''],
    after: [[main, [1, 'Old', null]], ''],
    ask: (bench: Bench) => bench.ask('account_import', { name: 'Old', secret }),
    yes: held,
  },
  {
    name: 'an account is renamed',
    before: [[main], ''],
    after: [[[0, 'Renamed', 0]], ''],
    ask: (bench: Bench) => bench.ask('account_rename', { account: 0, name: 'Renamed' }),
    yes: short,
  },
  {
    name: 'the device is renamed',
    before: [[main], ''],
    after: [[main], 'Gate'],
    ask: (bench: Bench) => bench.ask('rename_device', { name: 'Gate' }),
    yes: short,
  },
  {
    name: 'the device is wiped',
    before: [[main], ''],
    after: 'fresh',
    ask: (bench: Bench) => bench.ask('wipe', {}),
    yes: held,
  },
];

test.each(flows)('$name', ({ fresh = false, before, after, ask, yes }) => {
  let [untouched, done] = [0, 0];
  for (const how of ['lost', 'done'] as const) {
    for (let at = 1; ; at++) {
      const records: Records = new Map();
      if (!fresh) settledFlash(flashOn(records));
      // The power holds until the human is asked.
      let armed = false;
      const steady = flashOn(records);
      const falling = cutting(records, at, how);
      const flash: typeof steady = {
        ...steady,
        write: (name, bytes) => (armed ? falling : steady).write(name, bytes),
        remove: (name) => (armed ? falling : steady).remove(name),
      };
      let answer: string | null = null;
      const bench = lifeBench('fresh', true, flash);
      if (!fresh) bench.unlock();
      const id = ask(bench);
      armed = true;
      untilCut(() => yes(bench));
      answer = bench.answer(id);
      const is = JSON.stringify(found(records));
      expect([before, after].map((one) => JSON.stringify(one))).toContain(is);
      if (is === JSON.stringify(after)) done += 1;
      else untouched += 1;
      if (answer === 'done') expect(is).toBe(JSON.stringify(after));
      if (!falling.wasCut()) {
        expect(answer).toBe('done');
        break;
      }
    }
  }
  expect([untouched > 0, done > 0]).toEqual([true, true]);
});
