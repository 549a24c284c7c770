/**
 * What an open vault keeps of its owner: accounts, words, settings. Each is a record of deterministic CBOR whose first item is the version
 * of its layout; a record that cannot be read is said to be damaged and never taken for absent.
 *
 * An account's secret lies here as it is used, so that unlocking costs no derivation; the words lie apart from it.
 */
import { type Cbor, decodeCbor, encodeCbor, limits, utf8Length } from '@sallyport/device-protocol';
import type { OpenVault } from './open-vault.ts';

/** `number` is the account's on the wire, for ever. An imported key has no index: it follows from no words of this device. */
export type StoredAccount = {
  readonly number: number;
  readonly name: string;
  readonly secret: Uint8Array;
} & ({ readonly origin: 'derived'; readonly index: number } | { readonly origin: 'imported' });

/** `autoLockMinutes` 0: never. `name` '': it was given none. */
export type Settings = {
  readonly name: string;
  readonly autoLockMinutes: number;
  /** The owner entered the words again, and they were right. */
  readonly backupChecked: boolean;
};

export const firstSettings: Settings = { name: '', autoLockMinutes: 15, backupChecked: false };

/** A record as `createVault` takes it, so that a device is set up in one moment. */
export type NewRecord = readonly [name: string, bytes: Uint8Array];

const version = 1;
const origins = { derived: 1, imported: 2 } as const;
const accountName = /^account\/([0-9]{1,2})$/;
const wordsRecord = 'words';
const settingsRecord = 'settings';
const secretBytes = 32;
const indexMax = 0x7fff_ffff;
const entropySizes: readonly number[] = [16, 20, 24, 28, 32];
/** A day. */
export const autoLockMaxMinutes = 24 * 60;

/** Record `account/<number>`: [1, name, origin, secret, index?]. */
export function accountRecord(account: StoredAccount): NewRecord {
  const { number, name, origin, secret } = account;
  const items: Cbor[] = [version, name, origins[origin], secret];
  if (account.origin === 'derived') items.push(account.index);
  return [`account/${number}`, encodeCbor(items)];
}

/** Record `words`: [1, entropy]. */
export function wordsRecordOf(entropy: Uint8Array): NewRecord {
  return [wordsRecord, encodeCbor([version, entropy])];
}

/** Record `settings`: [1, name, minutes, 1 when the backup was checked]. */
export function settingsRecordOf({ name, autoLockMinutes, backupChecked }: Settings): NewRecord {
  return [settingsRecord, encodeCbor([version, name, autoLockMinutes, backupChecked ? 1 : 0])];
}

/** All accounts by number; the numbers of those that cannot be read stay taken. */
export function readAccounts(vault: OpenVault): {
  readonly accounts: readonly StoredAccount[];
  readonly damaged: readonly number[];
} {
  const numbers = vault.names().flatMap((name) => {
    const digits = accountName.exec(name)?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  const read = numbers.sort((a, b) => a - b).map((number) => readAccount(vault, number) ?? number);
  return {
    accounts: read.filter((one) => typeof one !== 'number'),
    damaged: read.filter((one) => typeof one === 'number'),
  };
}

export function writeAccount(vault: OpenVault, account: StoredAccount): void {
  if (account.number < 0 || account.number >= limits.accountsMax) throw new Error(`accounts: no ${account.number}`);
  vault.write(...accountRecord(account));
}

export function removeAccount(vault: OpenVault, number: number): void {
  vault.remove(`account/${number}`);
}

/** The entropy of the words; null: this device has none, its keys were imported. */
export function readWords(vault: OpenVault): Uint8Array | null | 'damaged' {
  const bytes = vault.read(wordsRecord);
  if (!(bytes instanceof Uint8Array)) return bytes;
  const [entropy, ...rest] = itemsOf(bytes) ?? [];
  const whole = entropy instanceof Uint8Array && entropySizes.includes(entropy.length) && rest.length === 0;
  return whole ? entropy : 'damaged';
}

export function writeWords(vault: OpenVault, entropy: Uint8Array): void {
  vault.write(...wordsRecordOf(entropy));
}

/** Settings that cannot be read are those of a new device: they give nobody anything. */
export function readSettings(vault: OpenVault): Settings {
  const bytes = vault.read(settingsRecord);
  const [name, minutes, checked] = (bytes instanceof Uint8Array ? itemsOf(bytes) : null) ?? [];
  if (!isLabel(name) || typeof minutes !== 'number' || minutes > autoLockMaxMinutes) return firstSettings;
  return { name, autoLockMinutes: minutes, backupChecked: checked === 1 };
}

export function writeSettings(vault: OpenVault, settings: Settings): void {
  vault.write(...settingsRecordOf(settings));
}

function readAccount(vault: OpenVault, number: number): StoredAccount | null {
  const bytes = vault.read(`account/${number}`);
  const [name, origin, secret, index, ...rest] = (bytes instanceof Uint8Array ? itemsOf(bytes) : null) ?? [];
  if (!isLabel(name) || !(secret instanceof Uint8Array) || secret.length !== secretBytes || rest.length > 0)
    return null;
  if (origin === origins.imported && index === undefined) return { number, name, secret, origin: 'imported' };
  const derived = origin === origins.derived && typeof index === 'number' && index >= 0 && index <= indexMax;
  return derived ? { number, name, secret, origin: 'derived', index } : null;
}

/** The items of a record after its version; null when it is of another one. */
function itemsOf(bytes: Uint8Array): readonly Cbor[] | null {
  const decoded = decodeCbor(bytes);
  if (!('value' in decoded) || !Array.isArray(decoded.value)) return null;
  const [found, ...items] = decoded.value;
  return found === version ? items : null;
}

function isLabel(value: Cbor | undefined): value is string {
  return typeof value === 'string' && (utf8Length(value) ?? Number.POSITIVE_INFINITY) <= limits.labelMax;
}
