/**
 * The tables, as migrations: the n-th brings a database from `user_version` n to n + 1. A migration that was released is never
 * changed; names of tables and columns are for ever. Times are ms Unix time, except `created_at` of `seen` (seconds, as in events).
 */

export const migrations: readonly string[] = [
  `
  CREATE TABLE secrets (
    hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    spent_by TEXT CHECK (length(spent_by) = 64),
    spent_at INTEGER,
    CHECK ((spent_by IS NULL) = (spent_at IS NULL))
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE apps (
    client TEXT PRIMARY KEY CHECK (length(client) = 64),
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    perms TEXT NOT NULL,
    paired_at INTEGER NOT NULL,
    secret_hash TEXT NOT NULL REFERENCES secrets (hash)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE seen (
    id TEXT PRIMARY KEY CHECK (length(id) = 64),
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX seen_created_at ON seen (created_at);
  `,
  // The device that was paired: one, in a table so that there is nothing to be read before the first.
  `
  CREATE TABLE device (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    channel_key TEXT NOT NULL CHECK (length(channel_key) = 64),
    paired_at INTEGER NOT NULL
  ) STRICT;
  `,
  // Whose request it was, and which: a repeat of it in a new event is known after a restart, too.
  `
  ALTER TABLE seen ADD COLUMN client TEXT CHECK (length(client) = 64);
  ALTER TABLE seen ADD COLUMN request TEXT CHECK (length(request) = 64);
  CREATE INDEX seen_request ON seen (client, request) WHERE request IS NOT NULL;
  `,
  // Several accounts, and apps that the device knows as well. `remote_signer` is empty for apps that were paired before.
  `
  ALTER TABLE secrets ADD COLUMN account INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE apps ADD COLUMN account INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE apps ADD COLUMN remote_signer TEXT NOT NULL DEFAULT '';
  ALTER TABLE apps ADD COLUMN on_device INTEGER NOT NULL DEFAULT 0 CHECK (on_device IN (0, 1));
  CREATE TABLE revocations (
    client TEXT PRIMARY KEY CHECK (length(client) = 64),
    remote_signer TEXT NOT NULL CHECK (length(remote_signer) = 64)
  ) STRICT, WITHOUT ROWID;
  `,
  // Lines with a life and permissions of their own, and what the user set.
  `
  ALTER TABLE secrets ADD COLUMN perms TEXT NOT NULL DEFAULT '';
  ALTER TABLE secrets ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;
  UPDATE secrets SET expires_at = created_at + 86400000;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // What the paired device has: with it another one in its place is compared.
  `
  CREATE TABLE accounts (
    number INTEGER PRIMARY KEY,
    device TEXT NOT NULL CHECK (length(device) = 64),
    name TEXT NOT NULL,
    pubkey TEXT NOT NULL CHECK (length(pubkey) = 64)
  ) STRICT;
  `,
  // Relays that apps brought themselves (nostrconnect://): their addresses, which have no spaces, with spaces between them.
  `
  ALTER TABLE apps ADD COLUMN relays TEXT NOT NULL DEFAULT '';
  `,
  // What the device was asked and has not answered: the event of the app as JSON, encrypted as it came.
  `
  CREATE TABLE asked (
    client TEXT NOT NULL CHECK (length(client) = 64),
    request TEXT NOT NULL CHECK (length(request) = 64),
    event TEXT NOT NULL,
    relay TEXT NOT NULL,
    came_at INTEGER NOT NULL,
    PRIMARY KEY (client, request)
  ) STRICT, WITHOUT ROWID;
  `,
  // Lines with a remote-signer key of their own: an app may have been paired with one, and be with another.
  `
  ALTER TABLE secrets ADD COLUMN own_key INTEGER NOT NULL DEFAULT 0 CHECK (own_key IN (0, 1));
  ALTER TABLE apps ADD COLUMN own_key INTEGER NOT NULL DEFAULT 0 CHECK (own_key IN (0, 1));
  CREATE TABLE revoked_pairs (
    client TEXT NOT NULL CHECK (length(client) = 64),
    remote_signer TEXT NOT NULL CHECK (length(remote_signer) = 64),
    PRIMARY KEY (client, remote_signer)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO revoked_pairs (client, remote_signer) SELECT client, remote_signer FROM revocations;
  DROP TABLE revocations;
  `,
  // Strangers that a person was to come for, by the secret part of the page's address; the event as JSON, encrypted as it came.
  `
  CREATE TABLE challenges (
    token TEXT PRIMARY KEY,
    event TEXT NOT NULL,
    relay TEXT NOT NULL,
    since INTEGER NOT NULL,
    account INTEGER,
    secret_hash TEXT CHECK (length(secret_hash) = 64),
    CHECK ((account IS NULL) = (secret_hash IS NULL))
  ) STRICT, WITHOUT ROWID;
  `,
  // Apps that address the user key itself, the lines for them, and the accounts that answer them.
  `
  ALTER TABLE secrets ADD COLUMN addressed INTEGER NOT NULL DEFAULT 0 CHECK (addressed IN (0, 1));
  ALTER TABLE apps ADD COLUMN addressed INTEGER NOT NULL DEFAULT 0 CHECK (addressed IN (0, 1));
  ALTER TABLE accounts ADD COLUMN addressed INTEGER NOT NULL DEFAULT 0 CHECK (addressed IN (0, 1));
  `,
];

/** The version that this host reads and writes. */
export const schemaVersion = migrations.length;
