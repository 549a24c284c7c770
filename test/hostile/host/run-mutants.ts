/**
 * The attacks on firmwares that each lack one check: a program of its own, as a module can be changed only before it is loaded.
 *
 *     node --conditions=sallyport-source test/hostile/host/run-mutants.ts [name …]
 *
 * Each mutant is loaded beside the others, under its name in the query of every address. For each of them one line of JSON: its name,
 * and the first attempt that won, if any.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { attack, classes } from './attempts.ts';
import { type Edit, mutants } from './mutants.ts';

/** Of every class; the right one wins within the first few. */
const seedsEach = 120;

const root = pathToFileURL(join(import.meta.dirname, '../../..')).href;
const nameIn = (url: string | undefined): string | null =>
  (url === undefined ? null : /\?mutant=(\d+)$/.exec(url))?.[1] ?? null;

registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    const name = nameIn(context.parentURL);
    const ours =
      resolved.url.startsWith(root) && !resolved.url.includes('node_modules') && resolved.url.endsWith('.ts');
    return name !== null && ours ? { ...resolved, url: `${resolved.url}?mutant=${name}` } : resolved;
  },
  load: (url, context, next) => {
    const mutant = mutants[Number(nameIn(url) ?? -1)];
    const edits = mutant?.edits.filter(({ file }) => url.split('?')[0]?.endsWith(`/${file}`)) ?? [];
    if (edits.length === 0) return next(url, context);
    const source = edits.reduce(edited, readFileSync(fileURLToPath(url), 'utf8'));
    return { format: 'module-typescript', source, shortCircuit: true };
  },
});

/** The source without its check. A table that does not fit the source any more is a fault, not a mutant that lives. */
function edited(source: string, { file, find, put }: Edit): string {
  const found = source.split(find).length - 1;
  if (found !== 1) throw new Error(`${file} has this ${found} times: ${find}`);
  return source.replace(find, () => put);
}

type Attempts = { readonly attack: typeof attack; readonly classes: typeof classes };

/** The first attempt that wins, class by class; those that must win come first. */
function firstWin({ attack: run, classes: all }: Attempts, wins: readonly string[]): string | null {
  const known = all.filter(({ name }) => wins.includes(name));
  for (const one of known) {
    for (let seed = 0; seed < seedsEach; seed++) {
      try {
        run(one, seed);
      } catch (problem) {
        return `${one.name}, seed ${seed}: ${problem instanceof Error ? problem.message.split('\n')[0] : problem}`;
      }
    }
  }
  return null;
}

const wanted = process.argv.slice(2);
for (const [index, mutant] of mutants.entries()) {
  if (wanted.length > 0 && !wanted.includes(mutant.name)) continue;
  const attempts: Attempts = await import(`./attempts.ts?mutant=${index}`);
  console.log(JSON.stringify({ name: mutant.name, win: firstWin(attempts, mutant.wins) }));
}
