/** What the user sets for everything: pause, kill switch and rules; a backup, diagnostics. */
import { useSignal } from '@preact/signals';
import { call, download, type Failed, save } from '../api.ts';
import { status } from '../live.ts';
import { Action } from '../parts/action.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { PauseOf } from '../parts/pause.tsx';
import { Rules } from '../parts/rules.tsx';
import { Moment } from '../parts/time.tsx';
import { texts } from '../texts.ts';

export function Settings() {
  return (
    <>
      <Narrowing />
      <Rules />
      <Backup />
      <Diagnostics />
      <About />
    </>
  );
}

function Narrowing() {
  const { value } = status;
  if (value === null) return null;
  const { killWords, killTitle, killButton, kill, narrowing, pauseWords, killed } = texts.settings;
  const { killedAt, pause } = value;
  return (
    <section aria-labelledby="narrowing">
      <h2 id="narrowing">{narrowing}</h2>
      <div class="card">
        <p>{pauseWords}</p>
        <PauseOf
          pause={pause}
          of={narrowing}
          onPause={(minutes) => call('POST /v0/pause', { body: { minutes } })}
          onResume={() => call('POST /v0/resume')}
        />
      </div>
      <div class="card">
        <h3>{kill}</h3>
        <p>{killWords}</p>
        {killedAt === null ? (
          <Confirm title={killTitle} words={killWords} button={killButton} act={() => call('POST /v0/kill')} />
        ) : (
          <p class="bad">
            {killed} <Moment at={killedAt} />
          </p>
        )}
      </div>
    </section>
  );
}

/** As the host counts them. */
const passphraseMin = 10;

function Backup() {
  const [first, second, done] = [useSignal(''), useSignal(''), useSignal(false)];
  const { settings } = texts;
  const make = async (): Promise<{ readonly ok: true } | Failed> => {
    const no = (words: string): Failed => ({ ok: false, code: 'passphrase', words, advice: '' });
    const passphrase = first.value;
    if ([...passphrase].length < passphraseMin) return no(settings.short);
    if (passphrase !== second.value) return no(settings.differ);
    const said = await call('POST /v0/backup', { body: { passphrase } });
    if (!said.ok) return said;
    save(new Blob([bytesOf(said.answer.file)]), settings.backupFile);
    return said;
  };
  const field = (value: typeof first, words: string) => (
    <label>
      {words}
      <input
        type="password"
        autocomplete="new-password"
        value={value.value}
        onInput={(event) => {
          value.value = event.currentTarget.value;
          done.value = false;
        }}
      />
    </label>
  );
  return (
    <section aria-labelledby="backup">
      <h2 id="backup">{settings.backup}</h2>
      <div class="card">
        <p>{settings.backupWords}</p>
        {field(first, settings.passphrase)}
        {field(second, settings.again)}
        <Action
          act={make}
          onDone={() => {
            first.value = '';
            second.value = '';
            done.value = true;
          }}
        >
          {settings.backupButton}
        </Action>
        {done.value ? <p role="status">{settings.backupDone}</p> : null}
        <p class="quiet">{settings.restore}</p>
      </div>
    </section>
  );
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function Diagnostics() {
  const { diagnostics, diagnosticsWords, diagnosticsButton, diagnosticsFile } = texts.settings;
  return (
    <section aria-labelledby="diagnostics">
      <h2 id="diagnostics">{diagnostics}</h2>
      <div class="card">
        <p>{diagnosticsWords}</p>
        <Action act={() => download('GET /v0/diagnostics', {}, diagnosticsFile)}>{diagnosticsButton}</Action>
      </div>
    </section>
  );
}

function About() {
  const { value } = status;
  if (value === null) return null;
  return (
    <section aria-labelledby="about">
      <h2 id="about">{texts.settings.about}</h2>
      <dl>
        <dt>{texts.settings.version}</dt>
        <dd>{value.version}</dd>
        <dt>{texts.settings.running}</dt>
        <dd>
          <Moment at={value.startedAt} />
        </dd>
        <dt>{texts.settings.signer}</dt>
        <dd>
          <code>{value.remoteSigner}</code>
        </dd>
      </dl>
    </section>
  );
}
