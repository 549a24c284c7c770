/** Every version of the databases that was ever written is opened by this host, whole, and a copy of it is kept from before. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { activityFileName, openActivityLog } from '../../host/src/store/activity-log.ts';
import { activityVersion } from '../../host/src/store/activity-schema.ts';
import { backupPath, versionOf } from '../../host/src/store/migrate.ts';
import { schemaVersion } from '../../host/src/store/schema.ts';
import { openStore, storeFileName } from '../../host/src/store/store.ts';

let dir = '';
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'sallyport-upgrade-')), 'state');
  mkdirSync(dir, { mode: 0o700 });
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

const image = (name: string): string => fileURLToPath(new URL(`store-images/${name}.db`, import.meta.url));
const versions = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const versionAt = (path: string): number => {
  const database = new DatabaseSync(path);
  const version = versionOf(database);
  database.close();
  return version;
};

test('there is an image of every version', () => {
  const names = [
    ...versions(schemaVersion).map((version) => `state.v${version}`),
    ...versions(activityVersion).map((version) => `activity.v${version}`),
  ];
  expect(names.filter((name) => !existsSync(image(name)))).toEqual([]);
});

test.each(versions(schemaVersion))('state of version %i', (version) => {
  const path = join(dir, storeFileName);
  copyFileSync(image(`state.v${version}`), path);
  const store = openStore(dir);
  if (store.type === 'refused') throw new Error(store.words);
  const { apps, secrets, seen, asked } = store.load();
  expect(apps).toMatchObject([{ client: 'ab'.repeat(32), name: 'App', url: 'https://a.example', pairedAt: 2 }]);
  expect(secrets).toMatchObject([
    { name: 'phone', spent: { at: 2 } },
    { name: 'open', spent: null },
  ]);
  expect(seen).toHaveLength(version < 3 ? 1 : 2);
  expect(asked).toMatchObject(
    version < 8 ? [] : [{ relay: 'wss://a.example', event: { content: 'what the app encrypted' } }],
  );
  expect(store.pin()).toBe(version < 2 ? null : 'd'.repeat(64));
  store.close();
  expect(versionAt(path)).toBe(schemaVersion);
  const copy = backupPath(path, version);
  expect(existsSync(copy)).toBe(version < schemaVersion);
  if (version < schemaVersion) {
    expect(versionAt(copy)).toBe(version);
    expect(statSync(copy).mode & 0o077).toBe(0);
  }
});

test.each(versions(activityVersion))('activity of version %i', (version) => {
  copyFileSync(image(`activity.v${version}`), join(dir, activityFileName));
  const log = openActivityLog(dir);
  if (log.type === 'refused') throw new Error(log.words);
  expect(log.search({ kind: 1 }).rows).toMatchObject([{ app: 'App', why: 'Approved.', ms: { total: 13 } }]);
  log.close();
});

test('what a newer Sallyport wrote is left alone', () => {
  const path = join(dir, activityFileName);
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA user_version = ${activityVersion + 1}`);
  database.close();
  expect(openActivityLog(dir)).toMatchObject({ type: 'refused', words: expect.stringContaining('newer Sallyport') });
  expect(versionAt(path)).toBe(activityVersion + 1);
});
