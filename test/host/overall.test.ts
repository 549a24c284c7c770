/** How everything is, in one word: the most pressing thing first, the same for the page and for the icon in the panel. */
import { expect, test } from 'vitest';
import { type OverallSeen, overallOf } from '../../host/src/core/overall.ts';

const now = 1_000_000;
const well: OverallSeen = {
  killedAt: null,
  pause: null,
  device: { state: 'ready', channel: 'paired', pairing: null },
  relays: [{ state: 'retrying' }, { state: 'listening' }],
};
const device = (state: string, channel: string | null = 'paired'): OverallSeen['device'] => ({
  state,
  channel,
  pairing: null,
});

test.each<[string, OverallSeen, number]>([
  ['ready', well, 0],
  ['ready', { ...well, pause: { until: now } }, 0],
  ['waiting', well, 1],
  ['noRelay', { ...well, relays: [{ state: 'retrying' }] }, 1],
  ['absent', { ...well, device: device('absent', null), relays: [] }, 1],
  ['locked', { ...well, device: device('unlocking') }, 1],
  ['fresh', { ...well, device: device('fresh') }, 0],
  ['unpaired', { ...well, device: device('fresh', 'unpaired') }, 0],
  ['locked', { ...well, device: device('locked', 'unpaired') }, 0],
  ['comparing', { ...well, device: { ...device('fresh', 'unpaired'), pairing: { state: 'code' } } }, 0],
  ['unpaired', { ...well, device: { ...device('ready', 'unpaired'), pairing: { state: 'failed' } } }, 0],
  ['paused', { ...well, pause: { until: null }, device: device('absent', null) }, 1],
  ['killed', { ...well, killedAt: 1, pause: { until: null } }, 1],
])('%s is the most pressing of %j with %i waiting', (overall, status, waiting) => {
  expect(overallOf(status, waiting, now)).toBe(overall);
});
