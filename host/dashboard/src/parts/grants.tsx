/**
 * What the device lets an app do without asking. It is asked on a click only, since a locked device asks for its PIN then; and what is
 * proposed here is given by a press there, or not at all.
 */
import { useSignal } from '@preact/signals';
import type { Answer } from '../../../src/control/routes.ts';
import { askedWords } from '../../../src/core/bridge/asked-words.ts';
import { call, type Failed } from '../api.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';

type Grant = Answer<'GET /v0/apps/:client/grants'>['grants'][number];

export function GrantsOf({ client }: { readonly client: string }) {
  const grants = useSignal<readonly Grant[] | null>(null);
  const ask = async (): Promise<{ readonly ok: true } | Failed> => {
    const said = await call('GET /v0/apps/:client/grants', { params: { client } });
    if (said.ok) grants.value = said.answer.grants;
    return said;
  };
  return (
    <details>
      <summary>{texts.apps.grants}</summary>
      {grants.value === null ? (
        <Action act={ask} busyWords={texts.apps.look}>
          {texts.apps.ask}
        </Action>
      ) : (
        <>
          {grants.value.length === 0 ? <p>{texts.apps.noGrants}</p> : null}
          <ul class="plain-list">
            {grants.value.map((grant) => (
              <GrantRow key={grant.id} client={client} grant={grant} onGone={() => void ask()} />
            ))}
          </ul>
          <Propose client={client} onGiven={() => void ask()} />
        </>
      )}
    </details>
  );
}

type RowProps = { readonly client: string; readonly grant: Grant; readonly onGone: () => void };

function GrantRow({ client, grant, onGone }: RowProps) {
  const { id, verdict } = grant;
  return (
    <li class="row spread">
      <span>{grantWords(grant)}</span>
      {verdict === 'deny' ? (
        <span class="quiet">{texts.apps.onDevice}</span>
      ) : (
        <Action
          act={() => call('DELETE /v0/apps/:client/grants/:number', { params: { client, number: id } })}
          onDone={onGone}
          busyWords={texts.apps.look}
        >
          {texts.apps.take}
        </Action>
      )}
    </li>
  );
}

function grantWords({ verdict, method, kind, peer, uses, perMinute, session, ms }: Grant): string {
  const { mayNever, may, always } = texts.apps;
  const limits = [
    peer === null ? '' : texts.apps.with(peer),
    uses === null ? '' : texts.apps.uses(uses),
    perMinute === null ? '' : texts.apps.perMinute(perMinute),
    session ? texts.apps.session : '',
    ms === null ? '' : texts.apps.ends(Math.ceil(ms / 60_000)),
  ].filter((limit) => limit !== '');
  const verb = verdict === 'deny' ? mayNever : limits.length === 0 ? always : may;
  return [`${verb} ${askedWords({ method, kind })}`, ...limits].join(', ');
}

/** As NIP-46 writes a permission. */
function wished(perm: string): Pick<Grant, 'method' | 'kind'> {
  const [method, kind] = perm.split(':');
  if (method === 'nip44_encrypt' || method === 'nip44_decrypt') return { method, kind: null };
  return { method: 'sign_event', kind: Number(kind) };
}

const hourMs = 3_600_000;
type Span = keyof typeof texts.apps.spans;

function Propose({ client, onGiven }: { readonly client: string; readonly onGiven: () => void }) {
  const wish = useSignal('sign_event:1');
  const span = useSignal<Span>('session');
  const propose = async (): Promise<{ readonly ok: true } | Failed> => {
    const limit = { session: span.value === 'session', ms: span.value === 'hour' ? hourMs : null };
    const grants = [{ ...wished(wish.value), ...limit }];
    const said = await call('POST /v0/apps/:client/grants', { params: { client }, body: { grants } });
    if (!said.ok) return said;
    const isGiven = said.answer.given.every((given) => given);
    return isGiven ? { ok: true } : { ok: false, code: 'denied', words: texts.apps.refused, advice: '' };
  };
  return (
    <fieldset>
      <legend>{texts.apps.propose}</legend>
      <label>
        {texts.apps.what}
        <select
          value={wish.value}
          onChange={(event) => {
            wish.value = event.currentTarget.value;
          }}
        >
          {Object.entries(texts.pairApp.wishes).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <label>
        {texts.apps.how}
        <select
          value={span.value}
          onChange={(event) => {
            const { value } = event.currentTarget;
            if (value === 'ever' || value === 'session' || value === 'hour') span.value = value;
          }}
        >
          {Object.entries(texts.apps.spans).map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <Action act={propose} busyWords={texts.apps.lookPropose} onDone={onGiven}>
        {texts.apps.proposeButton}
      </Action>
    </fieldset>
  );
}
