/**
 * The accounts that the device told, with their public keys, and whether they answer apps there; their names are asked for on a click, since
 * a locked device asks for its PIN.
 */
import { useSignal } from '@preact/signals';
import type { Answer } from '../../../src/control/routes.ts';
import { call, type Failed } from '../api.ts';
import { status } from '../live.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { CopyLine } from './copy.tsx';
import { UserKey } from './user-key.tsx';

type Account = Answer<'GET /v0/accounts'>['accounts'][number];

export function Accounts() {
  const named = useSignal<readonly Account[]>([]);
  const known = status.value?.device.accounts ?? [];
  const ask = async (): Promise<{ readonly ok: true } | Failed> => {
    const said = await call('GET /v0/accounts');
    if (said.ok) named.value = said.answer.accounts;
    return said;
  };
  return (
    <section aria-labelledby="accounts">
      <h2 id="accounts">{texts.device.accounts}</h2>
      {known.length === 0 ? <p>{texts.device.noAccounts}</p> : <p class="quiet">{texts.device.userKey.words}</p>}
      {known.map(({ number, pubkey, npub, userKey }) => {
        const account = named.value.find((each) => each.pubkey === pubkey);
        return (
          <div key={number} class="card">
            <h3>
              <bdi>{texts.device.account(number, account?.name ?? '')}</bdi>
            </h3>
            <CopyLine text={npub} label={texts.device.npub(number)} />
            <UserKey number={number} answers={userKey} />
          </div>
        );
      })}
      <Action act={ask} busyWords={texts.apps.look}>
        {texts.device.names}
      </Action>
    </section>
  );
}
