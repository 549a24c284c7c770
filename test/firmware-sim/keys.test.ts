/** NIP-06 vectors, BIP-39 words, and the record in flash. */
import { privateKeyFromSeedWords } from 'nostr-tools/nip06';
import { expect, test } from 'vitest';
import type { Flash } from '../../firmware-sim/src/firmware/env.ts';
import { derive, HARDENED } from '../../firmware-sim/src/firmware/formats/bip32.ts';
import {
  accountSecret,
  entropyOf,
  generateMnemonic,
  readKeys,
  writeKeys,
} from '../../firmware-sim/src/firmware/formats/keys.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { sampler, someBytes } from './sample.ts';

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex');
}

/** The test vectors of NIP-06. */
test.each([
  [
    'leader monkey parrot ring guide accident before fence cannon height naive bean',
    '7f7ff03d123792d6ac594bfa67bf6d0c0ab55b6b1fdb6249303fe861f1ccba9a',
    '17162c921dc4d2518f9a101db33695df1afb56ab82f5ff3e5da6eec3ca5cd917',
  ],
  [
    'what bleak badge arrange retreat wolf trade produce cricket blur garlic valid proud rude strong choose busy staff weather area salt hollow arm fade',
    'c15d739894c81a2fcfd3a2df85a0d2c0dbc47a280d092799f144d73d7ae78add',
    'd41b22899549e1f3d335a31002cfd382174006e166d3e658e3a5eecdb6463573',
  ],
])('NIP-06: %s', (mnemonic, secret, publicKey) => {
  const entropy = entropyOf(mnemonic) ?? new Uint8Array();
  expect(generateMnemonic(entropy)).toBe(mnemonic);
  const got = accountSecret(entropy, 0);
  expect(hex(got)).toBe(secret);
  expect(hex(portableCrypto.publicKey(got))).toBe(publicKey);
});

/** Test vector 1 of BIP-32, whose keys are given base58-encoded there; bytes 46 to 78 of each are the secret. */
test('BIP-32: hardened and normal steps', () => {
  const seed = new Uint8Array(Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'));
  expect(hex(derive(seed, []))).toBe('e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35');
  expect(hex(derive(seed, [HARDENED]))).toBe('edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea');
  expect(hex(derive(seed, [HARDENED, 1]))).toBe('3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368');
});

test('other accounts are other keys, those of nostr-tools', () => {
  const entropy = someBytes(sampler(10), 32);
  const mnemonic = generateMnemonic(entropy);
  expect(mnemonic.split(' ')).toHaveLength(24);
  for (const account of [0, 1, 5]) {
    expect(hex(accountSecret(entropy, account))).toBe(hex(privateKeyFromSeedWords(mnemonic, '', account)));
  }
  expect(() => accountSecret(entropy, -1)).toThrow('no account');
  expect(() => accountSecret(entropy, 2 ** 31)).toThrow('no account');
});

test.each([
  [''],
  ['leader monkey'],
  ['leader monkey parrot ring guide accident before fence cannon height naive leader'],
  ['x '.repeat(12).trim()],
])('no words: %j', (mnemonic) => {
  expect(entropyOf(mnemonic)).toBeNull();
});

function flashOf(records: Map<string, Uint8Array>): Pick<Flash, 'read' | 'write'> {
  return {
    read: (name) => records.get(name) ?? null,
    write: (name, value) => {
      records.set(name, value.slice());
    },
  };
}

test.each([
  [16, true],
  [16, false],
  [32, true],
  [32, false],
])('the record comes back: %i bytes of entropy, demo %s', (size, demo) => {
  const records = new Map<string, Uint8Array>();
  const flash = flashOf(records);
  expect(readKeys(flash)).toEqual({ type: 'none' });
  const keys = { entropy: someBytes(sampler(11), size), demo };
  writeKeys(flash, keys);
  expect(readKeys(flash)).toEqual({ type: 'keys', keys });
  expect(records.get('keys')).toHaveLength(size + 11);
});

test('format 1 is pinned: a record written today is read for ever', () => {
  const records = new Map<string, Uint8Array>();
  writeKeys(flashOf(records), { entropy: new Uint8Array(16).fill(0xab), demo: true });
  expect(hex(records.get('keys') ?? new Uint8Array())).toBe(PINNED);
});

const PINNED = '010110abababababababababababababababab8003d782f863b797';

test('damage of any bit, and a record cut anywhere, is a result and never a key', () => {
  const records = new Map<string, Uint8Array>();
  const flash = flashOf(records);
  writeKeys(flash, { entropy: someBytes(sampler(12), 32), demo: false });
  const good = records.get('keys') ?? new Uint8Array();
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = good.slice();
    bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    records.set('keys', bad);
    expect(readKeys(flash)).toEqual({ type: 'unreadable', why: 'damaged' });
  }
  for (let length = 0; length < good.length; length++) {
    records.set('keys', good.slice(0, length));
    expect(readKeys(flash)).toEqual({ type: 'unreadable', why: 'damaged' });
  }
});

test('a whole record of another version is told from damage', async () => {
  const { createHash } = await import('node:crypto');
  const body = Buffer.from([2, 0, 16, ...new Uint8Array(16)]);
  const record = new Uint8Array([...body, ...createHash('sha256').update(body).digest().subarray(0, 8)]);
  expect(readKeys(flashOf(new Map([['keys', record]])))).toEqual({ type: 'unreadable', why: 'unknown_version' });
  record.set([1]);
  const wrongSize = Buffer.from([1, 0, 20, ...new Uint8Array(16)]);
  const lying = new Uint8Array([...wrongSize, ...createHash('sha256').update(wrongSize).digest().subarray(0, 8)]);
  expect(readKeys(flashOf(new Map([['keys', lying]])))).toEqual({ type: 'unreadable', why: 'damaged' });
});
