/** A computer that sleeps: its timers stand still, and the host notices by the clock. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchClock } from '../../host/src/relays/sleep.ts';
import { createTimers } from '../../host/src/timers.ts';

let now = 1_760_000_000_000;
let jumps = 0;
let unwatch = (): void => undefined;
/** Time that timers and clock agree on; `jump` is what only the clock sees. */
const pass = (ms: number): void => {
  for (let passed = 0; passed < ms; passed += 1_000) {
    now += 1_000;
    vi.advanceTimersByTime(1_000);
  }
};
const jump = (ms: number): void => {
  now += ms;
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  jumps = 0;
  unwatch = watchClock(
    () => now,
    () => jumps++,
  );
});
afterEach(() => {
  unwatch();
  vi.useRealTimers();
});

test('a sleep is noticed once, within seconds; a clock that was set back, too; time that passes is none', () => {
  pass(600_000);
  jump(8_000);
  pass(60_000);
  expect(jumps).toBe(0);
  jump(8 * 3_600_000);
  pass(5_000);
  expect(jumps).toBe(1);
  pass(60_000);
  expect(jumps).toBe(1);
  jump(-3_600_000);
  pass(5_000);
  expect(jumps).toBe(2);
});

test('what is due by the clock is done when it woke up, and not after the time that the timer had left', () => {
  const timers = createTimers(() => now);
  const woken: string[] = [];
  timers.wakeAt('bridge', now + 120_000, () => woken.push('bridge'));
  timers.wakeAt('device', now + 86_400_000, () => woken.push('device'));
  jump(3_600_000);
  timers.woke();
  vi.advanceTimersByTime(0);
  expect(woken).toEqual(['bridge']);
  timers.close();
  pass(86_400_000 / 1_000);
  expect(woken).toEqual(['bridge']);
});
