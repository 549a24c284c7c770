/** The host's end of what a device does for apps: their own events on the way to it, its lock, its accounts, its first start. */
import { generateSecretKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { limits } from '../../device-protocol/src/index.ts';
import type { Carried, DeviceAsk } from '../../host/src/core/device/device-port.ts';
import { remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import type { NostrEvent } from '../../host/src/core/nip46/event.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { tableDevice } from '../support/table-device.ts';
import { makeWorld, nothing } from './bridge-world.ts';

const own = {
  method: 'sign_event',
  account: 1,
  label: 'app',
  event: { kind: 1, created_at: 1, tags: [], content: '' },
} as const;
const anApp = makeWorld().app();

function carried(fields: Partial<NostrEvent> = {}): Carried {
  const event = { ...anApp.event('ping', []), ...fields };
  return { account: 1, event, conversationKey: new Uint8Array(32).fill(4) };
}
const request = (fields?: Partial<NostrEvent>): DeviceAsk => ({
  method: 'client_request',
  carried: carried(fields),
  own,
});
const connect: DeviceAsk = { method: 'client_connect', carried: carried(), announced: true };
const refused = (code: string) => ({ type: 'refused', refusal: { code } });

function plugged(options?: Parameters<typeof tableDevice>[0]) {
  const device = tableDevice(options);
  device.plug();
  return device;
}

describe('the request of an app', () => {
  test('goes as it was signed, to a device that judges apps', () => {
    const device = plugged();
    const ask = request();
    device.ask(ask);
    const { body } = device.last('nip46_request');
    if (ask.method !== 'client_request') throw new Error('another ask');
    const { event, conversationKey } = ask.carried;
    expect(Buffer.from(body.client).toString('hex')).toBe(event.pubkey);
    expect(Buffer.from(body.sig).toString('hex')).toBe(event.sig);
    expect(Buffer.from(body.input.head).toString()).toBe(event.content);
    expect(body).toMatchObject({ account: 1, createdAt: event.created_at, tags: event.tags, conversationKey });
  });

  test.each([{ capabilities: ['accounts'] as const }, { paired: false }])(
    'goes in the host’s own name where the device knows no apps, or not this computer: %j',
    (options) => {
      const device = plugged(options);
      device.ask(request());
      expect(device.requests.map(({ command }) => command)).toEqual(['sign_event']);
      expect(device.ask(connect)).toBe(2);
      expect(device.answers.get(2)).toEqual({ type: 'paired', by: 'host' });
    },
  );

  test.each([0, 1, 100, 3_000, 3_900, 5_000, 1_000_000])('with %i characters of content fits its message', (length) => {
    const device = plugged();
    const tags = [
      ['p', 'ab'.repeat(32)],
      ['client', 'x'.repeat(128), 'y'.repeat(128)],
    ];
    const content = 'é'.repeat(length);
    device.ask(request({ content, tags, created_at: 4_000_000_000 }));
    expect(device.sizes.at(-1)).toBeLessThanOrEqual(limits.messageMax);
    const { id, body } = device.last('nip46_request');
    expect(body.input.length).toBe(2 * length);
    const { length: sent } = body.input.head;
    if (2 * length > sent) {
      // The head is as long as the message lets it be.
      expect(limits.messageMax - (device.sizes.at(-1) ?? 0)).toBeLessThanOrEqual(limits.headMax === sent ? 512 : 4);
      device.say({
        type: 'request',
        id: 1,
        command: 'chunk_get',
        body: { request: id, offset: sent, length: Math.min(limits.chunkMax, 2 * length - sent) },
      });
    }
    device.say({ type: 'reply', id, command: 'nip46_request', body: { result: 'ack' } });
    expect(device.answers.get(1)).toEqual({ type: 'done' });
  });

  test('with the largest tags that a device reads still fits', () => {
    const device = plugged();
    const tags = Array.from({ length: 7 }, () => Array.from({ length: 4 }, () => 'x'.repeat(128)));
    device.ask(request({ tags, content: 'x'.repeat(5_000) }));
    expect(device.sizes.at(-1)).toBeLessThanOrEqual(limits.messageMax);
  });

  test.each([
    ['more tags', { tags: Array.from({ length: 9 }, () => ['p', 'x']) }, 'malformed'],
    ['a longer tag', { tags: [['p', 'x'.repeat(129)]] }, 'malformed'],
    [
      'tags that fill the message',
      { tags: Array.from({ length: 8 }, () => Array(4).fill('x'.repeat(128))) },
      'malformed',
    ],
    ['half a character', { content: '\ud800' }, 'malformed'],
    ['too much content', { content: 'x'.repeat(limits.requestStreamMax + 1) }, 'too_large'],
  ])('is refused in words with %s than a device takes', (_name, fields, code) => {
    const device = plugged();
    device.ask(request(fields));
    expect(device.answers.get(1)).toMatchObject(refused(code));
    expect(device.requests).toEqual([]);
  });

  test.each([
    [
      { result: 'public_key', pubkey: new Uint8Array(32).fill(9) },
      { type: 'public_key', pubkey: '09'.repeat(32) },
    ],
    [
      { result: 'text', output: { length: 2, head: Uint8Array.of(104, 105) } },
      { type: 'text', text: 'hi' },
    ],
    [{ result: 'ack' }, { type: 'done' }],
    [{ result: 'signature', id: new Uint8Array(32) }, refused('bad_device_answer')],
    [{ result: 'text' }, refused('bad_device_answer')],
  ] as const)('is answered by %j', (body, answer) => {
    const device = plugged();
    device.ask(request());
    device.say({ type: 'reply', id: device.last('nip46_request').id, command: 'nip46_request', body });
    expect(device.answers.get(1)).toMatchObject(answer);
  });

  test('may be answered by a text in pieces', () => {
    const device = plugged();
    device.ask(request());
    const { id } = device.last('nip46_request');
    const text = 'z'.repeat(3_840 + 256);
    for (const [i, offset] of [0, 3_840].entries()) {
      const bytes = Buffer.from(text.slice(offset, offset + 3_840));
      device.say({ type: 'request', id: 2 * i + 1, command: 'chunk_put', body: { request: id, offset, bytes } });
    }
    const output = { length: text.length, head: new Uint8Array(0) };
    device.say({ type: 'reply', id, command: 'nip46_request', body: { result: 'text', output } });
    expect(device.answers.get(1)).toEqual({ type: 'text', text });
  });

  test('is not sent again to a device that restarted: it takes an event once', () => {
    const device = plugged();
    device.ask({ ...request(), own: { method: 'get_public_key', account: 1 } } as DeviceAsk);
    device.reboot();
    expect(device.answers.get(1)).toMatchObject(refused('device_rebooted'));
  });

  test.each([
    ['unknown_client', 'not_paired'],
    ['replayed', 'replayed'],
    ['forbidden', 'forbidden'],
    ['unauthenticated', 'unauthenticated'],
    ['full', 'full'],
    ['not_announced', 'not_announced'],
    ['fresh', 'not_set_up'],
    ['wrong_state', 'wrong_state'],
    ['storage', 'device_refused'],
  ] as const)('refused with %s is refused as %s, in words and with an advice', (error, code) => {
    const device = plugged();
    device.ask(request());
    device.say({ type: 'error', id: device.last('nip46_request').id, command: 'nip46_request', error });
    expect(device.answers.get(1)).toMatchObject(refused(code));
    const sentence = expect.stringMatching(/\.$/);
    expect(device.answers.get(1)).toMatchObject({ refusal: { words: sentence, advice: sentence } });
  });
});

describe('pairing, and taking it away', () => {
  test('a connect is announced: the user made the line that it answers', () => {
    const device = plugged();
    device.ask(connect);
    const { id, body } = device.last('client_connect');
    expect(body.announced).toBe(true);
    device.say({ type: 'reply', id, command: 'client_connect', body: { granted: 2 } });
    expect(device.answers.get(1)).toEqual({ type: 'paired', by: 'device' });
  });

  test('an account that is to answer apps no more is told so again after a restart; to allow it a human pressed', () => {
    const device = plugged();
    for (const addressed of [false, true]) device.ask({ method: 'account_address', account: 1, addressed });
    device.reboot();
    expect(device.count('account_address')).toBe(3);
    expect(device.last('account_address').body).toEqual({ account: 1, addressed: false });
    expect([...device.answers.keys()]).toEqual([2]);
    expect(device.answers.get(2)).toMatchObject(refused('device_rebooted'));
  });

  test('an app is taken off the device, also after a restart in between', () => {
    const device = plugged();
    device.ask({ method: 'client_revoke', client: 'ab'.repeat(32), remoteSigner: 'cd'.repeat(32) });
    device.reboot();
    expect(device.count('client_revoke')).toBe(2);
    device.say({ type: 'reply', id: device.last('client_revoke').id, command: 'client_revoke', body: {} });
    expect(device.answers.get(1)).toEqual({ type: 'done' });
  });
});

describe('a locked device', () => {
  const locked = () => {
    const device = tableDevice();
    device.setState('locked');
    device.plug();
    return device;
  };
  const unlock = (device: ReturnType<typeof locked>, error?: 'denied' | 'timed_out') => {
    const { id } = device.last('unlock');
    if (error !== undefined) return device.say({ type: 'error', id, command: 'unlock', error });
    device.say({ type: 'reply', id, command: 'unlock', body: {} });
    device.setState('ready');
  };

  test('asks for its PIN when an app waits, once for all of them, and then gets what waited', () => {
    const device = locked();
    expect(device.count('unlock')).toBe(0);
    for (let i = 0; i < 5; i++) device.ask(request());
    expect(device.count('unlock')).toBe(1);
    expect(device.count('nip46_request')).toBe(0);
    expect(device.statuses.at(-1)).toEqual({ state: 'unlocking' });
    unlock(device);
    expect(device.count('nip46_request')).toBe(5);
    expect(device.statuses.at(-1)).toMatchObject({ state: 'ready', info: { state: 'ready' } });
    expect(device.answers.size).toBe(0);
  });

  test('whose PIN nobody types: everybody is told, and it is not asked again at once', () => {
    const device = locked();
    device.ask(request());
    device.ask(connect);
    unlock(device, 'timed_out');
    expect([...device.answers.values()]).toMatchObject([refused('locked'), refused('locked')]);
    device.ask(request());
    expect(device.answers.get(3)).toMatchObject(refused('locked'));
    expect(device.count('unlock')).toBe(1);
    device.pass(61_000);
    device.ask(request());
    expect(device.count('unlock')).toBe(2);
  });

  test('that a human unlocks unasked gets what waits', () => {
    const device = locked();
    device.ask(request());
    device.setState('ready');
    expect(device.count('nip46_request')).toBe(1);
  });

  test('that locked itself a moment ago: what nobody saw is sent once more, and not a third time', () => {
    const device = plugged();
    device.ask(request());
    const error = 'locked';
    device.say({ type: 'error', id: device.last('nip46_request').id, command: 'nip46_request', error });
    expect(device.answers.size).toBe(0);
    unlock(device);
    expect(device.count('nip46_request')).toBe(2);
    device.say({ type: 'error', id: device.last('nip46_request').id, command: 'nip46_request', error });
    expect(device.answers.get(1)).toMatchObject(refused('locked'));
  });

  test('what was on the screen when it locked is not asked again', () => {
    const device = plugged();
    device.ask(request());
    const { id } = device.last('nip46_request');
    device.say({ type: 'notice', notice: 'progress', body: { request: id, step: 'waiting_for_button' } });
    device.say({ type: 'error', id, command: 'nip46_request', error: 'locked' });
    expect(device.answers.get(1)).toMatchObject(refused('locked'));
    expect(device.count('unlock')).toBe(0);
  });

  test('that took the event before it locked: the app hears of the lock, not of a replay', () => {
    const device = plugged();
    device.ask(request());
    device.say({ type: 'error', id: device.last('nip46_request').id, command: 'nip46_request', error: 'locked' });
    unlock(device);
    device.say({ type: 'error', id: device.last('nip46_request').id, command: 'nip46_request', error: 'replayed' });
    expect(device.answers.get(1)).toMatchObject(refused('locked'));
  });

  test('a request that is taken back while the PIN is awaited is not sent', () => {
    const device = locked();
    const job = device.ask(request());
    device.host({ type: 'cancel', job });
    unlock(device);
    expect(device.count('nip46_request')).toBe(0);
  });
});

describe('a fresh device', () => {
  test('gets randomness once in a session, and anew in the next', () => {
    const device = tableDevice();
    device.setState('fresh');
    device.plug();
    device.setState('fresh');
    expect(device.count('mix_entropy')).toBe(1);
    const first = device.last('mix_entropy').body.entropy;
    device.reboot();
    expect(device.count('mix_entropy')).toBe(2);
    expect(device.last('mix_entropy').body.entropy).not.toEqual(first);
  });

  test('one with keys gets none', () => {
    expect(plugged().count('mix_entropy')).toBe(0);
  });
});

describe('accounts', () => {
  test('come with names that cannot move a cursor', () => {
    const device = plugged();
    device.ask({ method: 'accounts' });
    const { id } = device.last('accounts');
    const account = {
      account: 3,
      name: 'Work\u001b[2J',
      pubkey: new Uint8Array(32).fill(7),
      origin: 'derived',
    } as const;
    device.say({ type: 'reply', id, command: 'accounts', body: { accounts: [account] } });
    expect(device.answers.get(1)).toEqual({
      type: 'accounts',
      accounts: [{ account: 3, name: 'Work [2J', pubkey: '07'.repeat(32) }],
    });
  });
});

test.each(['nip04', 'nip44'] as const)('the key that is handed on opens what the app closed with %s', (encryption) => {
  const signer = remoteSigner(generateSecretKey(), primitives);
  const app = makeWorld(nothing, signer).app();
  const { content } = app.event('ping', [], { id: 'x', encryption });
  const key = signer.conversationKey(app.pubkey, encryption);
  const text = encryption === 'nip04' ? primitives.decryptNip04(content, key) : primitives.decryptNip44(content, key);
  expect(JSON.parse(text ?? '')).toEqual({ id: 'x', method: 'ping', params: [] });
});

test.each<DeviceAsk>([
  { ...own, account: 16 },
  { method: 'get_public_key', account: 255 },
  { method: 'account_address', account: 16, addressed: true },
  { method: 'client_request', carried: { ...carried(), account: 16 }, own },
  { method: 'client_request', carried: carried(), own: { ...own, account: 16 } },
  { method: 'client_connect', carried: { ...carried(), account: 16 }, announced: true },
  { method: 'user_request', carried: { ...carried(), account: 16 }, answerAt: 1, secrets: [] },
  {
    method: 'client_introduce',
    client: anApp.pubkey,
    remoteSigner: anApp.pubkey,
    account: 200,
    name: '',
    perms: '',
    announced: true,
    createdAt: 1,
  },
])('an account that no device can have is refused here, and ends no host: $method', (ask) => {
  for (const device of [plugged(), tableDevice()]) {
    const job = device.ask(ask);
    device.plug();
    expect(device.answers.get(job)).toMatchObject(refused('unknown_account'));
  }
});
