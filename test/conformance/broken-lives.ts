/** Devices that are wrong in one way about their life and their accounts. */
import type { Command, DeviceError, ErrorMessage, Message } from '@sallyport/device-protocol';
import type { BrokenDevice } from './broken-devices.ts';

const list = 'the list of accounts has those';
const cannot = 'what a ready device cannot do';
const lock = 'lock locks, what needs a key';

const saying = (name: string, rule: string, change: (message: Message) => Message): BrokenDevice => ({
  name,
  rule,
  flaw: () => ({ messageOut: (message) => [change(message)] }),
});

const key = new Uint8Array(32).fill(1);

/** What shows only at a device that has a PIN. */
const locks = (name: string, change: (message: Message) => Message): BrokenDevice => ({
  ...saying(name, lock, change),
  pin: true,
});

const isLocked = (one: Message, command: Command): one is ErrorMessage =>
  one.type === 'error' && one.command === command && one.error === 'locked';

/** Another error to this command. */
const errorTo = (name: string, rule: string, command: Command, error: DeviceError): BrokenDevice =>
  saying(name, rule, (one) => (one.type === 'error' && one.command === command ? { ...one, error } : one));

export const brokenLives: readonly BrokenDevice[] = [
  saying('hides an account', list, (one) =>
    one.type === 'reply' && one.command === 'accounts' ? { ...one, body: { accounts: [] } } : one,
  ),
  saying('lists another key', list, (one) =>
    one.type === 'reply' && one.command === 'accounts'
      ? { ...one, body: { accounts: one.body.accounts.map((row) => ({ ...row, pubkey: new Uint8Array(32) })) } }
      : one,
  ),
  saying('forgets which of its keys were imported', list, (one) =>
    one.type === 'reply' && one.command === 'accounts'
      ? { ...one, body: { accounts: one.body.accounts.map((row) => ({ ...row, origin: 'imported' })) } }
      : one,
  ),
  saying('takes entropy when it has words', cannot, (one) =>
    one.type === 'error' && one.command === 'mix_entropy'
      ? { type: 'reply', id: one.id, command: 'mix_entropy', body: {} }
      : one,
  ),
  errorTo('calls an import of nothing damaged', cannot, 'account_import', 'bad_payload'),
  errorTo('says something else of an account that is not there', cannot, 'account_rename', 'wrong_state'),
  saying('says that it locked what has no PIN', lock, (one) =>
    one.type === 'error' && one.command === 'lock' ? { type: 'reply', id: one.id, command: 'lock', body: {} } : one,
  ),
  locks('does not say that it is locked', (one) =>
    one.type === 'reply' && one.command === 'info' ? { ...one, body: { ...one.body, state: 'ready' } } : one,
  ),
  locks('counts its accounts while it is locked', (one) =>
    one.type === 'reply' && one.command === 'info' ? { ...one, body: { ...one.body, accounts: 1 } } : one,
  ),
  locks('gives its key while it is locked', (one) =>
    isLocked(one, 'get_public_key')
      ? { type: 'reply', id: one.id, command: 'get_public_key', body: { pubkey: new Uint8Array(32) } }
      : one,
  ),
  locks('lists its accounts while it is locked', (one) =>
    isLocked(one, 'accounts') ? { type: 'reply', id: one.id, command: 'accounts', body: { accounts: [] } } : one,
  ),
  locks('signs while it is locked', (one) =>
    isLocked(one, 'sign_event')
      ? { type: 'reply', id: one.id, command: 'sign_event', body: { id: key, sig: new Uint8Array(64), pubkey: key } }
      : one,
  ),
  locks('unlocks without its PIN', (one) =>
    one.type === 'error' && one.command === 'unlock' ? { type: 'reply', id: one.id, command: 'unlock', body: {} } : one,
  ),
  locks('does not unlock with its PIN', (one) =>
    one.type === 'reply' && one.command === 'unlock'
      ? { type: 'error', id: one.id, command: 'unlock', error: 'denied' }
      : one,
  ),
];
