/** The store on a real disk: restarts, spent secrets, permissions, a second host, damage. And the file of the remote-signer key. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { generateSecretKey } from 'nostr-tools/pure';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashSecret, type Secret } from '../../host/src/core/apps/sessions.ts';
import type { StoreRow } from '../../host/src/core/apps/store-rows.ts';
import { remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { channelKeyFileName, loadChannelKey } from '../../host/src/store/channel-key.ts';
import { othersMay } from '../../host/src/store/private-files.ts';
import { keyFileName, loadRemoteSignerKey } from '../../host/src/store/remote-signer-key.ts';
import { openStore, type Store, storeFileName } from '../../host/src/store/store.ts';
import { makeWorld } from './bridge-world.ts';

let dir = '';
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'sallyport-store-')), 'state');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

function open(): Store {
  const store = openStore(dir);
  if (store.type === 'refused') throw new Error(store.words);
  return store;
}

function refusedWords(): string {
  const store = openStore(dir);
  if (store.type === 'refused') return store.words;
  store.close();
  return 'opened';
}

/** A database as version 1 of the tables left it, with one app. */
const versionOne = `
  CREATE TABLE secrets (hash TEXT PRIMARY KEY CHECK (length(hash) = 64), name TEXT NOT NULL, created_at INTEGER NOT NULL,
    spent_by TEXT CHECK (length(spent_by) = 64), spent_at INTEGER, CHECK ((spent_by IS NULL) = (spent_at IS NULL))) STRICT, WITHOUT ROWID;
  CREATE TABLE apps (client TEXT PRIMARY KEY CHECK (length(client) = 64), name TEXT NOT NULL, url TEXT NOT NULL, perms TEXT NOT NULL,
    paired_at INTEGER NOT NULL, secret_hash TEXT NOT NULL REFERENCES secrets (hash)) STRICT, WITHOUT ROWID;
  CREATE TABLE seen (id TEXT PRIMARY KEY CHECK (length(id) = 64), created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX seen_created_at ON seen (created_at);
  INSERT INTO secrets VALUES ('${'1'.repeat(64)}', 'n', 1, '${'ab'.repeat(32)}', 2);
  INSERT INTO apps VALUES ('${'ab'.repeat(32)}', 'App', '', '', 2, '${'1'.repeat(64)}');
  PRAGMA user_version = 1;
`;

const mode = (name: string) => statSync(join(dir, name)).mode & 0o777;
const client = 'ab'.repeat(32);
const app = {
  client,
  account: 2,
  remoteSigner: 'fe'.repeat(32),
  ownKey: false,
  onDevice: true,
  relays: [],
  name: 'App',
  url: 'https://a.example',
  perms: 'ping',
  pairedAt: 5,
  secretHash: hashSecret('abc'),
};
const line = {
  hash: hashSecret('abc'),
  name: 'phone',
  account: 0,
  perms: '',
  ownKey: false,
  createdAt: 3,
  expiresAt: 9,
};
const secret: StoreRow = { type: 'secret', secret: { ...line, spent: null } };
const other: Secret = { ...line, hash: hashSecret('def'), name: '', ownKey: true, createdAt: 4, spent: null };
const second: StoreRow = { type: 'secret', secret: other };

describe('rows', () => {
  test('come back after a restart', () => {
    const store = open();
    expect(store.load()).toEqual({
      apps: [],
      secrets: [],
      revocations: [],
      known: null,
      seen: [],
      asked: [],
      challenges: [],
    });
    store.save(secret);
    store.save(second);
    store.save({ type: 'pair', app });
    store.close();
    const again = open();
    expect(again.load()).toEqual({
      apps: [app],
      secrets: [{ ...line, spent: { by: client, at: 5 } }, other],
      revocations: [],
      known: null,
      seen: [],
      asked: [],
      challenges: [],
    });
    again.close();
  });

  test('an app that pairs again is one app; unpaired it is gone and its secret stays spent', () => {
    const store = open();
    store.save(secret);
    store.save({ type: 'pair', app });
    store.save(second);
    const anew = { ...app, name: 'Renamed', pairedAt: 9, secretHash: hashSecret('def') };
    store.save({ type: 'pair', app: anew });
    expect(store.load().apps).toEqual([anew]);
    const revocation = { client, remoteSigner: app.remoteSigner };
    store.save({ type: 'unpair', client, revocation });
    expect(store.load()).toMatchObject({ apps: [], secrets: [{ spent: { by: client } }, { spent: { by: client } }] });
    expect(store.load().revocations).toEqual([revocation]);
    store.save({ type: 'revoked', ...revocation });
    expect(store.load().revocations).toEqual([]);
    store.save({ type: 'drop_secret', hash: hashSecret('abc') });
    expect(store.load().secrets).toHaveLength(1);
    store.close();
  });

  test('an app that moved to the key of its line is one app, and what the device has to forget waits under both keys', () => {
    const store = open();
    store.save(secret);
    store.save({ type: 'pair', app });
    store.save(second);
    const moved = { client, remoteSigner: app.remoteSigner };
    const anew = { ...app, remoteSigner: 'fd'.repeat(32), ownKey: true, secretHash: hashSecret('def') };
    store.save({ type: 'pair', app: anew, moved });
    expect(store.load()).toMatchObject({ apps: [anew], revocations: [moved] });
    store.save({ type: 'revoke', client, remoteSigner: 'fc'.repeat(32) });
    store.save({ type: 'pair_again', app: anew });
    expect(store.load().revocations).toEqual([{ client, remoteSigner: 'fc'.repeat(32) }, moved]);
    store.save({ type: 'revoked', ...moved });
    expect(store.load().revocations).toEqual([{ client, remoteSigner: 'fc'.repeat(32) }]);
    store.close();
  });

  test('another device: its accounts, its apps and nothing that waited for the one before, in one row', () => {
    const store = open();
    store.save(secret);
    store.save({ type: 'pair', app });
    store.save(second);
    store.save({
      type: 'unpair',
      client: 'cd'.repeat(32),
      revocation: { client: 'cd'.repeat(32), remoteSigner: client },
    });
    const accounts = [{ account: 4, name: 'Work', pubkey: 'ee'.repeat(32) }];
    store.save({ type: 'accounts', known: { device: '11'.repeat(32), accounts } });
    expect(store.load().known).toEqual({ device: '11'.repeat(32), accounts });
    const known = { device: '22'.repeat(32), accounts: [{ account: 0, name: '', pubkey: 'ff'.repeat(32) }] };
    const moved = { ...app, account: 7, onDevice: false };
    store.save({ type: 'replaced', known, apps: [moved], unpaired: [], dropped: [hashSecret('def')] });
    expect(store.load()).toMatchObject({
      known,
      apps: [moved],
      revocations: [],
      secrets: [{ hash: hashSecret('abc') }],
    });
    store.save({ type: 'replaced', known, apps: [], unpaired: [client], dropped: [] });
    expect(store.load().apps).toEqual([]);
    store.close();
  });

  test('a secret is spent once: a second pairing by it throws and leaves nothing behind', () => {
    const store = open();
    store.save(secret);
    store.save({ type: 'pair', app });
    const thief = { ...app, client: 'cd'.repeat(32) };
    expect(() => store.save({ type: 'pair', app: thief })).toThrow('live secret');
    expect(() => store.save({ type: 'pair', app: { ...thief, secretHash: hashSecret('never made') } })).toThrow();
    expect(store.load().apps).toEqual([app]);
    store.close();
  });

  test('seen ids come back oldest first, and are forgotten by age', () => {
    const store = open();
    const id = (n: number) => `${n}`.padStart(64, '0');
    const row = (n: number, request: string | null = null) => ({ id: id(n), client, request, createdAt: n });
    for (const n of [3, 1, 2, 3]) store.save({ type: 'seen', seen: row(n), forgetBefore: 0, asked: null });
    expect(store.load().seen).toEqual([1, 2, 3].map((n) => row(n)));
    store.save({ type: 'seen', seen: row(4, 'cd'.repeat(32)), forgetBefore: 3, asked: null });
    expect(store.load().seen).toEqual([row(3), row(4, 'cd'.repeat(32))]);
    store.save({ type: 'unasked', client: 'ef'.repeat(32), request: 'cd'.repeat(32) });
    expect(store.load().seen).toEqual([row(3), row(4, 'cd'.repeat(32))]);
    store.save({ type: 'unasked', client, request: 'cd'.repeat(32) });
    expect(store.load().seen).toEqual([row(3), row(4)]);
    store.close();
  });

  test('however many seen ids one app has, and from whatever future: those of another come back', () => {
    const store = open();
    store.save(secret);
    store.save({ type: 'pair', app });
    const loud = 'cd'.repeat(32);
    store.save(second);
    store.save({ type: 'pair', app: { ...app, client: loud, secretHash: hashSecret('def') } });
    const quiet = { id: 'ee'.repeat(32), client, request: null, createdAt: 5 };
    store.save({ type: 'seen', seen: quiet, forgetBefore: 0, asked: null });
    store.close();
    const database = new DatabaseSync(join(dir, storeFileName));
    database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70000)
      INSERT INTO seen (id, client, created_at) SELECT printf('%064d', i), '${loud}', 9000 + i FROM n`);
    database.close();
    const again = open();
    const { seen } = again.load();
    expect(seen).toHaveLength(65_536 + 1);
    expect(seen).toContainEqual(quiet);
    expect(seen.at(-1)).toMatchObject({ client: loud, createdAt: 79_000 });
    again.close();
  });

  test('names are data: quotes, NUL and whatever else a client calls itself', () => {
    const store = open();
    const name = `'); DROP TABLE apps; -- " \u{1f98a}`;
    store.save(secret);
    store.save({ type: 'pair', app: { ...app, name } });
    expect(store.load().apps).toMatchObject([{ name }]);
    store.close();
  });
});

test('a bridge on a restarted store: the app is known, its secret spent for everybody else', () => {
  const signer = remoteSigner(generateSecretKey(), primitives);
  const key = generateSecretKey();
  const before = open();
  const first = makeWorld(before.load(), signer);
  first.newSecret('abc');
  first.app(key).send('connect', ['', 'abc', '', { name: 'Coracle' }]);
  for (const row of first.rows()) before.save(row);
  before.close();

  const after = open();
  const second = makeWorld(after.load(), signer);
  const known = second.app(key);
  known.send('connect', ['', 'abc']);
  expect(known.last().result).toBe('ack');
  known.send('sign_event', [{ kind: 1, content: '' }]);
  expect(second.questions()).toMatchObject([{ label: 'Coracle' }]);
  second.app().send('connect', ['', 'abc']);
  expect(second.notes().at(-1)).toBe('spent_secret');
  for (const row of second.rows()) after.save(row);
  after.close();
});

describe('who may open it', () => {
  test('directory 0700, files 0600, side files included, whatever the umask', () => {
    const umask = process.umask(0);
    try {
      const store = open();
      store.save(secret);
      expect(statSync(dir).mode & 0o777).toBe(0o700);
      expect(readdirSync(dir)).toContain(`${storeFileName}-wal`);
      for (const name of readdirSync(dir)) expect([name, mode(name)]).toEqual([name, 0o600]);
      store.close();
    } finally {
      process.umask(umask);
    }
  });

  test('a directory that others may open is refused and left as it is', () => {
    mkdirSync(dir, { mode: 0o755 });
    chmodSync(dir, 0o755);
    expect(refusedWords()).toContain('chmod 700');
    expect(statSync(dir).mode & 0o777).toBe(0o755);
    expect(readdirSync(dir)).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('what belongs to another user is never private', () => {
    mkdirSync(dir, { mode: 0o700 });
    expect(othersMay(dir)).toBeNull();
    expect(othersMay(dir, 4_242)).toContain('belongs to another user');
    chmodSync(dir, 0o755);
    expect(othersMay(dir)).toContain('may open');
  });

  test('one host at a time; the next one gets in when the first is gone', () => {
    const store = open();
    expect(refusedWords()).toContain('Another Sallyport is running');
    store.close();
    expect(refusedWords()).toBe('opened');
  });

  test('the plain secret is nowhere in the files', () => {
    const store = open();
    const world = makeWorld(store.load());
    const plain = 'averyspecialsecret';
    world.newSecret(plain);
    world.app().send('connect', ['', plain]);
    for (const row of world.rows()) store.save(row);
    for (const name of readdirSync(dir)) expect(readFileSync(join(dir, name), 'latin1')).not.toContain(plain);
    store.close();
  });
});

test('a database of the first version is opened, and forgets nothing', () => {
  mkdirSync(dir, { mode: 0o700 });
  const path = join(dir, storeFileName);
  writeFileSync(path, '', { mode: 0o600 });
  const database = new DatabaseSync(path);
  // As it was made by the first version, to the letter: what is in the field does not change with our sources.
  database.exec(`
    CREATE TABLE secrets (
      hash TEXT PRIMARY KEY CHECK (length(hash) = 64), name TEXT NOT NULL, created_at INTEGER NOT NULL,
      spent_by TEXT CHECK (length(spent_by) = 64), spent_at INTEGER, CHECK ((spent_by IS NULL) = (spent_at IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE apps (
      client TEXT PRIMARY KEY CHECK (length(client) = 64), name TEXT NOT NULL, url TEXT NOT NULL, perms TEXT NOT NULL,
      paired_at INTEGER NOT NULL, secret_hash TEXT NOT NULL REFERENCES secrets (hash)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE seen (id TEXT PRIMARY KEY CHECK (length(id) = 64), created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX seen_created_at ON seen (created_at);
    INSERT INTO secrets VALUES ('${hashSecret('abc')}', 'phone', 3, '${client}', 5);
    INSERT INTO apps VALUES ('${client}', 'App', 'https://a.example', 'ping', 5, '${hashSecret('abc')}');
    INSERT INTO seen VALUES ('${'ee'.repeat(32)}', 7);
    PRAGMA user_version = 1;
  `);
  database.close();
  const store = open();
  expect(store.load()).toEqual({
    apps: [{ ...app, account: 0, remoteSigner: '', onDevice: false, ownKey: false, relays: [] }],
    revocations: [],
    known: null,
    asked: [],
    challenges: [],
    secrets: [{ ...line, expiresAt: 86_400_003, spent: { by: client, at: 5 } }],
    seen: [{ id: 'ee'.repeat(32), client: null, request: null, createdAt: 7 }],
  });
  const next = { id: 'dd'.repeat(32), client, request: 'cd'.repeat(32), createdAt: 8 };
  store.save({ type: 'seen', seen: next, forgetBefore: 0, asked: null });
  expect(store.load().seen.at(-1)).toEqual(next);
  store.close();
});

describe('what is no store of ours', () => {
  test('a damaged file is refused and not overwritten', () => {
    mkdirSync(dir, { mode: 0o700 });
    const damaged = 'this is no database, and it is longer than a header of SQLite would be '.repeat(20);
    writeFileSync(join(dir, storeFileName), damaged);
    expect(refusedWords()).toContain('damaged or no database');
    expect(readFileSync(join(dir, storeFileName), 'latin1')).toBe(damaged);
  });

  test('a newer version is refused', () => {
    open().close();
    const database = new DatabaseSync(join(dir, storeFileName));
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(refusedWords()).toContain('newer Sallyport');
  });
});

describe('the paired device', () => {
  const device = 'cd'.repeat(32);

  test('is none at first, then the one that was pinned last, also after a restart', () => {
    const store = open();
    expect(store.pin()).toBeNull();
    store.savePin('ef'.repeat(32), 1);
    store.savePin(device, 2);
    store.close();
    const again = open();
    expect(again.pin()).toBe(device);
    again.close();
  });

  test('a database of version 1 is opened with all that is in it, and can hold a device from then on', () => {
    mkdirSync(dir, { mode: 0o700 });
    const database = new DatabaseSync(join(dir, storeFileName));
    database.exec(versionOne);
    database.close();
    const store = open();
    expect(store.load().apps.map((one) => one.client)).toEqual([client]);
    expect(store.pin()).toBeNull();
    store.savePin(device, 3);
    expect(store.pin()).toBe(device);
    store.close();
  });
});

describe('the key of this computer in the channel', () => {
  const path = () => join(dir, channelKeyFileName);

  test('is made once, with mode 0600, and is the same ever after', () => {
    const made = loadChannelKey(dir);
    const loaded = loadChannelKey(dir);
    expect(made).toMatchObject({ type: 'key', isNew: true });
    expect(loaded).toMatchObject({ type: 'key', isNew: false });
    expect(made.type === 'key' && loaded.type === 'key' && loaded.secret).toEqual(made.type === 'key' && made.secret);
    expect(mode(channelKeyFileName)).toBe(0o600);
  });

  test('a file that others can read, or that is no key, is refused and kept', () => {
    loadChannelKey(dir);
    chmodSync(path(), 0o640);
    expect(loadChannelKey(dir)).toMatchObject({ type: 'refused', words: expect.stringContaining('chmod 600') });
    chmodSync(path(), 0o600);
    writeFileSync(path(), 'abcdef');
    expect(loadChannelKey(dir)).toMatchObject({ type: 'refused', words: expect.stringContaining('holds no key') });
    expect(readFileSync(path(), 'latin1')).toBe('abcdef');
  });
});

describe('the remote-signer key', () => {
  const path = () => join(dir, keyFileName);
  test('is made once, with mode 0600, and is the same ever after', () => {
    const made = loadRemoteSignerKey(dir);
    const loaded = loadRemoteSignerKey(dir);
    expect(made).toMatchObject({ type: 'key', isNew: true });
    expect(loaded).toMatchObject({ type: 'key', isNew: false });
    expect(made.type === 'key' && loaded.type === 'key' && loaded.secret).toEqual(made.type === 'key' && made.secret);
    expect(mode(keyFileName)).toBe(0o600);
    expect(readdirSync(dir)).toEqual([keyFileName]);
    expect(readFileSync(path(), 'latin1')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  test('what a crash left half written is no key and in nobody’s way', () => {
    mkdirSync(dir, { mode: 0o700 });
    writeFileSync(`${path()}.new`, 'half', { mode: 0o600 });
    expect(loadRemoteSignerKey(dir)).toMatchObject({ type: 'key', isNew: true });
    expect(readdirSync(dir)).toEqual([keyFileName]);
  });

  test('a file that others can read is refused', () => {
    loadRemoteSignerKey(dir);
    chmodSync(path(), 0o640);
    expect(loadRemoteSignerKey(dir)).toMatchObject({ type: 'refused', words: expect.stringContaining('chmod 600') });
  });

  test.each([
    ['empty', ''],
    ['short', 'abcdef'],
    ['not hex', 'x'.repeat(64)],
    ['zero', '0'.repeat(64)],
    ['above the order of the curve', 'f'.repeat(64)],
    ['two lines', `${'1'.repeat(64)}\n${'1'.repeat(64)}\n`],
  ])('a malformed file (%s) is refused, kept, and not quoted', (_name, content) => {
    mkdirSync(dir, { mode: 0o700 });
    writeFileSync(path(), content, { mode: 0o600 });
    const refused = loadRemoteSignerKey(dir);
    expect(refused).toMatchObject({ type: 'refused', words: expect.stringContaining('no remote-signer key') });
    if (content !== '') expect(JSON.stringify(refused)).not.toContain(content);
    expect(readFileSync(path(), 'latin1')).toBe(content);
  });
});
