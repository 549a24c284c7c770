/** `create_account`: a person clicks, the device makes the account, its name is served; and an email gives nobody away. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getPublicKey } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { challengeLimits } from '../../../host/src/core/web/challenge.ts';
import { emailHash, emailKeyOf } from '../../../host/src/core/web/people.ts';
import { peopleIn } from '../../../host/src/store/settings.ts';
import { openStore } from '../../../host/src/store/store.ts';
import { pairedApp } from '../bridge-world.ts';
import { authWorld, denied, pathTold } from './auth-world.ts';

const made = { type: 'made', account: 1, pubkey: getPublicKey(new Uint8Array(32).fill(5)) } as const;
const domain = 'signer.example';
const email = 'alice@mail.example';

/** A stranger that wants an account, and the path of the page that it was told. */
function wants(auth: ReturnType<typeof authWorld>, params: readonly string[], id = 'first') {
  const stranger = auth.world.app();
  stranger.send('create_account', params, { id });
  return { stranger, path: pathTold(stranger) };
}

const ready = () => {
  const auth = authWorld();
  const { world } = auth;
  const accounts = [{ account: 0, name: '', pubkey: world.userPubkey }];
  world.feed({ type: 'accounts', device: 'ab'.repeat(32), accounts });
  return auth;
};

test('the account is made after a click and a press, its name is served, and its app may be paired with it', async () => {
  const auth = ready();
  const { world, get, post, state } = auth;
  const { stranger, path } = wants(auth, ['Alice', domain, email, 'sign_event:1']);
  expect(world.asks.size).toBe(0);
  expect(await state(path)).toMatchObject({ state: 'waiting', method: 'create_account' });
  await post(path);
  expect([...world.asks.values()]).toEqual([{ method: 'account_create', name: 'alice' }]);
  world.press(made);
  expect(stranger.last()).toEqual({ id: 'first', result: made.pubkey });
  expect(await state(path)).toMatchObject({ state: 'approved' });
  const named = await (await get('/.well-known/nostr.json?name=alice')).json();
  expect(named).toMatchObject({ names: { alice: made.pubkey } });
  const people = world.rows().findLast(({ type }) => type === 'people');
  expect(JSON.stringify(people)).not.toContain('mail.example');
  expect(world.kept()).toMatchObject({ secrets: [], known: { accounts: [{ account: 0 }, { account: 1 }] } });
  // On disk before the app hears of it.
  const order = world.log.map((effect) => (effect.type === 'save' ? effect.row.type : effect.type));
  expect(order.lastIndexOf('people')).toBeLessThan(order.lastIndexOf('answer'));
  stranger.send('connect', [made.pubkey, '']);
  expect([...world.asks.values()]).toMatchObject([
    { method: 'client_connect', announced: true, carried: { account: 1, event: { pubkey: stranger.pubkey } } },
  ]);
  world.press({ type: 'paired', by: 'device' });
  expect(stranger.last()).toMatchObject({ result: 'ack' });
  const app = world.state().sessions.apps.get(stranger.pubkey);
  expect(app).toMatchObject({ account: 1, perms: 'sign_event:1' });
});

test('what was made for one app is no invitation for another, and none for ever', async () => {
  const auth = ready();
  const { world, post } = auth;
  const { stranger, path } = wants(auth, []);
  await post(path);
  world.press(made);
  const other = world.app();
  other.send('connect', ['', '']);
  expect(other.last()).toMatchObject({ result: 'auth_url' });
  world.pass(challengeLimits.keptMs);
  stranger.send('connect', ['', '']);
  expect(stranger.last()).toMatchObject({ result: 'auth_url' });
  expect([world.asks.size, world.state().people.size]).toEqual([0, 0]);
});

test('a known email asks for the account that is here, and until its owner pressed nobody can tell', async () => {
  const seen: unknown[] = [];
  for (const known of [true, false]) {
    const auth = ready();
    const { world, get, post, state } = auth;
    const owner = { name: 'alice', pubkey: world.userPubkey, relays: [], email: emailHash(new Uint8Array(32), email) };
    if (known) world.feed({ type: 'people', people: new Map([['alice', owner]]) });
    const { stranger, path } = wants(auth, ['zoe', domain, 'Alice@Mail.example']);
    const look = async (): Promise<unknown> => {
      const text = (await (await get(path)).text()).replaceAll(path, '').replaceAll(/<code>.*<\/code>/g, '');
      const { app: _, ...rest } = { app: null, ...(await state(path)) };
      return [text, rest, stranger.inbox.length];
    };
    const looks = [await look()];
    await post(path);
    looks.push(await look());
    expect([...world.asks.values()]).toMatchObject([{ method: known ? 'client_introduce' : 'account_create' }]);
    // Whatever keeps the device from asking is said in the same words.
    world.press({
      type: 'refused',
      refusal: { code: known ? 'rate_limited' : 'busy', words: known ? 'a' : 'b', advice: '' },
    });
    looks.push(await look());
    await post(path);
    world.press({
      type: 'refused',
      refusal: { code: known ? 'unknown_account' : 'full', words: known ? 'a' : 'b', advice: '' },
    });
    looks.push(await look(), stranger.last());
    seen.push(looks);
  }
  expect(seen[0]).toEqual(seen[1]);
});

test('the owner of an email that is known may have the app paired with their account', async () => {
  const auth = ready();
  const { world, post } = auth;
  const owner = { name: 'alice', pubkey: world.userPubkey, relays: [], email: emailHash(new Uint8Array(32), email) };
  world.feed({ type: 'people', people: new Map([['alice', owner]]) });
  const { stranger, path } = wants(auth, ['zoe', '', email]);
  await post(path);
  expect([...world.asks.values()]).toMatchObject([{ method: 'client_introduce', client: stranger.pubkey, account: 0 }]);
  world.press({ type: 'paired', by: 'device' });
  expect(stranger.last()).toEqual({ id: 'first', result: world.userPubkey });
  expect(world.state().sessions.apps.get(stranger.pubkey)).toMatchObject({ account: 0, onDevice: true });
  expect(world.state().people.has('zoe')).toBe(false);
});

test.each([
  [['alice'], 'belongs to somebody'],
  [['ALICE', domain], 'belongs to somebody'],
  [['a b'], 'no name'],
  [['_'], 'no name'],
  [['bob', 'elsewhere.example'], 'no names but those at signer.example'],
  [['bob', domain, 'nobody'], 'no email'],
])('%j is refused at once: %s', (params, words) => {
  const { world } = ready();
  const alice = { name: 'alice', pubkey: world.userPubkey, relays: [], email: '' };
  world.feed({ type: 'people', people: new Map([['alice', alice]]) });
  const stranger = world.app();
  stranger.send('create_account', params);
  expect(stranger.last()).toMatchObject({ result: 'error', error: expect.stringContaining(words) });
});

test('a no makes nothing, and the same request is not asked twice', async () => {
  const auth = ready();
  const { world, post, state } = auth;
  const { stranger, path } = wants(auth, ['bob', domain]);
  await post(path);
  world.press({ type: 'refused', refusal: denied });
  expect(await state(path)).toMatchObject({ state: 'denied' });
  stranger.send('create_account', ['bob', domain], { id: 'first' });
  expect([stranger.inbox.length, stranger.last().result, world.asks.size]).toEqual([3, 'error', 0]);
  expect([world.state().people.size, world.kept().secrets]).toEqual([0, []]);
});

test('an answer that is no account, or a yes that nobody gave, is not believed', async () => {
  for (const answer of [
    { type: 'made', account: 1, pubkey: 'x' },
    { type: 'paired', by: 'host' },
    { type: 'done' },
  ] as const) {
    const auth = ready();
    const { path, stranger } = wants(auth, ['bob']);
    await auth.post(path);
    auth.world.press(answer);
    expect(stranger.last()).toMatchObject({ result: 'error' });
    expect([auth.world.state().people.size, auth.world.state().sessions.apps.size]).toEqual([0, 0]);
  }
  const { world, asked, post } = ready();
  const { stranger, path } = asked();
  await post(path);
  // The device that was there is gone, and another one leaves apps to the host.
  world.press({ type: 'paired', by: 'host' });
  expect([stranger.last().result, world.state().sessions.apps.size]).toEqual(['error', 0]);
});

test('a paired app may ask, too; when its session ends, so does what it asked', async () => {
  const auth = authWorld();
  const { world, post, asked } = auth;
  world.setPairsApps(true);
  const app = pairedApp(world);
  world.setPairsApps(false);
  app.send('create_account', ['bob'], { id: 'first' });
  const path = pathTold(app);
  await post(path);
  world.feed({ type: 'unpair', client: app.pubkey });
  expect(app.last()).toMatchObject({
    id: 'first',
    result: 'error',
    error: expect.stringContaining('ended the session'),
  });
  expect(await auth.state(path)).toMatchObject({ state: 'failed' });
  // The place at the device is free again.
  await post(asked().path);
  expect([...world.asks.values()].map(({ method }) => method)).toEqual(['client_revoke', 'client_connect']);
});

test('where the user did not opt in no account is made', () => {
  const { world } = authWorld();
  world.setPairsApps(true);
  const app = pairedApp(world);
  world.feed({ type: 'web', web: null });
  app.send('create_account', ['bob']);
  expect(app.last()).toMatchObject({ error: expect.stringContaining('makes no accounts for apps') });
  const stranger = world.app();
  stranger.send('create_account', ['bob']);
  expect(stranger.last()).toMatchObject({ error: expect.stringContaining('not paired') });
});

test('a name is on disk when its row is, and the next host has it', ({ onTestFinished }) => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-people-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const people = new Map([['alice', { name: 'alice', pubkey: made.pubkey, relays: ['wss://a.example'], email: 'ab' }]]);
  const open = () => {
    const store = openStore(join(dir, 'state'));
    if (store.type === 'refused') throw new Error(store.words);
    return store;
  };
  const first = open();
  first.save({ type: 'people', people });
  first.close();
  const next = open();
  expect(peopleIn(next)).toEqual(people);
  next.saveSetting('people', '[{}]');
  expect(() => peopleIn(next)).toThrow('cannot be read');
  next.close();
});

test('emails are known by a hash of the signer’s own', () => {
  const [one, two] = [1, 2].map((byte) => emailKeyOf(new Uint8Array(32).fill(byte)));
  if (one === undefined || two === undefined) throw new Error('no keys');
  expect(emailHash(one, ' Alice@mail.example ')).toBe(emailHash(one, email));
  expect(emailHash(one, email)).not.toBe(emailHash(two, email));
  for (const none of ['', 'x', '@', 'a@b@c', 'a b@c', `${'x'.repeat(300)}@y`]) expect(emailHash(one, none)).toBe('');
});
