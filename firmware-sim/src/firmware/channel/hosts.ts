/**
 * The device's own static key and the computers that it was paired with, as they lie in flash: sealed under the device's secret alone,
 * because a locked device must know its computers.
 *
 * Both fail closed. A key that cannot be read is replaced, and the list with it: every computer then meets a device that it
 * does not know, refuses it, and says so. A list that cannot be read is empty.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { type Cbor, decodeCbor, encodeCbor, limits, utf8Length } from '@sallyport/device-protocol';
import { readForDevice, type Sealer, writeForDevice } from '../vault/sealed.ts';
import { forgetOldIdentity, readOldIdentity } from '../vault/version-one.ts';
import { finishWipe } from '../vault/wipe.ts';

/** A paired computer: its static key, and what it called itself when the human said yes. */
export type PairedHost = { readonly key: Uint8Array; readonly name: string };

/** What the channel starts with. */
export type Identity = { readonly secret: Uint8Array; readonly hosts: readonly PairedHost[] };

/** Record `identity`: the 32 bytes. */
const keyRecord = 'identity';
/** Record `computers`: deterministic CBOR `[1, [key, name], …]`, the one paired last at the end. */
const hostsRecord = 'computers';
const version = 1;
const keyBytes = 32;

/** Reads the identity of this device, or makes it at the first start. After loadVault, which may wipe. */
export function loadIdentity(board: Sealer): Identity {
  finishWipe(board);
  const known = readForDevice(board, keyRecord);
  const { flash } = board;
  // What lies beside a record of today is a rest, or was put there.
  const old = known === null && flash.read('key') === null ? readOldIdentity(flash) : null;
  if (known instanceof Uint8Array && known.length === keyBytes) {
    forgetOldIdentity(flash);
    return { secret: known, hosts: readHosts(board) };
  }
  const secret = old?.secret ?? board.random(keyBytes);
  const hosts = old === null ? [] : hostsIn(old.hosts);
  // The list first: a power cut between the two must not leave computers that trust a key which is gone.
  writeHosts(board, hosts);
  writeForDevice(board, keyRecord, secret);
  forgetOldIdentity(flash);
  return { secret, hosts };
}

/** Keeps the list; the board's write is atomic. */
export function writeHosts(board: Sealer, hosts: readonly PairedHost[]): void {
  writeForDevice(board, hostsRecord, encodeCbor([version, ...hosts.map(({ key, name }): Cbor => [key, name])]));
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

function readHosts(board: Sealer): readonly PairedHost[] {
  const bytes = readForDevice(board, hostsRecord);
  return bytes instanceof Uint8Array ? hostsIn(bytes) : [];
}

function hostsIn(record: Uint8Array): readonly PairedHost[] {
  const decoded = decodeCbor(record);
  if (!('value' in decoded) || !Array.isArray(decoded.value)) return [];
  const [found, ...rows] = decoded.value;
  const hosts = rows.map(hostOf).filter((host) => host !== null);
  return found === version && hosts.length === rows.length && rows.length <= limits.hostsMax ? hosts : [];
}

function hostOf(row: Cbor): PairedHost | null {
  const [key, name] = Array.isArray(row) ? row : [];
  if (!(key instanceof Uint8Array) || key.length !== keyBytes || typeof name !== 'string') return null;
  return (utf8Length(name) ?? Number.POSITIVE_INFINITY) <= limits.labelMax ? { key, name } : null;
}

function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return bytesToHex(a) === bytesToHex(b);
}
