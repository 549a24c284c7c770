/** Seconds since 1970 as a date in UTC, by arithmetic alone: the firmware has no clock and no calendar of a platform. */

const DAY = 86_400;
/** 10000-01-01T00:00:00Z: from here on years have five digits, and no such date is meant. */
const YEAR_10000 = 253_402_300_800;

/** `2025-01-02 03:04:05 UTC`; from the year 10000 on the plain number of seconds. */
export function formatUtc(seconds: number): string {
  if (!Number.isSafeInteger(seconds) || seconds < 0) throw new Error(`utc: count of seconds expected, got ${seconds}`);
  if (seconds >= YEAR_10000) return `${seconds} s after 1970`;
  const [year, month, day] = civilFromDays(Math.floor(seconds / DAY));
  const time = seconds % DAY;
  const clock = [Math.floor(time / 3600), Math.floor(time / 60) % 60, time % 60].map(two).join(':');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)} ${clock} UTC`;
}

/**
 * Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar. Years begin in March here, so that
 * the leap day is the last one, and a calendar repeats every 400 years (146,097 days).
 */
function civilFromDays(days: number): readonly [number, number, number] {
  const shifted = days + 719_468; // 0000-03-01 is day 0
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
