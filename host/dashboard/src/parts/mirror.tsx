/**
 * What the device must show now, as far as this computer knows: to be compared with its screen. Who changes one of the two is found out
 * by whoever compares them. The text is asked for on a click, as everywhere.
 */
import { useSignal } from '@preact/signals';
import type { Answer } from '../../../src/control/routes.ts';
import { call } from '../api.ts';
import { requests } from '../live.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { Moment } from './time.tsx';
import { plain } from './visible.ts';
import type { Open } from './waiting.tsx';

export function Mirror() {
  // The device takes one question after the other, in the order in which it was given them.
  const shown = (requests.value.value?.requests ?? [])
    .filter(({ sentAt }) => sentAt !== null)
    .sort((a, b) => (a.sentAt ?? 0) - (b.sentAt ?? 0))[0];
  return (
    <section aria-labelledby="mirror">
      <h2 id="mirror">{texts.device.mirror}</h2>
      <p class="quiet">{texts.device.mirrorWords}</p>
      {shown === undefined ? <p class="card">{texts.device.nothing}</p> : <Question key={shown.number} open={shown} />}
    </section>
  );
}

function Question({ open }: { readonly open: Open }) {
  const full = useSignal<Answer<'GET /v0/requests/:number'> | null>(null);
  const rows = texts.device.mirrorRows;
  const show = async () => {
    const said = await call('GET /v0/requests/:number', { params: { number: open.number } });
    if (said.ok) full.value = said.answer;
    return said;
  };
  return (
    <div class="card">
      <dl>
        <dt>{rows.who}</dt>
        <dd>
          <bdi>{open.app}</bdi> <code>{open.client.slice(0, 8)}</code>
        </dd>
        <dt>{rows.what}</dt>
        <dd>{open.asks}</dd>
        {open.kind === null ? null : (
          <>
            <dt>{rows.kind}</dt>
            <dd>{open.kind}</dd>
          </>
        )}
        {full.value === null ? null : <Whole full={full.value} />}
      </dl>
      {full.value === null ? <Action act={show}>{texts.device.mirrorShow}</Action> : null}
    </div>
  );
}

function Whole({ full: { event, peer, text } }: { readonly full: Answer<'GET /v0/requests/:number'> }) {
  const rows = texts.device.mirrorRows;
  const [at, content] = [event?.['created_at'], event?.['content'] ?? text];
  return (
    <>
      {peer === null ? null : (
        <>
          <dt>{rows.peer}</dt>
          <dd>
            <code>{peer}</code>
          </dd>
        </>
      )}
      {typeof at === 'number' ? (
        <>
          <dt>{rows.at}</dt>
          <dd>
            <Moment at={at * 1_000} />
          </dd>
        </>
      ) : null}
      <dt>{rows.text}</dt>
      <dd class="pre">{typeof content === 'string' && content !== '' ? plain(content) : texts.device.none}</dd>
    </>
  );
}
