/** On every tab while everything is refused: since when, how long still, and the way back. */
import { call } from '../api.ts';
import { status } from '../live.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { holds, PauseWords } from './pause.tsx';
import { Moment } from './time.tsx';

export function Narrowed() {
  const { killedAt, pause } = status.value ?? { killedAt: null, pause: null };
  if (killedAt === null && !holds(pause)) return null;
  return (
    <div class="card row spread narrowed">
      {killedAt !== null ? (
        <span class="bad">
          {texts.settings.killed} <Moment at={killedAt} />
        </span>
      ) : holds(pause) ? (
        <PauseWords pause={pause} />
      ) : null}
      <Action act={() => call('POST /v0/resume')}>{texts.settings.resume}</Action>
    </div>
  );
}
