/**
 * What clients do on the wire, over the whole product in memory: every form in which they ask, and the exact text of what they
 * are answered. One row a habit of some library.
 */
import * as nip04 from 'nostr-tools/nip04';
import { generateSecretKey, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { afterEach, describe, expect, test } from 'vitest';
import type { Asked, MemoryApp, Received } from '../support/memory-app.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
let app: MemoryApp;

/** A fresh world with a paired app. */
function begin(): void {
  world = makeWorld();
  app = world.app();
}
afterEach(() => world.judge());

/** Sends a text as a request, and gives the one answer to it. */
function answerTo(text: string, asked: Asked = {}): Received {
  const before = app.inbox.length;
  app.publish(app.event('', [], { ...asked, text }));
  world.wait('an answer', () => app.inbox.length > before);
  world.clock.advance(1_000);
  expect(app.inbox).toHaveLength(before + 1);
  const answer = app.inbox.at(-1);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const event = { kind: 1, created_at: 1_760_000_000, tags: [['t', 'x']], content: 'hello' };
const request = (method: string, params: unknown, more: Record<string, unknown> = {}): string =>
  JSON.stringify({ id: 'a', method, params, ...more });

describe('answers that satisfy everybody', () => {
  const exact: [name: string, text: string, answer: string][] = [
    ['success has no error key', request('ping', []), '{"id":"a","result":"pong"}'],
    ['switch_relays is the string null', request('switch_relays', []), '{"id":"a","result":"null"}'],
    [
      'get_relays tells the relays of the session',
      request('get_relays', []),
      JSON.stringify({ id: 'a', result: JSON.stringify({ 'wss://one.example': { read: true, write: true } }) }),
    ],
    ['disconnect (snort, snstr) is acknowledged', request('disconnect', []), '{"id":"a","result":"ack"}'],
    ['logout is acknowledged', request('logout', []), '{"id":"a","result":"ack"}'],
    ['a numeric id is echoed as a number', '{"id":7,"method":"ping","params":[]}', '{"id":7,"result":"pong"}'],
    ['zero is an id', '{"id":0,"method":"ping","params":[]}', '{"id":0,"result":"pong"}'],
    ['so is a fraction (NDK: Math.random)', '{"id":0.25,"method":"ping"}', '{"id":0.25,"result":"pong"}'],
    [
      'a 64-bit id keeps its digits',
      '{"id":12345678901234567890,"method":"ping"}',
      '{"id":12345678901234567890,"result":"pong"}',
    ],
    ['an empty id (NDK) is echoed', '{"id":"","method":"ping","params":[]}', '{"id":"","result":"pong"}'],
    ['null is echoed', '{"id":null,"method":"ping","params":[]}', '{"id":null,"result":"pong"}'],
    ['no id, no id', '{"method":"ping","params":[]}', '{"result":"pong"}'],
    ['missing params', '{"id":"a","method":"ping"}', '{"id":"a","result":"pong"}'],
    ['null params', '{"id":"a","method":"ping","params":null}', '{"id":"a","result":"pong"}'],
    ['unknown fields, error: ""', request('ping', [], { error: '', x: {} }), '{"id":"a","result":"pong"}'],
    ['error: null', request('ping', [], { error: null, result: null }), '{"id":"a","result":"pong"}'],
  ];
  test.each(exact)('%s', (_name, text, answer) => {
    begin();
    expect(answerTo(text).text).toBe(answer);
  });

  const failures: [name: string, text: string, says: string][] = [
    ['an unknown method', request('nip99_levitate', []), 'does not know'],
    ['describe', request('describe', []), 'does not know'],
    ['create_account', request('create_account', []), 'makes no accounts'],
    ['params that are no list', request('ping', {}), 'not a list'],
    ['no method', '{"id":"a"}', 'no method'],
    ['no JSON', '{"id":"a"', 'not a JSON object'],
    ['an array', '[1,2,3]', 'not a JSON object'],
    ['a foreign pubkey', request('sign_event', [{ ...event, pubkey: 'ab'.repeat(32) }]), 'another user'],
    ['kind 14', request('sign_event', [{ ...event, kind: 14 }]), 'never signed'],
    ['kind 15', request('sign_event', [{ ...event, kind: 15 }]), 'never signed'],
    ['kind 24133', request('sign_event', [{ ...event, kind: 24133 }]), 'never signed'],
    ['a kind that is none', request('sign_event', [{ ...event, kind: -1 }]), 'kind'],
    ['tags of numbers', request('sign_event', [{ ...event, tags: [[1]] }]), 'tags'],
    ['a lone surrogate', request('sign_event', ['{"kind":1,"content":"\\ud800"}']), 'surrogate'],
    ['no template', request('sign_event', []), 'not a JSON object'],
    ['a peer that is no key', request('nip44_encrypt', ['npub1…', 'text']), 'peer'],
    ['a peer that is no point', request('nip44_encrypt', ['ff'.repeat(32), 'text']), 'cannot be encrypted'],
    ['an empty text for NIP-44', request('nip44_encrypt', ['79'.repeat(32), '']), 'cannot be encrypted'],
    ['a text over 1 MiB', request('nip44_encrypt', ['79'.repeat(32), 'x'.repeat(1_100_000)]), 'larger'],
  ];
  test.each(failures)('failure is result "error" and the reason: %s', (_name, text, says) => {
    begin();
    const { json } = answerTo(text);
    expect(json).toMatchObject({ result: 'error', error: expect.stringContaining(says) });
    expect(world.device.signatures).toEqual([]);
  });

  test('created_at is never before that of the request (go-nostr: since: now)', () => {
    begin();
    const ahead = Math.floor(world.clock.now() / 1000) + 90;
    expect(answerTo(request('ping', []), { createdAt: ahead }).event.created_at).toBe(ahead);
    const nowS = Math.floor(world.clock.now() / 1000);
    expect(answerTo(request('ping', []), { createdAt: nowS - 90 }).event.created_at).toBeGreaterThanOrEqual(nowS);
  });

  test('ids of NDK collide: another request under the same id is another request', () => {
    begin();
    const first = answerTo(request('sign_event', [{ ...event, content: '1' }]));
    const second = answerTo(request('sign_event', [{ ...event, content: '2' }]));
    expect([first, second].map(({ json }) => JSON.parse(String(json.result)).content)).toEqual(['1', '2']);
  });

  test('an empty text that was decrypted is the one empty answer', () => {
    begin();
    const friend = generateSecretKey();
    const sealed = nip04.encrypt(friend, world.device.pubkey, '');
    const { text } = answerTo(request('nip04_decrypt', [getPublicKey(friend), sealed]));
    expect(text).toBe('{"id":"a","result":""}');
  });
});

describe('requests as they come', () => {
  const templates: [name: string, param: (user: string) => unknown, signed: Record<string, unknown>][] = [
    ['a string', () => JSON.stringify(event), event],
    ['an object (Nostrum)', () => event, event],
    ['with the own pubkey', (user) => ({ ...event, pubkey: user }), event],
    ['with an empty pubkey', () => ({ ...event, pubkey: '' }), event],
    ['with id and sig', () => ({ ...event, id: 'x', sig: 'y' }), event],
    ['with unknown fields', () => ({ ...event, relay: 'wss://x', seen: null }), event],
    [
      'without tags',
      () => ({ kind: 1, created_at: 7, content: 'a' }),
      { kind: 1, created_at: 7, tags: [], content: 'a' },
    ],
    ['with null tags', () => ({ kind: 1, created_at: 7, tags: null, content: 'a' }), { created_at: 7, tags: [] }],
    ['without created_at', () => ({ kind: 1, tags: [], content: 'a' }), { created_at: 1_760_000_060 }],
    ['in JSON with spaces', () => JSON.stringify(event, null, 2), event],
  ];
  test.each(templates)('an event %s is signed', (_name, param, signed) => {
    begin();
    const createdAt = 1_760_000_060; // what is filled in is the time of the app's own signed request
    const { json } = answerTo(request('sign_event', [param(world.device.pubkey)]), { createdAt });
    const answered = JSON.parse(String(json.result));
    expect(verifyEvent(answered)).toBe(true);
    expect(answered).toMatchObject({ ...signed, pubkey: world.device.pubkey });
    expect(Object.keys(answered).sort()).toEqual(['content', 'created_at', 'id', 'kind', 'pubkey', 'sig', 'tags']);
  });

  const firsts: [name: string, first: (world: World, app: MemoryApp) => unknown][] = [
    ['the remote-signer key', () => world.host().pubkey],
    ['the user pubkey (NDK)', () => world.device.pubkey],
    ['nothing (NDK)', () => ''],
    ['null', () => null],
    ['the client key (older ones)', (_world, one) => one.pubkey],
    ['the word remote (applesauce)', () => 'remote'],
  ];
  test.each(firsts)('connect names %s first', (_name, first) => {
    begin();
    const one = world.stranger();
    world.clock.advance(50);
    const params = [first(world, one), world.newSecret(), 'sign_event:1,nip44_encrypt'];
    expect(world.ask(one, 'connect', params)).toMatchObject({ result: 'ack' });
    expect(world.ask(one, 'get_public_key', [])).toMatchObject({ result: world.device.pubkey });
  });

  test('a known key is acknowledged again: with its spent secret (applesauce), without one, and with a new one', () => {
    begin();
    const one = world.stranger();
    world.clock.advance(50);
    const secret = world.newSecret();
    for (const params of [['', secret], ['remote', secret, ''], [world.host().pubkey], [], ['', world.newSecret()]]) {
      expect(world.ask(one, 'connect', params)).toMatchObject({ result: 'ack' });
    }
    expect(world.ask(one, 'connect', ['', 'invented'])).toMatchObject({ result: 'error', error: expect.any(String) });
    expect(world.ask(one, 'ping', [])).toMatchObject({ result: 'pong' });
  });

  test('a stranger is told what to do, in words', () => {
    begin();
    const one = world.stranger();
    world.clock.advance(50);
    expect(world.ask(one, 'ping', [])).toMatchObject({ error: expect.stringContaining('new bunker line') });
    expect(world.ask(one, 'connect', [''])).toMatchObject({ error: expect.stringContaining('new bunker line') });
    expect(world.ask(one, 'connect', ['', 'wrong'])).toMatchObject({
      error: expect.stringContaining('one-time secret'),
    });
  });
});
