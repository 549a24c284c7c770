/** The bunker lines that nobody used yet: what they are called, how long they may be used, and a way to make them void. Their secrets are not known any more. */
import { call } from '../api.ts';
import { lines, now } from '../live.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { Countdown } from './time.tsx';

export function OpenLines() {
  const open = (lines.value.value?.secrets ?? []).filter(
    ({ spentBy, expiresAt }) => spentBy === null && expiresAt > now.value,
  );
  if (open.length === 0) return null;
  return (
    <>
      <h3>{texts.overview.lines}</h3>
      <ul class="plain-list">
        {open.map(({ id, name, expiresAt }) => (
          <li key={id} class="row spread">
            <span>
              {texts.overview.line(name)}{' '}
              <span class="quiet">
                {texts.overview.ends} <Countdown until={expiresAt} />
              </span>
            </span>
            <Action
              act={() => call('DELETE /v0/secrets/:id', { params: { id } })}
              look="plain"
              onDone={() => void lines.refresh()}
            >
              {texts.overview.drop}
            </Action>
          </li>
        ))}
      </ul>
    </>
  );
}
