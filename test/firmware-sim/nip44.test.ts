/** NIP-44: the official vectors first, then nostr-tools in both directions, then everything that must be refused. */
import { createHash } from 'node:crypto';
import { limits } from '@sallyport/device-protocol';
import { v2 as tools } from 'nostr-tools/nip44';
import { expect, test } from 'vitest';
import { encodeBase64 } from '../../firmware-sim/src/firmware/formats/base64.ts';
import {
  conversationKey,
  decryptNip44,
  encryptNip44,
  messageKeys,
  NIP44_PLAINTEXT_MAX,
  paddedLength,
} from '../../firmware-sim/src/firmware/formats/nip44.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import vectors from '../vectors/nip44.vectors.json' with { type: 'json' };
import { sampler, someBytes, someText } from './sample.ts';

const { valid, invalid } = vectors.v2;

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

function sha256(value: Uint8Array | string): string {
  return createHash('sha256').update(value).digest('hex');
}

/** The conversation key, or null where a key is refused. */
function keyOf(secret: string, peer: string): Uint8Array | null {
  const sharedX = portableCrypto.sharedX(bytes(secret), bytes(peer));
  return sharedX === null ? null : conversationKey(sharedX);
}

test.each(valid.get_conversation_key)('conversation key of $sec1 and $pub2', ({ sec1, pub2, conversation_key }) => {
  expect(hex(keyOf(sec1, pub2) ?? new Uint8Array())).toBe(conversation_key);
});

test('message keys', () => {
  const { conversation_key, keys } = valid.get_message_keys;
  for (const expected of keys) {
    const got = messageKeys(bytes(conversation_key), bytes(expected.nonce));
    expect(hex(got.chachaKey)).toBe(expected.chacha_key);
    expect(hex(got.chachaNonce)).toBe(expected.chacha_nonce);
    expect(hex(got.hmacKey)).toBe(expected.hmac_key);
    got.zero();
    expect(hex(got.hmacKey)).toBe('00'.repeat(32));
  }
  expect(keys.length).toBeGreaterThan(5);
});

test('padded lengths, also where 32 bits end', () => {
  for (const [length = 0, padded = 0] of valid.calc_padded_len) expect(paddedLength(length)).toBe(padded);
  expect(paddedLength(2 ** 32 - 1)).toBe(2 ** 32);
});

test.each(valid.encrypt_decrypt)(
  'a conversation: $plaintext',
  ({ sec1, sec2, conversation_key, nonce, plaintext, payload }) => {
    const key = keyOf(sec1, hex(portableCrypto.publicKey(bytes(sec2)))) ?? new Uint8Array();
    expect(hex(key)).toBe(conversation_key);
    expect(keyOf(sec2, hex(portableCrypto.publicKey(bytes(sec1))))).toEqual(key);
    const text = new Uint8Array(Buffer.from(plaintext));
    expect(encryptNip44(text, key, bytes(nonce))).toBe(payload);
    expect(decryptNip44(payload, key)).toEqual(text);
  },
);

/** The table "Extended length prefix test vectors" of NIP-44. */
const EXTENDED_KEY = 'c41c775356fd92eadc63ff5a0dc1da211b268cbea22316767095b2871ea1412d';
const EXTENDED_NONCE = '0000000000000000000000000000000000000000000000000000000000000001';
test.each([
  [
    65535,
    65536,
    '6e1bebca6a8229364a162a72ef064826c4cd7457bf54f190ef782bd9deff3e42',
    '6d8c2810d1e870fbaa1f0a0937126cca837a15f9260e27060c331d70a3c0bc84',
  ],
  [
    65536,
    65536,
    'bf718b6f653bebc184e1479f1935b8da974d701b893afcf49e701f3e2f9f9c5a',
    'b7b4edb36ba92e267d322d56d9aebc22e7fa96ff52e3c12adc07f07a43cbc616',
  ],
  [
    65537,
    81920,
    '008ffc88d3c96a9f307524eb361e47c5222a887fc45fa0c1fb8d429c5c23b430',
    'eeb7c7c5373894ea2c1547cfd3ccb15d5a0b2d619da852e5c79df792dcc9e435',
  ],
])('%i bytes: the extended prefix begins at 65,536', (length, padded, plaintextHash, payloadHash) => {
  const text = new Uint8Array(length).fill(0x61);
  expect(sha256(text)).toBe(plaintextHash);
  expect(paddedLength(length)).toBe(padded);
  const payload = encryptNip44(text, bytes(EXTENDED_KEY), bytes(EXTENDED_NONCE)) ?? '';
  expect(sha256(payload)).toBe(payloadHash);
  expect(sha256(mustDecrypt(payload, bytes(EXTENDED_KEY)))).toBe(plaintextHash);
});

test.each(invalid.get_conversation_key)('no conversation key: $note', ({ sec1, pub2 }) => {
  let key: Uint8Array | null = null;
  try {
    key = keyOf(sec1, pub2);
  } catch (error) {
    // A secret that is no scalar cannot be on a device: that is a fault, and throws.
    expect(String(error)).toMatch(/secret|scalar|range|private/i);
  }
  expect(key).toBeNull();
});

test.each(invalid.decrypt)('refused: $note', ({ conversation_key, payload, note }) => {
  const expected = note.startsWith('unknown') ? 'unknown_version' : `bad_${note.replace('invalid ', '').toLowerCase()}`;
  expect(decryptNip44(payload, bytes(conversation_key))).toBe(expected);
});

test('payloads of impossible lengths are refused', () => {
  for (const length of [...invalid.decrypt_msg_lengths, 131]) {
    const refusal = decryptNip44('A'.repeat(length), bytes(EXTENDED_KEY));
    expect(refusal).toBe(length === 0 ? 'unknown_version' : 'bad_length');
  }
  expect(decryptNip44('A'.repeat(2_000_000), bytes(EXTENDED_KEY))).toBe('bad_length');
});

test('the empty text and one above the limit are not encrypted; the limit itself is', () => {
  expect(NIP44_PLAINTEXT_MAX).toBe(limits.streamMax);
  const key = bytes(EXTENDED_KEY);
  const nonce = bytes(EXTENDED_NONCE);
  expect(encryptNip44(new Uint8Array(), key, nonce)).toBeNull();
  expect(encryptNip44(new Uint8Array(NIP44_PLAINTEXT_MAX + 1), key, nonce)).toBeNull();
  const payload = encryptNip44(new Uint8Array(NIP44_PLAINTEXT_MAX), key, nonce) ?? '';
  expect(payload.length).toBeLessThanOrEqual(limits.resultMax);
  expect(mustDecrypt(payload, key)).toHaveLength(NIP44_PLAINTEXT_MAX);
});

test('nostr-tools reads what the device writes and the other way round, up to 200 KB', () => {
  const next = sampler(8);
  const sizes = [1, 31, 32, 33, 255, 256, 257, 65_534, 65_535, 65_536, 65_537, 200_000];
  for (const size of sizes) {
    const key = someBytes(next, 32);
    const nonce = someBytes(next, 32);
    const text = someText(next, size).slice(0, size).toWellFormed();
    const plaintext = new Uint8Array(Buffer.from(text));
    const payload = encryptNip44(plaintext, key, nonce) ?? '';
    expect(payload === tools.encrypt(text, key, nonce)).toBe(true);
    // nostr-tools drops a leading byte order mark when it decodes.
    expect(tools.decrypt(payload, key) === text.replace(/^\ufeff/, '')).toBe(true);
    expect(Buffer.from(mustDecrypt(payload, key)).equals(Buffer.from(plaintext))).toBe(true);
  }
});

test('any flipped bit of a payload is refused', () => {
  const key = bytes(EXTENDED_KEY);
  const payload = Buffer.from(encryptNip44(new Uint8Array([1, 2, 3]), key, bytes(EXTENDED_NONCE)) ?? '', 'base64');
  for (let bit = 0; bit < payload.length * 8; bit++) {
    const changed = new Uint8Array(payload);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(decryptNip44(encodeBase64(changed), key)).toBe(bit < 8 ? 'unknown_version' : 'bad_mac');
  }
});

function mustDecrypt(payload: string, key: Uint8Array): Uint8Array {
  const plaintext = decryptNip44(payload, key);
  if (typeof plaintext === 'string') expect.fail(plaintext);
  return plaintext;
}
