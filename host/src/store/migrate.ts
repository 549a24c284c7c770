/**
 * How a database comes to the version that this host reads: one migration after the other, each in a transaction of its own, and a
 * copy of what was there before the first of them. A migration that was released is never changed.
 */
import { existsSync, renameSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { type StoreRefused, touchPrivately } from './private-files.ts';

/** The version that a database has. */
export function versionOf(database: DatabaseSync): number {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {};
  if (typeof version !== 'number') throw new Error('SQLite did not say its user_version');
  return version;
}

/** Where the copy of a database stands that had this version before it was migrated. */
export function backupPath(path: string, version: number): string {
  return `${path}.v${version}`;
}

/**
 * Brings the database at `path` to the version after the last of `migrations`; or says that it is newer than this host. A database
 * that was in use is copied first.
 */
export function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): StoreRefused | null {
  const before = versionOf(database);
  if (before > migrations.length) {
    return { type: 'refused', words: `${path} was written by a newer Sallyport. Update this one.` };
  }
  if (before > 0 && before < migrations.length) backUp(database, backupPath(path, before));
  for (const [version, statements] of migrations.entries()) {
    if (version < before) continue;
    database.exec(`BEGIN IMMEDIATE; ${statements}; PRAGMA user_version = ${version + 1}; COMMIT`);
  }
  return null;
}

/** A crash leaves no copy or the whole one. One that is there is from a migration that did not end: the same, or an older try. */
function backUp(database: DatabaseSync, path: string): void {
  const unfinished = `${path}.new`;
  if (existsSync(unfinished)) rmSync(unfinished);
  // SQLite takes an empty file for a new one, and would take the umask for a file of its own.
  touchPrivately(unfinished);
  database.prepare('VACUUM INTO ?').run(unfinished);
  renameSync(unfinished, path);
}
