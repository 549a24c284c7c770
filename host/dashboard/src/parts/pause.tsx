/** A pause of one app or of all: for how long, how long still, and its end. */
import { useSignal } from '@preact/signals';
import type { Failed } from '../api.ts';
import { now } from '../live.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { Countdown } from './time.tsx';

export type Pause = { readonly since: number; readonly until: number | null } | null;

type PauseProps = {
  readonly pause: Pause;
  /** Whose it is, for those who hear one button after the other. */
  readonly of: string;
  /** Minutes; null: without an end. */
  readonly onPause: (minutes: number | null) => Promise<{ readonly ok: true } | Failed>;
  readonly onResume: () => Promise<{ readonly ok: true } | Failed>;
};

/** Whether it holds now: the host says it once, and a page that counts down need not ask. */
export function holds(pause: Pause): pause is NonNullable<Pause> {
  return pause !== null && (pause.until === null || pause.until > now.value);
}

export function PauseOf({ pause, of, onPause, onResume }: PauseProps) {
  const { spans, pauseFor, resume } = texts.settings;
  const minutes = useSignal('15');
  if (holds(pause)) {
    return (
      <div class="row">
        <PauseWords pause={pause} />
        <Action act={onResume}>{resume}</Action>
      </div>
    );
  }
  return (
    <div class="row">
      <select
        aria-label={`${pauseFor}: ${of}`}
        value={minutes.value}
        onChange={(event) => {
          minutes.value = event.currentTarget.value;
        }}
      >
        {Object.entries(spans)
          // What has no end stands last, whatever its number.
          .sort(([a], [b]) => (Number(a) || Number.POSITIVE_INFINITY) - (Number(b) || Number.POSITIVE_INFINITY))
          .map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
      </select>
      <Action act={() => onPause(Number(minutes.value) || null)}>{texts.settings.pause}</Action>
    </div>
  );
}

export function PauseWords({ pause: { until } }: { readonly pause: NonNullable<Pause> }) {
  if (until === null) return <span class="paused">{texts.settings.pausedOpen}</span>;
  return (
    <span class="paused">
      {texts.settings.pausedUntil} <Countdown until={until} />
    </span>
  );
}
