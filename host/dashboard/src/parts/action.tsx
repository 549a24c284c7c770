/** A button that asks the host for something: busy while that lasts, and with the host's words when it said no. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Failed } from '../api.ts';
import { isLost } from '../live.ts';

type ActionProps = {
  /** Null, or anything that is no failure: it was done. */
  readonly act: () => Promise<{ readonly ok: true } | Failed | null>;
  readonly look?: 'primary' | 'danger' | 'plain';
  readonly onDone?: () => void;
  /** Said while it lasts: what the user is to do meanwhile. */
  readonly busyWords?: string;
  readonly children: ComponentChildren;
};

export function Action({ act, look, onDone, busyWords, children }: ActionProps) {
  const busy = useSignal(false);
  const failed = useSignal<Failed | null>(null);
  const press = async (): Promise<void> => {
    busy.value = true;
    failed.value = null;
    const said = await act();
    busy.value = false;
    if (said === null || said.ok) onDone?.();
    else failed.value = said;
  };
  return (
    <>
      <button
        type="button"
        class={look}
        aria-busy={busy.value}
        disabled={busy.value || isLost.value}
        onClick={() => void press()}
      >
        {children}
      </button>
      {busy.value && busyWords !== undefined ? (
        <p class="waiting" role="status">
          {busyWords}
        </p>
      ) : null}
      {failed.value === null ? null : <Problem failed={failed.value} />}
    </>
  );
}

/** Why nothing was done, and what to do. */
export function Problem({ failed }: { readonly failed: Failed }) {
  return (
    <p class="bad" role="alert">
      {failed.words} {failed.advice}
    </p>
  );
}
