/** The corpus and some thousand fresh inputs: nothing crashes, nothing takes long, enough gets past the outer layers. */
import { describe, expect, test } from 'vitest';
import { type Counts, count, targetOf, targets } from './fuzz.ts';

describe.each(targets.map((target) => [target.name, target] as const))('%s', (_name, target) => {
  test('every input of the corpus is survived, and no two do the same', () => {
    const traits = target
      .replay()
      .slice(target.seeds.length)
      .map(({ trait }) => trait);
    expect(traits.length).toBeGreaterThan(50);
    expect(new Set(traits).size).toBeGreaterThan(0.9 * traits.length);
  });
});

test('fresh inputs are survived, and at least three of ten get past the outer layer of each', () => {
  const counts: Counts = new Map();
  for (let seed = 1; seed <= 5_000; seed++) {
    const target = targetOf(seed);
    count(counts, target.name, target.fuzz(seed).past);
  }
  expect([...counts.keys()].sort()).toEqual(targets.map(({ name }) => name).sort());
  for (const [name, { inputs, past }] of counts) expect(past / inputs, name).toBeGreaterThan(0.3);
});

test('the same seed is the same input', () => {
  for (const seed of [1, 6, 7, 8, 9]) expect(targetOf(seed).fuzz(seed)).toEqual(targetOf(seed).fuzz(seed));
});
