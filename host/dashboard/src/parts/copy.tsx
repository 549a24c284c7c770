/** A line to be taken elsewhere: in a field that can be selected, with a button that copies it. */
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { texts } from '../texts.ts';

export function CopyLine({ text, label }: { readonly text: string; readonly label: string }) {
  const said = useSignal<string>(texts.copy);
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      said.value = texts.copied;
    } catch {
      // The browser was told to keep pages from the clipboard: the human's own hands may.
      field.current?.select();
      said.value = texts.copyByHand;
    }
  };
  return (
    <div class="row copy">
      <input ref={field} readOnly value={text} aria-label={label} onFocus={(event) => event.currentTarget.select()} />
      <button type="button" onClick={() => void copy()}>
        {said}
      </button>
    </div>
  );
}
