/**
 * The activity log on disk. A row survives a crash of the host; a power cut may take the last ones, since it promises nobody
 * anything. It forgets the oldest rows by count and age, and those of strangers before anybody else's.
 */
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import {
  type Activity,
  type ActivityPage,
  type ActivityQuery,
  type ActivityRow,
  activityLimits as limits,
} from '../core/narrowing/activity.ts';
import { activityMigrations } from './activity-schema.ts';
import { integer, integerOrNull, type Row, text } from './columns.ts';
import { migrate } from './migrate.ts';
import { privateDirectory, type StoreRefused, touchPrivately } from './private-files.ts';

/** An open log. */
export type ActivityLog = {
  readonly type: 'log';
  /** Writes a row and returns its number. Throws when the disk does. */
  readonly record: (activity: Activity) => number;
  readonly search: (query: ActivityQuery) => ActivityPage;
  /** One row by its number; null when there is none (any more). */
  readonly row: (id: number) => ActivityRow | null;
  /** When a request of this client last ended; null when the log knows of none. */
  readonly usedAt: (client: string) => number | null;
  /** All that a query finds, newest first, a page at a time in memory. */
  readonly all: (query: ActivityQuery) => Iterable<ActivityRow>;
  /** Forgets what is too old or too much. It happens by itself now and then. */
  readonly prune: (now: number) => void;
  readonly close: () => void;
};

export type Retention = { readonly rows: number; readonly strangerRows: number; readonly days: number };

/** Its name in the state directory. */
export const activityFileName = 'activity.db';

/** Rows between two prunings: each is one small deletion then. */
const pruneEvery = 512;
/** Words whose numbers are remembered; more are looked up again. */
const wordsMax = 4_096;
const dayMs = 86_400_000;

/** What is kept where nothing else is said. */
export const retained: Retention = { rows: limits.rowsMax, strangerRows: limits.strangerRowsMax, days: limits.daysMax };

/** Opens the log of a state directory, or makes it; or says in words why not. */
export function openActivityLog(dir: string, retention: Retention = retained): ActivityLog | StoreRefused {
  const refused = privateDirectory(dir);
  if (refused !== null) return refused;
  const path = join(dir, activityFileName);
  touchPrivately(path);
  const database = new DatabaseSync(path);
  try {
    database.exec(
      'PRAGMA busy_timeout = 500; PRAGMA foreign_keys = OFF; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL',
    );
    const newer = migrate(database, path, activityMigrations);
    if (newer === null) return makeLog(database, retention);
    database.close();
    return newer;
  } catch (error) {
    database.close();
    const why = error instanceof Error ? error.message : String(error);
    const words = `The activity log ${path} cannot be opened (${why}). Move it away: a new one is made, and nothing else is lost.`;
    return { type: 'refused', words };
  }
}

function makeLog(database: DatabaseSync, retention: Retention): ActivityLog {
  const numberOf = wordNumbers(database);
  const insert = database.prepare(
    `INSERT INTO activity (at, client, app, paired, method, kind, outcome, why, relay_ms, queue_ms, device_ms, total_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  // Asked of every app at once: prepared, and answered by its index.
  const lastOf = database.prepare(
    'SELECT at FROM activity WHERE client = (SELECT number FROM words WHERE text = ?) ORDER BY id DESC LIMIT 1',
  );
  const [begin, commit] = [database.prepare('BEGIN IMMEDIATE'), database.prepare('COMMIT')];
  let sincePruning = 0;

  function record(activity: Activity): number {
    const { at, client, app, paired, method, kind, outcome, why, ms } = activity;
    begin.run();
    try {
      const words = [client, app, method, outcome, why.slice(0, limits.whyChars)].map(numberOf.make);
      const [clientWord = 0, appWord = 0, methodWord = 0, outcomeWord = 0, whyWord = 0] = words;
      const times = [ms.relay, ms.queue, ms.device, ms.total] as const;
      const done = insert.run(
        at,
        clientWord,
        appWord,
        paired ? 1 : 0,
        methodWord,
        kind,
        outcomeWord,
        whyWord,
        ...times,
      );
      if (++sincePruning >= pruneEvery) {
        sincePruning = 0;
        prune(database, retention, at);
        numberOf.forget();
      }
      commit.run();
      return Number(done.lastInsertRowid);
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      numberOf.forget();
      throw error;
    }
  }

  const search = (query: ActivityQuery): ActivityPage => searchIn(database, query);
  function* all(query: ActivityQuery): Iterable<ActivityRow> {
    for (let before = query.before; ; ) {
      const page = search({ ...query, limit: limits.pageRowsMax, ...(before === undefined ? {} : { before }) });
      yield* page.rows;
      if (page.next === null) return;
      before = page.next;
    }
  }

  return {
    type: 'log',
    record,
    search,
    row: (id) => {
      const found = database.prepare(`${select} WHERE activity.id = ?`).get(id);
      return found === undefined ? null : rowOf(found);
    },
    usedAt: (client) => {
      const found = lastOf.get(client);
      return found === undefined ? null : integer(found['at']);
    },
    all,
    prune: (now) => {
      prune(database, retention, now);
      numberOf.forget();
    },
    close: () => database.close(),
  };
}

const select = `SELECT activity.id, at, client.text AS client, app.text AS app, paired, method.text AS method, kind,
  outcome.text AS outcome, why.text AS why, relay_ms, queue_ms, device_ms, total_ms FROM activity
  JOIN words AS client ON client.number = client JOIN words AS app ON app.number = app
  JOIN words AS method ON method.number = method JOIN words AS outcome ON outcome.number = outcome
  JOIN words AS why ON why.number = why`;

/** The conditions of a query, each with its place in SQL. A word that the log does not know finds nothing. */
function searchIn(database: DatabaseSync, query: ActivityQuery): ActivityPage {
  const word = '= (SELECT number FROM words WHERE text = ?)';
  const parts: readonly (readonly [string, string | number | undefined])[] = [
    [`activity.client ${word}`, query.client],
    [`activity.method ${word}`, query.method],
    [`activity.outcome ${word}`, query.outcome],
    ['kind = ?', query.kind],
    ['at >= ?', query.since],
    ['at <= ?', query.until],
    ['activity.id < ?', query.before],
  ];
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  for (const [condition, value] of parts) {
    if (value === undefined) continue;
    conditions.push(condition);
    values.push(value);
  }
  if (query.text !== undefined && query.text !== '') {
    // The words are searched, once for each column, and the rows only by number: 0.2 s for a million of them.
    const like = "IN (SELECT number FROM words WHERE text LIKE '%' || ? || '%' ESCAPE '\\')";
    const part = query.text.replace(/[\\%_]/g, '\\$&');
    conditions.push(
      `(${['app', 'method', 'outcome', 'why'].map((column) => `activity.${column} ${like}`).join(' OR ')})`,
    );
    values.push(part, part, part, part);
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const limit = Math.max(1, Math.min(query.limit ?? limits.pageRows, limits.pageRowsMax));
  const found = database.prepare(`${select}${where} ORDER BY activity.id DESC LIMIT ?`).all(...values, limit + 1);
  const rows = found.slice(0, limit).map(rowOf);
  return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : null };
}

function prune(database: DatabaseSync, retention: Retention, now: number): void {
  const strangers = `DELETE FROM activity WHERE paired = 0 AND id <=
    (SELECT id FROM activity WHERE paired = 0 ORDER BY id DESC LIMIT 1 OFFSET ?)`;
  database.prepare(strangers).run(retention.strangerRows);
  // Numbers have no gaps but those of strangers, who are few: this keeps at most that many rows less than it may.
  database.prepare('DELETE FROM activity WHERE id <= (SELECT max(id) FROM activity) - ?').run(retention.rows);
  database.prepare('DELETE FROM activity WHERE at < ?').run(now - retention.days * dayMs);
  forgetWords(database);
}

/** Words of strangers go with their rows: who invents names for ever must not fill the disk. */
function forgetWords(database: DatabaseSync): void {
  const { count, rows } = database
    .prepare('SELECT (SELECT count(*) FROM words) AS count, (SELECT count(*) FROM activity WHERE paired = 0) AS rows')
    .get() as Row;
  if (integer(count) < wordsMax + 4 * integer(rows)) return;
  database.exec(`DELETE FROM words WHERE number NOT IN (
    SELECT client FROM activity UNION SELECT app FROM activity UNION SELECT method FROM activity
    UNION SELECT outcome FROM activity UNION SELECT why FROM activity)`);
}

/** The numbers of words, made when they are new. */
function wordNumbers(database: DatabaseSync): { make: (word: string) => number; forget: () => void } {
  const known = new Map<string, number>();
  const find: StatementSync = database.prepare('SELECT number FROM words WHERE text = ?');
  const add: StatementSync = database.prepare('INSERT INTO words (text) VALUES (?)');
  function make(word: string): number {
    const cached = known.get(word);
    if (cached !== undefined) return cached;
    const found = find.get(word);
    const number = found === undefined ? Number(add.run(word).lastInsertRowid) : integer(found['number']);
    if (known.size >= wordsMax) known.clear();
    known.set(word, number);
    return number;
  }
  return { make, forget: () => known.clear() };
}

function rowOf(row: Row): ActivityRow {
  return {
    id: integer(row['id']),
    at: integer(row['at']),
    client: text(row['client']),
    app: text(row['app']),
    paired: integer(row['paired']) === 1,
    method: text(row['method']),
    kind: integerOrNull(row['kind']),
    outcome: text(row['outcome']),
    why: text(row['why']),
    ms: {
      relay: integerOrNull(row['relay_ms']),
      queue: integerOrNull(row['queue_ms']),
      device: integerOrNull(row['device_ms']),
      total: integerOrNull(row['total_ms']),
    },
  };
}
