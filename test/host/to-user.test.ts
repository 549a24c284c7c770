/** What apps address to the user key itself: who may come by which line, what the device is asked and how often, and what becomes of pairings. */
import { describe, expect, test } from 'vitest';
import { heardKeys, userSecrets } from '../../host/src/core/apps/line-keys.ts';
import { hashSecret } from '../../host/src/core/apps/sessions.ts';
import { bridgeLimits as limits } from '../../host/src/core/bridge/bridge-limits.ts';
import type { DeviceAnswer } from '../../host/src/core/device/device-port.ts';
import { toRefusal } from '../../host/src/core/device/device-refusal.ts';
import { effectNames, pairedApp, type TestApp } from './bridge-world.ts';
import { pairedAtUser, type UserKeyWorld, userKeyWorld } from './user-key-world.ts';

const note1 = JSON.stringify({ kind: 1, content: 'hello', tags: [], created_at: 1_700_000_000 });
const wrong = toRefusal('not_announced');
const no = toRefusal('denied');

/** Connects at the user key, and is not answered yet. */
function connects(world: UserKeyWorld, app: TestApp, words: string): void {
  world.ask(app, 'connect', [world.user, words]);
}

describe('a line that names the user key', () => {
  test('pairs the first that shows its secret: on disk, and only then it hears of it', () => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    const app = world.app();
    world.log.length = 0;
    connects(world, app, 'abc');
    expect(effectNames(world)).toEqual(['save seen', 'ask', 'note']);
    expect(world.requests()).toMatchObject([{ carried: { account: 0 }, secrets: [hashSecret('abc')] }]);
    world.log.length = 0;
    world.device();
    expect(effectNames(world)).toEqual(['save pair', 'publish', 'note', 'save ended']);
    expect(app.inbox).toMatchObject([{ json: { result: 'ack' }, event: { pubkey: world.user } }]);
    expect(world.kept().apps).toMatchObject([
      { client: app.pubkey, remoteSigner: world.user, addressed: true, onDevice: true, name: 'abc', account: 0 },
    ]);
    expect(world.kept()).toMatchObject({ secrets: [{ spent: { by: app.pubkey } }], asked: [] });
  });

  test('pairs an app under the name that it gave the device', () => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    connects(world, world.app(), 'abc');
    world.device(world.lying('{}', { about: 'pair', secret: hashSecret('abc'), name: 'Old app' }));
    expect(world.kept().apps).toMatchObject([{ name: 'Old app' }]);
  });

  test('is none any more once it was used: who comes later reaches no device', () => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    connects(world, world.app(), 'abc');
    world.device();
    const late = world.app();
    connects(world, late, 'abc');
    expect(world.asks.size).toBe(0);
    expect(late.inbox).toEqual([]);
    expect(world.state().drops.misaddressed).toBe(1);
  });

  test('is void after a no of the human, which the app hears; one that the device refuses by itself leaves it as it was', () => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    const app = world.app();
    connects(world, app, 'abc');
    world.device(() => ({ type: 'refused', refusal: wrong }));
    expect(userSecrets(world.state(), 0, world.now())).toEqual([hashSecret('abc')]);
    expect(app.inbox).toEqual([]);
    connects(world, app, 'abc');
    const secret = hashSecret('abc');
    const refusal = JSON.stringify({ id: 'x', result: 'error', error: no.words });
    world.device(world.lying(refusal, { about: 'pair', refusal: no, secret }));
    expect(app.last()).toMatchObject({ result: 'error', error: no.words });
    expect(world.kept()).toMatchObject({ secrets: [], apps: [], asked: [] });
    expect(world.notes().slice(-2)).toEqual(['asked', 'denied']);
    connects(world, app, 'abc');
    expect(world.asks.size).toBe(0);
  });

  test.each<[string, (world: UserKeyWorld) => void]>([
    ['has expired', (world) => world.pass(limits.secretLifeMs + 1)],
    ['was dropped', (world) => world.feed({ type: 'void_secret', hash: hashSecret('abc') })],
    ['is of another account', () => undefined],
    ['is of an account that answers at its own key no more', (world) => world.addressed(false)],
  ])('that %s brings nobody to the device', (why, happens) => {
    const world = userKeyWorld();
    world.newUserSecret('abc', why.includes('another') ? 1 : 0);
    happens(world);
    connects(world, world.app(), 'abc');
    expect(world.asks.size).toBe(0);
    expect(world.state().drops.misaddressed).toBe(1);
  });

  test('is none at our own keys, and a line for those is none at the user key', () => {
    const world = userKeyWorld();
    world.newUserSecret('atUser');
    world.newSecret('atMain');
    const app = world.app();
    app.send('connect', ['', 'atUser']);
    expect(app.last().error).toContain('did not give out');
    connects(world, app, 'atMain');
    expect(world.requests()).toMatchObject([{ secrets: [hashSecret('atUser')] }]);
    world.device();
    expect(world.notes().at(-1)).toBe('not_announced');
    expect(world.kept().apps).toEqual([]);
  });

  test('lets in one stranger at a time, and the other one when it is done', () => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    const [first, second] = [world.app(), world.app()];
    connects(world, first, 'guess');
    connects(world, second, 'abc');
    expect(world.requests()).toHaveLength(1);
    expect(world.state().drops.flooded).toBe(1);
    world.device();
    connects(world, second, 'abc');
    world.device();
    expect(second.last()).toMatchObject({ result: 'ack' });
    expect(first.inbox).toEqual([]);
  });

  test('has the device asked what it says that the app wants, once it is paired', () => {
    const world = userKeyWorld();
    const perms = 'sign_event:1';
    world.feed({ type: 'secret', hash: hashSecret('abc'), name: '', account: 0, perms, addressed: true });
    const app = world.app();
    connects(world, app, 'abc');
    world.device();
    expect(world.log.at(-1)).toEqual({ type: 'propose', client: app.pubkey, remoteSigner: world.user, perms });
  });

  test.each<[string, (world: UserKeyWorld) => DeviceAnswer | undefined]>([
    [
      'was dropped while the human was asked',
      (world) => void world.feed({ type: 'void_secret', hash: hashSecret('abc') }),
    ],
    [
      'was not what let it in, but “Pair an app” on the device',
      (world) => world.lying('{}', { about: 'pair' })(world.requests()[0] ?? none()),
    ],
  ])('that %s pairs nobody, and the device forgets the app', (_what, happens) => {
    const world = userKeyWorld();
    world.newUserSecret('abc');
    const app = world.app();
    connects(world, app, 'abc');
    const said = happens(world);
    world.device(said === undefined ? undefined : () => said);
    expect(app.inbox).toEqual([]);
    expect(world.kept()).toMatchObject({ apps: [], revocations: [{ client: app.pubkey, remoteSigner: world.user }] });
    world.device();
    expect(world.paired.size).toBe(0);
    expect(world.kept().revocations).toEqual([]);
  });

  test('names at most as many secrets as a device is told, the newest', () => {
    const world = userKeyWorld();
    const all = Array.from({ length: 10 }, (_, i) => `line${i}`);
    for (const words of all) world.newUserSecret(words);
    connects(world, world.app(), 'line9');
    expect(world.requests()[0]?.secrets).toEqual(all.slice(-8).map(hashSecret));
  });
});

describe('a request of a paired app', () => {
  test('is saved before it is asked, answered as the device sealed it, and over after that', () => {
    const world = userKeyWorld();
    const app = pairedAtUser(world);
    for (const encryption of ['nip44', 'nip04'] as const) {
      world.log.length = 0;
      world.ask(app, 'sign_event', [note1], { encryption, relay: 'wss://mine.example' });
      expect(effectNames(world)).toEqual(['save seen', 'ask', 'note']);
      expect(world.kept().asked).toHaveLength(1);
      world.device();
      expect(effectNames(world).slice(3)).toEqual(['publish', 'note', 'save ended']);
      expect(app.inbox.at(-1)).toMatchObject({ event: { pubkey: world.user }, relays: ['wss://mine.example'] });
      expect(JSON.parse(String(app.last().result))).toMatchObject({ pubkey: world.user, content: 'hello' });
      expect(world.kept().asked).toEqual([]);
    }
    expect(world.log.findLast(({ type }) => type === 'note')).toMatchObject({ method: 'sign_event', kind: 1 });
  });

  test('reaches the device once, whatever relays repeat, and however late', () => {
    const world = userKeyWorld();
    const app = pairedAtUser(world);
    const event = app.event('ping', [], { to: world.user });
    world.deliver(event);
    world.deliver(event, 'wss://two.example');
    world.device();
    world.deliver(event);
    expect(world.asks.size).toBe(0);
    expect(app.inbox).toHaveLength(1);
    expect(world.state().drops.seen).toBe(2);
  });

  test.each<[string, keyof ReturnType<UserKeyWorld['state']>['drops'], (world: UserKeyWorld, app: TestApp) => unknown]>(
    [
      [
        'of another day',
        'stale',
        (world, app) => world.ask(app, 'ping', [], { createdAt: world.now() / 1000 - 90_000 }),
      ],
      ['of a quarter of an hour ago', 'stale', (world, app) => ago(world, app, 900)],
      ['of a quarter of an hour from now', 'stale', (world, app) => ago(world, app, -900)],
      ['to two keys', 'misaddressed', (world, app) => to(world, app, [world.user, app.pubkey])],
      ['to the main key as well', 'misaddressed', (world, app) => to(world, app, [world.user, world.signer.pubkey])],
      ['to the user key twice', 'misaddressed', (world, app) => to(world, app, [world.user, world.user])],
      ['that is too large', 'oversized', (world, app) => large(world, app)],
      ['that is forged', 'forged', (world, app) => forged(world, app)],
      ['of another kind', 'misaddressed', (world, app) => other(world, app)],
    ],
  )('%s is dropped without a word', (_what, reason, sends) => {
    const world = userKeyWorld();
    const app = pairedAtUser(world);
    sends(world, app);
    expect(world.asks.size).toBe(0);
    expect(world.log).toEqual([]);
    expect(world.state().drops[reason]).toBe(1);
  });

  test('comes out of a budget, and what is beyond it costs no signature', () => {
    const world = userKeyWorld();
    const app = pairedAtUser(world);
    let verified = 0;
    const { signer } = world;
    const counts = {
      ...signer,
      isGenuine: (event: Parameters<typeof signer.isGenuine>[0]) => ++verified > 0 && signer.isGenuine(event),
    };
    world.alter({ ...world.state(), signer: counts });
    const event = app.event('ping', [], { to: world.user });
    for (let i = 0; i < limits.appWork.burst + 500; i++)
      world.deliver({ ...event, id: i.toString(16).padStart(64, '0') });
    expect(world.state().drops.forged).toBe(limits.appWork.burst + 500);
    for (let i = 0; i < limits.appWork.burst + 50; i++) world.ask(app, 'ping', []);
    expect(world.state().drops.flooded).toBeGreaterThan(0);
    expect(verified).toBeLessThanOrEqual(2 * limits.appWork.burst + 500);
    expect(world.requests()).toHaveLength(limits.openPerApp);
  }, 60_000);
});

describe('an app at another key than its own', () => {
  test('is a stranger at the user key, where it was paired at the main one: nothing is asked, and no session is touched', () => {
    const world = userKeyWorld();
    const app = pairedApp(world);
    world.ask(app, 'sign_event', [note1]);
    expect(world.asks.size).toBe(0);
    world.newUserSecret('abc');
    world.ask(app, 'sign_event', [note1]);
    world.device();
    expect(app.inbox).toEqual([]);
    // That the device does not know it there says nothing about the pair that it knows.
    expect(world.state().sessions.lapsed.size).toBe(0);
    app.send('connect', [world.signer.pubkey, '']);
    expect(app.last()).toMatchObject({ result: 'ack' });
  });

  test('is a stranger at the main key, where it was paired at the user one', () => {
    const world = userKeyWorld();
    const app = pairedAtUser(world);
    app.send('sign_event', [note1]);
    app.send('connect', [world.signer.pubkey, `u${app.pubkey.slice(0, 16)}`]);
    app.send('logout', []);
    expect(world.asks.size).toBe(0);
    expect(app.inbox.map(({ json }) => json.error)).toEqual([
      expect.any(String),
      expect.any(String),
      expect.any(String),
    ]);
    expect(world.kept().apps).toHaveLength(1);
  });

  test('moves with a new line, either way: the device is told to forget the pair that they were', () => {
    const world = userKeyWorld();
    const app = pairedApp(world);
    pairedAtUser(world, app);
    expect(world.kept().revocations).toEqual([{ client: app.pubkey, remoteSigner: world.signer.pubkey }]);
    expect([...world.asks.values()]).toMatchObject([{ method: 'client_revoke', remoteSigner: world.signer.pubkey }]);
    world.device();
    expect(world.kept()).toMatchObject({ revocations: [], apps: [{ remoteSigner: world.user }] });
    world.newSecret('back');
    app.send('connect', ['', 'back']);
    expect(app.last()).toMatchObject({ result: 'ack' });
    expect([...world.asks.values()]).toMatchObject([{ method: 'client_revoke', remoteSigner: world.user }]);
    world.device();
    expect(world.paired.size).toBe(0);
    world.ask(app, 'ping', []);
    expect(world.asks.size).toBe(0);
    expect(world.kept().apps).toMatchObject([{ remoteSigner: world.signer.pubkey, ownKey: false }]);
    expect(world.kept().apps[0]).not.toHaveProperty('addressed');
  });
});

describe('the end of a pairing', () => {
  test('by the app: off the disk before its answer leaves, and the device is not asked to forget what it forgot', () => {
    const world = userKeyWorld();
    const app = pairedAtUser(world);
    world.ask(app, 'sign_event', [note1]);
    world.ask(app, 'logout', []);
    const [, jobs] = [...world.asks.keys()];
    const [sign] = world.requests();
    world.log.length = 0;
    const leaves = world.requests()[1];
    if (jobs === undefined || leaves === undefined) throw new Error('not asked');
    world.asks.delete(jobs);
    world.feed({ type: 'answered', job: jobs, answer: world.honest(leaves) });
    expect(effectNames(world)[0]).toBe('save unpair');
    expect(effectNames(world).filter((name) => name === 'publish' || name === 'save unpair')).toEqual([
      'save unpair',
      'publish',
    ]);
    expect(app.inbox.map(({ json }) => json.result)).toEqual(['ack']);
    expect(world.requests()).not.toContain(sign);
    expect(world.kept()).toMatchObject({ apps: [], asked: [] });
    world.ask(app, 'ping', []);
    expect(world.requests()).toEqual([]);
  });

  test('by the user: what is open ends without a word, and the device forgets the app', () => {
    const world = userKeyWorld();
    const app = pairedAtUser(world);
    world.ask(app, 'sign_event', [note1]);
    world.feed({ type: 'unpair', client: app.pubkey });
    expect(effectNames(world)).toContain('cancel');
    expect(app.inbox).toEqual([]);
    expect([...world.asks.values()]).toMatchObject([{ method: 'client_revoke', remoteSigner: world.user }]);
    world.device();
    expect(world.paired.size).toBe(0);
    expect(world.kept()).toMatchObject({ apps: [], asked: [], revocations: [] });
  });

  test('is no end at the main key: who was a stranger there logs out of nothing', () => {
    const world = userKeyWorld();
    const app = pairedApp(world);
    // The device knows it here, from another computer.
    world.paired.add(`${app.pubkey} ${world.user}`);
    world.newUserSecret('abc');
    world.ask(app, 'logout', []);
    world.device();
    expect(world.kept().apps).toMatchObject([{ remoteSigner: world.signer.pubkey }]);
    expect(world.published()).toEqual([]);
  });
});

describe('an app that the device knows and this host does not', () => {
  test('is paired by a live line, without another question to the human', () => {
    const world = userKeyWorld();
    const app = world.app();
    world.paired.add(`${app.pubkey} ${world.user}`);
    world.newUserSecret('abc');
    connects(world, app, 'abc');
    world.device();
    expect(app.last()).toMatchObject({ result: 'ack' });
    expect(world.kept()).toMatchObject({ apps: [{ addressed: true }], secrets: [{ spent: { by: app.pubkey } }] });
    expect(world.notes().at(-1)).toBe('paired');
  });

  test('gets nothing else, though the device would: not by a connect without the secret, and not by a request', () => {
    const world = userKeyWorld();
    const app = world.app();
    world.paired.add(`${app.pubkey} ${world.user}`);
    world.newUserSecret('abc');
    connects(world, app, '');
    world.device();
    world.ask(app, 'sign_event', [note1]);
    world.device();
    expect(world.published()).toEqual([]);
    expect(world.kept().apps).toEqual([]);
    expect(world.notes().filter((one) => one !== 'asked')).toEqual(['spent_secret', 'not_paired']);
  });

  test('gets nothing at all while the device has yet to forget it', () => {
    const world = userKeyWorld();
    const app = pairedAtUser(world);
    world.feed({ type: 'device', device: null });
    world.feed({ type: 'unpair', client: app.pubkey });
    world.newUserSecret('abc');
    connects(world, app, 'abc');
    world.device();
    expect(world.published()).toEqual([]);
    expect(world.kept()).toMatchObject({ apps: [], revocations: [{ remoteSigner: world.user }] });
    world.feed({ type: 'device', device: { life: 'ready', knowsApps: true } });
    world.device();
    connects(world, app, 'abc');
    world.device();
    expect(app.last()).toMatchObject({ result: 'ack' });
    expect(world.kept()).toMatchObject({ apps: [{ addressed: true }], revocations: [] });
  });
});

describe('the keys that are heard', () => {
  test('are those of accounts that answer, and no others', () => {
    const world = userKeyWorld();
    expect(heardKeys(world.state())).toEqual([world.signer.pubkey, world.user]);
    const app = pairedAtUser(world);
    world.addressed(false);
    expect(heardKeys(world.state())).toEqual([world.signer.pubkey]);
    world.ask(app, 'ping', []);
    expect(world.asks.size).toBe(0);
    expect(world.restarted().state().known?.accounts[0]).not.toHaveProperty('addressed');
    world.addressed(true);
    world.ask(app, 'ping', []);
    world.device();
    expect(app.last()).toMatchObject({ result: 'pong' });
    expect(heardKeys(world.restarted().state())).toEqual([world.signer.pubkey, world.user]);
  });
});

function none(): never {
  throw new Error('the device was not asked');
}

function ago(world: UserKeyWorld, app: TestApp, seconds: number): void {
  world.ask(app, 'ping', [], { createdAt: Math.floor(world.now() / 1000) - seconds });
}

function to(world: UserKeyWorld, app: TestApp, keys: readonly string[]): void {
  world.ask(app, 'ping', [], { tags: keys.map((key) => ['p', key]) });
}

function large(world: UserKeyWorld, app: TestApp): void {
  const event = app.event('ping', [], { to: world.user, tags: [['p', world.user]] });
  world.deliver({ ...event, content: 'x'.repeat(limits.contentMax + 1) });
}

function forged(world: UserKeyWorld, app: TestApp): void {
  const event = app.event('ping', [], { to: world.user, tags: [['p', world.user]] });
  world.deliver({ ...event, sig: '0'.repeat(128) });
}

function other(world: UserKeyWorld, app: TestApp): void {
  const event = app.event('ping', [], { to: world.user, tags: [['p', world.user]] });
  world.deliver({ ...event, kind: 4 });
}
