/**
 * Flash images of every version that there ever was open today. Images stay here for ever: `images/<version of the image>-<what is in
 * it>.hex`, made by the firmware of their time; from version 2 on with the secret of `testChip`. The PIN is 2580 where there is one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadIdentity } from '../../../firmware-sim/src/firmware/channel/hosts.ts';
import type { Flash } from '../../../firmware-sim/src/firmware/env.ts';
import { accountSecret } from '../../../firmware-sim/src/firmware/formats/keys.ts';
import { readAccounts, readSettings, readWords } from '../../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { loadLog } from '../../../firmware-sim/src/firmware/vault/log.ts';
import {
  createVault,
  loadVault,
  type OpenVault,
  openDemo,
  protect,
  tryPin,
} from '../../../firmware-sim/src/firmware/vault/vault.ts';
import { flashInMemory } from '../../../firmware-sim/src/flash-file.ts';
import { memoryFlash, testChip } from '../../support/memory-flash.ts';
import { bytesFrom, chance } from '../../support/random.ts';

const images = new URL('../images/', import.meta.url);
const names = readdirSync(images);
const bytesOf = (name: string): Uint8Array =>
  Uint8Array.from(Buffer.from(readFileSync(new URL(name, images), 'utf8').replaceAll('\n', ''), 'hex'));

/** The device whose flash an image was. */
function deviceOf(name: string) {
  const flash = flashInMemory();
  flash.load(bytesOf(name));
  return deviceWith(flash);
}

function deviceWith(flash: Flash) {
  return { ...testChip, flash, random: bytesFrom(chance(77)) };
}

/** Of every image: its static key and the entropy of its words. */
const secret = '22c38aa462b196f63a1362cb64e0791c0f6a0732c2450ea50a970d6fdc6fbfeb';
const logHead = '9b466635d158592d9a18a770880565b755429068858ecb11c09ba0fb5ff3a103';
const entropy = new Uint8Array(32).fill(7);

function expectOldAccount(vault: OpenVault): void {
  expect(readWords(vault)).toEqual(entropy);
  expect(readSettings(vault).backupChecked).toBe(false);
  expect(readAccounts(vault)).toEqual({
    accounts: [{ number: 0, name: 'account 0', origin: 'derived', index: 0, secret: accountSecret(entropy, 0) }],
    damaged: [],
  });
}

test.each(names)('%s: the device is who it was, and knows its computers', (name) => {
  const device = deviceOf(name);
  for (const _ of ['the first start', 'the second']) {
    const identity = loadIdentity(device);
    expect(Buffer.from(identity.secret).toString('hex')).toBe(secret);
    const known = name.includes('paired') ? ['desk', 'küche'] : name.includes('own') ? ['desk'] : [];
    expect(identity.hosts.map((host) => host.name)).toEqual(known);
  }
});

test.each(names)('%s: its key opens as it is due to it, and nothing lies in the clear any more', (name) => {
  const device = deviceOf(name);
  loadIdentity(device);
  const found = loadVault(device);
  if (name.includes('fresh')) expect(found).toEqual({ phase: 'fresh' });
  else if (name.startsWith('1-own')) {
    expect(found).toEqual({ phase: 'unreadable', why: 'no_pin' });
    expect(() => createVault(device, '1234')).toThrow('there is one already');
    protect(device, '1234')?.close();
    expect(loadVault(device)).toEqual({ phase: 'locked', failures: 0, demo: false });
    const tried = tryPin(device, '1234');
    expect(tried.type === 'open' && expectOldAccount(tried.vault)).toBeUndefined();
  } else if (name.startsWith('2-pin')) {
    expect(found).toEqual({ phase: 'locked', failures: 2, demo: false });
    const tried = tryPin(device, '2580');
    expect(tried.type === 'open' && expectOldAccount(tried.vault)).toBeUndefined();
    expect(tried.type === 'open' && readSettings(tried.vault)).toMatchObject({ name: 'bunker', autoLockMinutes: 5 });
    expect(tried.type === 'open' && tried.vault.read('apps')).toEqual(Uint8Array.of(1, 0));
  } else {
    expect(found).toEqual({ phase: 'locked', failures: 0, demo: true });
    const vault = openDemo(device);
    expect(vault && expectOldAccount(vault)).toBeUndefined();
  }
  const flash = device.flash.names().map((one) => Buffer.from(device.flash.read(one) ?? []).toString('hex'));
  expect(flash.join(' ')).not.toMatch(/(07){8}|22c38aa462b196f6/);
  expect(device.flash.names().filter((one) => ['keys', 'hosts', 'channel-key'].includes(one))).toEqual([]);
});

test.each(names.filter((name) => name.startsWith('2')))('%s: its log goes on where it was', (name) => {
  const log = loadLog(deviceOf(name));
  expect([log.number, log.first]).toEqual([26, 1]);
  expect(Buffer.from(log.head).toString('hex')).toBe(logHead);
});

test('old records beside new ones count for nothing', () => {
  const device = deviceWith(memoryFlash());
  const mine = loadIdentity(device);
  createVault(device, '1234').close();
  const old = deviceOf('1-demo-paired.hex').flash;
  for (const name of old.names()) device.flash.write(name, old.read(name) ?? new Uint8Array());
  expect(loadIdentity(device)).toEqual(mine);
  expect(loadVault(device)).toEqual({ phase: 'locked', failures: 0, demo: false });
  expect(openDemo(device)).toBeNull();
  // Even when the identity was taken away to make room for the old one.
  for (const name of old.names()) device.flash.write(name, old.read(name) ?? new Uint8Array());
  device.flash.remove('identity');
  expect(loadIdentity(device).hosts).toEqual([]);
});

test('old keys that cannot be read are not taken for none', () => {
  const device = deviceOf('1-own-key.hex');
  const record = device.flash.read('keys') ?? new Uint8Array();
  device.flash.write('keys', record.slice(1));
  expect(loadVault(device)).toEqual({ phase: 'unreadable', why: 'damaged' });
  expect(protect(device, '1234')).toBeNull();
  expect(() => createVault(device, '1234')).toThrow('there is one already');
});
