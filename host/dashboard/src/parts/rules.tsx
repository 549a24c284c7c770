/** The rules of the user that refuse something without asking the device: which there are, one more, one less. They can only narrow. */
import { useSignal } from '@preact/signals';
import type { Answer } from '../../../src/control/routes.ts';
import { call } from '../api.ts';
import { apps, kept } from '../live.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { nameOf } from './app-name.ts';

type Rule = Answer<'GET /v0/rules'>['rules'][number];

const rules = kept(() => call('GET /v0/rules'));

export function Rules() {
  const all = rules.value.value?.rules ?? [];
  return (
    <section aria-labelledby="rules">
      <h2 id="rules">{texts.settings.rules}</h2>
      <p class="quiet">{texts.settings.rulesWords}</p>
      {all.length === 0 ? <p>{texts.settings.noRules}</p> : null}
      <ul class="plain-list">
        {all.map((rule) => (
          <RuleRow key={rule.number} rule={rule} />
        ))}
      </ul>
      <NewRule />
    </section>
  );
}

function appName(client: string): string {
  const app = apps.value.value?.apps.find((each) => each.client === client);
  return nameOf({ client, name: app?.name ?? '' });
}

function RuleRow({ rule: { number, client, method, kind, note } }: { readonly rule: Rule }) {
  const { ofAll, refuses, everything, ofKind, removeRule } = texts.settings;
  const what = kind !== null ? ofKind(kind) : (method ?? everything);
  return (
    <li class="card row spread">
      <span>
        <bdi>{refuses(what, client === null ? ofAll : appName(client))}</bdi>
        {note === '' ? null : <span class="quiet"> · {note}</span>}
      </span>
      <Action act={() => call('DELETE /v0/rules/:number', { params: { number } })} onDone={() => void rules.refresh()}>
        {removeRule}
      </Action>
    </li>
  );
}

/** Of one app or of all; everything, or the events of one kind. A rule for methods is made by the command. */
function NewRule() {
  const said = texts.settings;
  const [client, kind, note] = [useSignal(''), useSignal(''), useSignal('')];
  const add = () => {
    const all = client.value === '' && kind.value === '';
    // What is no number is none of a kind, so that the host says no: left out it would refuse everything.
    const number = /^\d+$/.test(kind.value) ? Number(kind.value) : -1;
    const of = { client: client.value === '' ? null : client.value, kind: kind.value === '' ? null : number };
    return call('POST /v0/rules', { body: { ...of, note: note.value, all } });
  };
  return (
    <div class="card">
      <h3>{said.newRule}</h3>
      <label>
        {said.ruleApp}
        <select value={client} onChange={(event) => (client.value = event.currentTarget.value)}>
          <option value="">{said.ofAll}</option>
          {(apps.value.value?.apps ?? []).map((app) => (
            <option key={app.client} value={app.client}>
              {nameOf(app)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {said.ruleKind}
        <input
          inputMode="numeric"
          maxLength={5}
          value={kind}
          onInput={(event) => (kind.value = event.currentTarget.value)}
        />
      </label>
      <label>
        {said.ruleNote}
        <input maxLength={120} value={note} onInput={(event) => (note.value = event.currentTarget.value)} />
      </label>
      <Action
        act={add}
        onDone={() => {
          kind.value = '';
          note.value = '';
          void rules.refresh();
        }}
      >
        {said.addRule}
      </Action>
    </div>
  );
}
