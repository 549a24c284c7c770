/** The frame of the page: how everything is in one sentence, the tabs, and the view that the address names. */
import { effect, signal } from '@preact/signals';
import type { ComponentChild } from 'preact';
import { isLost, now, status } from './live.ts';
import { Outside } from './outside.tsx';
import { Narrowed } from './parts/narrowed.tsx';
import { type Sentence, sentenceOf, type Tone } from './sentence.ts';
import { entry, leave } from './session.ts';
import { texts } from './texts.ts';
import { Activity } from './views/activity.tsx';
import { Apps } from './views/apps.tsx';
import { Device } from './views/device.tsx';
import { Overview } from './views/overview.tsx';
import { Relays } from './views/relays.tsx';
import { Settings } from './views/settings.tsx';

const views = {
  overview: Overview,
  apps: Apps,
  activity: Activity,
  device: Device,
  relays: Relays,
  settings: Settings,
} as const satisfies Record<string, () => ComponentChild>;

type Tab = keyof typeof views;
const tabs = Object.keys(views) as readonly Tab[];

/** The tab that the address names: `#/apps`, `#/apps/<key>`. */
const tab = signal<Tab>(tabOf(location.hash));
addEventListener('hashchange', () => {
  tab.value = tabOf(location.hash);
});

// Seen where this tab is one among many.
effect(() => {
  const waiting = isLost.value ? 0 : (status.value?.openRequests ?? 0);
  document.title = waiting === 0 ? texts.name : texts.waitingTitle(waiting);
});

function tabOf(hash: string): Tab {
  const name = hash.split('/')[1] ?? '';
  return tabs.find((each) => each === name) ?? 'overview';
}

export function App() {
  if (entry.value.at === 'outside') return <Outside why={entry.value.why} />;
  const View = views[tab.value];
  return (
    <div class={isLost.value ? 'frame lost' : 'frame'}>
      <button type="button" class="skip" onClick={skip}>
        {texts.skip}
      </button>
      <header>
        <h1>{texts.name}</h1>
        <StatusSentence />
        <SimulatorLink />
      </header>
      <nav aria-label={texts.name}>
        {tabs.map((name) => (
          <a key={name} href={`#/${name}`} aria-current={name === tab.value ? 'page' : undefined}>
            {texts.tabs[name]}
          </a>
        ))}
      </nav>
      <main id="content" tabIndex={-1}>
        <Narrowed />
        {status.value === null ? <p class="quiet">{texts.opening}</p> : <View />}
      </main>
      <footer>
        <button type="button" class="plain" onClick={() => void leave()}>
          {texts.leave}
        </button>
      </footer>
    </div>
  );
}

/** To the content. A link to it would be an address, and those name tabs. */
function skip(): void {
  document.getElementById('content')?.focus();
}

/** A sign for each tone, so that nobody needs the colour. */
const signs: Readonly<Record<Tone, string>> = { good: '●', waiting: '◐', bad: '▲', paused: '❚❚' };

function StatusSentence() {
  const { tone, words } = sentence();
  return (
    <p class={`sentence ${tone}`} role="status">
      <span class="sign" aria-hidden="true">
        {signs[tone]}
      </span>
      <span>{words}</span>
    </p>
  );
}

/** In simulator mode the device is a page, too: each address of it lets one tab in. */
function SimulatorLink() {
  const url = status.value?.device.simulator?.url;
  if (url === undefined || isLost.value) return null;
  return (
    <p>
      <a href={url} target="_blank" rel="noopener noreferrer">
        {texts.simulator}
      </a>
    </p>
  );
}

function sentence(): Sentence {
  if (isLost.value) return { tone: 'bad', words: `${texts.gone.title} ${texts.gone.advice}` };
  if (status.value === null) return { tone: 'waiting', words: texts.opening };
  return sentenceOf(status.value, now.value);
}
