/** What the device was asked, on disk until it has ended: a host that is killed goes on with it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore, type Store } from '../../host/src/store/store.ts';

let dir = '';
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'sallyport-asked-')), 'state');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

function open(): Store {
  const store = openStore(dir);
  if (store.type === 'refused') throw new Error(store.words);
  return store;
}

const client = 'ab'.repeat(32);

test('what was asked comes back as it came, until it ended', () => {
  const store = open();
  const event = {
    id: 'e1'.repeat(32),
    pubkey: client,
    created_at: 7,
    kind: 24_133,
    tags: [['p', 'dd'.repeat(32)]],
    content: 'encrypted',
    sig: '9f'.repeat(64),
  };
  const asked = ['aa', 'bb', 'cc'].map((two, i) => ({
    event,
    request: two.repeat(32),
    relay: 'wss://r.example',
    cameAt: 9 - i,
  }));
  const seen = { id: event.id, client, request: null, createdAt: 7 };
  for (const each of asked) store.save({ type: 'seen', seen, forgetBefore: 0, asked: each });
  expect(store.load().asked).toEqual(asked.toReversed());
  store.save({ type: 'ended', client, request: 'aa'.repeat(32) });
  store.save({ type: 'unasked', client, request: 'bb'.repeat(32) });
  store.save({ type: 'ended', client: 'cd'.repeat(32), request: 'cc'.repeat(32) });
  expect(store.load().asked).toEqual(asked.slice(2));
  store.save({ type: 'unpair', client, revocation: null });
  expect(store.load().asked).toEqual([]);
  store.close();
});
