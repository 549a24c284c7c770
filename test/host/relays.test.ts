/** Relays over real sockets: the loopback relay with nostr-tools' client and with our own. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Relay, SimplePool } from 'nostr-tools';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { NostrEvent } from '../../host/src/core/nip46/event.ts';
import { eventContentMax, relayDrainMax, relayMessageMax } from '../../host/src/core/nip46/limits.ts';
import type { RelayStatus } from '../../host/src/core/relay/relay.ts';
import {
  type LoopbackRelay,
  type LoopbackRelayOptions,
  startLoopbackRelay,
} from '../../host/src/loopback-relay/server.ts';
import { createRelays, type Relays } from '../../host/src/relays/relays.ts';
import type { RelayCallbacks } from '../../host/src/relays/socket.ts';
import { type Fields, key, pubkey, signed } from '../support/signed-event.ts';

describe('over real sockets', () => {
  const ends: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function server(options: LoopbackRelayOptions = {}): Promise<LoopbackRelay> {
    const relay = await startLoopbackRelay(options);
    ends.push(relay.close);
    return relay;
  }

  /** Everything our client reports; `until` resolves as soon as a report makes the condition true. */
  function client(secrets = [key]) {
    const seen = {
      events: [] as { event: NostrEvent; from: string }[],
      statuses: [] as string[],
      published: [] as string[],
      probes: 0,
    };
    const waiting = new Set<() => void>();
    const changed = () => {
      for (const look of waiting) look();
    };
    const callbacks: RelayCallbacks = {
      onEvent: (event, from) => {
        seen.events.push({ event, from });
        changed();
      },
      onStatus: (status: RelayStatus, from) => {
        seen.statuses.push(`${from} ${status.type}`);
        changed();
      },
      onPublished: (eventId, ok, words, from) => {
        seen.published.push(`${from} ${eventId} ${ok} ${words}`);
        changed();
      },
      onOwnEvent: () => undefined,
      signProbe: () => signed({ created_at: Math.floor(Date.now() / 1000), content: `probe ${seen.probes++}` }),
      signAuth: (relay, challenge) =>
        secrets.map((secret) => {
          const tags = [
            ['relay', relay],
            ['challenge', challenge],
          ];
          return signed({ kind: 22242, content: '', tags, created_at: Math.floor(Date.now() / 1000) }, secret);
        }),
    };
    const until = (isTrue: () => boolean) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (!isTrue()) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
    const relays: Relays = createRelays(secrets.map(getPublicKey), callbacks);
    ends.push(relays.close);
    const listening = (url: string) => until(() => seen.statuses.includes(`${url} listening`));
    return { relays, seen, until, listening };
  }

  const app = generateSecretKey();
  const fresh = (fields: Fields = {}) => signed({ created_at: Math.floor(Date.now() / 1000), ...fields }, app);
  const tools = (event: NostrEvent) => ({ ...event, tags: event.tags.map((tag) => [...tag]) });

  it('serves nostr-tools: Relay subscribes and publishes, and stored kinds are refused with a reason', async () => {
    const { url } = await server();
    const listener = await Relay.connect(url);
    const sender = await Relay.connect(url);
    ends.push(
      () => listener.close(),
      () => sender.close(),
    );
    const event = fresh({ content: 'héllo 🌍\u0000"\\' });
    const received = new Promise<unknown>((resolve, reject) => {
      const onevent = (got: { id: string; content: string }) => resolve([got.id, got.content]);
      const oneose = () => void sender.publish(tools(event)).catch(reject);
      listener.subscribe([{ kinds: [24133], '#p': [pubkey] }], { onevent, oneose });
    });
    expect(await received).toEqual([event.id, event.content]);
    await expect(sender.publish(tools(fresh({ kind: 1 })))).rejects.toThrow('ephemeral events only');
  });

  it('serves SimplePool over two relays at once', async () => {
    const urls = [(await server()).url, (await server()).url];
    const pool = new SimplePool();
    ends.push(() => pool.destroy());
    const event = fresh();
    const received: string[] = [];
    const eose = new Promise<void>((resolve) => {
      const onevent = (got: { id: string }) => received.push(got.id);
      pool.subscribe(urls, { kinds: [24133], '#p': [pubkey] }, { onevent, oneose: resolve });
    });
    await eose;
    expect(await Promise.all(pool.publish(urls, tools(event)))).toEqual(['', '']);
    // Each relay carried it; the pool shows it once.
    await expect.poll(() => received).toEqual([event.id]);
  });

  it('carries the largest content, refuses a larger message by name, and hangs up beyond twice the limit', async () => {
    const { url } = await server();
    const { relays, seen, until, listening } = client();
    relays.start([url]);
    await listening(url);
    const largest = fresh({ content: 'A'.repeat(eventContentMax) });
    relays.publish(largest);
    await until(() => seen.events.length === 1 && seen.published.length === 1);
    expect(seen.events[0]?.event.id).toBe(largest.id);
    expect(seen.published).toEqual([`${url} ${largest.id} true `]);

    const socket = new WebSocket(url);
    ends.push(() => socket.terminate());
    await new Promise((resolve) => socket.once('open', resolve));
    const answer = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
    socket.send(JSON.stringify(['EVENT', { ...largest, content: 'A'.repeat(relayMessageMax) }]));
    expect(JSON.parse(await answer)).toEqual([
      'OK',
      largest.id,
      false,
      expect.stringContaining(String(relayMessageMax)),
    ]);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.on('error', () => {
      // A connection that is reset instead of closed reports an error first; the close that follows is waited for.
    });
    socket.send('A'.repeat(relayDrainMax + 1));
    expect([1006, 1009]).toContain(await closed);
  });

  it('drops a consumer that does not read, and nobody else waits', async () => {
    const { url } = await server();
    const slow = new WebSocket(url);
    ends.push(() => slow.terminate());
    await new Promise((resolve) => slow.once('open', resolve));
    slow.send('["REQ","a",{}]');
    await new Promise((resolve) => slow.once('message', resolve));
    slow.pause();
    const gone = new Promise((resolve) => slow.once('close', resolve));
    const { relays, seen, until, listening } = client();
    relays.start([url]);
    await listening(url);
    const content = 'A'.repeat(4 * 1024 * 1024);
    for (let n = 0; n < 14; n++) {
      relays.publish(fresh({ content: content + n }));
      await until(() => seen.published.length === n + 1 && seen.events.length === n + 1);
    }
    slow.resume();
    await gone;
    expect(seen.published.every((line) => line.endsWith(' true '))).toBe(true);
  });

  it('authenticates our client (NIP-42), which then listens and publishes', async () => {
    const { url } = await server({ auth: 'required' });
    const { relays, seen, until, listening } = client([key, generateSecretKey()]);
    relays.start([url]);
    const event = fresh();
    relays.publish(event);
    await listening(url);
    await until(() => seen.published.length > 0 && seen.events.length > 0);
    expect(seen.published).toEqual([`${url} ${event.id} true `]);
    expect(seen.events).toEqual([{ event, from: url }]);
    const health = { refused: 0, rateLimited: 0, roundTripMs: expect.any(Number), lastEventAt: expect.any(Number) };
    const known = { url, status: { type: 'listening' }, unacknowledged: 0, auth: 'accepted', health };
    await expect.poll(() => relays.snapshots()).toMatchObject([known]);
  });

  it('is found by our client when it comes up late, on the same port, and again after it went away', async () => {
    const first = await startLoopbackRelay();
    await first.close();
    const { url, port } = first;
    const { relays, seen, until, listening } = client();
    relays.start([url]);
    const event = fresh();
    relays.publish(event);
    await until(() => seen.statuses.includes(`${url} failed`));
    const second = await startLoopbackRelay({ port });
    await listening(url);
    await until(() => seen.published.length === 1 && seen.events.length === 1);
    expect(seen.published).toEqual([`${url} ${event.id} true `]);

    seen.statuses.length = 0;
    await second.close();
    await until(() => seen.statuses.includes(`${url} failed`));
    await server({ port });
    await listening(url);
  });

  it('what is published in the turn in which a relay is left still leaves', async () => {
    const { url } = await server();
    const listener = await Relay.connect(url);
    ends.push(() => listener.close());
    const { relays, listening } = client();
    relays.start([url]);
    await listening(url);
    const last = fresh({ content: 'goodbye' });
    const received = new Promise<string>((resolve) => {
      listener.subscribe([{ kinds: [24133], '#p': [pubkey] }], {
        onevent: (got: { id: string }) => got.id === last.id && resolve(got.id),
        oneose: () => {
          relays.publish(last);
          relays.close();
        },
      });
    });
    expect(await received).toBe(last.id);
  });

  it('works beside another: two relays at once, the preferred one first, one of them going away', async () => {
    const one = await server();
    const two = await startLoopbackRelay();
    const { relays, seen, until, listening } = client();
    expect(relays.start([`${one.url}/`, two.url, one.url, 'https://no.example', 'nonsense'])).toEqual([
      'https://no.example',
      'nonsense',
    ]);
    await Promise.all([listening(one.url), listening(two.url)]);
    const event = fresh();
    expect(relays.publish(event, { first: two.url })).toEqual([two.url, one.url]);
    await until(() => seen.events.length === 2 && seen.published.length === 2);
    expect(seen.events.map(({ from }) => from).toSorted()).toEqual([one.url, two.url].toSorted());
    expect(relays.publish(event, { only: ['ws://127.0.0.1:1'] })).toEqual([]);

    await two.close();
    await until(() => seen.statuses.includes(`${two.url} failed`));
    const later = fresh({ content: 'later' });
    expect(relays.publish(later, { only: [one.url] })).toEqual([one.url]);
    await until(() => seen.published.includes(`${one.url} ${later.id} true `));

    const lost = fresh({ content: 'lost' });
    relays.publish(lost, { only: [two.url] });
    relays.close();
    expect(seen.published.at(-1)).toMatch(new RegExp(`^${two.url} ${lost.id} false `));
    expect(relays.snapshots()).toEqual([]);
  });

  it('survives a hostile relay: what it says is counted and dropped, and the next request is still heard', async () => {
    const hostile = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 65_536 });
    ends.push(() => {
      for (const socket of hostile.clients) socket.terminate();
      hostile.close();
    });
    await new Promise((resolve) => hostile.once('listening', resolve));
    const address = hostile.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const event = fresh();
    hostile.on('connection', (socket) => {
      socket.once('message', (data) => {
        const id: unknown = JSON.parse(String(data))[1];
        socket.send('['.repeat(5_000_000));
        socket.send(Buffer.from([1, 2, 3]));
        socket.send(' '.repeat(relayMessageMax + 1));
        socket.send(JSON.stringify(['EVENT', 'other', event]));
        socket.send(JSON.stringify(['EVENT', id, { ...event, kind: 1 }]));
        socket.send(JSON.stringify(['EVENT', id, event]));
      });
    });
    const { relays, seen, until } = client();
    relays.start([`ws://127.0.0.1:${address.port}`]);
    await until(() => seen.events.length === 1);
    expect(relays.snapshots()[0]).toMatchObject({
      status: { type: 'listening' },
      counts: { malformed: 2, oversized: 1, unexpected: 1, unmatched: 1, delivered: 1, flooded: 0 },
    });
  });

  it('leaves nothing behind that keeps a process alive', async () => {
    const { url } = await server();
    const script = `
      import { createRelays } from ${JSON.stringify(new URL('../../host/src/relays/relays.ts', import.meta.url).href)};
      const nothing = () => {};
      const onStatus = (status) => { if (status.type === 'listening') { relays.close(); console.log('closed'); } };
      const relays = createRelays(['${pubkey}'], { onEvent: nothing, onPublished: nothing, signAuth: () => [], onStatus });
      relays.start(['${url}', 'ws://127.0.0.1:1']);`;
    const run = promisify(execFile)(
      process.execPath,
      ['--conditions=sallyport-source', '--input-type=module', '-e', script],
      { timeout: 20_000 },
    );
    expect((await run).stdout).toBe('closed\n');
  });

  it('tells about itself (NIP-11), and tells a browser what it is', async () => {
    const { url } = await server({ auth: 'required' });
    const http = url.replace('ws:', 'http:');
    const document = await fetch(http, { headers: { Accept: 'application/nostr+json' } });
    expect(document.headers.get('content-type')).toBe('application/nostr+json');
    expect(document.headers.get('access-control-allow-origin')).toBe('*');
    expect(await document.json()).toMatchObject({
      supported_nips: [1, 11, 42],
      limitation: { max_message_length: relayMessageMax, max_content_length: eventContentMax, auth_required: true },
    });
    const page = await fetch(http);
    expect([page.status, await page.text()]).toEqual([426, expect.stringContaining('Nostr relay')]);
    expect((await fetch(http, { method: 'OPTIONS' })).status).toBe(204);
  });

  it('says so when its port is taken, and ends twice without complaint', async () => {
    const { port, close } = await server();
    await expect(startLoopbackRelay({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await close();
    await close();
  });
});
