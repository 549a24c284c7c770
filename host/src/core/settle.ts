/**
 * How a question to the device ends: with its answer, checked, or because time is up. Each open request has exactly one ending.
 * What the device returned is not believed: a signature goes out only as an event that was rebuilt and verified here.
 */
import type { BridgeState, OpenRequest, Step } from './bridge-state.ts';
import { drop } from './bridge-state.ts';
import type { DeviceAnswer } from './device-port.ts';
import { keepAnswer } from './ended.ts';
import { isHex32 } from './event.ts';
import { fillTemplate, signedEvent } from './event-template.ts';
import { errorText, resultText } from './nip46-text.ts';
import { type Refusal, type RefusalCode, refuse } from './refusal.ts';
import { answer, note } from './replies.ts';
import { signQuestion } from './requests.ts';

/** Takes an answer of the device side. One for a request that has ended is dropped. */
export function deviceAnswered(state: BridgeState, job: number, said: DeviceAnswer, now: number): Step {
  const open = state.open.get(job);
  if (open === undefined) return [drop(state, 'late'), []];
  if (said.type === 'refused') return fail(forgetAccount(state, said.refusal), job, open, said.refusal, now);
  const { wants } = open;
  switch (wants.type) {
    case 'public_key': {
      if (said.type !== 'public_key' || !isHex32(said.pubkey)) return distrust(state, job, open, now);
      return succeed({ ...state, account: said.pubkey }, job, open, said.pubkey, now);
    }
    case 'account': {
      if (said.type !== 'public_key' || !isHex32(said.pubkey)) return distrust(state, job, open, now);
      const known = { ...state, account: said.pubkey };
      if (said.pubkey !== wants.pubkey) return fail(known, job, open, wrongPubkey, now);
      return askSignature(known, job, open, wants);
    }
    case 'signature': {
      const event = said.type === 'signature' ? signedEvent(wants.template, said, wants.pubkey) : null;
      if (event === null) return distrust(state, job, open, now);
      return succeed({ ...state, account: event.pubkey }, job, open, JSON.stringify(event), now);
    }
    case 'text':
      if (said.type !== 'text') return distrust(state, job, open, now);
      // An empty text can be the truth about a decryption. nostr-tools never resolves on it; there is no better answer.
      return succeed(state, job, open, said.text, now);
  }
}

/** Ends what waited too long. */
export function expire(state: BridgeState, now: number): Step {
  let step: Step = [state, []];
  for (const [job, open] of state.open) {
    if (open.until > now) continue;
    const [next, effects] = fail(step[0], job, open, timedOut, now);
    step = [next, [...step[1], { type: 'cancel', job }, ...effects]];
  }
  return step;
}

/** When the next open request ends for want of an answer. */
export function nextExpiry(state: BridgeState): number | null {
  let earliest: number | null = null;
  for (const { until } of state.open.values()) earliest = earliest === null ? until : Math.min(earliest, until);
  return earliest;
}

/** The account is the one that the app named: now the signature is asked for, as a new job of the same request. */
function askSignature(
  state: BridgeState,
  job: number,
  open: OpenRequest,
  wants: OpenRequest['wants'] & { type: 'account' },
): Step {
  const template = fillTemplate(wants.template, open.origin.createdAt);
  const [ask, signature] = signQuestion(wants.label, template, wants.pubkey);
  const jobs = new Map(state.open);
  jobs.delete(job);
  jobs.set(state.nextJob, { ...open, wants: signature });
  return [
    { ...state, nextJob: state.nextJob + 1, open: jobs },
    [{ type: 'ask', job: state.nextJob, client: open.origin.client, ask }],
  ];
}

function succeed(state: BridgeState, job: number, open: OpenRequest, result: string, now: number): Step {
  const text = resultText(open.id, result);
  // The public key asks nobody anything, and a kept one would outlive a change of devices.
  const isKept = open.wants.type !== 'public_key';
  return [end(state, job, open, text, isKept, now), [answer(open.origin, text, now), noteOf(open, 'answered')]];
}

function fail(state: BridgeState, job: number, open: OpenRequest, refusal: Refusal, now: number): Step {
  const text = errorText(open.id, refusal);
  const isKept = !unasked.has(refusal.code);
  return [end(state, job, open, text, isKept, now), [answer(open.origin, text, now), noteOf(open, refusal.code)]];
}

/** The account is forgotten as well: perhaps this is another device than before. */
function distrust(state: BridgeState, job: number, open: OpenRequest, now: number): Step {
  return fail({ ...state, account: null }, job, open, badDeviceAnswer, now);
}

function end(
  state: BridgeState,
  job: number,
  open: OpenRequest,
  text: string,
  isKept: boolean,
  now: number,
): BridgeState {
  const jobs = new Map(state.open);
  jobs.delete(job);
  const kept = { client: open.origin.client, text, endedAt: now };
  return { ...state, open: jobs, ended: isKept ? keepAnswer(state.ended, open.key, kept) : state.ended };
}

/** Nobody saw a prompt for these, so a repeat may ask anew: otherwise plugging the device in would not help. */
const unasked: ReadonlySet<RefusalCode> = new Set<RefusalCode>(['device_absent', 'busy']);

/** Whatever comes after an unplugged or restarted device may be another one. */
function forgetAccount(state: BridgeState, refusal: Refusal): BridgeState {
  const gone: readonly RefusalCode[] = ['device_absent', 'device_unplugged', 'device_rebooted'];
  return gone.includes(refusal.code) ? { ...state, account: null } : state;
}

function noteOf(open: OpenRequest, outcome: 'answered' | RefusalCode): ReturnType<typeof note> {
  return note(open.origin.client, open.method, open.kind, outcome);
}

const wrongPubkey = refuse(
  'wrong_pubkey',
  'The event names another user than the one who signs here.',
  'Log out of the app and log in again with this signer.',
);

const timedOut = refuse('timed_out', 'The device did not answer in time.', 'Look at the device and ask again.');

const badDeviceAnswer = refuse(
  'bad_device_answer',
  'What the device returned does not verify, so it was not passed on.',
  'Check which device is plugged in, then ask again.',
);
