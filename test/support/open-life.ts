/** A device that is set up and open already, for tests that are about something else: its vault needs no PIN. */
import { limits } from '@sallyport/device-protocol';
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import type { Env } from '../../firmware-sim/src/firmware/env.ts';
import { type Account, accountOfStored, openAccount } from '../../firmware-sim/src/firmware/life/account.ts';
import { noWrongPins, type OpenLife } from '../../firmware-sim/src/firmware/life/life.ts';
import { loadClients } from '../../firmware-sim/src/firmware/policy/clients.ts';
import {
  accountRecord,
  firstSettings,
  settingsRecordOf,
  wordsRecordOf,
} from '../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { createVault, openDemo } from '../../firmware-sim/src/firmware/vault/vault.ts';
import { bytesFrom, chance } from './random.ts';

/** The entropy of the test device's words. */
export const testEntropy: Uint8Array = new Uint8Array(32).fill(7);
/** The account of test devices, opened once: 2,048 rounds of PBKDF2 a start would be most of a history's time. */
export const testAccount: Account = openAccount({ entropy: testEntropy, demo: true }, 0, acceleratedCrypto);

/** The life of a device with the account of the tests. Its randomness is its own, so that a test's own sequence stays what it is. */
export function testLife(env: Env, account: Account = testAccount): OpenLife {
  const board = { ...env, random: bytesFrom(chance(99)) };
  const { number, name, secret } = account;
  const vault =
    openDemo(board) ??
    createVault(board, null, [
      wordsRecordOf(testEntropy),
      accountRecord({ number, name, origin: 'derived', index: 0, secret }),
      settingsRecordOf(firstSettings),
    ]);
  // The curve of a test may be one that only counts: the account is of the real one.
  const open = accountOfStored(
    { number, name, origin: 'derived', index: 0, secret: secret.slice() },
    acceleratedCrypto,
  );
  const clients = loadClients(vault, limits.clientsMax);
  return {
    phase: 'open',
    vault,
    accounts: [open],
    clients,
    addressed: [],
    settings: firstSettings,
    wrongPins: noWrongPins,
    usedAt: 0,
  };
}
