/** What ended lately, in a few rows; the whole is a tab of its own. */
import { call } from '../api.ts';
import { kept } from '../live.ts';
import { texts } from '../texts.ts';
import { ActivityRow } from './activity-row.tsx';

const few = kept(() => call('GET /v0/activity', { query: { limit: 4 } }));

export function Lately() {
  const rows = few.value.value?.rows ?? [];
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby="lately">
      <h2 id="lately">{texts.overview.lately}</h2>
      <ol class="plain-list">
        {rows.map((row) => (
          <ActivityRow key={row.id} row={row} />
        ))}
      </ol>
      <a href="#/activity">{texts.overview.more}</a>
    </section>
  );
}
