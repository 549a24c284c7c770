/** What a signer can be asked for. Nothing is believed: signatures are verified, and what comes back is compared with what was asked. */
import { type Signal, useSignal } from '@preact/signals';
import { npubEncode } from 'nostr-tools/nip19';
import type { BunkerSigner } from 'nostr-tools/nip46';
import { type EventTemplate, type VerifiedEvent, verifyEvent } from 'nostr-tools/pure';
import type { ComponentChildren } from 'preact';
import { pool, wordsOf } from './session.ts';
import { texts } from './texts.ts';

type Task<T> =
  | { readonly at: 'rest' }
  | { readonly at: 'busy' }
  | { readonly at: 'done'; readonly value: T }
  | { readonly at: 'failed'; readonly words: string };
type Asking = { readonly signer: BunkerSigner };

export function Actions({ signer }: Asking) {
  return (
    <>
      <PublicKey signer={signer} />
      <SignNote signer={signer} />
      <Encrypt signer={signer} />
    </>
  );
}

function PublicKey({ signer }: Asking) {
  const task = useTask<string>();
  return (
    <section class="card">
      <h2>{texts.publicKey.title}</h2>
      <Ask task={task} words={texts.publicKey.ask} act={() => signer.getPublicKey()} />
      <Outcome task={task}>
        {(pubkey) => (
          <p class="result">
            <code>{npubEncode(pubkey)}</code>
          </p>
        )}
      </Outcome>
    </section>
  );
}

/** A signed note, and what each relay made of it. */
type Signed = { readonly event: VerifiedEvent; readonly verdict: string; readonly relays: readonly string[] };

function SignNote({ signer }: Asking) {
  const text = useSignal<string>(texts.sign.first);
  const publishes = useSignal(false);
  const task = useTask<Signed>();
  const sign = async (): Promise<Signed> => {
    const template = { kind: 1, content: text.value, tags: [], created_at: Math.floor(Date.now() / 1000) };
    const event = await signer.signEvent(template);
    const verdict = verdictOn(event, template);
    return { event, verdict, relays: publishes.value ? await published(signer.bp.relays, event) : [] };
  };
  return (
    <section class="card">
      <h2>{texts.sign.title}</h2>
      <label>
        {texts.sign.text}
        <textarea rows={2} value={text.value} onInput={({ currentTarget }) => (text.value = currentTarget.value)} />
      </label>
      <label class="check">
        <input type="checkbox" checked={publishes.value} onChange={() => (publishes.value = !publishes.value)} />
        {texts.sign.publish}
      </label>
      <Ask task={task} words={texts.sign.ask} act={sign} />
      <Outcome task={task}>
        {({ event, verdict, relays }) => (
          <>
            <p class="result">{verdict}</p>
            {relays.map((words) => (
              <p key={words} class="result">
                {words}
              </p>
            ))}
            <details>
              <summary>{texts.event}</summary>
              <pre>{JSON.stringify(event, null, 2)}</pre>
            </details>
          </>
        )}
      </Outcome>
    </section>
  );
}

function verdictOn(event: VerifiedEvent, asked: EventTemplate): string {
  // A fresh copy: nostr-tools marks what it has verified before, and a mark is no proof.
  const { id, pubkey, created_at, kind, tags, content, sig } = event;
  if (!verifyEvent({ id, pubkey, created_at, kind, tags, content, sig })) return texts.sign.bad;
  const isSame =
    kind === asked.kind && content === asked.content && created_at === asked.created_at && tags.length === 0;
  return isSame ? `${texts.sign.good} ${npubEncode(pubkey)}` : texts.sign.changed;
}

async function published(relays: readonly string[], event: VerifiedEvent): Promise<readonly string[]> {
  const ends = await Promise.allSettled(pool.publish([...relays], event));
  return ends.map((end, index) =>
    end.status === 'fulfilled'
      ? `${relays[index]} ${texts.sign.taken}`
      : `${relays[index]} ${texts.sign.refused} ${wordsOf(end.reason)}`,
  );
}

function Encrypt({ signer }: Asking) {
  const text = useSignal<string>(texts.secret.first);
  const encrypted = useTask<{ readonly from: string; readonly payload: string }>();
  const decrypted = useTask<string>();
  const encrypt = async () => {
    const from = text.value;
    decrypted.value = { at: 'rest' };
    return { from, payload: await signer.nip44Encrypt(await signer.getPublicKey(), from) };
  };
  return (
    <section class="card">
      <h2>{texts.secret.title}</h2>
      <label>
        {texts.secret.text}
        <input value={text.value} onInput={({ currentTarget }) => (text.value = currentTarget.value)} />
      </label>
      <Ask task={encrypted} words={texts.secret.encrypt} act={encrypt} />
      <Outcome task={encrypted}>
        {({ from, payload }) => (
          <>
            <p class="result">
              <code>{payload}</code>
            </p>
            <Ask
              task={decrypted}
              words={texts.secret.decrypt}
              act={async () => signer.nip44Decrypt(await signer.getPublicKey(), payload)}
            />
            <Outcome task={decrypted}>
              {(back) => (
                <p class="result">
                  {back === from ? texts.secret.same : texts.secret.other} {back}
                </p>
              )}
            </Outcome>
          </>
        )}
      </Outcome>
    </section>
  );
}

function useTask<T>(): Signal<Task<T>> {
  return useSignal<Task<T>>({ at: 'rest' });
}

type Doing<T> = { readonly task: Signal<Task<T>>; readonly words: string; readonly act: () => Promise<T> };

function Ask<T>({ task, words, act }: Doing<T>) {
  const run = async (): Promise<void> => {
    task.value = { at: 'busy' };
    try {
      task.value = { at: 'done', value: await act() };
    } catch (problem) {
      task.value = { at: 'failed', words: wordsOf(problem) };
    }
  };
  return (
    <button type="button" class="primary" disabled={task.value.at === 'busy'} onClick={() => void run()}>
      {words}
    </button>
  );
}

type Shown<T> = { readonly task: Signal<Task<T>>; readonly children: (value: T) => ComponentChildren };

function Outcome<T>({ task, children }: Shown<T>) {
  const now = task.value;
  return (
    <div role="status">
      {now.at === 'busy' ? <p class="waiting">{texts.waiting}</p> : null}
      {now.at === 'failed' ? <p class="bad">{now.words}</p> : null}
      {now.at === 'done' ? children(now.value) : null}
    </div>
  );
}
