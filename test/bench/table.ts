/** The tables that the bench prints: one row a measurement, with its ratio to the first row. */
import { type Measured, median, percentile } from './measure.ts';

/** Rows beside the first one: a ratio of 2.0× means that it takes twice as long for the same amount. */
export function ratioTable(title: string, unit: string, rows: readonly Measured[]): string {
  const [first] = rows;
  if (first === undefined) throw new Error('a table needs a row');
  const base = median(first.samples) / first.amount;
  const lines = rows.map(({ what, samples, amount }) => [
    what,
    `${short((amount * 1000) / median(samples))} ${unit}/s`,
    `${short(median(samples))} ms`,
    `${short(percentile(samples, 0.99))} ms`,
    `${short(median(samples) / amount / base)}×`,
  ]);
  return table(title, ['', 'rate', 'median', 'p99', 'ratio'], lines);
}

/** Text in columns: the first to the left, the others to the right. */
export function table(title: string, heads: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...lines.map((line) => (line[column] ?? '').length)),
  );
  const lineOf = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('   ')
      .trimEnd();
  return [title, ...[heads, ...lines].map((cells) => `  ${lineOf(cells)}`), ''].join('\n');
}

/** Three digits that mean something. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 1 ? value.toFixed(2) : value.toFixed(3);
}
