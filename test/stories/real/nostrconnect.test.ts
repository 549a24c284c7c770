/**
 * An app that introduces itself: nostr-tools' `fromURI` on a relay of its own, the CLI's way through the control API, a press on the
 * device; the host on another relay, and started again in between. And one that has no line at all, and is sent to a page.
 */
import { join } from 'node:path';
import { BunkerSigner, createNostrConnectURI, parseBunkerInput } from 'nostr-tools/nip46';
import { SimplePool } from 'nostr-tools/pool';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { controlClient } from '../../../host/src/control/client.ts';
import { type LoopbackRelay, startLoopbackRelay } from '../../../host/src/loopback-relay/server.ts';
import { expectSigned, storyEvents } from '../../support/story-events.ts';
import { devicePubkey, startWhole, type Whole } from '../../support/whole.ts';

type Grant = { readonly id: number };

const pool = new SimplePool();
const secretKey = generateSecretKey();
let whole: Whole;
let own: LoopbackRelay;
let signer: BunkerSigner;

beforeAll(async () => {
  [whole, own] = await Promise.all([startWhole({}), startLoopbackRelay()]);
});
afterAll(async () => {
  await signer?.close();
  pool.destroy();
  await whole?.close();
  await own?.close();
});

test('is paired by a press, and told its secret on its own relay', async () => {
  const uri = createNostrConnectURI({
    clientPubkey: getPublicKey(secretKey),
    relays: [own.url],
    secret: 'k7',
    name: 'Coracle',
    perms: [],
  });
  const connecting = BunkerSigner.fromURI(secretKey, uri, { pool, skipSwitchRelays: true });
  const client = controlClient(join(whole.dir, 'state'));
  const said = await whole.within(client.call('POST /v0/connect', { body: { uri } }), 'the pairing');
  expect(said).toMatchObject({ type: 'answer', answer: { name: 'Coracle', client: getPublicKey(secretKey) } });
  signer = await whole.within(connecting, 'the secret');
  const [screen] = whole.device().pairings();
  expect(screen?.join('\n')).toContain('told by the computer');
  expect(await whole.within(signer.getPublicKey(), 'get_public_key')).toBe(devicePubkey);
});

test('asks on its own relay, also after the host was started again', async () => {
  await whole.killHost();
  await whole.startHost(['--web', '0', '--web-logins']);
  const listens = whole
    .host()
    .until(({ relay }) => (relay?.url === own.url && relay.state === 'listening') || null, 'its relay');
  await whole.within(listens, 'its relay');
  const template = storyEvents['note'] ?? expect.fail('there is no note');
  const [event] = await whole.within(
    Promise.all([signer.signEvent(template), whole.device().answer('approve')]),
    'a signature',
  );
  expectSigned(event, template);
});

test('is given what its user proposes and a press confirms, until they take it away', async () => {
  const client = controlClient(join(whole.dir, 'state'));
  const params = { client: getPublicKey(secretKey) };
  const body = { grants: [{ method: 'sign_event', kind: 1, uses: 5 } as const] };
  const [said] = await whole.within(
    Promise.all([client.call('POST /v0/apps/:client/grants', { params, body }), whole.device().answer('approve')]),
    'a proposal',
  );
  expect(said).toMatchObject({ answer: { given: [true] } });
  const template = { kind: 1, content: 'silent', tags: [], created_at: 1_750_000_000 };
  expectSigned(await whole.within(signer.signEvent(template), 'a granted signature'), template);
  const { answer } = (await client.call('GET /v0/apps/:client/grants', { params })) as { answer: { grants: Grant[] } };
  expect(answer.grants).toMatchObject([{ method: 'sign_event', kind: 1, uses: 4, verdict: 'allow' }]);
  const number = answer.grants[0]?.id ?? expect.fail('there is a grant');
  await client.call('DELETE /v0/apps/:client/grants/:number', { params: { client: params.client, number } });
  expect(await client.call('GET /v0/apps/:client/grants', { params })).toMatchObject({ answer: { grants: [] } });
});

test('that logs out is told so, and a line that is none is refused in words', async () => {
  await whole.within(signer.logout(), 'logout');
  const client = controlClient(join(whole.dir, 'state'));
  expect(await client.call('GET /v0/apps')).toMatchObject({ answer: { apps: [] } });
  expect(await client.call('POST /v0/connect', { body: { uri: 'nostrconnect://x' } })).toMatchObject({
    type: 'refused',
    code: 'malformed',
  });
});

test('what a bunker line says an app may do is asked on the device, when it is paired by that line', async () => {
  const client = controlClient(join(whole.dir, 'state'));
  const made = await client.call('POST /v0/secrets', { body: { perms: 'sign_event:1' } });
  const pointer = made.type === 'answer' ? await parseBunkerInput(made.answer.uri) : null;
  if (pointer === null) throw new Error('nostr-tools cannot read the line');
  const other = BunkerSigner.fromBunker(generateSecretKey(), pointer, { pool });
  const [, screen] = await whole.within(Promise.all([other.connect(), whole.device().answer('approve')]), 'a pairing');
  expect(screen.join('\n')).toContain('told by the computer');
  const asked = whole.device().prompts();
  const template = storyEvents['note'] ?? expect.fail('there is no note');
  expectSigned(await whole.within(other.signEvent(template), 'a granted signature'), template);
  expect(whole.device().prompts()).toBe(asked);
  await other.close();
});

test('without a line an app finds the signer by its web address, and its user is sent to a page there', async () => {
  const url = await whole.within(
    whole.host().until(({ web }) => web, 'the pages'),
    'the pages',
  );
  const found: unknown = await (await fetch(`${url}/.well-known/nostr.json?name=_`)).json();
  const { pubkey, relays } = (await parseBunkerInput(whole.bunker())) ?? expect.fail('a bunker line');
  expect(found).toMatchObject({ names: { _: pubkey }, nip46: { [pubkey]: relays } });
  const sent = Promise.withResolvers<string>();
  const login = BunkerSigner.fromBunker(
    generateSecretKey(),
    { pubkey, relays, secret: null },
    { pool, onauth: sent.resolve },
  );
  // Nobody answers it here: the device was not told by its human to expect an app.
  login.connect().catch(() => undefined);
  const page = await whole.within(sent.promise, 'the address of a page');
  expect(page.startsWith(`${url}/auth/`)).toBe(true);
  const before = whole.device().pairings().length;
  await fetch(page, { method: 'POST', headers: { origin: url } });
  await vi.waitFor(async () => {
    const state: unknown = await (await fetch(`${page}/state`)).json();
    expect(state).toMatchObject({ state: 'waiting', words: expect.stringContaining('Open "Pair an app"') });
  }, 20_000);
  expect(whole.device().pairings()).toHaveLength(before);
  await login.close();
});
