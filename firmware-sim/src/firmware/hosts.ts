/**
 * The device's own static key and the computers that it was paired with, as they lie in flash.
 *
 * Both fail closed. A key that cannot be read is replaced, and the list with it: every computer then meets a device that it
 * does not know, refuses it, and says so. A list that cannot be read is empty.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { type Cbor, decodeCbor, encodeCbor, limits, utf8Length } from '@sallyport/device-protocol';
import type { Flash } from './env.ts';

/** A paired computer: its static key, and what it called itself when the human said yes. */
export type PairedHost = { readonly key: Uint8Array; readonly name: string };

/** What the channel starts with. */
export type Identity = { readonly secret: Uint8Array; readonly hosts: readonly PairedHost[] };

/** Record `channel-key`, format 1: version, 32 bytes, first 8 bytes of SHA-256 over all of that. */
const keyRecord = 'channel-key';
/** Record `hosts`, format 1: deterministic CBOR `[1, [key, name], …]`, the one paired last at the end. */
const hostsRecord = 'hosts';
const version = 1;
const keyBytes = 32;
const checkBytes = 8;

/** Reads the identity of this device, or makes it at the first start. */
export function loadIdentity(flash: Flash, random: (length: number) => Uint8Array): Identity {
  const known = readKey(flash);
  if (known !== null) return { secret: known, hosts: readHosts(flash) };
  const secret = random(keyBytes);
  // The list first: a power cut between the two must not leave computers that trust a key which is gone.
  writeHosts(flash, []);
  const record = new Uint8Array(1 + keyBytes + checkBytes);
  record.set([version]);
  record.set(secret, 1);
  record.set(checkOf(record), 1 + keyBytes);
  flash.write(keyRecord, record);
  return { secret, hosts: [] };
}

/** Keeps the list; the board's write is atomic. */
export function writeHosts(flash: Flash, hosts: readonly PairedHost[]): void {
  flash.write(hostsRecord, encodeCbor([version, ...hosts.map(({ key, name }): Cbor => [key, name])]));
}

/** The list with this computer in it, as the newest; when it is full, without the one that was paired first. */
export function withHost(hosts: readonly PairedHost[], host: PairedHost): readonly PairedHost[] {
  return [...withoutHost(hosts, host.key), host].slice(-limits.hostsMax);
}

export function withoutHost(hosts: readonly PairedHost[], key: Uint8Array): readonly PairedHost[] {
  return hosts.filter((host) => !sameKey(host.key, key));
}

export function knows(hosts: readonly PairedHost[], key: Uint8Array): boolean {
  return hosts.some((host) => sameKey(host.key, key));
}

function readKey(flash: Flash): Uint8Array | null {
  const record = flash.read(keyRecord);
  if (record === null || record.length !== 1 + keyBytes + checkBytes || record[0] !== version) return null;
  return sameKey(checkOf(record), record.subarray(1 + keyBytes)) ? record.slice(1, 1 + keyBytes) : null;
}

function readHosts(flash: Flash): readonly PairedHost[] {
  const record = flash.read(hostsRecord);
  const decoded = record === null ? null : decodeCbor(record);
  if (decoded === null || !('value' in decoded) || !Array.isArray(decoded.value)) return [];
  const [found, ...rows] = decoded.value;
  const hosts = rows.map(hostOf).filter((host) => host !== null);
  return found === version && hosts.length === rows.length && rows.length <= limits.hostsMax ? hosts : [];
}

function hostOf(row: Cbor): PairedHost | null {
  const [key, name] = Array.isArray(row) ? row : [];
  if (!(key instanceof Uint8Array) || key.length !== keyBytes || typeof name !== 'string') return null;
  return (utf8Length(name) ?? Number.POSITIVE_INFINITY) <= limits.labelMax ? { key, name } : null;
}

function checkOf(record: Uint8Array): Uint8Array {
  return sha256(record.subarray(0, 1 + keyBytes)).subarray(0, checkBytes);
}

function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return bytesToHex(a) === bytesToHex(b);
}
