/** The check of the device's own log: what came of it, and the entries that this computer does not know of. */
import { useSignal } from '@preact/signals';
import type { Answer } from '../../../src/control/routes.ts';
import { askedWords } from '../../../src/core/bridge/asked-words.ts';
import { call, type Failed } from '../api.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { Moment } from './time.tsx';

type Checked = Answer<'POST /v0/device/log'>;
type Entry = Checked['entries'][number];

export function LogCheck() {
  const checked = useSignal<Checked | null>(null);
  const check = (anew: boolean) => async (): Promise<{ readonly ok: true } | Failed> => {
    const said = await call('POST /v0/device/log', { body: { anew } });
    if (said.ok) checked.value = said.answer;
    return said;
  };
  return (
    <section aria-labelledby="log">
      <h2 id="log">{texts.device.log}</h2>
      <p class="quiet">{texts.device.logWords}</p>
      <Action act={check(false)}>{texts.device.check}</Action>
      {checked.value === null ? null : <Outcome checked={checked.value} onAnew={check(true)} />}
    </section>
  );
}

const good: readonly Checked['verdict'][] = ['sound', 'begun'];

type OutcomeProps = { readonly checked: Checked; readonly onAnew: () => Promise<{ readonly ok: true } | Failed> };

function Outcome({ checked: { verdict, words, advice, number, since, entries }, onAnew }: OutcomeProps) {
  const strange = entries.filter(({ here }) => here === 'no').length;
  const isLost = verdict !== 'gap' && !good.includes(verdict);
  return (
    <div class="card">
      <p class={good.includes(verdict) ? 'good' : isLost ? 'bad' : 'waiting'} role="status">
        {words} {advice} {texts.device.since(since)}
      </p>
      {isLost ? <Action act={onAnew}>{texts.device.anew}</Action> : null}
      <p class={strange === 0 ? 'good' : 'bad'}>{texts.device.strange(strange)}</p>
      <details>
        <summary>{texts.device.newest(number)}</summary>
        <ol class="plain-list">
          {entries.map((entry) => (
            <EntryRow key={entry.number} entry={entry} />
          ))}
        </ol>
      </details>
    </div>
  );
}

function EntryRow({
  entry: { number, event, app, who, method, kind, why, createdAt, here },
}: {
  readonly entry: Entry;
}) {
  const asked = method === null ? '' : askedWords({ method, kind });
  const by = app === '' ? who : app;
  return (
    <li>
      {number}: {texts.device.events[event] ?? texts.device.strangeEvent}
      {asked === '' ? '' : ` (${asked})`}
      {by === null ? null : (
        <>
          {', '}
          <bdi>{by}</bdi>
        </>
      )}
      <span class="quiet small">
        {why === '' ? '' : ` · ${why}`}
        {createdAt === null ? null : (
          <>
            {' · '}
            <Moment at={createdAt} />
          </>
        )}
      </span>
      {here === null ? null : <span class={here === 'no' ? 'bad' : 'quiet small'}> · {texts.device.here[here]}</span>}
    </li>
  );
}
