/**
 * The activity log: live, searched by the host, exported as it was found; each row says what came of a request and why. Newer rows appear
 * by themselves; older ones on a click.
 */
import { computed, effect, signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Answer, Call } from '../../../src/control/routes.ts';
import { call, download, type Failed } from '../api.ts';
import { apps, beat } from '../live.ts';
import { Action, Problem } from '../parts/action.tsx';
import { ActivityRow } from '../parts/activity-row.tsx';
import { nameOf } from '../parts/app-name.ts';
import { texts } from '../texts.ts';

type Page = Answer<'GET /v0/activity'>;
type Query = NonNullable<Call<'GET /v0/activity'>['query']>;

const wanted = { text: signal(''), client: signal(''), kind: signal(''), outcome: signal(''), hours: signal('0') };

const hourMs = 3_600_000;

/** What is looked for, as the API asks for it; what is empty does not narrow. */
const query = computed((): Query => {
  const { text, client, kind, outcome, hours } = wanted;
  const since = Number(hours.value) === 0 ? {} : { since: Date.now() - Number(hours.value) * hourMs };
  return {
    ...(text.value === '' ? {} : { text: text.value }),
    ...(client.value === '' ? {} : { client: client.value }),
    // Anything else than a number of a kind is refused by the host, in words.
    ...(kind.value === '' ? {} : { kind: kind.value }),
    ...(outcome.value === '' ? {} : { outcome: outcome.value }),
    ...since,
  };
});

/** What was found so far for a question, newest first, and where older rows begin; null before the first answer. */
const found = signal<(Page & { readonly asked: Query }) | null>(null);
/** Why the host did not search, as for a kind that is none. */
const failed = signal<Failed | null>(null);

/** Newer rows go before those that are there; where more came than one page has, the list begins anew. */
function withNewer(asked: Query, page: Page): void {
  const before = found.peek();
  const oldest = page.rows.at(-1)?.id ?? 0;
  const goesOn = before !== null && before.asked === asked && before.rows.some(({ id }) => id >= oldest);
  const older = goesOn ? before.rows.filter(({ id }) => id < oldest) : [];
  found.value = { asked, rows: [...page.rows, ...older], next: goesOn ? before.next : page.next };
}

/** One question at a time: a burst of changes is asked about once more when the answer is there. */
let asking = false;
let again = false;

async function refresh(): Promise<void> {
  again = asking;
  if (asking) return;
  asking = true;
  const asked = query.peek();
  const said = await call('GET /v0/activity', { query: asked });
  asking = false;
  if (asked === query.peek()) {
    failed.value = said.ok ? null : said;
    if (said.ok) withNewer(asked, said.answer);
  }
  if (again) await refresh();
}

async function more() {
  const before = found.peek();
  if (before === null || before.next === null) return null;
  const { asked } = before;
  const said = await call('GET /v0/activity', { query: { ...asked, before: before.next } });
  if (!said.ok) return said;
  const now = found.peek();
  // Another question was asked meanwhile, or the list began anew.
  if (now?.asked === asked && now.next === before.next)
    found.value = { ...said.answer, asked, rows: [...now.rows, ...said.answer.rows] };
  return null;
}

export function Activity() {
  useLive();
  return (
    <>
      <h2>{texts.tabs.activity}</h2>
      <p class="quiet">{texts.activity.words}</p>
      <Search />
      <Rows />
    </>
  );
}

/** While this tab is looked at, the host is asked again at each change, and at once for another question. */
function useLive(): void {
  useEffect(() => {
    return effect(() => {
      // Asked for by being read.
      if (query.value !== null && beat.value > 0) void refresh();
    });
  }, []);
}

function Search() {
  const { activity } = texts;
  const all = apps.value.value?.apps ?? [];
  return (
    <search class="card filters">
      <Field of="text" label={activity.text} placeholder={activity.textHint} />
      <Choice of="client" label={activity.app}>
        <option value="">{activity.anyApp}</option>
        {all.map((app) => (
          <option key={app.client} value={app.client}>
            {nameOf(app)}
          </option>
        ))}
      </Choice>
      <Field of="kind" label={activity.kind} />
      <Choice of="outcome" label={activity.outcome}>
        <option value="">{activity.anyOutcome}</option>
        {Object.entries(activity.outcomes).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </Choice>
      <Choice of="hours" label={activity.span}>
        {Object.entries(activity.spans).map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </Choice>
      <div>
        <Action act={() => download('GET /v0/export', { query: query.peek() }, activity.exportFile)}>
          {activity.export}
        </Action>
      </div>
    </search>
  );
}

type FieldProps = { readonly of: 'text' | 'kind'; readonly label: string; readonly placeholder?: string };

function Field({ of, label, placeholder }: FieldProps) {
  return (
    <label>
      {label}
      <input
        type="search"
        inputMode={of === 'kind' ? 'numeric' : 'search'}
        maxLength={128}
        placeholder={placeholder}
        value={wanted[of].value}
        onInput={(event) => {
          wanted[of].value = event.currentTarget.value;
        }}
      />
    </label>
  );
}

type ChoiceProps = {
  readonly of: 'client' | 'outcome' | 'hours';
  readonly label: string;
  readonly children: ComponentChildren;
};

function Choice({ of, label, children }: ChoiceProps) {
  return (
    <label>
      {label}
      <select
        value={wanted[of].value}
        onChange={(event) => {
          wanted[of].value = event.currentTarget.value;
        }}
      >
        {children}
      </select>
    </label>
  );
}

function Rows() {
  const page = found.value;
  if (failed.value !== null) return <Problem failed={failed.value} />;
  if (page === null) return null;
  if (page.rows.length === 0) return <p>{texts.activity.none}</p>;
  return (
    <>
      <ol class="plain-list">
        {page.rows.map((row) => (
          <ActivityRow key={row.id} row={row} />
        ))}
      </ol>
      {page.next === null ? null : <Action act={more}>{texts.activity.more}</Action>}
    </>
  );
}
