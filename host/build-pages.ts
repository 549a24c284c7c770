/**
 * Builds the pages where a source is newer than what the last build left: after `npm ci`, before the tests, and before the package is made. What
 * is up to date is left alone, since a host may be reading it.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** The folders of the pages, beside this file. */
const pages: readonly string[] = ['dashboard', 'demo-app'];

/** Builds them; vitest calls it before everything else. */
export default async function buildPages(): Promise<void> {
  for (const page of pages) {
    const root = fileURLToPath(new URL(`./${page}/`, import.meta.url));
    if (builtAt(root) < newestIn(root)) await build({ configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
  }
}

function builtAt(root: string): number {
  return statSync(join(root, 'dist/index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestIn(root: string): number {
  const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('dist'));
  return Math.max(...sources.map((name) => statSync(join(root, name)).mtimeMs));
}

if (import.meta.main) await buildPages();
