/** Devices that are wrong in one way about their life and their accounts. */
import type { Command, DeviceError, Message } from '@sallyport/device-protocol';
import type { BrokenDevice } from './broken-devices.ts';

const saying = (name: string, rule: string, change: (message: Message) => Message): BrokenDevice => ({
  name,
  rule,
  flaw: () => ({ messageOut: (message) => [change(message)] }),
});

/** Another error to this command. */
const errorTo = (name: string, rule: string, command: Command, error: DeviceError): BrokenDevice =>
  saying(name, rule, (one) => (one.type === 'error' && one.command === command ? { ...one, error } : one));

const list = 'the list of accounts has those';
const cannot = 'what a ready device cannot do';
const lock = 'lock locks, what needs a key';

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
];
