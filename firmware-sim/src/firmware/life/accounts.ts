/**
 * The accounts of an open device: which numbers and indices are free, and what changes them. A change is in flash before it is in the
 * state. Removing an account takes its apps and their grants along.
 */
import { etc, Point } from '@noble/secp256k1';
import { limits } from '@sallyport/device-protocol';
import { accountSecret } from '../formats/keys.ts';
import { end } from '../jobs/ending.ts';
import { forgetWhere, isLarge } from '../jobs/results.ts';
import { appendLog } from '../logging.ts';
import { revokeAccount } from '../policy/clients.ts';
import type { Turn } from '../turn.ts';
import { readAccounts, readWords, removeAccount, type StoredAccount, writeAccount } from '../vault/accounts-store.ts';
import { writeAddressed } from '../vault/addressed.ts';
import { type Account, accountOfStored } from './account.ts';
import { changeOpen, type OpenLife, sayState } from './life.ts';

/** Record `gone`: version, then the numbers that accounts had which were removed. */
const goneRecord = 'gone';
const version = 1;

/** The number of a new account: one that no account ever had, while there is one; null when there are as many as may be. */
export function freeNumber({ vault }: OpenLife): number | null {
  const { accounts, damaged } = readAccounts(vault);
  const taken = new Set([...accounts.map(({ number }) => number), ...damaged]);
  const gone = new Set(goneNumbers(vault));
  const free = Array.from({ length: limits.accountsMax }, (_, number) => number).filter((one) => !taken.has(one));
  return free.find((number) => !gone.has(number)) ?? free[0] ?? null;
}

/** The lowest NIP-06 index that is no account yet. */
export function freeIndex({ accounts }: OpenLife): number {
  const taken = new Set(accounts.map(({ index }) => index));
  let index = 0;
  while (taken.has(index)) index += 1;
  return index;
}

/** The secret of a NIP-06 account of this device's words, the caller's to zero; null: it has none. */
export function deriveSecret({ vault }: OpenLife, index: number): Uint8Array | null {
  const entropy = readWords(vault);
  if (!(entropy instanceof Uint8Array)) return null;
  const secret = accountSecret(entropy, index);
  entropy.fill(0);
  return secret;
}

export function hasWords({ vault }: OpenLife): boolean {
  const entropy = readWords(vault);
  if (!(entropy instanceof Uint8Array)) return false;
  entropy.fill(0);
  return true;
}

/** Whether 32 bytes are a secret key: neither zero nor beyond the order of the curve. */
export function isSecret(bytes: Uint8Array): boolean {
  const number = bytes.length === 32 ? etc.bytesToNumberBE(bytes) : 0n;
  return number > 0n && number < Point.CURVE().n;
}

/** Writes a new account. The bytes of the secret stay the caller's. */
export function addAccount(turn: Turn, life: OpenLife, stored: StoredAccount): Account {
  const event = stored.origin === 'derived' ? 'account_made' : 'account_imported';
  appendLog(turn, { event, account: stored.number });
  writeAccount(life.vault, stored);
  const account = accountOfStored({ ...stored, secret: stored.secret.slice() }, turn.env.crypto);
  changeOpen(turn, (open) => ({
    ...open,
    accounts: [...open.accounts, account].sort((a, b) => a.number - b.number),
  }));
  return account;
}

export function renameAccount(turn: Turn, life: OpenLife, account: Account, name: string): void {
  const { number, index, secret } = account;
  appendLog(turn, { event: 'renamed', account: number });
  writeAccount(
    life.vault,
    index === null ? { number, name, secret, origin: 'imported' } : { number, name, secret, origin: 'derived', index },
  );
  changeOpen(turn, (open) => ({
    ...open,
    accounts: open.accounts.map((one) => (one.number === number ? { ...one, name } : one)),
  }));
}

/** Whether requests to its own key are answered, from now on. What is open there ends where they are not. */
export function addressAccount(turn: Turn, { vault, addressed }: OpenLife, number: number, on: boolean): void {
  if (addressed.includes(number) === on) return;
  const others = addressed.filter((one) => one !== number);
  const next = on ? [...others, number].sort((a, b) => a - b) : others;
  appendLog(turn, { event: on ? 'addressed' : 'not_addressed', account: number });
  writeAddressed(vault, next);
  changeOpen(turn, (life) => ({ ...life, addressed: next }));
  // Computers ask anew which they are.
  sayState(turn);
  if (on) return;
  for (const { id } of turn.state.jobs) {
    const job = turn.state.jobs.find((one) => one.id === id);
    if (job?.request.command === 'user_request' && job.request.body.account === number) end(turn, job, 'wrong_state');
  }
}

/** Forgets an account, its apps and their grants; the apps first, so that a power cut leaves none without an account. */
export function dropAccount(turn: Turn, life: OpenLife, account: Account): void {
  const { vault } = life;
  const { number } = account;
  // Another account may get its number.
  addressAccount(turn, life, number, false);
  appendLog(turn, { event: 'account_removed', account: number });
  const clients = revokeAccount(life.clients, vault, number);
  vault.write(goneRecord, Uint8Array.of(version, ...new Set([...goneNumbers(vault), number])));
  removeAccount(vault, number);
  // What is read or asked about it must not meet an account that gets its number later.
  for (const { id } of turn.state.jobs) {
    const job = turn.state.jobs.find((one) => one.id === id);
    if (job === undefined || job.request.command === 'grants_propose' || job.request.body.account !== number) continue;
    end(turn, job, 'unknown_account');
  }
  // A large text would be made anew with a key that is gone.
  forgetWhere(turn, (ended) => {
    if (ended.of === 'flow' || ended.request.command === 'grants_propose') return false;
    return ended.request.body.account === number && isLarge(ended);
  });
  account.forget();
  changeOpen(turn, (open) => ({
    ...open,
    clients,
    accounts: open.accounts.filter((one) => one.number !== number),
  }));
}

/** Numbers that cannot be read are as good as none: then a number is given again. */
function goneNumbers({ read }: OpenLife['vault']): readonly number[] {
  const bytes = read(goneRecord);
  return bytes instanceof Uint8Array && bytes[0] === version ? [...bytes.subarray(1)] : [];
}
