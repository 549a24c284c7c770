/** The page of a nostrconnect line: where an app sends its user, and what anybody can make of that. */
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import type { Introduction } from '../../../host/src/core/apps/nostrconnect-uri.ts';
import type { BridgeInput } from '../../../host/src/core/bridge/bridge.ts';
import type { DeviceAnswer, DeviceAsk } from '../../../host/src/core/device/device-port.ts';
import { announcement } from '../../../host/src/core/web/announcement.ts';
import { challengeLimits } from '../../../host/src/core/web/challenge.ts';
import { introducer } from '../../../host/src/introducer.ts';
import { makeWorld } from '../bridge-world.ts';
import { authWorld, denied, notAnnounced, url } from './auth-world.ts';

const client = getPublicKey(generateSecretKey());
const line = `nostrconnect://${client}?relay=wss%3A%2F%2Fapp.example&secret=s3cret&name=Coracle&perms=sign_event%3A1`;
const json = { accept: 'application/json' };

test('the template that is announced leads to a page, plain or encoded, and a look does nothing', async () => {
  const { world, get, introductions } = authWorld();
  const said = await (await get('/.well-known/nostr.json?name=_')).json();
  expect(said).toMatchObject({ nip46: { nostrconnect_url: `${url}/<nostrconnect>` } });
  const reachable = ['wss://one.example'];
  world.feed({ type: 'own_relays', relays: { all: reachable, reachable } });
  expect(announcement(world.state(), 'x', world.now())).toMatchObject({
    tags: expect.arrayContaining([['nostrconnect_url', `${url}/<nostrconnect>`]]),
  });
  for (const path of [line, encodeURIComponent(line), line.replace('://', ':/')]) {
    const page = await get(`/${path}`);
    const text = await page.text();
    expect([page.status, text.includes('Coracle')]).toEqual([200, true]);
  }
  expect(introductions).toEqual([]);
});

test('a click has the device asked once, and its answer is the page’s', async () => {
  const { get, post, introductions, answer } = authWorld();
  const state = async (): Promise<unknown> => (await get(`/${line}`, json)).json();
  expect((await post(`/${line}`)).headers.get('location')).toBe(`/${line}`);
  await post(`/${line}`);
  expect(introductions).toMatchObject([{ client, relays: ['wss://app.example'], secret: 's3cret', name: 'Coracle' }]);
  expect(await state()).toMatchObject({ state: 'asking', app: { client, name: 'Coracle' } });
  await answer(notAnnounced);
  expect(await state()).toMatchObject({ state: 'waiting', words: expect.stringContaining('Open "Pair an app"') });
  await post(`/${line}`);
  await answer(null);
  expect(await state()).toMatchObject({ state: 'approved' });
  await post(`/${line}`);
  expect(introductions).toHaveLength(2);
});

test('a no is said, and clicks have a budget and their turn', async () => {
  const { world, get, post, introductions, answer } = authWorld();
  const other = line.replace('s3cret', 'other');
  const state = async (of: string): Promise<unknown> => (await get(`/${of}`, json)).json();
  await post(`/${line}`);
  await post(`/${other}`);
  expect(introductions).toHaveLength(1);
  expect(await state(other)).toMatchObject({ state: 'waiting', words: expect.stringContaining('enough apps') });
  await answer(denied);
  expect(await state(line)).toMatchObject({ state: 'denied', words: 'Denied on the device.' });
  for (let click = 0; click < 2 * challengeLimits.clicks.burst; click++) {
    await post(`/${other}`);
    await answer(notAnnounced);
  }
  expect(introductions).toHaveLength(challengeLimits.clicks.burst);
  world.pass(challengeLimits.keptMs);
  expect(await state(line)).toMatchObject({ state: 'waiting', words: '' });
});

test('there is no page for what is no line, for another site, or where nobody opted in', async () => {
  const { world, get, post, introductions } = authWorld();
  for (const path of [
    'nostrconnect://x?relay=wss://a',
    `nostrconnect://${client}`,
    'nostrconnect%3A%2F%2F%FF',
    'bunker://x',
  ])
    expect((await get(`/${path}`)).status).toBe(404);
  for (const headers of [{}, { origin: 'https://evil.example' }, { origin: url, 'sec-fetch-site': 'cross-site' }])
    expect((await post(`/${line}`, headers)).status).toBe(403);
  world.feed({ type: 'web', web: { url, logins: null } });
  expect([(await get(`/${line}`)).status, (await post(`/${line}`)).status]).toEqual([404, 404]);
  expect(introductions).toEqual([]);
});

/** The shell's part, with a device that says this. */
function shell(said: DeviceAnswer) {
  const world = makeWorld();
  const asked: DeviceAsk[] = [];
  const told: BridgeInput[] = [];
  const joined: string[] = [];
  const { introduceStranger } = introducer({
    bridge: world.state,
    toBridge: (input) => {
      told.push(input);
      world.feed(input);
    },
    askDevice: async (ask) => {
      asked.push(ask);
      return said;
    },
    now: world.now,
    introducing: new Map(),
    keyPerApp: false,
    join: () => {
      joined.push('joined');
      return [];
    },
  });
  return { world, asked, told, joined, introduceStranger };
}

const stranger: Introduction = { client, relays: ['wss://app.example'], secret: '', name: 'A', url: '', perms: '' };

test('a stranger is not announced to the device, and none of its relays is spoken to before a yes', async () => {
  const { asked, told, joined, introduceStranger } = shell({ type: 'refused', refusal: denied });
  expect(await introduceStranger(stranger, 0)).toEqual(denied);
  expect(asked).toMatchObject([{ method: 'client_introduce', client, announced: false }]);
  expect([told, joined]).toEqual([[], []]);
});

test('a device that leaves apps to the host has asked nobody, so nobody is paired', async () => {
  const { told, introduceStranger } = shell({ type: 'paired', by: 'host' });
  expect(await introduceStranger(stranger, 0)).toMatchObject({ code: 'wrong_state' });
  expect(told).toEqual([]);
});
