/** Where the time of a request goes, as the metrics get to know it. */
import { expect, test } from 'vitest';
import { type Stage, stageClock } from '../../host/src/stages.ts';

function watched() {
  const seen: (readonly [Stage, number])[] = [];
  return { seen, clock: stageClock((stage, ms) => seen.push([stage, ms])) };
}

test('the wire, the human and the signature are told apart by what the device says of its work', () => {
  const { seen, clock } = watched();
  clock.sent(1, 1_000);
  clock.progress(1, 'receiving', 1_002);
  clock.progress(1, 'waiting_for_button', 1_010);
  clock.progress(1, 'waiting_for_button', 1_500);
  clock.progress(1, 'working', 3_010);
  clock.progress(1, 'sending', 3_014);
  clock.ended(1, 3_015);
  expect(seen).toEqual([
    ['serial', 10],
    ['human', 2_000],
    ['sign', 4],
    ['serial', 1],
  ]);
});

test('what a device says of a job that ended, or never was, is not measured', () => {
  const { seen, clock } = watched();
  clock.progress(7, 'working', 5);
  clock.sent(8, 10);
  clock.ended(8, 12);
  clock.progress(8, 'working', 13);
  clock.ended(8, 99);
  expect(seen).toEqual([['serial', 2]]);
});

test('an answer is published when the first relay has it; a thousand that no relay takes are kept in mind, and no more', () => {
  const { seen, clock } = watched();
  clock.published('a', 100);
  clock.taken('a', 107);
  clock.taken('a', 900);
  for (let i = 0; i <= 1_024; i++) clock.published(`${i}`, 1_000);
  clock.taken('0', 2_000);
  clock.taken('1', 2_000);
  expect(seen).toEqual([
    ['publish', 7],
    ['publish', 1_000],
  ]);
});
