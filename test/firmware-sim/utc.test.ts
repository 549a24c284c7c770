/** Dates by arithmetic, against JavaScript's own. */
import { expect, test } from 'vitest';
import { formatUtc } from '../../firmware-sim/src/firmware/screen/utc.ts';
import { sampler } from './sample.ts';

function byDate(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

test('first and last second of every month from 1970 to 9999', () => {
  for (let year = 1970; year < 10_000; year++) {
    for (let month = 0; month < 12; month++) {
      const start = Date.UTC(year, month, 1) / 1000;
      for (const seconds of [start, start - 1]) if (seconds >= 0) expect(formatUtc(seconds)).toBe(byDate(seconds));
    }
  }
});

test('random seconds', () => {
  const next = sampler(13);
  for (let i = 0; i < 20_000; i++) {
    const seconds = next(2 ** 31) * 100 + next(100);
    expect(formatUtc(seconds)).toBe(byDate(seconds));
  }
});

test('beyond the year 9999 the number itself is shown', () => {
  expect(formatUtc(253_402_300_799)).toBe('9999-12-31 23:59:59 UTC');
  expect(formatUtc(253_402_300_800)).toBe('253402300800 s after 1970');
  expect(formatUtc(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991 s after 1970');
  expect(() => formatUtc(-1)).toThrow('count of seconds');
  expect(() => formatUtc(0.5)).toThrow('count of seconds');
});
