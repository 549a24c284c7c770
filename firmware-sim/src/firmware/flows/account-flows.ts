/**
 * What changes the accounts, as the human decides it: the screen shows name, key and origin before anything is written. A key that comes
 * from a computer was known to a computer: that is said here, and for ever after.
 */
import { limits } from '@sallyport/device-protocol';
import { npubOf } from '../formats/bech32.ts';
import { type Ncryptsec, openNcryptsec } from '../formats/nip49.ts';
import { type Account, isImported } from '../life/account.ts';
import {
  addAccount,
  addressAccount,
  deriveSecret,
  dropAccount,
  freeIndex,
  freeNumber,
  isSecret,
  renameAccount,
} from '../life/accounts.ts';
import type { OpenLife } from '../life/life.ts';
import { firstSettings, type StoredAccount, settingsRecordOf } from '../vault/accounts-store.ts';
import type { Flow, FlowEnd, Here, Part } from './flow.ts';
import { fact, line } from './page-rows.ts';
import { question, text, working } from './parts.ts';
import { intoVault } from './set-up.ts';

const denied: FlowEnd = { type: 'failed', error: 'denied' };
const failed = (error: 'locked' | 'full' | 'wrong_state' | 'bad_payload' | 'storage'): FlowEnd => ({
  type: 'failed',
  error,
});

/** The open life, at this very moment: it may have been locked between two pages. */
function openOf(here: Here): OpenLife | null {
  const { life } = here.turn.state;
  return life.phase === 'open' ? life : null;
}

/** A NIP-06 account of the words; `index` null: the next free one. `name` null: one of ours. */
export function* deriveFlow(here: Here, name: string | null, index: number | null): Flow {
  yield* working('Deriving the key…');
  const life = openOf(here);
  if (life === null) return failed('locked');
  const number = freeNumber(life);
  const at = index ?? freeIndex(life);
  if (number === null) return failed('full');
  if (life.accounts.some((account) => account.index === at)) return failed('wrong_state');
  const secret = deriveSecret(life, at);
  if (secret === null) return failed('wrong_state');
  try {
    const stored: StoredAccount = { number, name: name ?? `account ${at}`, origin: 'derived', index: at, secret };
    return yield* addIfYes(here, stored, [fact('index', `${at} of the words`)]);
  } finally {
    secret.fill(0);
  }
}

/** A key from elsewhere: the secret itself, or one that a password protects. */
export function* importFlow(here: Here, name: string, key: Uint8Array | Ncryptsec): Flow {
  const secret = key instanceof Uint8Array ? key : yield* unsealed(key);
  if (secret === 'left') return denied;
  if (secret === null || !isSecret(secret)) return failed('bad_payload');
  try {
    const life = openOf(here);
    const { crypto } = here.turn.env;
    const pubkey = crypto.publicKey(secret);
    if (life?.accounts.some((account) => sameBytes(account.pubkey, pubkey)) === true) return failed('wrong_state');
    const number = life === null ? 0 : freeNumber(life);
    if (number === null) return failed('full');
    const stored: StoredAccount = { number, name, origin: 'imported', secret };
    const known = [line('This key was known to a computer: so it is less safe than one made here.')];
    if (here.turn.state.life.phase !== 'fresh') return yield* addIfYes(here, stored, known, true);
    // On a fresh device it is the first key, and gets its PIN now.
    if (!(yield* question('Import a key?', about(stored, pubkey, known), { hold: true, yes: 'import' }))) return denied;
    const records = [settingsRecordOf(firstSettings)];
    const made = { type: 'made', account: 0, pubkey } as const;
    return (yield* intoVault(here, stored, records, made)) ? made : denied;
  } finally {
    secret.fill(0);
  }
}

/** The secret, with the password from the human; null: it does not open. */
function* unsealed(key: Ncryptsec): Part<Uint8Array | null | 'left'> {
  const password = yield* text('Password', '', passwordMax);
  if (password === null) return 'left';
  yield* working('Opening the key…');
  return openNcryptsec(key, password);
}

/** It is turned in character by character: more than anybody enters so. */
const passwordMax = 64;

/** Shows what is to be added; it is written after a yes. */
function* addIfYes(here: Here, stored: StoredAccount, facts: readonly string[], hold = false): Part<FlowEnd> {
  const pubkey = here.turn.env.crypto.publicKey(stored.secret);
  const [title, yes] = stored.origin === 'derived' ? ['New account?', 'add'] : ['Import a key?', 'import'];
  if (!(yield* question(title, about(stored, pubkey, facts), { hold, yes }))) return denied;
  const life = openOf(here);
  if (life === null) return failed('locked');
  addAccount(here.turn, life, stored);
  return { type: 'made', account: stored.number, pubkey };
}

/** Another name, given by a computer, or typed on the device (`name` null). */
export function* renameFlow(here: Here, number: number, name: string | null): Flow {
  const account = openOf(here)?.accounts.find((one) => one.number === number);
  if (account === undefined) return failed('wrong_state');
  const next = name ?? (yield* text('New name', '', limits.labelMax));
  if (next === null) return denied;
  const shown = [fact('now', account.name), fact('then', next), ...originLines(account), keyFact(account.pubkey)].join(
    '',
  );
  if (!(yield* question('Rename account?', shown, { yes: 'rename' }))) return denied;
  const life = openOf(here);
  if (life === null) return failed('locked');
  renameAccount(here.turn, life, account, next);
  return { type: 'done' };
}

/** Has the key of an account itself answer apps, as those of early 2024 want it. */
export function* addressFlow(here: Here, number: number): Flow {
  const account = openOf(here)?.accounts.find((one) => one.number === number);
  if (account === undefined) return failed('wrong_state');
  const facts = [
    line('Old apps ask this key itself. The device will open what they ask, and sign its answers with this key.'),
    line('On relays everybody sees that this key uses a signer, when, and with which app keys.'),
  ];
  const shown = about(account, account.pubkey, [...originLines(account), ...facts]);
  if (!(yield* question('Answer at this key?', shown, { hold: true, yes: 'answer' }))) return denied;
  const life = openOf(here);
  if (life === null) return failed('locked');
  addressAccount(here.turn, life, number, true);
  return { type: 'done' };
}

/** Forgets an account, after a hold. The last one goes with a wipe only. */
export function* removeFlow(here: Here, number: number): Flow {
  const life = openOf(here);
  const account = life?.accounts.find((one) => one.number === number);
  if (life === null || account === undefined || life.accounts.length < 2) return failed('wrong_state');
  const facts = [line('Its apps and what they may do go with it.'), backLine(account)];
  const shown = about(account, account.pubkey, facts);
  if (!(yield* question('Remove account?', shown, { hold: true, yes: 'remove' }))) return denied;
  const still = openOf(here);
  if (still === null) return failed('locked');
  dropAccount(here.turn, still, account);
  return { type: 'done' };
}

/** That a key was imported is said wherever its account is named. */
export function originLines(account: Pick<Account, 'index'>): readonly string[] {
  return isImported(account) ? [fact('origin', 'imported')] : [];
}

function backLine({ index }: Account): string {
  return line(
    index === null
      ? 'It was imported: this device cannot make it again.'
      : `The words can make it again: index ${index}.`,
  );
}

/** What a human compares before an account comes or goes. */
export function about({ name }: { readonly name: string }, pubkey: Uint8Array, facts: readonly string[]): string {
  return [fact('name', name), keyFact(pubkey), ...facts].join('');
}

/** The public key as people know it, in groups that a reader can compare. */
export function keyFact(pubkey: Uint8Array): string {
  return fact('key', (npubOf(pubkey).match(/.{1,5}/g) ?? []).join(' '));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
