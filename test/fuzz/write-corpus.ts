/**
 * Makes the corpus anew: inputs that did something that none before them did, a hundred of each target at most. Run by hand when
 * what a target does has changed:
 *
 *     node --conditions=sallyport-source test/fuzz/write-corpus.ts [TARGET…]
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

/** Tried for each target, kept of each target, and the size of one entry in characters. */
const tried = 40_000;
const kept = 100;
const sizeMax = 3_000;

const only = process.argv.slice(2);
const folder = new URL('corpus/', import.meta.url);
if (only.length === 0) rmSync(folder, { recursive: true, force: true });
for (const name of only) rmSync(new URL(`${name}.json`, folder), { force: true });
mkdirSync(folder, { recursive: true });
// Loaded after the old corpus is gone, so that nothing starts from it.
const { targets } = await import('./fuzz.ts');
for (const target of targets.filter(({ name }) => only.length === 0 || only.includes(name))) {
  const seen = new Set<string>();
  const corpus: unknown[] = [];
  for (let seed = 1; seed <= tried && corpus.length < kept; seed++) {
    const { trait, input } = target.fuzz(seed);
    if (seen.has(trait) || JSON.stringify(input).length > sizeMax) continue;
    seen.add(trait);
    corpus.push(input);
  }
  writeFileSync(new URL(`${target.name}.json`, folder), `${JSON.stringify(corpus, null, 1)}\n`);
  console.log(`${target.name}: ${corpus.length} kept`);
}
