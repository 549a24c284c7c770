/** The relays that apps brought: joined while somebody needs them, and left with time for what was just said there. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRelays, type Relays } from '../../host/src/relays/relays.ts';

let relays: Relays;
// Nobody listens on these ports: what is looked at is which relays are wanted, not whether they are there.
const [own, first, second] = ['ws://127.0.0.1:1', 'ws://127.0.0.1:2', 'ws://127.0.0.1:3'] as const;
const urls = (): readonly string[] => relays.snapshots().map(({ url }) => url);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const nothing = (): void => undefined;
  const signProbe = (): never => {
    throw new Error('nobody listens');
  };
  const callbacks = {
    onEvent: nothing,
    onStatus: nothing,
    onPublished: nothing,
    signAuth: () => [],
    signProbe,
    onOwnEvent: nothing,
  };
  relays = createRelays(['a'.repeat(64)], callbacks);
});
afterEach(() => {
  relays.close();
  vi.useRealTimers();
});

test('one that nobody needs any more is left after a while', () => {
  relays.keep([own, first, second]);
  relays.keep([own, second]);
  expect(urls()).toEqual([own, first, second]);
  vi.advanceTimersByTime(10_000);
  expect(urls()).toEqual([own, second]);
});

test('one that is needed again meanwhile stays', () => {
  relays.keep([own, first]);
  relays.keep([own]);
  vi.advanceTimersByTime(9_000);
  relays.keep([`${own}/`, first]);
  vi.advanceTimersByTime(60_000);
  expect(urls()).toEqual([own, first]);
});

test('more than can be are not joined, and are named; one of them is when another was left', () => {
  const many = Array.from({ length: 18 }, (_, index) => `ws://127.0.0.1:${index + 1}`);
  expect(relays.keep(many)).toEqual(many.slice(16));
  expect(urls()).toEqual(many.slice(0, 16));
  expect(relays.keep(many.slice(1))).toEqual(many.slice(17));
  vi.advanceTimersByTime(10_000);
  expect(urls()).toEqual(many.slice(1, 17));
});
