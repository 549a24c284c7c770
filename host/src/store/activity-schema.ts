/**
 * The tables of the activity log, as migrations; they are a database of their own, so that a million rows weigh on no pairing. Names
 * of tables and columns are for ever. Words that repeat (names, methods, reasons) are kept once: a row is a few numbers.
 */
export const activityMigrations: readonly string[] = [
  `
  CREATE TABLE words (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

  CREATE TABLE activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    client INTEGER NOT NULL REFERENCES words (number),
    app INTEGER NOT NULL REFERENCES words (number),
    paired INTEGER NOT NULL CHECK (paired IN (0, 1)),
    method INTEGER NOT NULL REFERENCES words (number),
    kind INTEGER,
    outcome INTEGER NOT NULL REFERENCES words (number),
    why INTEGER NOT NULL REFERENCES words (number),
    relay_ms INTEGER,
    queue_ms INTEGER,
    device_ms INTEGER,
    total_ms INTEGER
  ) STRICT;

  CREATE INDEX activity_at ON activity (at);
  CREATE INDEX activity_client ON activity (client, id);
  CREATE INDEX activity_kind ON activity (kind, id) WHERE kind IS NOT NULL;
  CREATE INDEX activity_outcome ON activity (outcome, id);
  CREATE INDEX activity_stranger ON activity (id) WHERE paired = 0;
  `,
];

/** The version that this host reads and writes. */
export const activityVersion = activityMigrations.length;
