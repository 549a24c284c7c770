/** What libraries do to each other without saying so: first answers, filters, repeats and keys on which some of them would fail. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRemoteSignerKey } from '../../host/src/store/remote-signer-key.ts';
import type { MemoryApp } from '../support/memory-app.ts';
import { approves, denies, makeWorld, type World } from '../support/world.ts';

const note = { kind: 1, created_at: 1_760_000_000, tags: [], content: 'hello' };

/** Shows a line of the app's own to the signer, whose device said yes. */
function introduce(world: World, app: MemoryApp, secret: string): void {
  const relays = [world.relays[0].url];
  const introduction = { client: app.pubkey, relays, secret, name: 'Coracle', url: '', perms: '' };
  world.host().toBridge({ type: 'introduced', introduction, account: 0, line: '', onDevice: false });
  world.wait('the first answer', () => app.inbox.length > 0);
}

test('nobody is sent to a page who did not ask for that: neither a stranger nor an app whose human is slow or says no', () => {
  const world = makeWorld();
  const [app, stranger] = [world.app(), world.stranger()];
  world.clock.advance(50);
  for (const human of [{ ...approves, afterMs: 60_000 }, denies]) {
    world.human = human;
    world.ask(app, 'sign_event', [JSON.stringify({ ...note, content: String(human.afterMs) })]);
  }
  world.unplug();
  world.ask(app, 'sign_event', [JSON.stringify({ ...note, content: 'no device' })]);
  for (const method of ['connect', 'create_account', 'sign_event', 'get_public_key']) {
    expect(world.ask(stranger, method, [])).toMatchObject({ result: 'error' });
  }
  world.clock.advance(5_000);
  expect([...app.inbox, ...stranger.inbox].map(({ json }) => json.result)).not.toContain('auth_url');
  // One answer to each, and nothing beside: nostr-tools rejects on a second one.
  expect([app, stranger].map(({ inbox }) => inbox.length)).toEqual([4, 4]);
  world.judge();
});

test('the first thing that an app hears after it showed its line is its secret, and then no array of relays (welshman)', () => {
  const world = makeWorld();
  const app = world.stranger();
  world.clock.advance(50);
  introduce(world, app, 'k7');
  expect(app.inbox.map(({ json }) => json.result)).toEqual(['k7']);
  expect(world.ask(app, 'switch_relays', [])).toMatchObject({ result: 'null' });
});

test.each([0, 60])(
  'an app that hears only what is newer than its question is answered, %i s ahead of us (go-nostr, nak)',
  (aheadS) => {
    const world = makeWorld();
    const app = world.app();
    const since = Math.floor(world.clock.now() / 1000) + aheadS;
    const heard: string[] = [];
    const line = world.relays[0].connect('app', {
      opened: () => {
        const filter = { kinds: [24133], authors: [world.host().pubkey], '#p': [app.pubkey], since, limit: 0 };
        line.send(JSON.stringify(['REQ', 'nak', filter]));
      },
      text: (text) => void heard.push(text),
      pong: () => undefined,
      closed: () => undefined,
    });
    world.clock.advance(100);
    world.ask(app, 'ping', [], { createdAt: since });
    world.clock.advance(1_000);
    const answer = app.inbox.at(-1)?.event.id ?? expect.fail('there is an answer');
    expect(heard.filter((text) => text.startsWith('["EVENT"')).map((text) => JSON.parse(text)[2].id)).toEqual([answer]);
  },
);

test.each(['abc', ''])(
  'a repeat says another event than the answer before, since relays drop what they know: id "%s"',
  (id) => {
    const world = makeWorld();
    const app = world.app();
    const asked = () => world.ask(app, 'sign_event', [JSON.stringify(note)], { id });
    const first = asked();
    const before = app.inbox.length;
    app.send('sign_event', [JSON.stringify(note)], { id });
    world.wait('the answer again', () => app.inbox.length > before);
    const [one, other] = app.inbox.slice(-2);
    expect(other?.text).toBe(one?.text);
    expect(first.result).toBe(other?.json.result);
    expect(other?.event.id).not.toBe(one?.event.id);
    expect(other?.event.content).not.toBe(one?.event.content);
    expect(world.device.prompts).toHaveLength(1);
  },
);

test('an app that cannot be told from a list gets its text unchanged (applesauce reads plaintext that looks like JSON)', () => {
  const world = makeWorld();
  const app = world.app();
  const text = '["a","b"]';
  const { result: sealed } = world.ask(app, 'nip44_encrypt', [app.pubkey, text]);
  expect(world.ask(app, 'nip44_decrypt', [app.pubkey, sealed])).toMatchObject({ result: text });
});

test('each host has a remote-signer key of its own: two with one would race each other', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-keys-'));
  try {
    const keys = ['one', 'other'].map((name) => loadRemoteSignerKey(join(dir, name)));
    const secrets = keys.map((key) => (key.type === 'key' ? Buffer.from(key.secret).toString('hex') : key.words));
    expect(new Set(secrets).size).toBe(2);
    expect(secrets.every((secret) => /^[0-9a-f]{64}$/.test(secret))).toBe(true);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
