/**
 * A computer entirely in an attacker's hands, from a paired state with live grants: nothing is signed, decrypted, paired or granted without the
 * button beyond what the grants give once, nothing else is shown than signed, nothing crashes. The control of each class succeeds, and
 * a firmware that lacks one check is beaten by some attempt.
 *
 * HOSTILE_ATTEMPTS sets the attempts of each class (`npm run soak -- hostile-host` makes 10,000 in all), HOSTILE_SEED makes one of them.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { attack, classes, control } from './attempts.ts';
import { mutants } from './mutants.ts';

const attempts = Number(process.env['HOSTILE_ATTEMPTS'] ?? 30);
const onlySeed = process.env['HOSTILE_SEED'];
const from = Number(onlySeed ?? 1);
const to = onlySeed === undefined ? from + attempts - 1 : from;

describe.each(classes.map((one) => [one.name, one] as const))('%s', (name, one) => {
  test('its untampered control succeeds', () => {
    for (let seed = 1; seed <= 3; seed++) control(one, seed);
  });

  test(`${to - from + 1} attempts get nothing`, () => {
    for (let seed = from; seed <= to; seed++) {
      try {
        attack(one, seed);
      } catch (problem) {
        throw new Error(`${name}, HOSTILE_SEED=${seed}: ${problem}`, { cause: problem });
      }
    }
  });
});

test('a firmware that lacks one check is beaten', () => {
  const program = join(import.meta.dirname, 'run-mutants.ts');
  const said = execFileSync(process.execPath, ['--conditions=sallyport-source', program], { encoding: 'utf8' });
  const results = said
    .trim()
    .split('\n')
    .map((line): { readonly name: string; readonly win: string | null } => JSON.parse(line));
  expect(results.map(({ name }) => name)).toEqual(mutants.map(({ name }) => name));
  for (const { name, win } of results) expect(win, `nobody noticed that the ${name} is not checked`).not.toBeNull();
});
