/** The host's cryptography against the official vectors, then against nostr-tools in both directions, then what must be refused. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import * as nip04 from 'nostr-tools/nip04';
import { v2 as tools } from 'nostr-tools/nip44';
import { finalizeEvent, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { someText } from '../support/some-text.ts';
import vectors from '../vectors/nip44.vectors.json' with { type: 'json' };

const { valid, invalid } = vectors.v2;
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');
const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((secret) => secret.with(0, 1));
const nonces = fc.uint8Array({ minLength: 32, maxLength: 32 });
const texts = someText({ minLength: 1, maxLength: 300 });

test.each(valid.get_conversation_key)('conversation key of $sec1 and $pub2', ({ sec1, pub2, conversation_key }) => {
  expect(hex(primitives.conversation(bytes(sec1), bytes(pub2))?.nip44 ?? new Uint8Array())).toBe(conversation_key);
});

test.each(valid.encrypt_decrypt)('a conversation: $plaintext', (vector) => {
  const { sec1, sec2, conversation_key, nonce, plaintext, payload } = vector;
  const key = primitives.conversation(bytes(sec1), primitives.publicKey(bytes(sec2)))?.nip44 ?? new Uint8Array();
  expect(hex(key)).toBe(conversation_key);
  expect(primitives.encryptNip44(plaintext, key, bytes(nonce))).toBe(payload);
  expect(primitives.decryptNip44(payload, key)).toBe(plaintext);
});

/** The table "Extended length prefix test vectors" of NIP-44: SHA-256 of the payload. */
test.each([
  [65535, '6d8c2810d1e870fbaa1f0a0937126cca837a15f9260e27060c331d70a3c0bc84'],
  [65536, 'b7b4edb36ba92e267d322d56d9aebc22e7fa96ff52e3c12adc07f07a43cbc616'],
  [65537, 'eeb7c7c5373894ea2c1547cfd3ccb15d5a0b2d619da852e5c79df792dcc9e435'],
])('%i bytes: the extended prefix begins at 65,536', (length, payloadHash) => {
  const key = bytes('c41c775356fd92eadc63ff5a0dc1da211b268cbea22316767095b2871ea1412d');
  const payload = primitives.encryptNip44('a'.repeat(length), key, new Uint8Array(32).with(31, 1));
  expect(sha256(payload)).toBe(payloadHash);
  expect(primitives.decryptNip44(payload, key)).toBe('a'.repeat(length));
});

test.each(invalid.decrypt)('refused: $note', ({ conversation_key, payload }) => {
  expect(primitives.decryptNip44(payload, bytes(conversation_key))).toBeNull();
});

test.each(invalid.get_conversation_key)('no conversation: $note', ({ sec1, pub2 }) => {
  expect(primitives.conversation(bytes(sec1), bytes(pub2))).toBeNull();
});

test('nostr-tools reads what the host writes and the other way round', () => {
  fc.assert(
    fc.property(secrets, secrets, nonces, texts, (a, b, nonce, text) => {
      const shared = primitives.conversation(a, primitives.publicKey(b));
      expect(hex(primitives.publicKey(a))).toBe(getPublicKey(a));
      if (shared === null) return expect.fail('two keys share something');
      const payload = primitives.encryptNip44(text, shared.nip44, nonce);
      expect(payload).toBe(tools.encrypt(text, tools.utils.getConversationKey(b, getPublicKey(a)), nonce));
      expect(primitives.decryptNip44(payload, shared.nip44)).toBe(text);
      const old = primitives.encryptNip04(text, shared.sharedX, nonce.slice(16));
      // nostr-tools drops a leading byte order mark when it decodes.
      expect(nip04.decrypt(b, getPublicKey(a), old)).toBe(text.replace(/^\ufeff/, ''));
      expect(primitives.decryptNip04(nip04.encrypt(b, getPublicKey(a), text), shared.sharedX)).toBe(text);
    }),
    { numRuns: 60 },
  );
});

test('what nostr-tools signs it verifies, what it signs nostr-tools verifies, and one flipped bit is neither', () => {
  fc.assert(
    fc.property(secrets, nonces, fc.nat(511), (secret, aux, bit) => {
      const event = finalizeEvent({ kind: 1, created_at: 1, tags: [], content: hex(aux) }, secret);
      const [sig, id, pubkey] = [event.sig, event.id, event.pubkey].map(bytes) as [Uint8Array, Uint8Array, Uint8Array];
      expect(primitives.verify(sig, id, pubkey)).toBe(true);
      const flipped = sig.with(bit >> 3, (sig[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      expect(primitives.verify(flipped, id, pubkey)).toBe(false);
      const own = { ...JSON.parse(JSON.stringify(event)), sig: hex(primitives.sign(id, secret, aux)) };
      expect(verifyEvent(own)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('a key that is no point verifies nothing', () => {
  const [sig, hash] = [new Uint8Array(64).fill(1), new Uint8Array(32)];
  for (const pubkey of ['00'.repeat(32), 'ff'.repeat(32)]) {
    expect(primitives.verify(sig, hash, bytes(pubkey))).toBe(false);
    expect(primitives.conversation(new Uint8Array(32).fill(3), bytes(pubkey))).toBeNull();
  }
});

test.each([
  ['no iv', 'AAAAAAAAAAAAAAAAAAAAAA=='],
  ['a short iv', 'AAAAAAAAAAAAAAAAAAAAAA==?iv=AAAA'],
  ['half a block', 'AAAA?iv=AAAAAAAAAAAAAAAAAAAAAA=='],
  ['nothing', '?iv=AAAAAAAAAAAAAAAAAAAAAA=='],
  ['another key', nip04.encrypt(new Uint8Array(32).fill(5), getPublicKey(new Uint8Array(32).fill(6)), 'hello')],
])('NIP-04 with %s does not decrypt', (_name, payload) => {
  expect(primitives.decryptNip04(payload, new Uint8Array(32).fill(1))).toBeNull();
});
