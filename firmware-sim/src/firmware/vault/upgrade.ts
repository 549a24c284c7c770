/**
 * Keys of a firmware before the vault (record `keys`, version 1, in the clear) as the records of a vault: what loadVault makes of a demo
 * by itself, and `protect` of a key that is somebody's own as soon as a PIN was chosen.
 */
import type { Flash } from '../env.ts';
import { accountSecret, readKeys } from '../formats/keys.ts';
import { accountRecord, firstSettings, type NewRecord, settingsRecordOf, wordsRecordOf } from './accounts-store.ts';
import type { Unreadable } from './sealed.ts';

export type OldKeys = { readonly demo: boolean; readonly records: () => readonly NewRecord[] };

const oldRecord = 'keys';

/** The old keys, null when there are none. */
export function readOldKeys(flash: Pick<Flash, 'read'>): OldKeys | null | Unreadable {
  const found = readKeys(flash);
  if (found.type === 'none') return null;
  if (found.type === 'unreadable') return found.why;
  const { entropy, demo } = found.keys;
  return {
    demo,
    records: () => [
      wordsRecordOf(entropy),
      // There was one account, and this was its name.
      accountRecord({ number: 0, name: 'account 0', origin: 'derived', index: 0, secret: accountSecret(entropy, 0) }),
      settingsRecordOf(firstSettings),
    ],
  };
}

export function forgetOldKeys(flash: Pick<Flash, 'remove'>): void {
  flash.remove(oldRecord);
}
