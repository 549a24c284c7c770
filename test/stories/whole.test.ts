/**
 * Stories over the whole product in memory: apps, relays, host, cable, firmware and a human on one virtual clock, bytes cut at
 * random. After each of them it is asked what must always be true (`judge`).
 */
import * as nip04 from 'nostr-tools/nip04';
import * as nip44 from 'nostr-tools/nip44';
import { generateSecretKey, getEventHash, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { judgedWorlds } from '../support/judged.ts';
import { approves, away, denies, prompted, signed } from '../support/world.ts';

const two = { relays: ['wss://one.example', 'wss://two.example'] };
const note = { kind: 1, created_at: 1_760_000_000, tags: [], content: 'hello' };
const ids = [1, 2, 3].map(String);

const aWorld = judgedWorlds();

test('I paste a bunker line into an app, and it knows me', () => {
  const world = aWorld();
  const app = world.stranger();
  world.clock.advance(50);
  const secret = world.newSecret();
  expect(world.ask(app, 'connect', [world.host().pubkey, secret])).toEqual({ id: expect.anything(), result: 'ack' });
  expect(world.ask(app, 'get_public_key', [])).toMatchObject({ result: world.device.pubkey });
  expect(world.ask(app, 'ping', [])).toMatchObject({ result: 'pong' });
  expect(world.device.prompts).toEqual([]);
});

test('I use the line a second time in another app, and it is told that the secret was spent', () => {
  const world = aWorld();
  const [one, other] = [world.stranger(), world.stranger()];
  world.clock.advance(50);
  const secret = world.newSecret();
  expect(world.ask(one, 'connect', [world.host().pubkey, secret])).toMatchObject({ result: 'ack' });
  const answer = world.ask(other, 'connect', [world.host().pubkey, secret]);
  expect(answer).toMatchObject({ result: 'error', error: expect.stringContaining('used before') });
  expect(world.ask(other, 'get_public_key', [])).toMatchObject({ error: expect.stringContaining('not paired') });
});

const events: [name: string, template: { kind: number; tags: string[][]; content: string; created_at: number }][] = [
  ['a note', { ...note, content: 'hello, world' }],
  [
    'a note in many scripts',
    { ...note, content: 'žluťoučký 日本語 שלום 🐎👩‍👩‍👧 \u{1f1e8}\u{1f1ff}', tags: [['t', 'ž🐎']] },
  ],
  [
    'all control characters',
    { ...note, content: String.fromCharCode(...Array(0x20).keys(), 0x7f, 0x22, 0x5c, 0x2028) },
  ],
  ['a byte order mark', { ...note, content: `\ufeff${'x'.repeat(100)}`, tags: [['t', `\ufeff${'y'.repeat(80)}`]] }],
  ['empty tags', { ...note, tags: [['t', ''], [], ['', '', '']], content: '' }],
  ['a profile', { ...note, kind: 0, content: JSON.stringify({ name: 'Řehoř', about: 'a\nb' }) }],
  [
    'a follow list',
    { ...note, kind: 3, tags: Array.from({ length: 300 }, (_, i) => ['p', String(i).padStart(64, 'a')]) },
  ],
  ['an article', { ...note, kind: 30023, tags: [['d', 'an-article']], content: '# Title\n\ntext'.repeat(200) }],
  ['60,000 bytes', { ...note, content: 'x'.repeat(60_000) }],
  ['200 KB', { ...note, content: 'long text 🐎 '.repeat(200_000 / 15) }],
];
test.each(events)('I sign %s, and it is what I was shown', (_name, template) => {
  const world = aWorld();
  const app = world.app();
  const event = signed(world, app, template);
  expect(event).toMatchObject({ ...template, pubkey: world.device.pubkey });
  expect(event.id).toBe(getEventHash({ ...template, pubkey: world.device.pubkey }));
  expect(world.device.prompts).toMatchObject([{ eventId: event.id }]);
  expect(world.device.prompts[0]?.rows.join('\n')).toContain('Coracle');
});

test.each(['nip04', 'nip44'] as const)('I write and read secrets with %s', (scheme) => {
  const world = aWorld();
  const app = world.app();
  const friend = generateSecretKey();
  const words = 'a secret ✨';
  const sealed = String(world.ask(app, `${scheme}_encrypt`, [getPublicKey(friend), words]).result);
  const shared = nip44.v2.utils.getConversationKey(friend, world.device.pubkey);
  const read =
    scheme === 'nip04' ? nip04.decrypt(friend, world.device.pubkey, sealed) : nip44.v2.decrypt(sealed, shared);
  expect(read).toBe(words);
  const reply =
    scheme === 'nip04' ? nip04.encrypt(friend, world.device.pubkey, words) : nip44.v2.encrypt(words, shared);
  expect(world.ask(app, `${scheme}_decrypt`, [getPublicKey(friend), reply])).toMatchObject({ result: words });
  expect(world.device.prompts).toHaveLength(2);
  const broken = world.ask(app, `${scheme}_decrypt`, [getPublicKey(friend), reply.slice(4)]);
  expect(broken).toMatchObject({ result: 'error', error: expect.any(String) });
});

test.each(['nip04', 'nip44'] as const)('My app speaks %s, and is answered in it', (encryption) => {
  const world = aWorld();
  const app = world.app();
  world.ask(app, 'sign_event', [JSON.stringify(note)], { encryption });
  world.ask(app, 'ping', [], { encryption });
  expect(app.inbox.slice(-2).map((answer) => answer.encryption)).toEqual([encryption, encryption]);
});

test('I say no, and the app hears that I did', () => {
  const world = aWorld();
  const app = world.app();
  world.human = denies;
  const answer = world.ask(app, 'sign_event', [JSON.stringify(note)]);
  expect(answer).toMatchObject({ result: 'error', error: expect.stringContaining('denied') });
  expect(world.device.signatures).toEqual([]);
});

test('I am not there, and the app hears that nobody pressed a button', () => {
  const world = aWorld();
  const app = world.app();
  world.human = away;
  const answer = world.ask(app, 'sign_event', [JSON.stringify(note)]);
  expect(answer).toMatchObject({ result: 'error', error: expect.stringContaining('in time') });
  world.human = approves;
  signed(world, app, { ...note, content: 'again' });
});

test('Two relays bring the same request: I am asked once, and both bring the answer', () => {
  const world = aWorld(two);
  const app = world.app();
  world.ask(app, 'sign_event', [JSON.stringify(note)]);
  world.clock.advance(1_000);
  expect(world.device.prompts).toHaveLength(1);
  expect(world.device.signatures).toHaveLength(1);
  expect(app.inbox.at(-1)?.relays).toHaveLength(2);
});

test('My app asks again after 65 s: I am asked once, and both get the same answer', () => {
  const world = aWorld();
  const app = world.app();
  world.human = { ...approves, afterMs: 50_000 };
  app.send('sign_event', [JSON.stringify(note)], { id: 'same' });
  world.clock.advance(65_000);
  app.send('sign_event', [JSON.stringify(note)], { id: 'same' });
  world.wait('both answers', () => app.answersTo('same').length === 2);
  const [first, second] = app.answersTo('same');
  expect(second?.text).toBe(first?.text);
  expect(second?.event.id).not.toBe(first?.event.id);
  expect(world.device.prompts).toHaveLength(1);
});

test('My app asks again before I decided: I am asked once', () => {
  const world = aWorld();
  const app = world.app();
  world.human = { ...approves, afterMs: 30_000 };
  for (const _ of ids) {
    app.send('sign_event', [JSON.stringify(note)], { id: 'same' });
    world.clock.advance(5_000);
  }
  world.wait('the answer', () => app.answersTo('same').length > 0);
  expect(world.device.prompts).toHaveLength(1);
});

test('32 requests at once are all answered, one prompt after the other', () => {
  const world = aWorld();
  const app = world.app();
  world.human = { ...approves, afterMs: 500 };
  const sent = Array.from({ length: 32 }, (_, i) =>
    app.send('sign_event', [JSON.stringify({ ...note, content: `${i}` })]),
  );
  world.wait('all answers', () => sent.every((id) => app.answersTo(id).length === 1));
  expect(world.device.signatures).toHaveLength(32);
  expect(world.device.held()).toBeGreaterThan(1);
  for (const id of sent) expect(verifyEvent(JSON.parse(String(app.answersTo(id)[0]?.json.result)))).toBe(true);
});

test('Two apps race for one line: exactly one is paired', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const world = aWorld({ ...two, seed });
    const apps = [world.stranger(), world.stranger()];
    world.clock.advance(50);
    const secret = world.newSecret();
    for (const app of apps) app.send('connect', [world.host().pubkey, secret], { id: 'race' });
    world.wait('both answers', () => apps.every((app) => app.answersTo('race').length === 1));
    const results = apps.map((app) => app.answersTo('race')[0]?.json.result);
    expect(results.sort()).toEqual(['ack', 'error']);
  }
});

test('Two apps ask: each is shown with its own name', () => {
  const world = aWorld();
  const [one, other] = [world.app('Coracle'), world.app('noStrudel')];
  signed(world, one, { ...note, content: '1' });
  signed(world, other, { ...note, content: '2' });
  const screens = world.device.prompts.map(({ rows }) => rows.join('\n'));
  expect(screens[0]).toContain('Coracle');
  expect(screens[1]).toContain('noStrudel');
  expect(screens[1]).not.toContain('Coracle');
});

test('I log out while a request is open: it leaves the screen, both get their answer, and the app is unknown', () => {
  const world = aWorld();
  const app = world.app();
  world.human = away;
  const id = app.send('sign_event', [JSON.stringify(note)]);
  prompted(world);
  expect(world.ask(app, 'logout', [])).toMatchObject({ result: 'ack' });
  world.wait('the open one ends', () => app.answersTo(id).length === 1);
  expect(app.answersTo(id)[0]?.json).toMatchObject({ result: 'error', error: expect.stringContaining('logged out') });
  world.wait('the screen is empty', () => world.device.prompt() === null);
  expect(world.ask(app, 'get_public_key', [])).toMatchObject({ error: expect.stringContaining('not paired') });
});
