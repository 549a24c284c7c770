/** The announcement (NIP-89): what it says, who signed it, and what each relay made of it. */
import { generateSecretKey } from 'nostr-tools/pure';
import { expect, test, vi } from 'vitest';
import { announcing } from '../../../host/src/announcing.ts';
import { startLoopbackRelay } from '../../../host/src/loopback-relay/server.ts';
import { signed } from '../../../host/src/own-events.ts';
import { createRelays } from '../../../host/src/relays/relays.ts';
import { verifyEvent } from '../../support/quick-nostr.ts';
import { controlWorld } from '../control/control-world.ts';

const reachable = ['wss://one.example', 'wss://two.example'];
const template = { kind: 31_990, created_at: 1_760_000_000, tags: [['d', 'x']], content: '' };

test('it is signed by the remote-signer key, and names kind, relays and web address', async (context) => {
  const { world, ask } = controlWorld(context);
  expect(await ask('POST /v0/announce', '/v0/announce', {})).toMatchObject({
    status: 409,
    said: { error: { code: 'wrong_state' } },
  });
  world.feed({ type: 'own_relays', relays: { all: [...reachable, 'ws://127.0.0.1:1'], reachable } });
  world.feed({ type: 'web', web: { url: 'https://signer.example', logins: null } });
  const { said } = await ask('POST /v0/announce', '/v0/announce', { name: 'My signer' });
  const { event } = said as { event: Parameters<typeof verifyEvent>[0] };
  expect(verifyEvent(event)).toBe(true);
  expect(event).toMatchObject({ kind: 31_990, pubkey: world.signer.pubkey });
  expect(event.tags).toEqual([['d', 'sallyport'], ['k', '24133'], ...reachable.map((url) => ['relay', url])]);
  expect(JSON.parse(event.content)).toMatchObject({
    name: 'My signer',
    nip05: '_@signer.example',
    website: 'https://signer.example',
  });
  expect(await ask('POST /v0/announce', '/v0/announce', { relays: ['http://x'] })).toMatchObject({ status: 409 });
});

test('each relay says what it makes of it, and one that is needed for this alone is left again', async ({
  onTestFinished,
}) => {
  // It carries ephemeral events only, and says so.
  const relay = await startLoopbackRelay();
  const relays = createRelays([], {
    onEvent: () => undefined,
    onStatus: () => undefined,
    onPublished: (id, ok, words, url) => void world.said(id, ok, words, url),
    signAuth: () => [],
    onOwnEvent: () => undefined,
    signProbe: () => signed(template, generateSecretKey()),
  });
  onTestFinished(async () => {
    relays.close();
    await relay.close();
  });
  const joined: (readonly string[])[] = [];
  const world = announcing(
    () => {
      joined.push(world.relays());
      relays.keep(world.relays());
    },
    (event, urls) => relays.publish(event, { only: urls }),
  );
  const event = signed(template, generateSecretKey());
  const said = await world.announce(event, [relay.url], new AbortController().signal);
  expect(said).toEqual([{ url: relay.url, taken: false, words: expect.stringMatching(/ephemeral/i) }]);
  expect(joined).toEqual([[relay.url], []]);
});

test('one that says nothing is not waited for without end, and one that nobody has room for is told as such', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const event = signed(template, generateSecretKey());
    const world = announcing(
      () => undefined,
      (_, urls) => urls.slice(0, 2),
    );
    const told = world.announce(event, ['wss://a', 'wss://b', 'wss://c'], new AbortController().signal);
    expect(world.said('00'.repeat(32), true, '', 'wss://a')).toBe(false);
    expect(world.said(event.id, true, 'thanks', 'wss://a')).toBe(true);
    await vi.runAllTimersAsync();
    expect(await told).toEqual([
      { url: 'wss://a', taken: true, words: '' },
      { url: 'wss://b', taken: false, words: 'It said nothing.' },
      { url: 'wss://c', taken: false, words: 'This signer uses as many relays as it can.' },
    ]);
    expect(world.relays()).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

test('whoever asked and is gone waits for no relay', async () => {
  const gone = new AbortController();
  const event = signed(template, generateSecretKey());
  const world = announcing(
    () => undefined,
    (_, urls) => urls,
  );
  const told = world.announce(event, ['wss://a'], gone.signal);
  gone.abort();
  expect(await told).toMatchObject([{ taken: false }]);
});
