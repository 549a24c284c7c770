/** Envelopes: opened as clients seal them, sealed so that clients open them, and refused when anything is off. */
import * as nip04 from 'nostr-tools/nip04';
import * as nip44 from 'nostr-tools/nip44';
import { BUNKER_REGEX, parseBunkerInput } from 'nostr-tools/nip46';
import { finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { formatBunkerUri, formatOldToken } from '../../host/src/core/apps/bunker-uri.ts';
import { answerCreatedAt, remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import { isGenuine, type NostrEvent } from '../../host/src/core/nip46/event.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { wire } from './bridge-world.ts';

const signer = remoteSigner(generateSecretKey(), primitives);
const clientSecret = generateSecretKey();
const client = getPublicKey(clientSecret);
const conversation = nip44.v2.utils.getConversationKey(clientSecret, signer.pubkey);
const random = new Uint8Array(64).fill(7);

function event(content: string): NostrEvent {
  const tags = [['p', signer.pubkey]];
  return wire(finalizeEvent({ kind: 24133, created_at: 1_700_000_000, tags, content }, clientSecret));
}

describe('opening', () => {
  test.each([1, 65_535, 65_536, 200_000, 1_100_000])('NIP-44 of %i bytes', (size) => {
    const text = 'a'.repeat(size);
    const opened = signer.open(event(nip44.v2.encrypt(text, conversation)));
    expect(opened).toEqual({ type: 'opened', text, encryption: 'nip44' });
  });

  test('NIP-04 is read off the content', () => {
    const opened = signer.open(event(nip04.encrypt(clientSecret, signer.pubkey, 'grüezi 👋')));
    expect(opened).toEqual({ type: 'opened', text: 'grüezi 👋', encryption: 'nip04' });
  });

  const sealed = nip44.v2.encrypt('hello', conversation);
  const foreign = nip44.v2.encrypt('hello', nip44.v2.utils.getConversationKey(generateSecretKey(), client));
  test.each([
    ['empty', ''],
    ['plain text', '{"id":"1","method":"ping"}'],
    ['another key', foreign],
    ['cut short', sealed.slice(0, -4)],
    ['a changed character', `${sealed.slice(0, 60)}${sealed[60] === 'A' ? 'B' : 'A'}${sealed.slice(61)}`],
    ['another version', `#${sealed}`],
    ['NIP-04 without text', '?iv='],
    ['NIP-04 without IV', 'AAAAAAAAAAAAAAAAAAAAAA==?iv='],
    ['NIP-04 of half a block', 'AAAA?iv=AAAAAAAAAAAAAAAAAAAAAA=='],
    ['NIP-04 not base64', 'ä?iv=ö'],
  ])('%s does not decrypt', (_name, content) => {
    const opened = signer.open(event(content));
    expect(opened).toEqual({ type: 'undecryptable' });
  });
});

describe('sealing', () => {
  test.each(['nip44', 'nip04'] as const)('%s is opened by the client', (encryption) => {
    for (const text of ['{"result":"ack"}', 'x'.repeat(300_000)]) {
      const sealed = signer.seal({ text, client, encryption, createdAt: 1_700_000_001, random });
      expect(isGenuine(wire(sealed), primitives)).toBe(true);
      expect(sealed).toMatchObject({
        kind: 24133,
        pubkey: signer.pubkey,
        created_at: 1_700_000_001,
        tags: [['p', client]],
      });
      const opened =
        encryption === 'nip04'
          ? nip04.decrypt(clientSecret, signer.pubkey, sealed.content)
          : nip44.v2.decrypt(sealed.content, conversation);
      expect(opened).toBe(text);
    }
  });

  test('the NIP-44 nonce is the argument', () => {
    const sealed = signer.seal({ text: 'x', client, encryption: 'nip44', createdAt: 1, random });
    expect(sealed.content).toBe(nip44.v2.encrypt('x', conversation, random.subarray(0, 32)));
  });

  test('a sealed event carries no mark that would vouch for a copy', () => {
    const sealed = signer.seal({ text: 'x', client, encryption: 'nip44', createdAt: 1, random });
    expect(isGenuine({ ...sealed, content: 'y' }, primitives)).toBe(false);
  });

  test('created_at is never before the request or now', () => {
    expect(answerCreatedAt(5_999, 3)).toBe(5);
    expect(answerCreatedAt(5_999, 9)).toBe(9);
  });

  test('the secret is not to be seen on the signer', () => {
    const secret = generateSecretKey();
    expect(JSON.stringify(remoteSigner(secret, primitives))).toBe(JSON.stringify({ pubkey: getPublicKey(secret) }));
  });
});

describe('the bunker line', () => {
  const pubkey = signer.pubkey;
  test('is read by nostr-tools, whatever the relays are called', async () => {
    const relays = ['wss://relay.example/', "ws://127.0.0.1:7777/a~b'(c)*!?x=1&y=%20#z", 'wss://ü.example/ä b'];
    const line = formatBunkerUri({ pubkey, relays, secret: 'Abc123' });
    expect(line).toMatch(BUNKER_REGEX);
    expect(await parseBunkerInput(line)).toEqual({ pubkey, relays, secret: 'Abc123' });
  });

  test('is one exact line', () => {
    expect(formatOldToken({ pubkey, relays: ['ws://a:1', 'wss://b'], secret: 's' }, 'npub1x')).toBe(
      'npub1x#s?relay=ws%3A%2F%2Fa%3A1&relay=wss%3A%2F%2Fb',
    );
    expect(formatBunkerUri({ pubkey, relays: ['ws://a:1'], secret: 's' })).toBe(
      `bunker://${pubkey}?relay=ws%3A%2F%2Fa%3A1&secret=s`,
    );
  });

  test.each([
    ['an uppercase key', { pubkey: pubkey.toUpperCase(), relays: ['ws://a'], secret: 's' }],
    ['no relay', { pubkey, relays: [], secret: 's' }],
    ['no secret', { pubkey, relays: ['ws://a'], secret: '' }],
    ['a secret with a sign', { pubkey, relays: ['ws://a'], secret: 'a-b' }],
  ])('%s is a bug of the caller', (_name, line) => {
    expect(() => formatBunkerUri(line)).toThrow('bunker line');
  });
});
