/** What computers ask about accounts. For paired ones; each change is a flow in which the human says yes. */
import type { Request } from '@sallyport/device-protocol';
import { addressFlow, deriveFlow, importFlow, removeFlow, renameFlow } from '../flows/account-flows.ts';
import { readNcryptsec } from '../formats/nip49.ts';
import { accountOf, say, type Turn } from '../turn.ts';
import { addressAccount, freeNumber, hasWords, isSecret } from './accounts.ts';
import { begin, type HandlersOf, notPaired, openFor, refuse } from './life-commands.ts';

type AccountCommand =
  | 'accounts'
  | 'account_create'
  | 'account_derive'
  | 'account_import'
  | 'account_rename'
  | 'account_remove'
  | 'account_address';

export const accountHandlers: HandlersOf<AccountCommand> = {
  accounts: (turn, { id, command }) => {
    const life = openFor(turn, id, command);
    if (life === null) return;
    const accounts = life.accounts.map(({ number, name, pubkey, index }) => {
      const told = { account: number, name, pubkey, addressed: life.addressed.includes(number) };
      return index === null
        ? ({ ...told, origin: 'imported' } as const)
        : ({ ...told, origin: 'derived', index } as const);
    });
    say(turn, { type: 'reply', id, command, body: { accounts } });
  },
  account_create: (turn, { id, command, body }) => derives(turn, { id, command }, body.name, null),
  account_derive: (turn, { id, command, body }) => derives(turn, { id, command }, body.name, body.index),
  account_import: takeImport,
  account_rename: (turn, { id, command, body }) => {
    if (openFor(turn, id, command) === null) return;
    const account = accountOf(turn.state, body.account);
    if (typeof account === 'string') return refuse(turn, id, command, account);
    begin(turn, id, command, 'Rename account', (here) => renameFlow(here, body.account, body.name));
  },
  account_remove: (turn, { id, command, body }) => {
    const life = openFor(turn, id, command);
    if (life === null) return;
    const account = accountOf(turn.state, body.account);
    if (typeof account === 'string') return refuse(turn, id, command, account);
    if (life.accounts.length < 2) return refuse(turn, id, command, 'wrong_state', 'the only account');
    begin(turn, id, command, 'Remove account', (here) => removeFlow(here, body.account));
  },
  account_address: (turn, { id, command, body }) => {
    const life = openFor(turn, id, command);
    if (life === null) return;
    const account = accountOf(turn.state, body.account);
    if (typeof account === 'string') return refuse(turn, id, command, account);
    if (body.addressed && !life.addressed.includes(body.account)) {
      return begin(turn, id, command, 'Own key', (here) => addressFlow(here, body.account));
    }
    // Taking away needs no button.
    addressAccount(turn, life, body.account, body.addressed);
    say(turn, { type: 'reply', id, command, body: {} });
  },
};

/** Refusals that need no human come at once. */
function derives(
  turn: Turn,
  { id, command }: Pick<Request<'account_create' | 'account_derive'>, 'id' | 'command'>,
  name: string,
  index: number | null,
): void {
  const life = openFor(turn, id, command);
  if (life === null) return;
  if (!hasWords(life)) return refuse(turn, id, command, 'wrong_state', 'there are no words');
  if (index !== null && life.accounts.some((one) => one.index === index)) {
    return refuse(turn, id, command, 'wrong_state', 'an account already');
  }
  if (freeNumber(life) === null) return refuse(turn, id, command, 'full');
  begin(turn, id, command, 'New account', (here) => deriveFlow(here, name, index));
}

/** On a fresh device it is the first key, and its PIN is chosen with it. */
function takeImport(turn: Turn, { id, command, body }: Request<'account_import'>): void {
  const { name, secret, ncryptsec } = body;
  const unpaired = notPaired(turn);
  if (unpaired !== null) return refuse(turn, id, command, unpaired);
  const { life } = turn.state;
  if (life.phase !== 'fresh' && openFor(turn, id, command) === null) return;
  const key = ncryptsec === undefined ? secret : readNcryptsec(ncryptsec);
  if (secret !== undefined && (ncryptsec !== undefined || !isSecret(secret))) {
    return refuse(turn, id, command, 'invalid_params', 'no secret key');
  }
  if (key === undefined || key === null) return refuse(turn, id, command, 'invalid_params', 'no ncryptsec of ours');
  if (life.phase === 'open' && freeNumber(life) === null) return refuse(turn, id, command, 'full');
  begin(turn, id, command, 'Import a key', (here) => importFlow(here, name, key));
}
