/** A button whose deed cannot be taken back: it says first what will be, and is pressed twice. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { Dialog } from './dialog.tsx';

type ConfirmProps = {
  readonly title: string;
  readonly words: string;
  /** What the button that opens it says, and the one that does it. */
  readonly button: string;
  readonly act: Parameters<typeof Action>[0]['act'];
  readonly onDone?: () => void;
  /** Other ways to do it. */
  readonly children?: ComponentChildren;
};

export function Confirm({ title, words, button, act, onDone, children }: ConfirmProps) {
  const open = useSignal(false);
  const close = (): void => {
    open.value = false;
  };
  return (
    <>
      <button
        type="button"
        class="danger"
        onClick={() => {
          open.value = true;
        }}
      >
        {button}
      </button>
      {open.value ? (
        <Dialog title={title} onClose={close}>
          <p>{words}</p>
          <div class="row">
            <Action
              act={act}
              look="danger"
              onDone={() => {
                close();
                onDone?.();
              }}
            >
              {button}
            </Action>
            <button type="button" onClick={close}>
              {texts.cancel}
            </button>
          </div>
          {children}
        </Dialog>
      ) : null}
    </>
  );
}
