/**
 * `create_account` (NIP-46 of 2024): an app asks for an account with a name at this host's address. A person clicks, the device makes it
 * after its human said yes, and its name is served from then on.
 *
 * An email is matched against the accounts that are here. Then nothing is made, and the device is asked whether the app may have
 * that account. Whoever asked cannot tell the two apart before the device's human said yes: page, words and endings are the same.
 */
import { appLabel } from '../apps/client-metadata.ts';
import { introductionAsk } from '../apps/introducing.ts';
import { save } from '../bridge/asking.ts';
import type { BridgeState, Step, Wants } from '../bridge/bridge-state.ts';
import type { DeviceAnswer, DeviceAsk } from '../device/device-port.ts';
import { isHex32 } from '../nip46/event.ts';
import type { AccountRequest } from '../nip46/nip46-text.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { taken, tooMany } from './naming.ts';
import { emailHash, type Person, parseName, peopleLimits, withPerson } from './people.ts';
import type { Web } from './web.ts';

/** Why an account is not even asked for; null when it may be. Names are public, so whoever asks may hear that one is taken. */
export function whyNoAccount(state: BridgeState, web: Web, request: AccountRequest): Refusal | null {
  const { name, domain, email } = request;
  const own = web.url.replace(/^https?:\/\//, '');
  if (domain !== '' && domain.toLowerCase() !== own) return otherDomain(own);
  if (email !== '' && emailHash(new Uint8Array(32), email) === '') return noEmail;
  if (name === '') return null;
  const parsed = parseName(name);
  if (parsed === null) return noName;
  if (state.people.has(parsed)) return taken;
  return state.people.size >= peopleLimits.peopleMax ? tooMany : null;
}

/** What the device is asked, and what for. `hash` is that of a secret which nobody has. */
export function accountQuestion(
  state: BridgeState,
  request: AccountRequest,
  { client, emailKey, hash }: { readonly client: string; readonly emailKey: Uint8Array; readonly hash: string },
  now: number,
): readonly [DeviceAsk, Wants] {
  const email = request.email === '' ? '' : emailHash(emailKey, request.email);
  const { perms } = request;
  const known = email === '' ? null : accountOf(state, email);
  if (known !== null) {
    const app = { client, relays: [], secret: '', name: appLabel({ client, name: '' }), url: '', perms };
    const ask = introductionAsk(app, state.signer.pubkey, known.account, true, now);
    const metadata = { name: '', url: '' };
    return [ask, { type: 'pairing', metadata, perms, secretHash: hash, told: known.pubkey }];
  }
  const name = parseName(request.name) ?? '';
  return [
    { method: 'account_create', name: name === '' ? 'new account' : name },
    { type: 'new_account', name, email },
  ];
}

/** The device made the account: known from now on, and its name served. Null when what it said is no account. */
export function accountMade(
  state: BridgeState,
  wants: Wants & { readonly type: 'new_account' },
  said: DeviceAnswer,
): Step | null {
  if (said.type !== 'made' || !isHex32(said.pubkey)) return null;
  const { account, pubkey } = said;
  const accounts = new Map(state.accounts).set(account, pubkey);
  const { known } = state;
  const more =
    known === null ? null : { ...known, accounts: [...known.accounts, { account, name: wants.name, pubkey }] };
  const saves = more === null ? [] : [save({ type: 'accounts', known: more })];
  const next: BridgeState = { ...state, accounts, known: more };
  const person: Person = { name: wants.name, pubkey, relays: [], email: wants.email };
  // The user may have given the name away while the device was asked: the account is made, and has none.
  const people = wants.name === '' || state.people.has(wants.name) ? null : withPerson(state.people, person);
  if (people === null) return [next, saves];
  return [{ ...next, people }, [...saves, save({ type: 'people', people })]];
}

/** What an app hears when no account came of it: one sentence, whatever the reason was. */
export const notMade = refuse('device_refused', 'The account was not made.', 'Look at the device, then ask again.');

/** What the page says when the device could not be asked: one sentence for the same reason. */
export const notAsked = refuse('busy', 'The device could not be asked just now.', 'Look at it, then click again.');

export const makesNone = refuse(
  'forbidden',
  'This signer makes no accounts for apps.',
  'Make one in the menu of the device.',
);

/** The account of this email, if the device has it still. */
function accountOf(state: BridgeState, email: string): { readonly account: number; readonly pubkey: string } | null {
  const person = [...state.people.values()].find((each) => each.email === email);
  return state.known?.accounts.find(({ pubkey }) => pubkey === person?.pubkey) ?? null;
}

function otherDomain(own: string): Refusal {
  return refuse('malformed', `This signer gives no names but those at ${own}.`, 'Choose that domain, or none.');
}

const noName = refuse(
  'malformed',
  'That is no name: letters from a to z, digits, dots, - and _.',
  'Choose another one.',
);

const noEmail = refuse('malformed', 'That is no email address.', 'Correct it, or leave it out.');
