/** The bridge in small stories: pairing, and each kind of request. Virtual time, a device that we press. */
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { isGenuine } from '../../host/src/core/nip46/event.ts';
import type { RefusalCode } from '../../host/src/core/nip46/refusal.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { effectNames, makeWorld, pairedApp, signedBy, wire } from './bridge-world.ts';

const note1 = { kind: 1, content: 'hello', tags: [['t', 'x']], created_at: 1_700_000_000 };

describe('pairing', () => {
  test('a live secret is saved, then acknowledged', () => {
    const world = makeWorld();
    const app = world.app();
    world.newSecret('Xyz', 'my phone');
    app.send('connect', ['', 'Xyz', 'sign_event:1', JSON.stringify({ name: 'Coracle', url: 'https://c.example' })], {
      id: 'c',
    });
    expect(effectNames(world)).toEqual([
      'save secret',
      'save seen',
      'ask',
      'note',
      'save pair',
      'answer',
      'note',
      'save ended',
    ]);
    expect(app.inbox.map(({ json }) => json)).toEqual([{ id: 'c', result: 'ack' }]);
    expect(world.rows().at(-2)).toMatchObject({
      app: {
        client: app.pubkey,
        name: 'Coracle',
        url: 'https://c.example',
        perms: 'sign_event:1',
        pairedAt: world.now(),
      },
    });
    expect(JSON.stringify(world.log)).not.toContain('Xyz"'); // no hex, which keys may end in
  });

  test.each([
    ['the remote-signer key', 'remote'],
    ['the user key', 'user'],
    ['the client key', 'client'],
    ['nothing', ''],
    ['the word remote', 'word'],
  ])('the first param may be %s', (_name, which) => {
    const world = makeWorld();
    const app = world.app();
    world.newSecret('abc');
    const firsts = { remote: world.signer.pubkey, user: world.userPubkey, client: app.pubkey, '': '', word: 'remote' };
    app.send('connect', [firsts[which as keyof typeof firsts], 'abc']);
    expect(app.last()).toMatchObject({ result: 'ack' });
  });

  test('a known app is acknowledged again: without a secret, with its spent one, with a new one', () => {
    const world = makeWorld();
    const app = world.app();
    world.newSecret('abc');
    world.newSecret('def');
    for (const secret of ['abc', 'abc', '', 'def', 'abc', 'def']) {
      app.send('connect', [world.signer.pubkey, secret, '', '']);
      expect(app.last()).toMatchObject({ result: 'ack' });
    }
    expect(world.rows().filter((row) => row.type === 'pair')).toHaveLength(2);
  });

  test('a wrong secret, none, and a spent one are errors, each by name', () => {
    const world = makeWorld();
    const [first, second] = [world.app(), world.app()];
    world.newSecret('abc');
    first.send('connect', ['', 'abc']);
    second.send('connect', ['', 'wrong']);
    second.send('connect', ['', '']);
    second.send('connect', ['', 'abc']);
    first.send('connect', ['', 'wrong']);
    expect(world.notes()).toEqual(['asked', 'paired', 'wrong_secret', 'wrong_secret', 'spent_secret', 'wrong_secret']);
    expect(second.inbox.map(({ json }) => json.result)).toEqual(['error', 'error', 'error']);
    expect(String(second.last().error)).toContain('used before');
    first.send('ping', []);
    expect(first.last().result).toBe('pong');
  });

  test('two apps race for one secret: exactly one wins, and a later restart knows which', () => {
    const world = makeWorld();
    const [first, second] = [world.app(), world.app()];
    world.newSecret('abc');
    const events = [first, second].map((app) => app.event('connect', ['', 'abc']));
    for (const event of events) world.deliver(event);
    expect([first.last().result, second.last().result]).toEqual(['ack', 'error']);
    expect(world.rows().filter((row) => row.type === 'pair')).toHaveLength(1);
  });

  test('a secret that is made twice stays spent', () => {
    const world = makeWorld();
    const [first, second] = [world.app(), world.app()];
    world.newSecret('abc');
    first.send('connect', ['', 'abc']);
    expect(world.newSecret('abc')).toEqual([]);
    second.send('connect', ['', 'abc']);
    expect(world.notes().at(-1)).toBe('spent_secret');
  });

  test('at most 64 secrets are live; the oldest is void', () => {
    const world = makeWorld();
    const app = world.app();
    for (let i = 0; i <= 64; i++) world.newSecret(`s${i}`);
    expect(world.rows().filter((row) => row.type === 'drop_secret')).toHaveLength(1);
    app.send('connect', ['', 's0']);
    expect(world.notes().at(-1)).toBe('wrong_secret');
    app.send('connect', ['', 's1']);
    expect(app.last().result).toBe('ack');
  });

  test('a secret that nobody used for a day is void, and says so', () => {
    const world = makeWorld();
    const [early, late] = [world.app(), world.app()];
    world.newSecret('abc');
    world.newSecret('def');
    world.pass(86_400_000);
    early.send('connect', ['', 'abc']);
    expect(early.last().result).toBe('ack');
    world.pass(1);
    late.send('connect', ['', 'def']);
    expect(world.notes().at(-1)).toBe('expired_secret');
    expect(String(late.last().error)).toContain('expired');
    early.send('connect', ['', 'abc']);
    expect(early.last().result).toBe('ack');
  });

  test('hostile names reach the device as one clean short line', () => {
    const world = makeWorld();
    const app = pairedApp(world, { name: `\u202eevil\n\u0000${'x'.repeat(500)}` });
    app.send('sign_event', [note1]);
    const [ask] = world.questions();
    expect(ask).toMatchObject({ label: `evil ${'x'.repeat(59)}` });
  });

  test('a nameless app is labelled by its key, or by what the user called the line', () => {
    const world = makeWorld();
    const nameless = pairedApp(world, '');
    nameless.send('sign_event', [note1]);
    expect(world.questions()).toMatchObject([{ label: `app ${nameless.pubkey.slice(0, 8)}` }]);
    const named = world.app();
    world.newSecret('abc', 'my phone');
    named.send('connect', ['', 'abc']);
    named.send('sign_event', [note1]);
    expect(world.questions().at(-1)).toMatchObject({ label: 'my phone' });
  });
});

describe('requests', () => {
  test('the host answers ping and switch_relays itself', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('ping', []);
    app.send('switch_relays', []);
    expect(app.inbox.map(({ json }) => json.result)).toEqual(['pong', 'null']);
    expect(world.asks.size).toBe(0);
  });

  test('get_public_key is the device’s answer', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('get_public_key', [], { id: 5 });
    expect(app.inbox).toEqual([]);
    world.press();
    expect(app.last()).toEqual({ id: 5, result: world.userPubkey });
  });

  test('a signed event comes back as it was asked for, saved as seen before the device hears of it', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const template = { ...note1, content: '\u0000\u202e "\\ 👩‍🚀', tags: [[''], [], ['e', '', 'x']] };
    app.send('sign_event', [JSON.stringify(template)]);
    expect(effectNames(world)).toEqual(['save seen', 'ask', 'note']);
    world.press();
    const event = signedBy(app);
    expect(event).toMatchObject({ ...template, pubkey: world.userPubkey });
    expect(Object.keys(event)).toEqual(['id', 'pubkey', 'created_at', 'kind', 'tags', 'content', 'sig']);
    expect(isGenuine(wire(JSON.parse(JSON.stringify(event))), primitives)).toBe(true);
  });

  test('what a template lacks is filled from the signed request, not from our clock', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const createdAt = Math.floor(world.now() / 1000) - 77;
    app.send('sign_event', [{ kind: 7, content: '+' }], { createdAt });
    world.press();
    expect(signedBy(app)).toMatchObject({
      kind: 7,
      content: '+',
      tags: [],
      created_at: createdAt,
      pubkey: world.userPubkey,
    });
  });

  test('the four text methods, empty result included', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const friendSecret = generateSecretKey();
    const friend = getPublicKey(friendSecret);
    for (const standard of ['nip04', 'nip44']) {
      app.send(`${standard}_encrypt`, [friend, 'grüezi']);
      world.press();
      app.send(`${standard}_decrypt`, [friend, app.last().result]);
      world.press();
      expect(app.last().result).toBe('grüezi');
    }
    app.send('nip04_decrypt', [friend, 'x?iv=y'], { id: 'e' });
    world.press({ type: 'text', text: '' });
    expect(app.last()).toEqual({ id: 'e', result: '' });
    expect(JSON.stringify(world.log.filter((effect) => effect.type === 'note'))).not.toContain('grüezi');
  });

  test('is answered in its own encryption, to the relay that brought it, never before its own time', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    const ahead = Math.floor(world.now() / 1000) + 300;
    app.send('ping', [], { encryption: 'nip04', relay: 'wss://a', createdAt: ahead });
    app.send('ping', [], { encryption: 'nip44', relay: 'wss://b', createdAt: ahead - 500 });
    const [first, second] = app.inbox;
    expect(first?.event.content).toContain('?iv=');
    expect(first).toMatchObject({ relays: ['wss://a'], event: { created_at: ahead } });
    expect(second?.event.content).not.toContain('?iv=');
    expect(second).toMatchObject({ relays: ['wss://b'], event: { created_at: ahead - 300 } });
  });

  test.each<readonly [string, string, unknown, RefusalCode]>([
    ['unknown method', 'nip99_levitate', [], 'unknown_method'],
    ['method of the prototype', '__proto__', [], 'unknown_method'],
    ['rumor', 'sign_event', [{ ...note1, kind: 14 }], 'forbidden_kind'],
    ['file rumor', 'sign_event', [{ ...note1, kind: 15 }], 'forbidden_kind'],
    ['malformed', 'sign_event', [5], 'malformed'],
    ['too large', 'sign_event', [{ ...note1, content: 'x'.repeat(1_100_000) }], 'too_large'],
  ])('%s is an error at once, and the device hears nothing', (_name, method, params, code) => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send(method, params, { id: 'r' });
    expect(app.last()).toMatchObject({ id: 'r', result: 'error' });
    expect(world.notes()).toEqual([code]);
    expect(world.asks.size).toBe(0);
  });

  test('text that is no JSON is answered, too, only without an id', () => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('', [], { text: '{"id":' });
    expect(app.last()).toMatchObject({ result: 'error' });
    expect('id' in app.last()).toBe(false);
  });

  test.each(['logout', 'disconnect'])('%s: on disk, then the open ones end, then ack, then a stranger', (method) => {
    const world = makeWorld();
    const app = pairedApp(world);
    app.send('sign_event', [note1], { id: 'open' });
    world.log.length = 0;
    app.send(method, [], { id: 'bye' });
    expect(effectNames(world)).toEqual(['save seen', 'save unpair', 'cancel', 'answer', 'note', 'answer', 'note']);
    expect(app.inbox.map(({ json }) => [json.id, json.result])).toEqual([
      ['open', 'error'],
      ['bye', 'ack'],
    ]);
    app.send('get_public_key', []);
    expect(world.notes().at(-1)).toBe('not_paired');
    app.send('connect', ['', `s${app.pubkey.slice(0, 16)}`]);
    expect(world.notes().at(-1)).toBe('spent_secret');
  });
});
