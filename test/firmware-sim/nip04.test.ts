/** NIP-04: nostr-tools in both directions, Node's AES as the oracle, and everything that must be refused. */
import { createCipheriv } from 'node:crypto';
import { limits } from '@sallyport/device-protocol';
import { decrypt, encrypt } from 'nostr-tools/nip04';
import { getPublicKey } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { decryptNip04, encryptNip04, NIP04_PLAINTEXT_MAX } from '../../firmware-sim/src/firmware/formats/nip04.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { sampler, someBytes, someText } from './sample.ts';

const next = sampler(9);
const alice = someBytes(next, 32);
const bob = someBytes(next, 32);
const sharedX = portableCrypto.sharedX(alice, portableCrypto.publicKey(bob)) ?? new Uint8Array();

test.each([0, 1, 15, 16, 17, 255, 4_096, 200_000])(
  'nostr-tools reads and writes what the device does: %i characters',
  (length) => {
    const text = someText(next, length);
    const payload = encryptNip04(new Uint8Array(Buffer.from(text)), sharedX, someBytes(next, 16)) ?? '';
    // nostr-tools drops a leading byte order mark when it decodes.
    expect(decrypt(bob, getPublicKey(alice), payload) === text.replace(/^\ufeff/, '')).toBe(true);
    const theirs = encrypt(bob, getPublicKey(alice), text);
    expect(Buffer.from(decryptNip04(theirs, sharedX)).toString() === text).toBe(true);
  },
);

test("byte for byte Node's AES-256-CBC", () => {
  const iv = someBytes(next, 16);
  const cipher = createCipheriv('aes-256-cbc', sharedX, iv);
  const expected = `${cipher.update('Grüße', 'utf8', 'base64')}${cipher.final('base64')}?iv=${Buffer.from(iv).toString('base64')}`;
  expect(encryptNip04(new Uint8Array(Buffer.from('Grüße')), sharedX, iv)).toBe(expected);
});

const IV = 'AAAAAAAAAAAAAAAAAAAAAA==';
test.each([
  ['', 'bad_form'],
  ['AAAAAAAAAAAAAAAAAAAAAA==', 'bad_form'],
  [`?iv=${IV}`, 'bad_length'],
  [`AAAA?iv=${IV}`, 'bad_length'],
  [`${IV}?iv=${IV}?iv=${IV}`, 'bad_form'],
  [`${IV}?iv=AAAA`, 'bad_form'],
  [`${IV}?iv=${'A'.repeat(24)}`, 'bad_form'],
  [`${IV}?iv=${IV} `, 'bad_form'],
  [`${IV.replaceAll('=', '')}?iv=${IV}`, 'bad_form'],
  [`${IV}?IV=${IV}`, 'bad_form'],
])('refused: %j as %s', (payload, refusal) => {
  expect(decryptNip04(payload, sharedX)).toBe(refusal);
});

test('padding: each of the 16 good ones, and none other', () => {
  const iv = new Uint8Array(16);
  for (let count = 0; count <= 17; count++) {
    const block = new Uint8Array(16).fill(count);
    expect(decryptNip04(raw(block, iv), sharedX)).toEqual(
      count >= 1 && count <= 16 ? block.slice(0, 16 - count) : 'bad_padding',
    );
    if (count < 2 || count > 16) continue;
    block[16 - count] = 0xee;
    expect(decryptNip04(raw(block, iv), sharedX)).toBe('bad_padding');
  }
});

test('the limit is the same as that of a stream', () => {
  expect(NIP04_PLAINTEXT_MAX).toBe(limits.streamMax);
  const iv = new Uint8Array(16);
  expect(encryptNip04(new Uint8Array(NIP04_PLAINTEXT_MAX + 1), sharedX, iv)).toBeNull();
  const payload = encryptNip04(new Uint8Array(NIP04_PLAINTEXT_MAX), sharedX, iv) ?? '';
  expect(payload.length).toBeLessThanOrEqual(limits.resultMax);
  expect(decryptNip04(payload, sharedX)).toHaveLength(NIP04_PLAINTEXT_MAX);
  expect(decryptNip04(`${'A'.repeat(2_000_000)}?iv=${IV}`, sharedX)).toBe('bad_length');
});

/** A payload of one block that is encrypted without padding. */
function raw(block: Uint8Array, iv: Uint8Array): string {
  const cipher = createCipheriv('aes-256-cbc', sharedX, iv).setAutoPadding(false);
  return `${Buffer.concat([cipher.update(block), cipher.final()]).toString('base64')}?iv=${IV}`;
}
