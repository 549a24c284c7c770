/** A dialog above everything else: the browser keeps the focus in it, Escape closes it, and the rest of the page waits. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { texts } from '../texts.ts';

type DialogProps = {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
};

export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const opener = document.activeElement;
    dialog?.showModal();
    return () => {
      // Taken out of the page it gives the focus back to nobody: who has no mouse would begin at the top again.
      dialog?.close();
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    <dialog ref={element} aria-label={title} onClose={onClose}>
      <div class="row spread">
        <h2>{title}</h2>
        <button type="button" class="plain" onClick={() => element.current?.close()}>
          {texts.close}
        </button>
      </div>
      {children}
    </dialog>
  );
}
