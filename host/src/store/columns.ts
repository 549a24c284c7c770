/** What a column holds, taken for what it must be: anything else was not written by this host, and is a fault. */

/** A row as SQLite gives it. */
export type Row = Record<string, unknown>;

export function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('expected text in the database');
  return value;
}

export function integer(value: unknown): number {
  if (typeof value !== 'number') throw new Error('expected an integer in the database');
  return value;
}

export function integerOrNull(value: unknown): number | null {
  return value === null ? null : integer(value);
}
