/** Pairing a new app, either way round: a line of ours that the app is given, or a line that the app shows. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Answer } from '../../../src/control/routes.ts';
import { call, type Said } from '../api.ts';
import { lines, status } from '../live.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';
import { CopyLine } from './copy.tsx';
import { Dialog } from './dialog.tsx';
import { Qr } from './qr.tsx';
import { Countdown } from './time.tsx';

type Line = Answer<'POST /v0/secrets'>;
type Way = 'ours' | 'theirs';
/** Which key a line names: what the host was started for, one that no other app gets, or the account's own. */
type LineKey = 'usual' | 'own' | 'user';
/** `line`: a line is made at once, as most people want it; `choice`: its terms are asked first. */
export type PairingStart = 'line' | 'choice';

/** Minutes that a line may be used. */
const spans = [10, 60, 1_440, 43_200] as const;
/** What apps ask for most, as NIP-46 writes it. */
const wishes = ['sign_event:1', 'sign_event:6', 'sign_event:7', 'nip44_encrypt', 'nip44_decrypt'] as const;

type PairAppProps = { readonly start: PairingStart; readonly onClose: () => void };

export function PairApp({ start, onClose }: PairAppProps) {
  const way = useSignal<Way>('ours');
  return (
    <Dialog title={texts.pairApp.title} onClose={onClose}>
      <div class="row ways">
        {(['ours', 'theirs'] as const).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={way.value === each}
            onClick={() => {
              way.value = each;
            }}
          >
            {texts.pairApp.ways[each]}
          </button>
        ))}
      </div>
      {way.value === 'ours' ? <OurLine start={start} /> : <TheirLine onDone={onClose} />}
    </Dialog>
  );
}

function OurLine({ start }: { readonly start: PairingStart }) {
  const line = useSignal<Line | null>(null);
  const name = useSignal('');
  const account = useSignal(0);
  const minutes = useSignal<number>(1_440);
  const perms = useSignal<readonly string[]>([]);
  const key = useSignal<LineKey>('usual');
  const make = async () => {
    const wanted = { name: name.value, account: account.value, minutes: minutes.value, perms: perms.value.join(',') };
    // Where nothing is said it is as the host was started.
    const body = { ...wanted, ...keyOf(key.value, account.value) };
    const said = await call('POST /v0/secrets', { body });
    if (said.ok) {
      line.value = said.answer;
      void lines.refresh();
    }
    return said;
  };
  useEffect(() => {
    // What keeps it from being made is told by the button below.
    if (start === 'line') void make();
  }, []);
  if (line.value !== null) return <MadeLine key={line.value.id} line={line.value} again={make} />;
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      <p>{texts.pairApp.ourWords}</p>
      <label>
        {texts.pairApp.name}
        <input maxLength={64} value={name} onInput={(event) => (name.value = event.currentTarget.value)} />
      </label>
      <AccountChoice value={account.value} onChange={(number) => (account.value = number)} />
      <details>
        <summary>{texts.pairApp.more}</summary>
        <label>
          {texts.pairApp.span}
          <select value={minutes} onChange={(event) => (minutes.value = Number(event.currentTarget.value))}>
            {spans.map((span) => (
              <option key={span} value={span}>
                {texts.pairApp.spans[span]}
              </option>
            ))}
          </select>
        </label>
        <Wishes value={perms.value} onChange={(wished) => (perms.value = wished)} />
        <KeyChoice value={key.value} account={account.value} onChange={(named) => (key.value = named)} />
      </details>
      <Action act={make} look="primary">
        {texts.pairApp.make}
      </Action>
    </form>
  );
}

/** Whether this account answers apps that ask its own key, as the device last told. */
function answersItself(account: number): boolean {
  return status.value?.device.accounts.some(({ number, userKey }) => number === account && userKey) ?? false;
}

/** Which key is asked for. What is not offered any more was not chosen. */
function keyOf(key: LineKey, account: number) {
  if (key === 'user' && answersItself(account)) return { userKey: true };
  return key === 'own' ? { ownKey: true } : {};
}

type KeyChoiceProps = {
  readonly value: LineKey;
  readonly account: number;
  readonly onChange: (key: LineKey) => void;
};

/** Another key than the usual one: one of them at most, and the account's own only where it answers. */
function KeyChoice({ value, account, onChange }: KeyChoiceProps) {
  const offered: readonly (readonly [LineKey, string])[] = [
    ['own', texts.pairApp.ownKey],
    ...(answersItself(account) ? ([['user', texts.pairApp.userKey]] as const) : []),
  ];
  return offered.map(([key, words]) => (
    <label key={key} class="check">
      <input
        type="checkbox"
        checked={value === key}
        onChange={(event) => onChange(event.currentTarget.checked ? key : 'usual')}
      />
      {words}
    </label>
  ));
}

type WishesProps = { readonly value: readonly string[]; readonly onChange: (wished: readonly string[]) => void };

/** What the device is to ask about while it pairs the app. */
function Wishes({ value, onChange }: WishesProps) {
  return (
    <fieldset>
      <legend>{texts.pairApp.perms}</legend>
      <p class="quiet">{texts.pairApp.permsWords}</p>
      {wishes.map((wish) => (
        <label key={wish} class="check">
          <input
            type="checkbox"
            checked={value.includes(wish)}
            onChange={(event) => {
              const others = value.filter((each) => each !== wish);
              onChange(event.currentTarget.checked ? [...others, wish] : others);
            }}
          />
          {texts.pairApp.wishes[wish]}
        </label>
      ))}
    </fieldset>
  );
}

function MadeLine({ line, again }: { readonly line: Line; readonly again: () => Promise<Said<'POST /v0/secrets'>> }) {
  const isSpent = lines.value.value?.secrets.some(({ id, spentBy }) => id === line.id && spentBy !== null);
  return (
    <>
      <p class={isSpent ? 'good' : 'quiet'} role="status">
        {isSpent ? texts.pairApp.paired : texts.pairApp.waits}
      </p>
      {isSpent ? null : <UnspentLine line={line} />}
      <Action act={again}>{texts.pairApp.again}</Action>
    </>
  );
}

function UnspentLine({ line }: { readonly line: Line }) {
  return (
    <>
      <p>{texts.pairApp.give}</p>
      <Qr text={line.uri} label={texts.pairApp.qr} />
      <CopyLine text={line.uri} label={texts.pairApp.line} />
      <p class="quiet">
        {texts.overview.ends} <Countdown until={line.expiresAt} />
      </p>
      <details>
        <summary>{texts.pairApp.old}</summary>
        <CopyLine text={line.oldToken} label={texts.pairApp.old} />
      </details>
    </>
  );
}

function TheirLine({ onDone }: { readonly onDone: () => void }) {
  const uri = useSignal('');
  const name = useSignal('');
  const account = useSignal(0);
  const connect = () =>
    call('POST /v0/connect', { body: { uri: uri.value.trim(), account: account.value, name: name.value } });
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      <p>{texts.pairApp.theirWords}</p>
      <label>
        {texts.pairApp.theirLine}
        <textarea
          rows={4}
          spellcheck={false}
          placeholder="nostrconnect://…"
          value={uri}
          onInput={(event) => (uri.value = event.currentTarget.value)}
        />
      </label>
      <label>
        {texts.pairApp.name}
        <input maxLength={64} value={name} onInput={(event) => (name.value = event.currentTarget.value)} />
      </label>
      <AccountChoice value={account.value} onChange={(number) => (account.value = number)} />
      <Action act={connect} look="primary" onDone={onDone} busyWords={texts.pairApp.look}>
        {texts.pairApp.connect}
      </Action>
    </form>
  );
}

type AccountChoiceProps = { readonly value: number; readonly onChange: (account: number) => void };

/** Which of the device's accounts; nothing to choose where there is one. */
function AccountChoice({ value, onChange }: AccountChoiceProps) {
  const accounts = status.value?.device.accounts ?? [];
  if (accounts.length < 2) return null;
  return (
    <label>
      {texts.pairApp.account}
      <select value={value} onChange={(event) => onChange(Number(event.currentTarget.value))}>
        {accounts.map(({ number, pubkey }) => (
          <option key={number} value={number}>
            {texts.pairApp.accountName(number, pubkey)}
          </option>
        ))}
      </select>
    </label>
  );
}
