/** The first tab: what waits on the device, what is to be done next, and the way to a new app. */
import { signal } from '@preact/signals';
import { Guide } from '../parts/guide.tsx';
import { OpenLines } from '../parts/open-lines.tsx';
import { PairApp } from '../parts/pair-app.tsx';
import { Waiting } from '../parts/waiting.tsx';
import { texts } from '../texts.ts';

const pairing = signal(false);

export function Overview() {
  const pair = (): void => {
    pairing.value = true;
  };
  return (
    <>
      <Waiting />
      <Guide onPair={pair} />
      <section aria-labelledby="new-app">
        <h2 id="new-app">{texts.overview.apps}</h2>
        <p>{texts.overview.appsWords}</p>
        <button type="button" onClick={pair}>
          {texts.pairApp.title}
        </button>
        <OpenLines />
      </section>
      {pairing.value ? (
        <PairApp
          onClose={() => {
            pairing.value = false;
          }}
        />
      ) : null}
    </>
  );
}
