/**
 * The store: paired apps, one-time secrets and seen events in SQLite. A row that was saved is on disk when `save` returns, and a
 * crash at any point leaves the state before or after it. One host at a time: two with one remote-signer key would race, and
 * the wrong answer would come first. Open the store before the key is loaded: its lock protects the making of the key as well.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { App } from '../core/apps/sessions.ts';
import type { ChallengeRow, KnownAccounts, StoreRow } from '../core/apps/store-rows.ts';
import { bridgeLimits as limits } from '../core/bridge/bridge-limits.ts';
import type { Loaded } from '../core/bridge/start-bridge.ts';
import { peopleText } from '../core/web/people.ts';
import { text } from './columns.ts';
import { migrate } from './migrate.ts';
import { privateDirectory, type StoreRefused, touchPrivately } from './private-files.ts';
import { appOf, askedOf, challengeOf, knownOf, secretOf, seenOf } from './rows.ts';
import { migrations } from './schema.ts';
import { prepareStatements, type Statements } from './statements.ts';

/** An open store. */
export type Store = {
  readonly type: 'store';
  /** What the bridge starts with. */
  readonly load: () => Loaded;
  /** Performs one row. Throws when the disk does: whoever promised something must not go on as if it were kept. */
  readonly save: (row: StoreRow) => void;
  /** The static key of the paired device, hex; null before the first pairing. */
  readonly pin: () => string | null;
  /** Pins a device in place of the one before. */
  readonly savePin: (device: string, pairedAt: number) => void;
  /** What the user set under this name; null for nothing. */
  readonly setting: (name: SettingName) => string | null;
  readonly saveSetting: (name: SettingName, value: string) => void;
  /** The whole database as one file, as it is now. */
  readonly copy: () => Uint8Array;
  readonly close: () => void;
};

/** Names of settings are for ever. */
export type SettingName = 'narrowing' | 'relays' | 'people' | 'boot' | 'log';

/** Its name in the state directory. */
export const storeFileName = 'sallyport.db';

/** How long a host that is just ending may still hold the database. */
const busyMs = 500;

/** Opens the store of a state directory, or makes it; or says in words why not. */
export function openStore(dir: string): Store | StoreRefused {
  const refused = privateDirectory(dir);
  if (refused !== null) return refused;
  const path = join(dir, storeFileName);
  touchPrivately(path);
  const database = new DatabaseSync(path);
  try {
    const newer = prepare(database, path);
    if (newer === null) return makeStore(database, path);
    database.close();
    return newer;
  } catch (error) {
    database.close();
    return { type: 'refused', words: wordsOf(error, path) };
  }
}

function prepare(database: DatabaseSync, path: string): StoreRefused | null {
  // The exclusive lock is what keeps a second host out, for as long as this one lives and not a moment longer.
  database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA foreign_keys = ON`);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE; COMMIT');
  return migrate(database, path, migrations);
}

function makeStore(database: DatabaseSync, path: string): Store {
  const strength = strengthOf(database);
  const save = saver(database, strength);
  return {
    type: 'store',
    load: () => load(database),
    save,
    pin: () => {
      const row = database.prepare('SELECT channel_key FROM device').get();
      return row === undefined ? null : text(row['channel_key']);
    },
    savePin: (device, pairedAt) => {
      // `save` may have left a weaker setting behind; a pin is a promise like any other.
      strength('FULL');
      const pin = database.prepare('INSERT OR REPLACE INTO device (one, channel_key, paired_at) VALUES (1, ?, ?)');
      pin.run(device, pairedAt);
    },
    setting: (name) => {
      const row = database.prepare('SELECT value FROM settings WHERE name = ?').get(name);
      return row === undefined ? null : text(row['value']);
    },
    saveSetting: (name, value) => {
      strength('FULL');
      database.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)').run(name, value);
    },
    copy: () => {
      const copy = `${path}.backup`;
      rmSync(copy, { force: true });
      touchPrivately(copy);
      try {
        // Also what is still in the side file.
        database.prepare('VACUUM INTO ?').run(copy);
        return readFileSync(copy);
      } finally {
        rmSync(copy, { force: true });
      }
    },
    close: () => database.close(),
  };
}

function load(database: DatabaseSync): Loaded {
  const apps = database.prepare('SELECT * FROM apps ORDER BY paired_at, client').all();
  const secrets = database.prepare('SELECT * FROM secrets ORDER BY created_at, hash').all();
  // The newest of each app, and of all strangers together: by the time that it claims, none can crowd out another.
  const newest = database.prepare(`
    SELECT id, client, request, created_at FROM (
      SELECT *, row_number() OVER (PARTITION BY owner ORDER BY created_at DESC) AS place
      FROM (SELECT seen.*, apps.client AS owner FROM seen LEFT JOIN apps USING (client))
    ) WHERE place <= ? ORDER BY created_at`);
  const seen = newest.all(limits.seenChunk * limits.seenChunks).map(seenOf);
  const revocations = database.prepare('SELECT * FROM revoked_pairs ORDER BY client, remote_signer').all();
  return {
    apps: apps.map(appOf),
    secrets: secrets.map(secretOf),
    revocations: revocations.map((row) => ({ client: text(row['client']), remoteSigner: text(row['remote_signer']) })),
    known: knownOf(database.prepare('SELECT * FROM accounts ORDER BY number').all()),
    seen,
    asked: database.prepare('SELECT * FROM asked ORDER BY came_at').all().flatMap(askedOf),
    challenges: database.prepare('SELECT * FROM challenges ORDER BY since').all().flatMap(challengeOf),
  };
}

/** How much a commit survives: the setting is a statement of its own, so it is made where it changes. */
function strengthOf(database: DatabaseSync): (wanted: 'FULL' | 'NORMAL') => void {
  let now = 'FULL'; // by `prepare`
  return (wanted) => {
    if (wanted !== now) database.exec(`PRAGMA synchronous = ${wanted}`);
    now = wanted;
  };
}

function saver(database: DatabaseSync, strength: ReturnType<typeof strengthOf>): (row: StoreRow) => void {
  const statements = prepareStatements(database);
  const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')];
  return (row) => {
    // A seen id must survive a crash of the host, which every commit does; only a power cut could lose it, together with the
    // device's power. It is not worth an fsync for each of a thousand decryptions. All else is.
    strength(row.type === 'seen' || row.type === 'unasked' || row.type === 'ended' ? 'NORMAL' : 'FULL');
    begin.run();
    try {
      perform(statements, row);
      commit.run();
    } catch (error) {
      // SQLite has rolled back by itself when the disk was full; a second time would hide the reason.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
}

function perform(statements: Statements, row: StoreRow): void {
  switch (row.type) {
    case 'secret': {
      const { hash, name, account, perms, createdAt, expiresAt } = row.secret;
      const [ownKey, addressed] = [row.secret.ownKey ? 1 : 0, row.secret.addressed === true ? 1 : 0];
      statements.secret.run(hash, name, createdAt, account, perms, expiresAt, ownKey, addressed);
      return;
    }
    case 'drop_secret':
      statements.dropSecret.run(row.hash);
      return;
    case 'pair': {
      const { client, pairedAt, secretHash } = row.app;
      const spent = statements.spend.run(client, pairedAt, secretHash);
      // The core decided on the same state, so a secret that is not there to be spent is a bug, and nobody is to be paired by it.
      if (spent.changes !== 1) throw new Error('a pairing must spend a live secret');
      return pairApp(statements, row);
    }
    case 'pair_again':
      return pairApp(statements, row);
    case 'unpair':
      statements.unpair.run(row.client);
      // Its session is over: no later host goes on with what it had asked.
      statements.endedOf.run(row.client);
      if (row.revocation !== null) statements.revoke.run(row.revocation.client, row.revocation.remoteSigner);
      return;
    case 'revoke':
      statements.revoke.run(row.client, row.remoteSigner);
      return;
    case 'revoked':
      statements.revoked.run(row.client, row.remoteSigner);
      return;
    case 'accounts':
      return writeAccounts(statements, row.known);
    case 'replaced':
      writeAccounts(statements, row.known);
      for (const app of row.apps) writeApp(statements, app);
      for (const client of row.unpaired) statements.unpair.run(client);
      for (const hash of row.dropped) statements.dropSecret.run(hash);
      statements.noRevocations.run();
      return;
    case 'people':
      statements.setting.run('people', peopleText(row.people));
      return;
    case 'challenge':
      return writeChallenge(statements, row.challenge);
    case 'challenge_ended':
      statements.challengeEnded.run(row.token);
      return;
    case 'seen': {
      const { id, client, request, createdAt } = row.seen;
      statements.seen.run(id, client, request, createdAt);
      statements.forgetSeen.run(row.forgetBefore);
      if (row.asked !== null) {
        const { event, request: key, relay, cameAt } = row.asked;
        statements.asked.run(event.pubkey, key, JSON.stringify(event), relay, cameAt);
      }
      return;
    }
    case 'unasked':
      statements.unasked.run(row.client, row.request);
      statements.ended.run(row.client, row.request);
      return;
    case 'ended':
      statements.ended.run(row.client, row.request);
      return;
  }
}

/** Whoever is paired is not to be forgotten by the device any more; what it was with another key of ours is. */
function pairApp(statements: Statements, { app, moved }: StoreRow & { readonly type: 'pair' | 'pair_again' }): void {
  writeApp(statements, app);
  statements.revoked.run(app.client, app.remoteSigner);
  if (moved !== undefined) statements.revoke.run(moved.client, moved.remoteSigner);
}

function writeApp(statements: Statements, app: App): void {
  const { client, account, remoteSigner, relays, name, url, perms, pairedAt, secretHash } = app;
  const [onDevice, ownKey, addressed] = [app.onDevice ? 1 : 0, app.ownKey ? 1 : 0, app.addressed === true ? 1 : 0];
  const said = [client, name, url, perms, pairedAt, secretHash, account, remoteSigner];
  statements.pair.run(...said, onDevice, relays.join(' '), ownKey, addressed);
}

function writeChallenge(statements: Statements, { token, event, relay, since, asking }: ChallengeRow): void {
  const [account, secretHash] = [asking?.account ?? null, asking?.secretHash ?? null];
  statements.challenge.run(token, JSON.stringify(event), relay, since, account, secretHash);
}

function writeAccounts(statements: Statements, { device, accounts }: KnownAccounts): void {
  statements.noAccounts.run();
  for (const { account, name, pubkey, addressed } of accounts) {
    statements.account.run(account, device, name, pubkey, addressed === true ? 1 : 0);
  }
}

/** SQLite's primary result codes that have advice; every other one is told as SQLite told it. */
function wordsOf(error: unknown, path: string): string {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : null;
  if (code === 5)
    return `Another Sallyport is running with ${path}. End it first, or choose another --state directory.`;
  if (code === 11 || code === 26)
    return `${path} is damaged or no database. Restore it from a backup, or move it away.`;
  if (code !== null && error instanceof Error) return `${path} cannot be opened: ${error.message}.`;
  throw error;
}
