/** One row of the activity log: who asked for what, what came of it, why, and how long that took. */
import type { Answer } from '../../../src/control/routes.ts';
import { askedWords } from '../../../src/core/bridge/asked-words.ts';
import { texts } from '../texts.ts';
import { nameOf } from './app-name.ts';
import { Moment } from './time.tsx';

export type Row = Answer<'GET /v0/activity'>['rows'][number];

const good: ReadonlySet<string> = new Set(['answered', 'repeated', 'paired', 'unpaired']);

export function ActivityRow({ row }: { readonly row: Row }) {
  const { at, app, client, paired, method, kind, outcome, why, ms } = row;
  const { did, asked, outcomes, stranger, took, ofWhich } = texts.activity;
  const name = paired ? nameOf({ client, name: app }) : stranger(client);
  const stages = ofWhich(ms.queue, ms.device);
  return (
    <li class="card">
      <div class="row spread">
        <span>
          <bdi>
            <b>{name}</b>
          </bdi>{' '}
          {did[method] ?? asked(askedWords({ method, kind }))}
        </span>
        <span class={good.has(outcome) ? 'good' : 'bad'}>{outcomes[outcome] ?? outcome.replaceAll('_', ' ')}</span>
      </div>
      <p class="why">{why}</p>
      <p class="quiet small">
        <Moment at={at} />
        {ms.total === null ? null : ` · ${took(ms.total)}${stages === '' ? '' : ` (${stages})`}`}
      </p>
    </li>
  );
}
