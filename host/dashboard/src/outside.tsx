/** What somebody sees who is not let in: why, and the way in. */
import type { Entry } from './session.ts';
import { texts } from './texts.ts';

export function Outside({ why }: { readonly why: Extract<Entry, { at: 'outside' }>['why'] }) {
  const { title, advice, command, commandFromSources } = texts.outside;
  return (
    <main class="outside">
      <h1>{title}</h1>
      <p>{texts.outside[why]}</p>
      <p>{advice}</p>
      <pre>{command}</pre>
      <p class="quiet">{commandFromSources}</p>
    </main>
  );
}
