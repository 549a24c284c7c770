/** The relays: how each is, what it last said, and how to add or remove one. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { call } from '../api.ts';
import { type Status, status } from '../live.ts';
import { Action } from '../parts/action.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Moment } from '../parts/time.tsx';
import { texts } from '../texts.ts';

type Relay = Status['relays'][number];

export function Relays() {
  const relays = status.value?.relays ?? [];
  return (
    <>
      <h2>{texts.tabs.relays}</h2>
      <p class="quiet">{texts.relays.words}</p>
      {relays.length === 0 ? <p>{texts.relays.none}</p> : null}
      {relays.map((relay) => (
        <RelayCard key={relay.url} relay={relay} />
      ))}
      <NewRelay />
    </>
  );
}

function RelayCard({ relay }: { readonly relay: Relay }) {
  const { url, own, state, reason } = relay;
  const said = texts.relays;
  const isGood = state === 'listening';
  const isOnItsWay = state === 'connecting' || state === 'connected';
  const remove = (atOnce: 'yes' | 'no') => () => call('DELETE /v0/relays', { query: { url, atOnce } });
  return (
    <article class="card" aria-label={url}>
      <div class="row spread">
        <h3>
          <bdi>{url}</bdi>
        </h3>
        <span class={isGood ? 'good' : isOnItsWay ? 'waiting' : 'bad'}>
          <span aria-hidden="true">{isGood ? '●' : isOnItsWay ? '◐' : '▲'} </span>
          {said.states[state] ?? state}
        </span>
      </div>
      {reason === null ? null : <p class="quiet">{reason}</p>}
      {own ? null : <p class="quiet">{said.onlyApps}</p>}
      <Health relay={relay} />
      {own ? (
        <Confirm title={said.removeTitle(url)} words={said.removeWords} button={said.remove} act={remove('no')}>
          <p class="quiet">{said.atOnceWords}</p>
          <Action act={remove('yes')} look="plain">
            {said.removeAtOnce}
          </Action>
        </Confirm>
      ) : null}
    </article>
  );
}

/** What a relay says is its own text, and stays text. */
function Health({ relay }: { readonly relay: Relay }) {
  const { connectedAt, lastEventAt, roundTripMs, queued, refused, refusal, rateLimited, auth, notice } = relay;
  const said = texts.relays;
  return (
    <dl>
      {connectedAt === null ? null : (
        <Row name={said.since}>
          <Moment at={connectedAt} />
        </Row>
      )}
      <Row name={said.lastRequest}>{lastEventAt === null ? said.never : <Moment at={lastEventAt} />}</Row>
      {roundTripMs === null ? null : <Row name={said.roundTrip}>{roundTripMs} ms</Row>}
      {queued === 0 ? null : <Row name={said.queued}>{queued}</Row>}
      {refused === 0 ? null : (
        <Row name={said.refused}>
          {said.times(refused)}
          {refusal === null ? '' : ': '}
          <bdi>{refusal}</bdi>
        </Row>
      )}
      {rateLimited === 0 ? null : <Row name={said.limited}>{said.times(rateLimited)}</Row>}
      {auth === null || auth === 'unasked' ? null : <Row name={said.auth}>{auth}</Row>}
      {notice === null ? null : (
        <Row name={said.notice}>
          <bdi>{notice}</bdi>
        </Row>
      )}
    </dl>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function NewRelay() {
  const url = useSignal('');
  return (
    <section class="card" aria-labelledby="new-relay">
      <h3 id="new-relay">{texts.relays.add}</h3>
      <label>
        {texts.relays.address}
        <input
          type="url"
          placeholder="wss://"
          value={url.value}
          onInput={(event) => {
            url.value = event.currentTarget.value;
          }}
        />
      </label>
      <Action
        act={() => call('POST /v0/relays', { body: { url: url.value } })}
        onDone={() => {
          url.value = '';
        }}
      >
        {texts.relays.addButton}
      </Action>
    </section>
  );
}
