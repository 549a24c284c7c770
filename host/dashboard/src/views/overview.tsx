/** The first tab: what waits on the device, what is to be done next, and the way to a new app. */
import { effect, signal } from '@preact/signals';
import { Guide } from '../parts/guide.tsx';
import { Lately } from '../parts/lately.tsx';
import { OpenLines } from '../parts/open-lines.tsx';
import { PairApp, type PairingStart } from '../parts/pair-app.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { wanted } from '../session.ts';
import { texts } from '../texts.ts';

const pairing = signal<PairingStart | null>(null);

// The icon in the panel has an item for this.
effect(() => {
  if (wanted.value !== 'pair') return;
  pairing.value = 'choice';
  wanted.value = null;
});

export function Overview() {
  const pair = (start: PairingStart) => (): void => {
    pairing.value = start;
  };
  return (
    <>
      <Waiting />
      <Guide onPair={pair('line')} />
      <section aria-labelledby="new-app">
        <h2 id="new-app">{texts.overview.apps}</h2>
        <p>{texts.overview.appsWords}</p>
        <button type="button" onClick={pair('choice')}>
          {texts.pairApp.title}
        </button>
        <OpenLines />
      </section>
      <Lately />
      {pairing.value === null ? null : (
        <PairApp
          start={pairing.value}
          onClose={() => {
            pairing.value = null;
          }}
        />
      )}
    </>
  );
}
