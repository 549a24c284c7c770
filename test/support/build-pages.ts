/** Builds the pages before the tests, where a source is newer than what the last build left: `npm ci` has built them once. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const pages: readonly string[] = ['dashboard'];

export default async function buildPages(): Promise<void> {
  for (const page of pages) {
    const root = fileURLToPath(new URL(`../../host/${page}/`, import.meta.url));
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
