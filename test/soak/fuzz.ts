/**
 * The firmware and its parsers, fuzzed (test/fuzz): a million inputs, at least three of ten past the outer layer. Then a part of
 * them once more under V8's coverage, for the share of branches of each parser that they reach.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { branchCoverage } from '../fuzz/coverage.ts';
import { type Counts, count as counted, targetOf, targets } from '../fuzz/fuzz.ts';
import { forEachSeed, must, type Stage } from './stage.ts';

/** Under coverage everything is slower, and branches are reached early or hardly ever. */
const coveredMax = 50_000;
const pastMin = 0.3;

export const fuzz: Stage = {
  count: 1_000_000,
  run: (first, count) => {
    const counts: Counts = new Map();
    forEachSeed(first, count, (seed) => {
      const target = targetOf(seed);
      counted(counts, target.name, target.fuzz(seed).past);
    });
    const rows = [...counts].map(([name, { inputs, past }]) => {
      // Few inputs say nothing about shares.
      must(past / inputs >= pastMin || inputs < 200, `${name}: ${past} of ${inputs} got past the outer layer`);
      return `${name} ${inputs}, ${Math.round((100 * past) / inputs)} % past the outer layer`;
    });
    return [`${rows.join('; ')}. Branches reached:`, ...coverageOf(first, Math.min(count, coveredMax))].join('\n    ');
  },
};

/** A process of its own: coverage has to be there before the code is read. */
function coverageOf(first: number, count: number): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-coverage-'));
  try {
    const program = fileURLToPath(new URL('../fuzz/run.ts', import.meta.url));
    execFileSync(process.execPath, ['--conditions=sallyport-source', program, String(first), String(count)], {
      env: { ...process.env, NODE_V8_COVERAGE: folder },
      stdio: 'inherit',
    });
    const names = [...new Set(targets.flatMap(({ parsers }) => parsers))];
    return branchCoverage(folder, names).map(
      ({ name, reached, branches }) => `${name} ${reached}/${branches} (${Math.round((100 * reached) / branches)} %)`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
