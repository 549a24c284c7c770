/** Lines with a remote-signer key of their own: who is heard at which key, what is refused there, and when a key is that of nobody. */
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { lineKeys, noLineKey } from '../../host/src/core/apps/line-keys.ts';
import { type App, hashSecret } from '../../host/src/core/apps/sessions.ts';
import { bridgeLimits as limits } from '../../host/src/core/bridge/bridge-limits.ts';
import { remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import { lineSecret } from '../../host/src/core/nip46/line-key.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { makeWorld, nothing, type TestApp, type World } from './bridge-world.ts';

const note1 = { kind: 1, content: 'hello', tags: [], created_at: 1_700_000_000 };

/** Makes a line with a key of its own; returns the line's hash. */
function newLine(world: World, secret: string): string {
  const hash = hashSecret(secret);
  world.feed({ type: 'secret', hash, name: secret, account: 0, ownKey: true });
  return hash;
}

/** An app that paired at the key of its own line. */
function pairedAt(world: World, secret: string, app = world.app()): { app: TestApp; line: string } {
  const line = newLine(world, secret);
  app.send('connect', [world.signer.at(line).pubkey, secret], { line });
  expect(app.last()).toMatchObject({ result: 'ack' });
  app.inbox.length = 0;
  return { app, line };
}

const heard = (world: World): readonly string[] => [...lineKeys(world.state().sessions, world.signer).values()];
const pubkeyOf = (world: World, line: string): string => world.signer.at(line).pubkey;

describe('the key of a line', () => {
  test('is the same after a restart and on a restored host, and another for each line and each main key', () => {
    const main = new Uint8Array(32).fill(7);
    const [a, b] = [hashSecret('a'), hashSecret('b')];
    const written = '55831ca48b6d76c1550b2f102fd5a870ad6e4a564b75ead9fa711e24b3650a65';
    expect(Buffer.from(lineSecret(main, a)).toString('hex')).toBe(written);
    const signer = remoteSigner(main, primitives);
    expect(signer.at(a).pubkey).toBe(getPublicKey(lineSecret(main, a)));
    const others = [signer, signer.at(b), remoteSigner(new Uint8Array(32).fill(8), primitives).at(a)];
    expect(new Set([signer.at(a), ...others].map(({ pubkey }) => pubkey)).size).toBe(4);
    expect(signer.at(a).at(b).pubkey).toBe(signer.at(b).pubkey);
    expect(signer.at(a).at('').pubkey).toBe(signer.pubkey);
  });

  test('pairs an app, answers it, opens its events for the device, and is what the device knows it by', () => {
    const world = makeWorld();
    const { app, line } = pairedAt(world, 'abc');
    const key = pubkeyOf(world, line);
    expect(world.kept().apps).toMatchObject([{ client: app.pubkey, remoteSigner: key, ownKey: true }]);
    app.send('sign_event', [JSON.stringify(note1)], { line });
    const [ask] = world.asks.values();
    if (ask?.method !== 'client_request') throw new Error('another question');
    expect(ask.carried.conversationKey).toEqual(world.signer.at(line).conversationKey(app.pubkey, 'nip44'));
    world.press();
    expect(app.inbox.at(-1)?.event.pubkey).toBe(key);
    expect(JSON.stringify(app.inbox)).not.toContain(world.signer.pubkey);
  });

  test('is heard while the line may be used and while its app is paired, and not after that', () => {
    const world = makeWorld();
    const { app, line } = pairedAt(world, 'abc');
    const unused = newLine(world, 'unused');
    expect(heard(world)).toEqual([unused, line]);
    world.feed({ type: 'void_secret', hash: unused });
    expect(heard(world)).toEqual([line]);
    app.send('logout', [], { line });
    expect(app.last()).toMatchObject({ result: 'ack' });
    expect(heard(world)).toEqual([]);
    app.inbox.length = 0;
    app.send('ping', [], { line });
    expect(app.inbox).toEqual([]);
    expect(world.state().drops.misaddressed).toBe(1);
  });

  test('comes back with the next host, and what was asked there goes on', () => {
    const world = makeWorld();
    const { app, line } = pairedAt(world, 'abc');
    const secret = generateSecretKey();
    const kept = world.kept();
    const next = makeWorld(kept, world.signer, secret);
    expect(heard(next)).toEqual([line]);
    const asked = app.event('sign_event', [JSON.stringify(note1)], { line });
    world.deliver(asked);
    const later = makeWorld(world.kept(), world.signer, secret);
    later.feed({ type: 'resume', asked: world.kept().asked });
    expect([...later.asks.values()]).toMatchObject([{ method: 'client_request' }]);
  });
});

describe('at another key than its own', () => {
  test('an app is a stranger: what it asks there reaches no device, and no rights come with it', () => {
    const world = makeWorld();
    const one = pairedAt(world, 'abc');
    const other = pairedAt(world, 'def');
    for (const line of [other.line, '']) {
      one.app.send('sign_event', [JSON.stringify(note1)], { line });
      expect(one.app.last().error).toContain('not paired');
      one.app.send('logout', [], { line });
      one.app.send('connect', [pubkeyOf(world, line), ''], { line });
      expect(one.app.last().error).toContain('not paired');
    }
    expect(world.asks.size).toBe(0);
    expect(world.kept().apps).toHaveLength(2);
  });

  test('an event that was encrypted for one key and names the other does not open', () => {
    const world = makeWorld();
    const one = pairedAt(world, 'abc');
    const other = pairedAt(world, 'def');
    const before = world.state().drops.undecryptable;
    const tags = [['p', pubkeyOf(world, other.line)]];
    other.app.send('ping', [], { line: one.line, tags });
    expect(world.state().drops.undecryptable).toBe(before + 1);
    expect(other.app.inbox).toEqual([]);
  });

  test('an event to two keys of ours is refused to whoever is paired at the first, and silent to all others', () => {
    const world = makeWorld();
    const one = pairedAt(world, 'abc');
    const other = pairedAt(world, 'def');
    const both = [one.line, other.line].map((line) => ['p', pubkeyOf(world, line)]);
    one.app.send('ping', [], { line: one.line, tags: both });
    expect(one.app.last().error).toContain('more than one recipient');
    other.app.send('ping', [], { line: one.line, tags: both });
    expect(other.app.inbox).toEqual([]);
  });

  test('a secret pairs nobody: at no other key than that of its line', () => {
    const world = makeWorld();
    const line = newLine(world, 'abc');
    world.newSecret('main');
    const app = world.app();
    app.send('connect', ['', 'abc']);
    expect(app.last().error).toContain('did not give out');
    app.send('connect', ['', 'main'], { line });
    expect(app.last().error).toContain('did not give out');
    app.send('connect', ['', 'abc'], { line });
    expect(app.last().result).toBe('ack');
    app.send('connect', ['', 'abc']);
    expect(app.last().error).toContain('did not give out');
  });

  test('our own events are none, whichever key of ours they are of', () => {
    const world = makeWorld();
    const { line } = pairedAt(world, 'abc');
    const random = new Uint8Array(64);
    const client = world.signer.pubkey;
    const createdAt = Math.floor(world.now() / 1000);
    const own = world.signer.at(line).seal({ text: '{}', client, encryption: 'nip44', createdAt, random });
    world.deliver(own);
    expect(world.state().drops.misaddressed).toBe(1);
  });
});

describe('an app that comes to another key', () => {
  test('is paired there alone, and the device forgets what it was before', () => {
    const world = makeWorld();
    world.feed({ type: 'device', device: { life: 'ready', knowsApps: true } });
    const { app, line } = pairedAt(world, 'abc');
    const next = pairedAt(world, 'def', app);
    expect(heard(world)).toEqual([next.line]);
    const [ask] = world.asks.values();
    expect(ask).toEqual({ method: 'client_revoke', client: app.pubkey, remoteSigner: pubkeyOf(world, line) });
    expect(world.kept().revocations).toEqual([{ client: app.pubkey, remoteSigner: pubkeyOf(world, line) }]);
    world.press({ type: 'done' });
    expect(world.kept().revocations).toEqual([]);
    expect(world.kept().apps).toMatchObject([{ client: app.pubkey, remoteSigner: pubkeyOf(world, next.line) }]);
  });

  test('and back again is not forgotten: what waited to be revoked is taken back', () => {
    const world = makeWorld();
    const { app, line } = pairedAt(world, 'abc');
    world.newSecret('main');
    app.send('connect', ['', 'main']);
    expect(world.kept().revocations).toEqual([{ client: app.pubkey, remoteSigner: pubkeyOf(world, line) }]);
    const again = pairedAt(world, 'def', app);
    expect(
      world
        .kept()
        .revocations.map(({ remoteSigner }) => remoteSigner)
        .sort(),
    ).toEqual([pubkeyOf(world, line), world.signer.pubkey].sort());
    expect(again.line).not.toBe(line);
  });

  test('by its own line: the answer comes from a key of its own, which is heard before that', () => {
    const world = makeWorld();
    const app = world.app();
    const introduction = {
      client: app.pubkey,
      relays: ['wss://a.example'],
      secret: 's',
      name: 'A',
      url: '',
      perms: '',
    };
    const line = hashSecret(`nostrconnect:${app.pubkey}:s`);
    world.feed({ type: 'introduced', introduction, account: 0, line, onDevice: true });
    expect(app.inbox.at(-1)?.event.pubkey).toBe(pubkeyOf(world, line));
    expect(heard(world)).toEqual([line]);
    app.send('ping', [], { line });
    expect(app.last().result).toBe('pong');
  });
});

test('there is a limit to the keys, and it is said rather than crossed', () => {
  const world = makeWorld();
  expect(noLineKey(world.state())).toBeNull();
  const apps = Array.from({ length: limits.lineKeysMax }, (_, i): App => {
    const client = i.toString(16).padStart(64, '0');
    const secretHash = hashSecret(client);
    const own = { ownKey: true, onDevice: true, relays: [], name: '', url: '', perms: '', pairedAt: 1, account: 0 };
    return { client, remoteSigner: world.signer.at(secretHash).pubkey, secretHash, ...own };
  });
  const full = makeWorld({ ...nothing, apps }, world.signer);
  expect(noLineKey(full.state())).toMatchObject({ code: 'busy' });
});
