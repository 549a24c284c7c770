/**
 * Seeded histories of one link (support/link-history.ts), all through the sealed channel: most with a curve that costs nothing,
 * because what is counted are the sessions and the requests, and some with the real one. LINK_HISTORIES sets the number
 * (`npm run soak -- link` makes 100,000), LINK_SEED replays one.
 */
import { x25519 } from '@sallyport/device-protocol';
import { expect, test } from 'vitest';
import { histories, linkFaults } from '../support/link-history.ts';

const count = Number(process.env['LINK_HISTORIES'] ?? 500);
const onlySeed = process.env['LINK_SEED'];

test(`${count} link histories`, { timeout: 600_000 }, () => {
  const seeds = onlySeed === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(onlySeed)];
  const { faults, outcomes } = histories(seeds);
  console.log('faults while a request was open:', Object.fromEntries(faults));
  console.log('endings:', Object.fromEntries(outcomes));
  if (onlySeed !== undefined) return;
  for (const fault of linkFaults) {
    expect(faults.get(fault) ?? 0, fault).toBeGreaterThanOrEqual(Math.min(1_000, count / 10));
  }
});

test('30 link histories with the real curve', { timeout: 120_000 }, () => {
  const { outcomes } = histories(
    Array.from({ length: 30 }, (_, i) => i + 1),
    x25519,
  );
  expect(outcomes.get('signature') ?? 0).toBeGreaterThan(10);
});
