/**
 * Who lives at this host's web address: names (NIP-05 local parts), each of one user key. A name is given by the user, or by an
 * account that was made by `create_account`. Kept as one text among the settings: they are as few as a device has accounts, or some more.
 *
 * An email is known by its keyed hash only: whoever reads the database without the key cannot try addresses.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { isHex32 } from '../nip46/event.ts';

/** One name. `relays` is where this user is found (NIP-05), by their own word; `email` is a keyed hash, empty where none was given. */
export type Person = {
  readonly name: string;
  readonly pubkey: string;
  readonly relays: readonly string[];
  readonly email: string;
};

/** By name. */
export type People = ReadonlyMap<string, Person>;

export const nobody: People = new Map();

export const peopleLimits = {
  /** Names in all: four for each account of the largest device. */
  peopleMax: 64,
  /** As long as the longest label of a domain. */
  nameMax: 63,
  relaysMax: 8,
  /** The longest address that mail can have (RFC 5321). */
  emailMax: 254,
} as const;

/** A name as it is kept, in lower case; null for what NIP-05 does not allow, and for `_`, which is the signer itself. */
export function parseName(text: string): string | null {
  const name = text.toLowerCase();
  return /^[a-z0-9._-]+$/.test(name) && name.length <= peopleLimits.nameMax && name !== '_' ? name : null;
}

/** Adds one, or replaces who had the name; null when there are too many. */
export function withPerson(people: People, person: Person): People | null {
  if (!people.has(person.name) && people.size >= peopleLimits.peopleMax) return null;
  return new Map(people).set(person.name, person);
}

/** Removes one; null when there is none of this name. */
export function withoutPerson(people: People, name: string): People | null {
  const fewer = new Map(people);
  return fewer.delete(name) ? fewer : null;
}

/** The key of the hashes of emails: one for a remote signer, also after a backup was restored. */
export function emailKeyOf(remoteSignerSecret: Uint8Array): Uint8Array {
  return hmac(sha256, remoteSignerSecret, utf8ToBytes('sallyport: emails of accounts'));
}

/** An address as its keyed hash; empty for what is no address. Upper and lower case are one. */
export function emailHash(key: Uint8Array, text: string): string {
  const email = text.trim().toLowerCase();
  if (email.length > peopleLimits.emailMax || !/^[^\s@]+@[^\s@]+$/.test(email)) return '';
  return bytesToHex(hmac(sha256, key, utf8ToBytes(email)));
}

/** As one text. */
export function peopleText(people: People): string {
  return JSON.stringify([...people.values()]);
}

/** Reads what `peopleText` wrote; null for anything else. */
export function parsePeople(text: string): People | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // damaged, as anything else that is no list of people
  }
  if (!Array.isArray(value) || value.length > peopleLimits.peopleMax) return null;
  const people = value.map(personOf);
  return people.every((each) => each !== null) ? new Map(people.map((each) => [each.name, each])) : null;
}

function personOf(value: unknown): Person | null {
  if (typeof value !== 'object' || value === null) return null;
  const { name, pubkey, relays, email } = value as Record<string, unknown>;
  if (typeof name !== 'string' || parseName(name) !== name) return null;
  if (typeof pubkey !== 'string' || !isHex32(pubkey) || typeof email !== 'string') return null;
  if (!Array.isArray(relays) || !relays.every((url) => typeof url === 'string')) return null;
  return { name, pubkey, relays, email };
}
