/** Stories of apps without a bunker line: a person with a browser, the whole host, the real firmware and its menu. */
import { expect, test } from 'vitest';
import { webApp } from '../../host/src/web/app.ts';
import { fingers } from '../support/fingers.ts';
import { makeWorld, signed } from '../support/world.ts';

const url = 'https://signer.example';
const headers = { host: 'signer.example', origin: url };

function story() {
  const world = makeWorld();
  const { device, clock } = world;
  const { bridge, toBridge } = world.host();
  toBridge({
    type: 'web',
    web: { url, logins: { account: 0, key: new Uint8Array(32), emailKey: new Uint8Array(32) } },
  });
  const app = webApp({
    url,
    origins: new Set([url]),
    hosts: new Set(['signer.example']),
    bridge,
    introduce: async () => null,
    now: clock.now,
    click: (token) => toBridge({ type: 'clicked', token }),
    fault: (problem) => {
      throw problem;
    },
  });
  const text = () => device.firmware().screen.rows.join('\n');
  const press = (key: Parameters<typeof device.press>[0]) => {
    clock.advance(500);
    device.press(key);
  };
  const stranger = world.stranger();
  clock.advance(50);
  return {
    world,
    stranger,
    text,
    ...fingers(press, text),
    press,
    /** Asks, and gives the path of the page that the app was told. */
    sentTo: (method: string, params: unknown): string => {
      const { result, error } = world.ask(stranger, method, params, { id: 'first' });
      expect(result).toBe('auth_url');
      return new URL(String(error)).pathname;
    },
    click: async (path: string) => void (await app.request(path, { method: 'POST', headers })),
    page: async (path: string) => (await app.request(`${path}/state`, { headers })).json(),
    named: async (name: string) => (await app.request(`/.well-known/nostr.json?name=${name}`, { headers })).json(),
  };
}

test('I log in without a line: I open “Pair an app” on the device, click, press, and the app signs', async () => {
  const { world, stranger, choose, press, sentTo, click, page } = story();
  const path = sentTo('connect', ['', '', '', JSON.stringify({ name: 'Coracle' })]);
  await click(path);
  world.wait('the page says why', () =>
    [...world.host().bridge().challenges.values()].some(({ stage }) => stage.type === 'waiting' && stage.words !== ''),
  );
  // Nobody announced it, so the device has not even shown it.
  expect(world.device.pairings).toEqual([]);
  expect(await page(path)).toMatchObject({ state: 'waiting', words: expect.stringContaining('Open "Pair an app"') });
  expect(stranger.inbox).toHaveLength(1);
  press('next');
  choose('Pair an app');
  press('approve');
  await click(path);
  world.wait('the app is paired', () => stranger.inbox.length === 2);
  expect(world.device.pairings.map(({ rows }) => rows.join('\n'))).toEqual([expect.stringContaining('Coracle')]);
  expect(stranger.inbox.at(-1)?.json).toEqual({ id: 'first', result: 'ack' });
  expect(await page(path)).toMatchObject({ state: 'approved' });
  expect(signed(world, stranger, { kind: 1, content: 'hello', tags: [] }).pubkey).toBe(world.device.pubkey);
  world.judge();
});

test('an app asks for an account: I click, the device makes it, its name is served, and the app signs with it', async () => {
  const { world, stranger, text, sentTo, click, page, named, press } = story();
  const path = sentTo('create_account', ['alice', 'signer.example', 'alice@mail.example']);
  await click(path);
  world.wait('the device asks', () => /New account/.test(text()));
  expect(text()).toContain('alice');
  press('approve');
  world.wait('the account is made', () => stranger.inbox.length === 2);
  const pubkey = String(stranger.inbox.at(-1)?.json.result);
  expect(pubkey).toMatch(/^[0-9a-f]{64}$/);
  expect(pubkey).not.toBe(world.device.pubkey);
  expect(await page(path)).toMatchObject({ state: 'approved' });
  expect(await named('alice')).toMatchObject({ names: { alice: pubkey } });
  expect(world.ask(stranger, 'connect', [pubkey, ''])).toMatchObject({ result: 'ack' });
  expect(signed(world, stranger, { kind: 1, content: 'hello', tags: [] }).pubkey).toBe(pubkey);
  world.judge();
});

test('nobody at the device: the app hears so, and no account is there', async () => {
  const { world, stranger, sentTo, click, page, named } = story();
  const path = sentTo('create_account', ['alice']);
  await click(path);
  world.wait('the end', () => stranger.inbox.length === 2);
  expect(stranger.inbox.at(-1)?.json).toMatchObject({ id: 'first', result: 'error' });
  expect(await page(path)).toMatchObject({ state: 'expired' });
  expect(await named('alice')).toEqual({ names: {} });
});
