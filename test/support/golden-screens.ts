/** Screens, and what else is told, as golden files that a human can read. `UPDATE_GOLDEN=1` writes them anew; otherwise they are compared. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Compares what a device showed, page by page, with the file of that name in `test/stories/golden/`. */
export function golden(name: string, pages: readonly (readonly string[])[]): void {
  const width = pages[0]?.[0]?.length ?? 0;
  const edge = '─'.repeat(width);
  const framed = pages.map((rows) => [`┌${edge}┐`, ...rows.map((row) => `│${row}│`), `└${edge}┘`].join('\n'));
  goldenText(name, `${framed.join('\n')}\n`);
}

/** Compares a text with the file of that name in `test/stories/golden/`. */
export function goldenText(name: string, text: string): void {
  const file = new URL(`../stories/golden/${name}.txt`, import.meta.url);
  const { UPDATE_GOLDEN } = process.env;
  if (UPDATE_GOLDEN === '1') writeFileSync(file, text);
  if (!existsSync(file)) expect.fail(`${name}: no golden file; UPDATE_GOLDEN=1 writes it`);
  expect(text).toBe(readFileSync(file, 'utf8'));
}
