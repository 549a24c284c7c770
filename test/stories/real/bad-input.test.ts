/** What apps send by mistake or on purpose: each gets a clear error, nobody is asked on the device, and nothing is lost. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openApp, type RawApp } from '../../support/raw-app.ts';
import { expectSigned, type Template } from '../../support/story-events.ts';
import { startWhole, type Whole } from '../../support/whole.ts';

const note: Template = { kind: 1, created_at: 1_735_787_045, tags: [], content: 'a good request' };

let whole: Whole;
let app: RawApp;
let stranger: RawApp;

beforeAll(async () => {
  whole = await startWhole();
  app = await openApp(whole);
  stranger = await openApp(whole);
});

afterAll(async () => {
  app?.close();
  stranger?.close();
  await whole?.close();
});

// After each of them a good request works, and nothing but that good request was ever on the screen.
let prompts = 0;
afterEach(async () => {
  const asking = app.ask('sign_event', [JSON.stringify(note)]);
  const [answer] = await Promise.all([asking, whole.device().answer('approve')]);
  expectSigned(JSON.parse(String(answer.result)), note);
  expect(whole.device().prompts()).toBe(++prompts);
});

test('an app that is not paired; a wrong secret; and the right one pairs', async () => {
  expect(await app.ask('ping', [])).toMatchObject(failure('This app is not paired'));
  expect(await app.ask('sign_event', [JSON.stringify(note)])).toMatchObject(failure('This app is not paired'));
  expect(await app.connect('')).toMatchObject(failure('has no one-time secret'));
  expect(await app.connect('wrong')).toMatchObject(failure('did not give out that one-time secret'));
  expect(await app.connect()).toMatchObject({ result: 'ack' });
});

test('a spent secret is refused to a second app, and acknowledged to the one that spent it', async () => {
  expect(await stranger.connect()).toMatchObject(failure('used before'));
  expect(await stranger.ask('get_public_key', [])).toMatchObject(failure('This app is not paired'));
  expect(await app.connect()).toMatchObject({ result: 'ack' });
});

test.each([
  ['no JSON', 'hello', 'is not a JSON object'],
  ['a list', '[1,2]', 'is not a JSON object'],
  ['no method', '{"id":"x1"}', 'has no method'],
  ['params that are no list', '{"id":"x2","method":"ping","params":"none"}', 'has params that are not a list'],
  ['an id that is no id', '{"id":{},"method":"ping","params":[]}', 'neither a string nor a number'],
  ['brackets without end', '['.repeat(100_000), 'is not a JSON object'],
])('malformed JSON-RPC: %s', async (_name, text, words) => {
  expect(await app.sendText(text)).toMatchObject(failure(words));
});

test('an unknown method', async () => {
  expect(await app.ask('sign_everything', [])).toMatchObject(failure('does not know the method'));
});

test.each([
  ['a foreign pubkey', { ...note, pubkey: 'f'.repeat(64) }, 'names another user'],
  ['kind 14', { ...note, kind: 14 }, 'never signed'],
  ['kind 15', { ...note, kind: 15 }, 'never signed'],
  ['kind 24133', { ...note, kind: 24133 }, 'never signed'],
  ['a kind that is none', { ...note, kind: -1 }, 'has no kind'],
  ['tags that are none', { ...note, tags: [[1]] }, 'tags that are not lists of strings'],
  ['half a surrogate pair', { ...note, content: '\ud83d' }, 'half a surrogate pair'],
  ['more than 1 MiB', { ...note, content: 'x'.repeat(1024 * 1024 + 1) }, 'larger than 1 MiB'],
])('an event that cannot be signed: %s', async (_name, template, words) => {
  expect(await app.ask('sign_event', [JSON.stringify(template)])).toMatchObject(failure(words));
});

test.each([
  ['a peer that is none', ['npub1x', 'text'], 'names a peer that is not 32 bytes of hex'],
  ['no text', ['f'.repeat(64)], 'has no text'],
  ['more than 1 MiB', ['f'.repeat(64), 'x'.repeat(1024 * 1024 + 1)], 'larger than the device takes'],
])('a text that cannot be encrypted: %s', async (_name, params, words) => {
  expect(await app.ask('nip44_encrypt', params)).toMatchObject(failure(words));
});

test('an event beyond the limits of the relay is refused by the relay, by name', async () => {
  const large = app.seal('ping');
  const content = { ...large, content: 'x'.repeat(5 * 1024 * 1024) };
  await expect(app.publish(content)).rejects.toThrow('invalid: the content has more than');
  const message = { ...large, content: 'x'.repeat(7 * 1024 * 1024) };
  await expect(app.publish(message)).rejects.toThrow(/invalid: the message has \d+ bytes, this relay takes at most/);
});

test('a payload that does not decrypt was asked about, and is an error with words', async () => {
  const asking = app.ask('nip44_decrypt', [stranger.pubkey, 'AgAA']);
  const [answer] = await Promise.all([asking, whole.device().answer('approve')]);
  prompts++;
  expect(answer).toMatchObject(failure('It is damaged, or meant for another key.'));
});

/** The one form in which all libraries report the reason. */
function failure(words: string): object {
  return { result: 'error', error: expect.stringContaining(words) };
}
