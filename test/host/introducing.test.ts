/** Apps that introduce themselves by a `nostrconnect://` line: how the line is read, what is kept, and what the app is told. */
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { introduced, introductionAsk, relaysOfApps, whyNotIntroduced } from '../../host/src/core/apps/introducing.ts';
import { type Introduction, parseNostrconnect } from '../../host/src/core/apps/nostrconnect-uri.ts';
import { decideConnect, hashSecret } from '../../host/src/core/apps/sessions.ts';
import { noNarrowing } from '../../host/src/core/narrowing/narrowing.ts';
import type { ConnectRequest } from '../../host/src/core/nip46/nip46-text.ts';
import { isReachable, parseRelayUrl } from '../../host/src/relays/relay-url.ts';
import { effectNames, makeWorld, pairedApp, start } from './bridge-world.ts';

const key = getPublicKey(generateSecretKey());
const read = (line: string): unknown => parseNostrconnect(line, parseRelayUrl);

describe('the line', () => {
  test('in the form of NIP-46 today', () => {
    const line = `nostrconnect://${key}?relay=wss%3A%2F%2Frelay1.example.com&perms=nip44_encrypt%2Csign_event%3A1&name=My+Client&secret=0s8j2djs&relay=wss%3A%2F%2FRELAY2.example2.com%2F&url=https%3A%2F%2Fa.example`;
    expect(read(line)).toEqual({
      client: key,
      relays: ['wss://relay1.example.com', 'wss://relay2.example2.com'],
      secret: '0s8j2djs',
      name: 'My Client',
      url: 'https://a.example',
      perms: 'nip44_encrypt,sign_event:1',
    });
  });

  test('with metadata, permissions within it, and no secret, as in 2024', () => {
    const metadata = {
      name: 'Old\nClient',
      url: 'https://b.example',
      description: 'x',
      perms: ['sign_event:1', 'ping'],
    };
    const line = `nostrconnect://${key.toUpperCase()}?relay=ws://127.0.0.1:7777&metadata=${encodeURIComponent(JSON.stringify(metadata))}`;
    expect(read(line)).toEqual({
      client: key,
      relays: ['ws://127.0.0.1:7777'],
      secret: '',
      name: 'Old Client',
      url: 'https://b.example',
      perms: 'sign_event:1,ping',
    });
  });

  test.each([
    ['it goes into the app', 'bunker://abc?relay=wss://r.example'],
    ['not a key', 'nostrconnect://npub1abc?relay=wss://r.example&secret=a'],
    ['no relay', `nostrconnect://${key}?secret=a`],
    ['another scheme', `nostrconnect://${key}?relay=https://r.example&secret=a`],
    ['badly encoded', `nostrconnect://${key}?relay=wss://r.example&secret=%E0%A4%A`],
    ['a secret that is too long', `nostrconnect://${key}?relay=wss://r.example&secret=${'a'.repeat(300)}`],
    ['too long', `nostrconnect://${key}?relay=wss://r.example&x=${'a'.repeat(9000)}`],
    ['nothing', ''],
  ])('that is wrong is refused in words: %s', (_what, line) => {
    expect(read(line)).toMatchObject({ code: 'malformed', words: expect.stringMatching(/^The line .+\.$/) });
  });
});

describe('the app', () => {
  const secret = '7';

  function introduce(world = makeWorld(), app = world.app(), more: Partial<Introduction> = {}) {
    const relays = ['wss://its-own.example'];
    const introduction = { client: app.pubkey, relays, secret, name: 'Coracle', url: '', perms: 'ping', ...more };
    world.feed({ type: 'introduced', introduction, account: 3, line: '', onDevice: true });
    return { world, app, introduction };
  }

  test('is on disk before it is told its secret, on its own relays', () => {
    const { world, app } = introduce();
    expect(effectNames(world)).toEqual(['save secret', 'save pair', 'answer', 'note']);
    expect(app.last()).toMatchObject({ result: secret });
    expect(app.inbox.at(-1)?.relays).toEqual(['wss://its-own.example']);
    expect(world.kept().apps).toMatchObject([{ account: 3, relays: ['wss://its-own.example'], onDevice: true }]);
    expect(relaysOfApps(world.state().sessions)).toEqual(['wss://its-own.example']);
    expect(JSON.stringify(world.kept())).not.toContain(hashSecret(secret));
  });

  test('hears ack where its line had no secret', () => {
    expect(introduce(makeWorld(), undefined, { secret: '' }).app.last()).toMatchObject({ result: 'ack' });
  });

  test('is known by its secret afterwards, and nobody else is', () => {
    const { world, app } = introduce();
    const connect: ConnectRequest = {
      id: '"c"',
      method: 'connect',
      user: '',
      secret,
      perms: '',
      metadata: { name: '', url: '' },
    };
    const { sessions } = world.state();
    expect(decideConnect(sessions, { client: app.pubkey, line: '' }, connect, start)).toEqual({ type: 'known' });
    expect(decideConnect(sessions, { client: key, line: '' }, connect, start)).toMatchObject({
      refusal: { code: 'wrong_secret' },
    });
  });

  test.each([secret, ''])('is not given away to a stranger who guesses its key and its secret (%j)', (its) => {
    const { world, app } = introduce(makeWorld(), undefined, { secret: its });
    const stranger = world.app();
    stranger.send('connect', ['', `nostrconnect:${app.pubkey}:${its}`], { id: 'a' });
    const known = stranger.last();
    stranger.send('connect', ['', `nostrconnect:${stranger.pubkey}:${its}`], { id: 'a' });
    expect(known).toEqual(stranger.last());
    expect(known.error).toContain('did not give out');
  });

  test('may come again, as another account, also after it logged out', () => {
    const { world, app } = introduce();
    introduce(world, app);
    app.send('logout', []);
    expect(world.kept().apps).toEqual([]);
    introduce(world, app);
    expect(world.kept().apps).toMatchObject([{ client: app.pubkey, account: 3 }]);
    expect(world.kept().secrets).toHaveLength(1);
  });

  test('that was paired by a bunker line gets the account that the user says now', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    introduce(world, app);
    expect(world.kept().apps).toMatchObject([{ account: 3, relays: ['wss://its-own.example'] }]);
  });

  test('is not asked about while everything is refused, or with a key that is none', () => {
    const world = makeWorld();
    const introduction = { client: key, relays: [], secret, name: '', url: '', perms: '' };
    expect(whyNotIntroduced(world.state(), introduction, '', start)).toBeNull();
    expect(whyNotIntroduced(world.state(), { ...introduction, client: 'f'.repeat(64) }, '', start)).toMatchObject({
      code: 'malformed',
    });
    const killed = { ...world.state(), narrowing: { ...noNarrowing, killedAt: start } };
    expect(whyNotIntroduced(killed, introduction, '', start)).toMatchObject({ code: 'paused' });
    const [same, effects] = introduced(killed, { introduction, account: 0, line: '', onDevice: true }, start);
    expect(same.sessions.apps.size).toBe(0);
    // The device said yes before everything was stopped: it is to forget the app.
    expect(effects).toMatchObject([
      { type: 'save', row: { type: 'revoke', client: key } },
      { type: 'note', outcome: 'paused' },
    ]);
  });

  test('is asked about with room for a clock that is behind', () => {
    const introduction = { client: key, relays: [], secret, name: 'A', url: '', perms: 'ping' };
    const ask = introductionAsk(introduction, 'b'.repeat(64), 2, true, start);
    expect(ask).toEqual({
      method: 'client_introduce',
      client: key,
      remoteSigner: 'b'.repeat(64),
      account: 2,
      name: 'A',
      perms: 'ping',
      announced: true,
      createdAt: start / 1000 - 600,
    });
  });
});

describe('the relays of a session', () => {
  const own = ['wss://ours.example'];

  function elsewhere() {
    const world = makeWorld();
    const app = world.app();
    const introduction = {
      client: app.pubkey,
      relays: ['wss://its-own.example'],
      secret: 'x',
      name: '',
      url: '',
      perms: '',
    };
    world.feed({ type: 'own_relays', relays: { all: ['ws://127.0.0.1:7', ...own], reachable: own } });
    world.feed({ type: 'introduced', introduction, account: 0, line: '', onDevice: true });
    return { world, app };
  }

  test('are told as texts up to 2024 have it', () => {
    const { app } = elsewhere();
    app.send('get_relays', []);
    const both = { read: true, write: true };
    expect(JSON.parse(String(app.last().result))).toEqual({
      'wss://its-own.example': both,
      'ws://127.0.0.1:7': both,
      'wss://ours.example': both,
    });
  });

  test('are those of the signer once the app has come there, and not before', () => {
    const { world, app } = elsewhere();
    for (let twice = 0; twice < 2; twice++) {
      app.send('switch_relays', [], { relay: 'wss://its-own.example' });
      expect(app.last().result).toBe(JSON.stringify(own));
      expect(relaysOfApps(world.state().sessions)).toEqual(['wss://its-own.example']);
    }
    world.pass(1_000);
    app.send('switch_relays', [], { relay: own[0] ?? '' });
    expect(app.last().result).toBe('null');
    expect(world.kept().apps).toMatchObject([{ relays: [] }]);
    app.send('switch_relays', [], { relay: own[0] ?? '' });
    expect(app.last().result).toBe('null');
  });

  test('stay as they are where the signer has none that can be reached from elsewhere', () => {
    const { world, app } = elsewhere();
    world.feed({ type: 'own_relays', relays: { all: ['ws://127.0.0.1:7'], reachable: [] } });
    app.send('switch_relays', []);
    expect(app.last().result).toBe('null');
    expect(['ws://127.0.0.1:7', 'ws://localhost:7', 'ws://[::1]:7', 'wss://ours.example'].filter(isReachable)).toEqual(
      own,
    );
  });
});
