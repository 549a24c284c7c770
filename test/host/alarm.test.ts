/** One alarm for all steps of a machine: it rings when it is due and once, however often it was set, and whatever happens to the clock. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newAlarm } from '../../host/src/alarm.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

function ringing() {
  const rung: number[] = [];
  const alarm = newAlarm(Date.now);
  return { rung, set: (due: number | null) => alarm(due, () => rung.push(Date.now())) };
}

test('put off at every step, it rings once, at the last time that was set', () => {
  const { rung, set } = ringing();
  for (let step = 0; step < 10; step++) {
    set(Date.now() + 100);
    vi.advanceTimersByTime(10);
  }
  vi.advanceTimersByTime(1_000);
  expect(rung).toEqual([190]);
});

test('set for earlier, it rings earlier; taken back, it does not ring and leaves no timer', () => {
  const { rung, set } = ringing();
  set(500);
  set(50);
  vi.advanceTimersByTime(1_000);
  expect(rung).toEqual([50]);
  set(2_000);
  set(null);
  expect(vi.getTimerCount()).toBe(0);
});

test('after the clock was put forward it still rings when it is due', () => {
  const { rung, set } = ringing();
  set(30_000);
  vi.setSystemTime(3_600_000);
  set(3_605_000);
  vi.advanceTimersByTime(5_000);
  expect(rung).toEqual([3_605_000]);
});
