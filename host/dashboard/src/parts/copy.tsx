/** A line to be taken elsewhere: in a field that can be selected, with a button that copies it. */
import { useSignal } from '@preact/signals';
import { texts } from '../texts.ts';

export function CopyLine({ text, label }: { readonly text: string; readonly label: string }) {
  const copied = useSignal(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    copied.value = true;
  };
  return (
    <div class="row copy">
      <input readOnly value={text} aria-label={label} onFocus={(event) => event.currentTarget.select()} />
      <button type="button" onClick={() => void copy()}>
        {copied.value ? texts.copied : texts.copy}
      </button>
    </div>
  );
}
