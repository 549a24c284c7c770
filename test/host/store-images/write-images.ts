/**
 * Writes the images: databases as each version of the tables left them, with a row in every table. Images of versions that were
 * released are never written again; the test says when one is missing. Run: node --conditions=sallyport-source
 * test/host/store-images/write-images.ts
 */
import { existsSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { activityMigrations } from '../../../host/src/store/activity-schema.ts';
import { migrations } from '../../../host/src/store/schema.ts';

const client = 'ab'.repeat(32);
const hash = '1'.repeat(64);
const event = {
  id: 'e'.repeat(64),
  pubkey: client,
  created_at: 1_760_000_000,
  kind: 24_133,
  tags: [['p', 'd'.repeat(64)]],
  content: 'what the app encrypted',
  sig: '9'.repeat(128),
};

/** What each version of the state holds, beside what those before it hold. */
const stateRows: readonly string[] = [
  `INSERT INTO secrets (hash, name, created_at, spent_by, spent_at) VALUES ('${hash}', 'phone', 1, '${client}', 2);
   INSERT INTO secrets (hash, name, created_at) VALUES ('${'2'.repeat(64)}', 'open', 3);
   INSERT INTO apps (client, name, url, perms, paired_at, secret_hash) VALUES ('${client}', 'App', 'https://a.example', 'ping', 2, '${hash}');
   INSERT INTO seen (id, created_at) VALUES ('${'c'.repeat(64)}', 1760000000);`,
  `INSERT INTO device (one, channel_key, paired_at) VALUES (1, '${'d'.repeat(64)}', 4);`,
  `INSERT INTO seen (id, created_at, client, request) VALUES ('${'e'.repeat(64)}', 1760000001, '${client}', '${'f'.repeat(64)}');`,
  `INSERT INTO revocations (client, remote_signer) VALUES ('${'a'.repeat(64)}', '${'b'.repeat(64)}');`,
  `INSERT INTO settings (name, value) VALUES ('narrowing', '{}');`,
  `INSERT INTO accounts (number, device, name, pubkey) VALUES (0, '${'d'.repeat(64)}', 'Me', '${'a'.repeat(64)}');`,
  `UPDATE apps SET relays = 'wss://own.example wss://other.example';`,
  `INSERT INTO asked (client, request, event, relay, came_at) VALUES ('${client}', '${'f'.repeat(64)}', '${JSON.stringify(event)}', 'wss://a.example', 1760000000000);`,
  `UPDATE secrets SET own_key = 1 WHERE hash = '${'2'.repeat(64)}';
   INSERT INTO revoked_pairs (client, remote_signer) VALUES ('${'a'.repeat(64)}', '${'c'.repeat(64)}');`,
  `INSERT INTO challenges (token, event, relay, since, account, secret_hash)
   VALUES ('${'5'.repeat(40)}', '${JSON.stringify(event)}', 'wss://a.example', 1760000000000, 1, '${'6'.repeat(64)}');`,
  `UPDATE accounts SET addressed = 1;`,
];

const activityRows: readonly string[] = [
  `INSERT INTO words (number, text) VALUES (1, '${client}'), (2, 'App'), (3, 'sign_event'), (4, 'answered'), (5, 'Approved.');
   INSERT INTO activity (at, client, app, paired, method, kind, outcome, why, queue_ms, device_ms, total_ms)
   VALUES (1760000000000, 1, 2, 1, 3, 1, 4, 5, 6, 7, 13);`,
];

writeAll('state', migrations, stateRows);
writeAll('activity', activityMigrations, activityRows);

function writeAll(name: string, steps: readonly string[], rows: readonly string[]): void {
  for (const [index] of steps.entries()) {
    const path = fileURLToPath(new URL(`${name}.v${index + 1}.db`, import.meta.url));
    if (existsSync(path)) continue;
    const database = new DatabaseSync(path);
    try {
      // Small pages: the images are for ever.
      database.exec('PRAGMA page_size = 1024; VACUUM');
      for (const [version, step] of steps.slice(0, index + 1).entries()) {
        database.exec(`BEGIN; ${step}; ${rows[version] ?? ''}; PRAGMA user_version = ${version + 1}; COMMIT`);
      }
      database.close();
    } catch (problem) {
      database.close();
      rmSync(path);
      throw problem;
    }
  }
}
