/** Auth challenges: a stranger is sent to a page, a person clicks, the device asks its human, the answer comes under the same id. */
import { expect, test } from 'vitest';
import { authUrlText } from '../../../host/src/core/nip46/nip46-text.ts';
import { challengeLimits } from '../../../host/src/core/web/challenge.ts';
import { makeWorld, type World } from '../bridge-world.ts';
import { authWorld, denied, notAnnounced, pathTold, url } from './auth-world.ts';

test.each([
  ['has no pages', (_: World) => undefined],
  ['did not opt in', (world: World) => world.feed({ type: 'web', web: { url, logins: null } })],
])('no address is told unasked: where the user %s, a stranger is refused', (_, prepare) => {
  const world = makeWorld();
  prepare(world);
  const stranger = world.app();
  stranger.send('connect', ['', '']);
  stranger.send('ping', []);
  expect(stranger.inbox.map(({ json }) => json.result)).toEqual(['error', 'error']);
});

test('a person clicks, the device pairs the app, and it hears so under the id of its request', async () => {
  const { world, asked, get, post, state } = authWorld();
  const { stranger, path } = asked();
  expect(stranger.last()).toEqual(JSON.parse(authUrlText('"first"', `${url}${path}`)));
  // Looking asks nobody: programs that preview links do that.
  expect((await get(path)).status).toBe(200);
  expect(await state(path)).toMatchObject({ state: 'waiting', words: '' });
  expect(world.asks.size).toBe(0);
  const clicked = await post(path);
  expect([clicked.status, clicked.headers.get('location')]).toEqual([303, path]);
  // The user made no line for it: the device's own "Pair an app" must have been opened.
  expect([...world.asks.values()]).toMatchObject([{ method: 'client_connect', announced: false }]);
  expect(await state(path)).toMatchObject({ state: 'asking' });
  await post(path);
  expect(world.asks.size).toBe(1);
  world.press({ type: 'paired', by: 'device' });
  expect(stranger.inbox).toHaveLength(2);
  expect(stranger.last()).toEqual({ id: 'first', result: 'ack' });
  expect(await state(path)).toMatchObject({ state: 'approved' });
  expect([...world.state().sessions.apps.values()]).toMatchObject([{ client: stranger.pubkey, name: 'Coracle' }]);
  expect(world.kept().apps).toMatchObject([{ client: stranger.pubkey, onDevice: true }]);
  expect(world.notes()).toEqual(['challenged', 'asked', 'paired']);
});

test('there is one address for a request, however often it is repeated, and one answer', async () => {
  const { world, post, asked } = authWorld();
  const { stranger, path } = asked();
  const again = () =>
    stranger.send('connect', ['', '', 'sign_event:1', { name: 'Coracle', url: 'https://coracle.example' }], {
      id: 'first',
      relay: 'wss://two.example',
    });
  again();
  expect(stranger.inbox).toHaveLength(1);
  await post(path);
  again();
  world.press({ type: 'paired', by: 'device' });
  expect(stranger.inbox).toHaveLength(2);
  expect(stranger.inbox.at(-1)?.relays).toEqual(['wss://two.example', 'wss://one.example']);
});

test('a no on the device is the answer, and leaves nothing that could pair', async () => {
  const { world, post, asked, state } = authWorld();
  const { stranger, path } = asked();
  await post(path);
  world.press({ type: 'refused', refusal: denied });
  expect(stranger.last()).toMatchObject({ id: 'first', result: 'error', error: 'Denied on the device.' });
  expect(await state(path)).toMatchObject({ state: 'denied' });
  expect([world.state().sessions.secrets.size, world.kept().secrets]).toEqual([0, []]);
  await post(path);
  expect(world.asks.size).toBe(0);
});

test.each([
  ['the device expects no app', { life: 'ready', knowsApps: true }, notAnnounced, /Open "Pair an app" in its menu/],
  ['it is not there', null, null, /Plug it in, then click again/],
  ['it has no key', { life: 'fresh', knowsApps: true }, null, /Set it up/],
  ['this computer is not paired with it', { life: 'ready', knowsApps: false }, null, /Pair them, then click/],
] as const)('where %s the page says so, and the next click counts', async (_, device, refusal, words) => {
  const { world, post, asked, state } = authWorld();
  const { stranger, path } = asked();
  world.feed({ type: 'device', device });
  await post(path);
  if (refusal !== null) world.press({ type: 'refused', refusal });
  expect(world.asks.size).toBe(0);
  expect(await state(path)).toMatchObject({ state: 'waiting', words: expect.stringMatching(words) });
  expect([stranger.inbox.length, world.kept().secrets]).toEqual([1, []]);
  world.feed({ type: 'device', device: { life: 'ready', knowsApps: true } });
  await post(path);
  world.press({ type: 'paired', by: 'device' });
  expect(stranger.last()).toEqual({ id: 'first', result: 'ack' });
});

test('nobody comes, nobody presses, the host ends: each is told to the app, and the page says it for a while', async () => {
  const { world, post, get, asked, state } = authWorld();
  const early = asked();
  world.pass(challengeLimits.waitMs);
  expect(early.stranger.last()).toMatchObject({ id: 'first', error: expect.stringContaining('Nobody came') });
  expect(await state(early.path)).toMatchObject({ state: 'expired' });
  const idle = asked();
  await post(idle.path);
  world.pass(121_000);
  expect(idle.stranger.last()).toMatchObject({ id: 'first', error: expect.stringContaining('did not answer in time') });
  expect(await state(idle.path)).toMatchObject({ state: 'expired' });
  expect(world.kept().secrets).toEqual([]);
  const late = asked();
  world.feed({ type: 'stop' });
  expect(late.stranger.last()).toMatchObject({ id: 'first', error: expect.stringContaining('shutting down') });
  world.pass(challengeLimits.keptMs);
  expect([(await get(early.path)).status, await state(early.path)]).toEqual([404, { state: 'expired' }]);
});

test('whoever begins anew is sent to a new page, and the old one has ended', async () => {
  const { world, post, asked, state } = authWorld();
  const { stranger, path } = asked();
  stranger.send('connect', ['', ''], { id: 'second' });
  expect(stranger.inbox.map(({ json }) => [json.id, json.result])).toEqual([
    ['first', 'auth_url'],
    ['first', 'error'],
    ['second', 'auth_url'],
  ]);
  await post(path);
  expect([world.asks.size, (await state(path)).state]).toEqual([0, 'expired']);
  expect((await state(pathTold(stranger))).state).toBe('waiting');
});

test('clicks have a budget, and one app at a time is at the device', async () => {
  const { world, post, asked, state } = authWorld();
  const [one, two] = [asked(), asked()];
  await post(one.path);
  await post(two.path);
  expect(world.asks.size).toBe(1);
  expect(await state(two.path)).toMatchObject({ state: 'waiting', words: expect.stringContaining('another app') });
  world.press({ type: 'refused', refusal: denied });
  for (let click = 0; click < challengeLimits.clicks.burst; click++) {
    await post(two.path);
    if (world.asks.size > 0) world.press({ type: 'refused', refusal: notAnnounced });
  }
  expect(await state(two.path)).toMatchObject({ words: expect.stringContaining('asked often') });
  world.pass(challengeLimits.clicks.eachMs);
  await post(two.path);
  expect(world.asks.size).toBe(1);
});

test('strangers fill their own places and no others', () => {
  const { world, asked } = authWorld();
  for (let each = 0; each < challengeLimits.openMax; each++) {
    asked();
    world.pass(1_000);
  }
  const late = world.app();
  late.send('connect', ['', '']);
  expect(late.last()).toMatchObject({ result: 'error', error: expect.stringContaining('Too many apps wait') });
  // A bunker line works as ever, and none of the user's was pushed out.
  world.newSecret('line');
  late.send('connect', ['', 'line']);
  expect(world.asks.size).toBe(1);
});

test('the kill switch holds for clicks', async () => {
  const { world, post, asked, state } = authWorld();
  const { stranger, path } = asked();
  const narrowing = { ...world.state().narrowing, killedAt: world.now() };
  world.feed({ type: 'narrow', narrowing });
  await post(path);
  expect([world.asks.size, (await state(path)).state]).toEqual([0, 'failed']);
  expect(stranger.last().error).toContain('stopped');
});

test.each([
  [{}],
  [{ origin: 'null' }],
  [{ origin: 'https://evil.example' }],
  [{ origin: 'http://signer.example' }],
  [{ origin: url, 'sec-fetch-site': 'cross-site' }],
  [{ origin: url, 'sec-fetch-site': 'same-site' }],
])('a click from another page (%o) is none', async (headers) => {
  const { world, post, asked, state } = authWorld();
  const { path } = asked();
  expect((await post(path, headers)).status).toBe(403);
  expect([world.asks.size, (await state(path)).state]).toEqual([0, 'waiting']);
});

test.each([
  ['callbackUrl', 'https://app.example/done?x=1', 'https://app.example'],
  ['redirect_uri', 'http://localhost:3000/done', 'http://localhost:3000'],
])('%s is a link for whoever clicks it, after the answer', async (name, href, origin) => {
  const { world, get, post, asked, state } = authWorld();
  const { path } = asked();
  const query = `?${name}=${encodeURIComponent(href)}`;
  expect(await (await get(`${path}${query}`)).text()).not.toContain('<a ');
  const clicked = await post(`${path}${query}`);
  // Never elsewhere: the page itself, with the wish handed on.
  expect(clicked.headers.get('location')).toMatch(new RegExp(`^${path}\\?callbackUrl=`));
  world.press({ type: 'paired', by: 'device' });
  const text = await (await get(clicked.headers.get('location') ?? '')).text();
  expect(text).toMatch(new RegExp(`<a [^>]*href="([^"]*)" rel="noopener noreferrer"[^>]*>Go to ${origin}</a>`));
  expect(text).toContain(`href="${href.replace('&', '&amp;')}"`);
  expect(await state(path, query)).toMatchObject({ state: 'approved', returnTo: href });
});

test.each([
  'javascript:alert(1)',
  'data:text/html,x',
  'file:///etc/passwd',
  '//evil.example',
  'https://signer.example@evil.example/',
  `https://a.example/${'x'.repeat(3_000)}`,
  '',
])('nobody is led to %j', async (href) => {
  const { world, get, post, asked, state } = authWorld();
  const { path } = asked();
  await post(path);
  world.press({ type: 'refused', refusal: denied });
  const query = `?callbackUrl=${encodeURIComponent(href)}`;
  expect(await (await get(`${path}${query}`)).text()).not.toContain('<a ');
  expect((await state(path, query)).returnTo).toBeNull();
});

test('what an app says of itself is text on the page, and cannot be guessed at from another address', async () => {
  const { get, post, asked } = authWorld();
  const evil = { name: '<script>alert(1)</script>', url: '"><img src=x onerror=alert(1)>' };
  const { path } = asked(['', '', '<b>', evil]);
  const text = await (await get(path)).text();
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  for (const raw of ['<script>', '<img', '<b>']) expect(text).not.toContain(raw);
  for (const other of ['/auth/', `/auth/${'0'.repeat(40)}`, `${path}0`, '/auth/__proto__'])
    expect([(await get(other)).status, (await post(other)).status]).toEqual([404, 404]);
  expect(path).toMatch(/^\/auth\/[0-9a-f]{40}$/);
});

test('an app that names a user gets the account of that user', async () => {
  const { world, post, asked } = authWorld();
  const other = 'cd'.repeat(32);
  const accounts = [world.userPubkey, other].map((pubkey, account) => ({ account, name: '', pubkey }));
  world.feed({ type: 'accounts', device: null, accounts });
  const { path } = asked([other, '']);
  await post(path);
  expect([...world.asks.values()]).toMatchObject([{ carried: { account: 1 } }]);
});
