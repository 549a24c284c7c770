/** What the program says leaves at once where little is said, and together where much is. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { linesTogether, pauseMs } from '../../host/src/lines-together.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test('what is said in one turn is one write, made in that turn', () => {
  const written: string[] = [];
  const say = linesTogether((text) => written.push(text));
  say('one');
  say('two');
  expect(written).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(written).toEqual(['one\ntwo\n']);
});

test('what follows soon waits for the pause to be over, and nothing waits longer', () => {
  const written: string[] = [];
  const say = linesTogether((text) => written.push(text));
  say('first');
  vi.advanceTimersByTime(0);
  for (let i = 0; i < pauseMs - 1; i++) {
    vi.advanceTimersByTime(1);
    say(`${i}`);
  }
  expect(written).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(written).toHaveLength(2);
  expect(written[1]?.split('\n')).toHaveLength(pauseMs);
  vi.advanceTimersByTime(pauseMs);
  say('alone again');
  vi.advanceTimersByTime(0);
  expect(written[2]).toBe('alone again\n');
});

test('at the end of the program nothing is left unsaid', () => {
  const before = process.listeners('exit');
  const written: string[] = [];
  const say = linesTogether((text) => written.push(text));
  say('first');
  vi.advanceTimersByTime(0);
  say('last words');
  const leave = process.listeners('exit').find((one) => !before.includes(one));
  leave?.call(process, 0);
  expect(written).toEqual(['first\n', 'last words\n']);
});
