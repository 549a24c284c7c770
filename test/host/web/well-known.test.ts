/** `/.well-known/nostr.json`: what it says in the dialects of NIP-46, to whom, and how names come and go. */
import { expect, test } from 'vitest';
import { nobody, parsePeople, peopleLimits, peopleText, withPerson } from '../../../host/src/core/web/people.ts';
import { webApp } from '../../../host/src/web/app.ts';
import { serveWeb } from '../../../host/src/web/server.ts';
import { controlWorld } from '../control/control-world.ts';

const url = 'https://signer.example';
const relays = ['wss://one.example', 'wss://two.example'];

type Context = Parameters<typeof controlWorld>[0];

function webWorld(context: Context) {
  const { world, ask } = controlWorld(context);
  const fault = (problem: unknown): never => {
    throw problem;
  };
  world.feed({ type: 'own_relays', relays: { all: [...relays, 'ws://127.0.0.1:1'], reachable: relays } });
  world.feed({ type: 'accounts', device: null, accounts: [{ account: 0, name: '', pubkey: world.userPubkey }] });
  const app = webApp({
    url,
    origins: new Set([url]),
    hosts: new Set(['signer.example']),
    bridge: world.state,
    click: () => undefined,
    introduce: async () => null,
    now: world.now,
    fault,
  });
  const get = async (path: string, headers: Record<string, string> = {}) =>
    app.request(path, { headers: { host: 'signer.example', ...headers } });
  const name = async (asked: string): Promise<unknown> => (await get(`/.well-known/nostr.json?name=${asked}`)).json();
  return { world, ask, get, name };
}

test('the signer itself is the name _, with its relays in both dialects', async (context) => {
  const { world, name } = webWorld(context);
  const { pubkey } = world.signer;
  expect(await name('_')).toEqual({
    names: { _: pubkey },
    relays: { [pubkey]: relays },
    nip46: { relays, [pubkey]: relays },
  });
});

test('a name is told to whoever asks for it, with the relays of the signer by its key', async (context) => {
  const { world, ask, name } = webWorld(context);
  const added = await ask('POST /v0/names', '/v0/names', { name: 'Alice', relays: ['wss://Home.example'] });
  const alice = { name: 'alice', pubkey: world.userPubkey, relays: ['wss://home.example'] };
  expect(added).toMatchObject({ status: 200, said: { names: [alice] } });
  const nip46 = { [world.userPubkey]: relays };
  const said = { relays: { [world.userPubkey]: alice.relays }, nip46 };
  expect(await name('alice')).toEqual({ names: { alice: world.userPubkey }, ...said });
  // The name as it was asked: clients look for that one.
  expect(await name('ALICE')).toEqual({ names: { ALICE: world.userPubkey }, ...said });
  expect(await ask('DELETE /v0/names/:name', '/v0/names/alice')).toMatchObject({ said: { names: [] } });
  expect(await name('alice')).toEqual({ names: {} });
});

test.each(['', 'bob', '__proto__', 'constructor', 'a%20b', '%00', 'x'.repeat(500)])(
  'the name %j is nobody, and nobody else is told',
  async (asked) => {
    const ends: (() => void)[] = [];
    const { ask, name } = webWorld({ onTestFinished: (end) => ends.push(end) });
    await ask('POST /v0/names', '/v0/names', { name: 'alice' });
    expect(await name(asked)).toEqual({ names: {} });
    for (const end of ends) end();
  },
);

test('names are checked: what is none, whose account is not known, and what is somebody else’s', async (context) => {
  const { world, ask } = webWorld(context);
  const add = (body: object) => ask('POST /v0/names', '/v0/names', body);
  for (const name of ['_', 'a b', 'ü', '../x'])
    expect(await add({ name })).toMatchObject({ status: 409, said: { error: { code: 'malformed' } } });
  expect(await add({ name: 'bob', account: 7 })).toMatchObject({ said: { error: { code: 'unknown_account' } } });
  expect(await add({ name: 'bob', relays: ['http://x'] })).toMatchObject({ status: 409 });
  await add({ name: 'alice' });
  world.feed({ type: 'accounts', device: null, accounts: [{ account: 0, name: '', pubkey: 'ab'.repeat(32) }] });
  expect(await add({ name: 'alice' })).toMatchObject({
    status: 409,
    said: { error: { words: /belongs to somebody/ } },
  });
  expect(await ask('DELETE /v0/names/:name', '/v0/names/carol')).toMatchObject({ status: 409 });
});

test('every page may read it, it never redirects, and no other name leads here', async (context) => {
  const { get } = webWorld(context);
  const { status, headers } = await get('/.well-known/nostr.json?name=_', { origin: 'https://app.example' });
  expect([status, headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  expect((await get('/.well-known/nostr.json/')).status).toBe(404);
  // DNS rebinding: a name of the attacker's that resolves to this computer.
  for (const host of ['evil.example', 'signer.example.evil.example', 'signer.example:80', ''])
    expect((await get('/.well-known/nostr.json?name=_', { host })).status).toBe(421);
  expect((await get(`/${'x'.repeat(9_000)}`)).status).toBe(414);
});

test('nothing of the control API is here', async (context) => {
  const { get } = webWorld(context);
  for (const path of ['/v0/status', '/v0/names', '/v0/kill']) {
    const response = await get(path);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  }
});

test('the status says where the pages are, and diagnostics keep that to themselves', async (context) => {
  const { world, ask } = webWorld(context);
  const status = async () => (await ask('GET /v0/status', '/v0/status')).said;
  expect(await status()).toMatchObject({ web: null });
  const logins = { account: 0, key: new Uint8Array(32), emailKey: new Uint8Array(32) };
  world.feed({ type: 'web', web: { url, logins } });
  world.app().send('connect', ['', '']);
  expect(await status()).toMatchObject({ web: { url, logins: true, waiting: 1 } });
  const { said } = await ask('GET /v0/diagnostics', '/v0/diagnostics');
  expect(said).toMatchObject({ status: { web: { url: '', waiting: 1 } } });
  expect(JSON.stringify(said)).not.toContain('signer.example');
});

test('it listens on this computer, and says why it cannot', async (context) => {
  const { world } = webWorld(context);
  const view = {
    bridge: world.state,
    click: () => undefined,
    introduce: async () => null,
    now: world.now,
    fault: () => undefined,
  };
  const server = await serveWeb({ port: 0, url: null }, view);
  if (server.type === 'refused') throw new Error(server.words);
  context.onTestFinished(server.close);
  const { port, hostname } = new URL(server.url);
  expect(hostname).toBe('127.0.0.1');
  const said: unknown = await (await fetch(`${server.url}/.well-known/nostr.json?name=_`)).json();
  expect(said).toMatchObject({ names: { _: world.signer.pubkey } });
  expect(await serveWeb({ port: Number(port), url: null }, view)).toMatchObject({ type: 'refused' });
});

test('names are kept as a text, and what cannot be read is not guessed', () => {
  const alice = { name: 'alice', pubkey: 'ab'.repeat(32), relays: ['wss://home.example'], email: 'cd' };
  const people = withPerson(nobody, alice) ?? nobody;
  expect(parsePeople(peopleText(people))).toEqual(people);
  const others = [{}, { ...alice, name: 'A' }, { ...alice, pubkey: 'x' }, { ...alice, relays: 'w' }, null];
  for (const text of ['', '{}', 'x', ...others.map((other) => JSON.stringify([other]))])
    expect(parsePeople(text)).toBeNull();
  let many = nobody;
  for (let n = 0; n < peopleLimits.peopleMax; n++) many = withPerson(many, { ...alice, name: `n${n}` }) ?? nobody;
  expect(withPerson(many, alice)).toBeNull();
  expect(withPerson(many, { ...alice, name: 'n0' })).not.toBeNull();
});
