/** What waits on the device, bursts of the same as one: in plain words, with a countdown, the whole behind a click, and a way to refuse. */
import { useSignal } from '@preact/signals';
import type { Answer } from '../../../src/control/routes.ts';
import { call } from '../api.ts';
import { requests } from '../live.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { Countdown } from './time.tsx';
import { plain } from './visible.ts';

export type Open = Answer<'GET /v0/requests'>['requests'][number];

/** Requests of one app that ask the same, in the order in which they came. */
export type Burst = { readonly key: string; readonly first: Open; readonly all: readonly Open[] };

export function burstsOf(open: readonly Open[]): readonly Burst[] {
  const bursts = new Map<string, Open[]>();
  for (const each of open) {
    const key = `${each.client} ${each.method} ${each.kind}`;
    bursts.set(key, [...(bursts.get(key) ?? []), each]);
  }
  return [...bursts].flatMap(([key, all]) => {
    const [first] = all;
    return first === undefined ? [] : [{ key, first, all }];
  });
}

export function Waiting() {
  const bursts = burstsOf(requests.value.value?.requests ?? []);
  if (bursts.length === 0) return null;
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">{texts.waiting.title}</h2>
      <p class="quiet">{texts.waiting.look}</p>
      {bursts.map((burst) => (
        <BurstCard key={burst.key} burst={burst} />
      ))}
    </section>
  );
}

function BurstCard({ burst: { first, all } }: { readonly burst: Burst }) {
  const name = first.app === '' ? texts.waiting.nameless : first.app;
  const soonest = Math.min(...all.map(({ endsAt }) => endsAt));
  const denyAll = async () => {
    for (const { number } of all) {
      const said = await call('DELETE /v0/requests/:number', { params: { number } });
      // One that ended meanwhile is what was wanted.
      if (!said.ok && said.code !== 'no_request') return said;
    }
    return null;
  };
  return (
    <article class="card">
      <h3>{texts.waiting.asks(name, first.asks, all.length)}</h3>
      <p class="quiet">
        {first.sentAt === null ? texts.waiting.queued : texts.waiting.onDevice} {texts.waiting.endsIn}{' '}
        <Countdown until={soonest} />
      </p>
      {all.map((each) => (
        <InFull key={each.number} open={each} />
      ))}
      <div class="row">
        <Action act={denyAll} look="danger">
          {all.length === 1 ? texts.waiting.deny : texts.waiting.denyAll(all.length)}
        </Action>
      </div>
    </article>
  );
}

/** The raw request. It is asked for when somebody looks, and shown as text whatever is in it. */
function InFull({ open }: { readonly open: Open }) {
  const text = useSignal('');
  const show = async (isOpen: boolean): Promise<void> => {
    if (!isOpen) return;
    const said = await call('GET /v0/requests/:number', { params: { number: open.number } });
    text.value = said.ok ? fullText(said.answer) : said.words;
  };
  return (
    <details onToggle={(event) => void show(event.currentTarget.open)}>
      <summary>{texts.waiting.inFull(open.number)}</summary>
      <pre>{text.value}</pre>
    </details>
  );
}

function fullText({ event, peer, text, client }: Answer<'GET /v0/requests/:number'>): string {
  const full = event === null ? { peer, text } : event;
  return plain(JSON.stringify({ client, ...full }, null, 2));
}
