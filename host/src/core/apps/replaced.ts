/**
 * Another device in place of the one before. Both ends confirmed it when it was pinned; what is left is what it holds: the same
 * accounts, if it was restored from the same words, perhaps under other numbers.
 *
 * Promises: an app is never led to another identity than the one it had; every app is paired again by a press on the new device;
 * lines that were made for the old one are void. All of that is one row of the store.
 */
import type { DeviceAccount } from '../device/device-port.ts';
import type { App, Sessions } from './sessions.ts';
import type { KnownAccounts, StoreRow } from './store-rows.ts';

/** What the new device has, against the one before. */
export type Comparison = {
  readonly kept: readonly DeviceAccount[];
  readonly missing: readonly DeviceAccount[];
  readonly added: readonly DeviceAccount[];
};

/** Compares by key: names and numbers are the device's own. */
export function compareAccounts(before: readonly DeviceAccount[], now: readonly DeviceAccount[]): Comparison {
  const isIn = (list: readonly DeviceAccount[], one: DeviceAccount): boolean =>
    list.some(({ pubkey }) => pubkey === one.pubkey);
  return {
    kept: now.filter((one) => isIn(before, one)),
    missing: before.filter((one) => !isIn(now, one)),
    added: now.filter((one) => !isIn(before, one)),
  };
}

/** Leads every app to its old identity on the new device, and forgets those whose identity is not there. */
export function replaceDevice(
  sessions: Sessions,
  before: readonly DeviceAccount[],
  known: KnownAccounts,
): [Sessions, StoreRow] {
  const numberNow = (account: number): number | undefined => {
    const pubkey = before.find((one) => one.account === account)?.pubkey;
    return known.accounts.find((one) => one.pubkey === pubkey)?.account;
  };
  const all = [...sessions.apps.values()];
  const apps = all.flatMap((app): App[] => {
    const account = numberNow(app.account);
    return account === undefined ? [] : [{ ...app, account, onDevice: false }];
  });
  const stays = new Set(apps.map(({ client }) => client));
  const unpaired = all.map(({ client }) => client).filter((client) => !stays.has(client));
  const dropped = [...sessions.secrets.values()].filter(({ spent }) => spent === null).map(({ hash }) => hash);
  const secrets = new Map(sessions.secrets);
  for (const hash of dropped) secrets.delete(hash);
  const next: Sessions = {
    apps: new Map(apps.map((app) => [app.client, app])),
    secrets,
    revocations: new Map(),
    lapsed: stays,
  };
  return [next, { type: 'replaced', known, apps, unpaired, dropped }];
}
