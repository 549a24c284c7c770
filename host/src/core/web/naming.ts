/** How a name comes to a user key, and goes: what the user says, checked against the accounts that the device told. */
import type { BridgeState } from '../bridge/bridge-state.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { type People, type Person, parseName, peopleLimits, withoutPerson, withPerson } from './people.ts';

/** What the user wants of the names. `relays` are normal forms. */
export type NameChange =
  | { readonly type: 'add'; readonly name: string; readonly account: number; readonly relays: readonly string[] }
  | { readonly type: 'remove'; readonly name: string };

/** Everybody afterwards, or why nothing changes. Who has a name already keeps its email when the name is given anew to the same key. */
export function named(state: BridgeState, change: NameChange): People | Refusal {
  const name = parseName(change.name);
  if (name === null) return noName;
  if (change.type === 'remove') return withoutPerson(state.people, name) ?? nobodyThere;
  const pubkey = keyOf(state, change.account);
  if (pubkey === null) return noAccount;
  const before = state.people.get(name);
  if (before !== undefined && before.pubkey !== pubkey) return taken;
  const relays = change.relays.slice(0, peopleLimits.relaysMax);
  const person: Person = { name, pubkey, relays, email: before?.email ?? '' };
  return withPerson(state.people, person) ?? tooMany;
}

/** The key of an account as the paired device told it, now or the last time: it need not be plugged in for a name. */
function keyOf({ accounts, known }: BridgeState, account: number): string | null {
  return accounts.get(account) ?? known?.accounts.find((each) => each.account === account)?.pubkey ?? null;
}

/** Why no line can be made for this account; null when it can, also where no device has told of any yet. */
export function missingAccount(state: BridgeState, account: number): Refusal | null {
  const told = state.accounts.size > 0 || (state.known?.accounts.length ?? 0) > 0;
  return told && keyOf(state, account) === null ? noAccount : null;
}

const noName = refuse('malformed', 'A name has letters from a to z, digits, dots, - and _, 63 at most.', '');

const nobodyThere = refuse('malformed', 'Nobody has this name.', '"sallyport names" lists them.');

const noAccount = refuse(
  'unknown_account',
  'The device has told of no such account.',
  '"sallyport accounts" lists those that it told of. If one is missing, plug the device in and unlock it.',
);

/** For the user, and for whoever wants an account of this name: names are public. */
export const taken = refuse('malformed', 'This name belongs to somebody already.', 'Choose another one.');

export const tooMany = refuse(
  'full',
  'There are as many names as this host keeps.',
  'Remove one first: sallyport names remove.',
);
