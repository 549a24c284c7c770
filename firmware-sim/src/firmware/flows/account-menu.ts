/** The accounts on the device itself: looked at, added, renamed, removed. */
import { addressAccount, hasWords } from '../life/accounts.ts';
import { untrustedLine } from '../screen/visible-text.ts';
import { about, addressFlow, deriveFlow, removeFlow, renameFlow } from './account-flows.ts';
import type { Here, Part } from './flow.ts';
import { line } from './page-rows.ts';
import { choose, tell } from './parts.ts';

export function* accountsMenu(here: Here): Part<void> {
  for (;;) {
    const { life } = here.turn.state;
    if (life.phase !== 'open') return;
    const { accounts } = life;
    const more = hasWords(life) ? ['New account'] : [];
    const names = accounts.map(({ name, index }) => `${untrustedLine(name)}${index === null ? ' (imported)' : ''}`);
    const chosen = yield* choose('Accounts', [...names, ...more]);
    if (chosen === null) return;
    const account = accounts[chosen];
    if (account !== undefined) yield* accountMenu(here, account.number);
    else yield* newAccount(here);
  }
}

function* newAccount(here: Here): Part<void> {
  const end = yield* deriveFlow(here, null, null);
  if (end.type === 'failed' && end.error === 'full') yield* tell('Full', line('There are 16 accounts: no more fit.'));
}

function* accountMenu(here: Here, number: number): Part<void> {
  for (;;) {
    const { life } = here.turn.state;
    const account = life.phase === 'open' ? life.accounts.find((one) => one.number === number) : undefined;
    if (life.phase !== 'open' || account === undefined) return;
    const removes = life.accounts.length > 1 ? ['Remove'] : [];
    const isAddressed = life.addressed.includes(number);
    const answers = isAddressed ? 'Do not answer at this key' : 'Answer at this key';
    const chosen = yield* choose('Account', ['Show the key', 'Rename', answers, ...removes]);
    if (chosen === null) return;
    const { index, pubkey } = account;
    const origin = line(index === null ? 'imported: a computer knew it' : `index ${index} of the words`);
    if (chosen === 0) yield* tell('Account', about(account, pubkey, [origin]));
    else if (chosen === 1) yield* renameFlow(here, number, null);
    else if (chosen === 2 && isAddressed) addressAccount(here.turn, life, number, false);
    else if (chosen === 2) yield* addressFlow(here, number);
    else yield* removeFlow(here, number);
  }
}
