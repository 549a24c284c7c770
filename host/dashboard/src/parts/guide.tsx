/**
 * The first run, step by step: what is done, what is next and where. It goes by how everything is, not by what was clicked, so it is right
 * after a reload and after a step back; and it is gone when the first event was signed.
 */
import { signal } from '@preact/signals';
import type { ComponentChild } from 'preact';
import { useEffect } from 'preact/hooks';
import { call } from '../api.ts';
import { kept, type Status, status } from '../live.ts';
import { texts } from '../texts.ts';
import { Action } from './action.tsx';

export type StepName = 'device' | 'paired' | 'setUp' | 'unlocked' | 'app' | 'signed';
const steps: readonly StepName[] = ['device', 'paired', 'setUp', 'unlocked', 'app', 'signed'];

/** The first step that is not done; null when all are. `hasSigned`: an event was signed some time. */
export function nextStep({ device, apps }: Pick<Status, 'device' | 'apps'>, hasSigned: boolean): StepName | null {
  const isThere = !['absent', 'greeting', 'refused', 'incompatible'].includes(device.state);
  if (!isThere) return 'device';
  if (device.channel === 'unpaired') return 'paired';
  if (device.state === 'fresh') return 'setUp';
  if (device.state === 'locked' || device.state === 'unlocking') return 'unlocked';
  if (apps === 0) return 'app';
  return hasSigned ? null : 'signed';
}

const signedOnes = kept(() =>
  call('GET /v0/activity', { query: { method: 'sign_event', outcome: 'answered', limit: 1 } }),
);
const closed = signal(false);

/** `onPair`: the first app gets a line at once. */
export function Guide({ onPair }: { readonly onPair: () => void }) {
  const { value } = status;
  const rows = signedOnes.value.value?.rows;
  if (value === null || rows === undefined) return null;
  const next = nextStep(value, rows.length > 0);
  // Who has signed before needs no guide, but help where the device asks for something.
  if (next === null || (rows.length > 0 && next === 'app') || closed.value) return null;
  return (
    <section aria-labelledby="guide" class="card guide">
      <h2 id="guide">{rows.length === 0 ? texts.guide.title : texts.guide.back}</h2>
      <ol>
        {steps.map((step) => (
          <li key={step} aria-current={step === next ? 'step' : undefined} class={isBefore(step, next) ? 'done' : ''}>
            <span>
              {texts.guide.steps[step].title}
              {isBefore(step, next) ? <span class="quiet"> · {texts.guide.done}</span> : null}
            </span>
            {step === next ? <Help step={step} status={value} onPair={onPair} /> : null}
          </li>
        ))}
      </ol>
    </section>
  );
}

function isBefore(step: StepName, next: StepName): boolean {
  return steps.indexOf(step) < steps.indexOf(next);
}

type HelpProps = { readonly step: StepName; readonly status: Status; readonly onPair: () => void };

function Help({ step, status: { device }, onPair }: HelpProps): ComponentChild {
  const { words } = texts.guide.steps[step];
  return (
    <div class="help">
      <p>{words}</p>
      {step === 'device' && device.port !== null ? <p class="quiet">{device.port}</p> : null}
      {step === 'paired' ? <Digits device={device} /> : null}
      {step === 'unlocked' ? (
        <Action act={() => call('POST /v0/device/unlock')} look="primary">
          {texts.guide.unlock}
        </Action>
      ) : null}
      {device.state === 'unlocking' ? (
        <p class="waiting" role="status">
          {texts.guide.typePin}
        </p>
      ) : null}
      {step === 'app' ? (
        <button type="button" class="primary" onClick={onPair}>
          {texts.pairApp.make}
        </button>
      ) : null}
    </div>
  );
}

/** The six digits, to be compared with those on the device: somebody in between could not make them the same. */
function Digits({ device: { pairing } }: Pick<Status, 'device'>) {
  const answer = (same: boolean) => () => call('POST /v0/device/pair/answer', { body: { same } });
  useEffect(() => {
    // Whoever sees this has just plugged it in. The host begins once however often it is told; after a failure, a human has to say so.
    if (pairing === null) void call('POST /v0/device/pair');
  }, []);
  if (pairing?.state === 'code') {
    return (
      <>
        <p class="digits">{pairing.code}</p>
        <p>{texts.guide.compare}</p>
        <div class="row">
          <Action act={answer(true)} look="primary">
            {texts.guide.same}
          </Action>
          <Action act={answer(false)} look="danger">
            {texts.guide.differ}
          </Action>
        </div>
      </>
    );
  }
  return (
    <>
      {pairing?.state === 'failed' ? (
        <p class="bad" role="alert">
          {pairing.words}
        </p>
      ) : null}
      <Action act={() => call('POST /v0/device/pair')} look="primary">
        {texts.guide.pair}
      </Action>
    </>
  );
}
