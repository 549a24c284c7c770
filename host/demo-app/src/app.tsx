/** The demo app: the way in, what a signer can be asked for, and what went over the wire. */
import { useSignal } from '@preact/signals';
import type { TargetedSubmitEvent } from 'preact';
import { Qr } from '../../dashboard/src/parts/qr.tsx';
import { Actions } from './actions.tsx';
import { authUrl, connectBy, leave, logOut, session, showLine } from './session.ts';
import { texts } from './texts.ts';
import { WireLog } from './wire-log.tsx';

export function App() {
  return (
    <div class="frame">
      <header>
        <h1>{texts.title}</h1>
      </header>
      <main>
        <p>{texts.about}</p>
        <Entry />
        <AuthLink />
        <WireLog />
      </main>
    </div>
  );
}

function Entry() {
  const now = session.value;
  switch (now.at) {
    case 'out':
      return <WaysIn said={now.said} />;
    case 'waiting':
      return <Waiting line={now.line} />;
    case 'in':
      return (
        <>
          <div class="row spread card">
            <p class="result">
              {texts.paired} <code>{now.signer.bp.pubkey}</code>
            </p>
            <button type="button" onClick={() => void logOut(now.signer)}>
              {texts.leave}
            </button>
          </div>
          <Actions signer={now.signer} />
        </>
      );
  }
}

function WaysIn({ said }: { readonly said: string }) {
  const line = useSignal('');
  // The command that serves this page says which relay its host uses.
  const relay = useSignal(new URLSearchParams(location.hash.slice(1)).get('relay') ?? '');
  const submit = (act: () => Promise<void>) => (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void act();
  };
  return (
    <>
      <h2>{texts.enter}</h2>
      {said === '' ? null : (
        <p class="bad" role="alert">
          {said}
        </p>
      )}
      <form class="card" onSubmit={submit(() => connectBy(line.value))}>
        <label>
          <strong>{texts.paste}</strong>
          <span class="quiet">{texts.pasteHelp}</span>
          <input
            value={line.value}
            onInput={({ currentTarget }) => (line.value = currentTarget.value)}
            placeholder="bunker://"
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <button type="submit" class="primary">
          {texts.connect}
        </button>
      </form>
      <form class="card" onSubmit={submit(() => showLine(relay.value))}>
        <h3>{texts.show}</h3>
        <p class="quiet">{texts.showHelp}</p>
        <label>
          {texts.relay}
          <input
            value={relay.value}
            onInput={({ currentTarget }) => (relay.value = currentTarget.value)}
            placeholder="wss://"
            spellcheck={false}
          />
        </label>
        <button type="submit">{texts.makeLine}</button>
      </form>
    </>
  );
}

function Waiting({ line }: { readonly line: string | null }) {
  return (
    <div class="card">
      <p role="status" class="waiting">
        {texts.waiting}
      </p>
      {line === null ? null : (
        <>
          <Qr text={line} label={texts.qr} />
          <label>
            {texts.line}
            <input readOnly value={line} onFocus={({ currentTarget }) => currentTarget.select()} />
          </label>
        </>
      )}
      <button type="button" onClick={() => leave()}>
        {texts.cancel}
      </button>
    </div>
  );
}

function AuthLink() {
  const url = authUrl.value;
  if (url === null) return null;
  return (
    <p class="card" role="alert">
      {texts.auth}{' '}
      <a href={url.href} target="_blank" rel="noopener noreferrer">
        {url.origin + url.pathname}
      </a>
    </p>
  );
}
