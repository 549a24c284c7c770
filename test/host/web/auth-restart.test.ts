/** Auth challenges after the host was killed: the page is there again, one question stays one, and what ended is gone from the disk. */
import { generateSecretKey } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { challengeLimits } from '../../../host/src/core/web/challenge.ts';
import { makeWorld, type World } from '../bridge-world.ts';
import { authWorld, denied, notAnnounced, pathTold } from './auth-world.ts';

const connect = ['', '', 'sign_event:1', { name: 'Coracle' }];

/** A stranger that was sent to a page. */
function sent(method = 'connect', params: unknown = connect) {
  const secret = generateSecretKey();
  const before = authWorld();
  const stranger = before.world.app(secret);
  stranger.send(method, params, { id: 'first' });
  return { ...before, secret, stranger, path: pathTold(stranger) };
}

/** The next host, with what is on disk. Its stranger is the same, and heard nothing yet. */
function restarted(world: World, secret: Uint8Array, after = 0) {
  const kept = world.kept();
  const next = makeWorld(kept, world.signer);
  next.setPairsApps(false);
  const stranger = next.app(secret);
  next.pass(world.now() - next.now() + after);
  next.feed({ type: 'resume', asked: kept.asked, challenges: kept.challenges });
  return { ...authWorld(next), stranger };
}

test('a page that a person was sent to is there again, and leads to the answer', async () => {
  const { world, secret, path } = sent();
  const next = restarted(world, secret);
  expect(await next.state(path)).toMatchObject({ state: 'waiting', words: '' });
  next.stranger.send('connect', connect, { id: 'first' });
  expect(next.stranger.inbox).toEqual([]); // no second address for one id
  await next.post(path);
  expect([...next.world.asks.values()]).toMatchObject([{ method: 'client_connect', announced: false }]);
  next.world.press({ type: 'paired', by: 'device' });
  expect(next.stranger.inbox.map(({ json }) => json)).toEqual([{ id: 'first', result: 'ack' }]);
  expect(next.world.rows().map(({ type }) => type)).toContain('challenge_ended');
});

test('what the device was asked goes on: it is asked what became of that, and its yes or no is the answer', async () => {
  for (const [said, told] of [
    [{ type: 'paired', by: 'device' }, 'approved'],
    [{ type: 'refused', refusal: denied }, 'denied'],
  ] as const) {
    const { world, secret, path, post } = sent();
    world.feed({ type: 'accounts', device: null, accounts: [{ account: 3, name: '', pubkey: 'ab'.repeat(32) }] });
    await post(path);
    const next = restarted(world, secret);
    expect(next.world.log[0]).toMatchObject({ type: 'ask', resumed: true, ask: { method: 'client_connect' } });
    expect(next.world.asks.size).toBe(1);
    expect(await next.state(path)).toMatchObject({ state: 'asking' });
    next.world.press(said);
    expect(await next.state(path)).toMatchObject({ state: told });
    expect(next.stranger.inbox).toHaveLength(1);
    expect(next.world.state().sessions.apps.size).toBe(told === 'approved' ? 1 : 0);
    const rows = next.world.rows().map(({ type }) => type);
    expect(rows).toEqual(expect.arrayContaining(['ended', 'challenge_ended']));
  }
});

test('one that the device did not put before its human waits for a click, also at the host after that', async () => {
  const { world, secret, path, post } = sent();
  await post(path);
  world.press({ type: 'refused', refusal: notAnnounced });
  const next = restarted(world, secret);
  expect(next.world.asks.size).toBe(0);
  expect(await next.state(path)).toMatchObject({ state: 'waiting' });
  await next.post(path);
  expect(next.world.asks.size).toBe(1);
});

test('an account may have been made when the host was killed: the page says so, and asks nobody by itself', async () => {
  const { world, secret, path, post } = sent('create_account', ['bob', 'signer.example']);
  await post(path);
  const next = restarted(world, secret);
  expect(next.world.asks.size).toBe(0);
  expect(await next.state(path)).toMatchObject({
    state: 'waiting',
    words: expect.stringContaining('started anew while the device was asked'),
  });
});

test('whoever waited for too long hears that nobody came, and an hour later nothing', () => {
  const { world, secret } = sent();
  const late = restarted(world, secret, challengeLimits.waitMs);
  late.world.pass(0);
  late.world.feed({ type: 'tick' });
  expect(late.stranger.last().error).toContain('Nobody came');
  const gone = restarted(world, secret, 3_600_000);
  gone.world.feed({ type: 'tick' });
  expect(gone.stranger.inbox).toEqual([]);
  for (const { world: each } of [late, gone]) expect(each.rows()).toMatchObject([{ type: 'challenge_ended' }]);
});

test.each([
  ['a host that ended by itself', (world: World) => world.feed({ type: 'stop' })],
  ['nobody came', (world: World) => world.pass(challengeLimits.waitMs)],
])('nothing is left on disk after %s', (_, end) => {
  const { world } = sent();
  expect(world.kept().challenges).toHaveLength(1);
  end(world);
  expect(world.kept().challenges).toEqual([]);
});
