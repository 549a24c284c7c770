/** What the store says to SQLite when it saves a row: each statement is prepared once. */
import type { DatabaseSync } from 'node:sqlite';

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(database: DatabaseSync) {
  return {
    secret: database.prepare(
      'INSERT INTO secrets (hash, name, created_at, account, perms, expires_at, own_key, addressed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    dropSecret: database.prepare('DELETE FROM secrets WHERE hash = ?'),
    spend: database.prepare('UPDATE secrets SET spent_by = ?, spent_at = ? WHERE hash = ? AND spent_by IS NULL'),
    pair: database.prepare(
      `INSERT OR REPLACE INTO apps
       (client, name, url, perms, paired_at, secret_hash, account, remote_signer, on_device, relays, own_key, addressed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    unpair: database.prepare('DELETE FROM apps WHERE client = ?'),
    revoke: database.prepare('INSERT OR REPLACE INTO revoked_pairs (client, remote_signer) VALUES (?, ?)'),
    noRevocations: database.prepare('DELETE FROM revoked_pairs'),
    noAccounts: database.prepare('DELETE FROM accounts'),
    account: database.prepare('INSERT INTO accounts (number, device, name, pubkey, addressed) VALUES (?, ?, ?, ?, ?)'),
    revoked: database.prepare('DELETE FROM revoked_pairs WHERE client = ? AND remote_signer = ?'),
    seen: database.prepare(
      'INSERT INTO seen (id, client, request, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    asked: database.prepare(
      'INSERT OR REPLACE INTO asked (client, request, event, relay, came_at) VALUES (?, ?, ?, ?, ?)',
    ),
    challenge: database.prepare(
      'INSERT OR REPLACE INTO challenges (token, event, relay, since, account, secret_hash) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    challengeEnded: database.prepare('DELETE FROM challenges WHERE token = ?'),
    endedOf: database.prepare('DELETE FROM asked WHERE client = ?'),
    ended: database.prepare('DELETE FROM asked WHERE client = ? AND request = ?'),
    setting: database.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)'),
    unasked: database.prepare('UPDATE seen SET request = NULL WHERE client = ? AND request = ?'),
    forgetSeen: database.prepare('DELETE FROM seen WHERE created_at < ?'),
  };
}
