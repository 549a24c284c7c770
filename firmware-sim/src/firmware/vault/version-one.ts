/**
 * Flash as a firmware before the vault left it (version 1): records in the clear. They are read once, sealed, and removed; beside what is
 * sealed already they count for nothing, so that nobody gets in by putting old records there.
 */

import { equalBytes } from '@noble/ciphers/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Flash } from '../env.ts';

/** Record `channel-key`: version, 32 bytes, first 8 bytes of SHA-256 over all of that. */
const keyRecord = 'channel-key';
/** Record `hosts`: deterministic CBOR `[1, [key, name], …]`, as it is sealed now. */
const hostsRecord = 'hosts';
const version = 1;
const checked = 33;
const checkBytes = 8;

/** The static key and the bytes of the list; null when there is no key that can be read. */
export function readOldIdentity(
  flash: Pick<Flash, 'read'>,
): { readonly secret: Uint8Array; readonly hosts: Uint8Array } | null {
  const record = flash.read(keyRecord);
  if (record === null || record.length !== checked + checkBytes || record[0] !== version) return null;
  const check = sha256(record.subarray(0, checked)).subarray(0, checkBytes);
  if (!equalBytes(check, record.subarray(checked))) return null;
  return { secret: record.slice(1, checked), hosts: flash.read(hostsRecord) ?? new Uint8Array() };
}

export function forgetOldIdentity(flash: Pick<Flash, 'remove'>): void {
  // The key last: without it the list would be taken for nobody's.
  flash.remove(hostsRecord);
  flash.remove(keyRecord);
}
