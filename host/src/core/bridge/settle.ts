/**
 * How a question to the device ends: with its answer, checked, or because time is up. Each open request has exactly one ending.
 * What the device returned is not believed: a signature goes out only as an event that was rebuilt and verified here.
 */

import { denied, paired } from '../apps/pairing.ts';
import { revocationAnswered } from '../apps/revoking.ts';
import { lapse } from '../apps/sessions.ts';
import { endedSilently, sealedAnswered } from '../apps/to-user.ts';
import type { DeviceAnswer } from '../device/device-port.ts';
import { sealedMax } from '../nip46/envelope.ts';
import { isHex32 } from '../nip46/event.ts';
import { signedEvent } from '../nip46/event-template.ts';
import { errorText, resultText } from '../nip46/nip46-text.ts';
import { type Refusal, type RefusalCode, refuse } from '../nip46/refusal.ts';
import { accountIs, challengeEnds, isChallenge, toldOf, waitsAgain } from '../web/challenge-ending.ts';
import { accountMade } from '../web/new-account.ts';
import { shuttingDown } from './asking.ts';
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { BridgeEffect, BridgeState, OpenRequest, Step } from './bridge-state.ts';
import { drop } from './drops.ts';
import { keepAnswer } from './ended.ts';
import { asksHuman, mayHaveBeenSeen } from './human.ts';
import { answer, endOnDisk, noteOfOpen } from './replies.ts';
import { signQuestion } from './requests.ts';

/** The device has the question: from now on a human may see it. */
export function deviceHas(state: BridgeState, job: number, now: number): Step {
  const open = state.open.get(job);
  if (open === undefined || open.sentAt !== null) return [state, []];
  return [{ ...state, open: new Map(state.open).set(job, { ...open, sentAt: now }) }, []];
}

/** Takes an answer of the device side. One for a request that has ended is dropped. */
export function deviceAnswered(before: BridgeState, job: number, said: DeviceAnswer, now: number): Step {
  const open = before.open.get(job);
  if (open === undefined) return revocationAnswered(before, job, said) ?? [drop(before, 'late'), []];
  const isWork = asksHuman(open) && (refusalIn(said)?.code ?? 'denied') === 'denied';
  const state = isWork ? { ...before, workedAt: now } : before;
  if (said.type === 'refused') return deviceRefused(state, job, open, said.refusal, now);
  const { wants } = open;
  switch (wants.type) {
    case 'pairing':
      // A device that leaves apps to the host has asked nobody, and a stranger had no secret either.
      if (said.type === 'paired' && said.by === 'host' && isChallenge(state, job))
        return distrust(state, job, open, now);
      return said.type === 'paired' ? pairs(state, job, open, wants, said, now) : distrust(state, job, open, now);
    case 'new_account': {
      const made = accountMade(state, wants, said);
      if (made === null || said.type !== 'made') return distrust(state, job, open, now);
      const [next, effects] = succeed(accountIs(made[0], job, said.account), job, open, said.pubkey, now);
      return [next, [...made[1], ...effects]];
    }
    case 'public_key': {
      const known = said.type === 'public_key' ? withAccount(state, wants.account, said.pubkey) : null;
      if (said.type !== 'public_key' || known === null) return distrust(state, job, open, now);
      return succeed(known, job, open, said.pubkey, now);
    }
    case 'account': {
      const known = said.type === 'public_key' ? withAccount(state, wants.account, said.pubkey) : null;
      if (said.type !== 'public_key' || known === null) return distrust(state, job, open, now);
      if (said.pubkey !== wants.pubkey) return fail(known, job, open, wrongPubkey, now);
      return askSignature(known, job, open, wants);
    }
    case 'signature': {
      const event = said.type === 'signature' ? signedEvent(wants.template, said, wants.pubkey, state.signer) : null;
      const known = event === null ? null : withAccount(state, wants.account, event.pubkey);
      if (event === null || known === null) return distrust(state, job, open, now);
      return succeed(known, job, open, JSON.stringify(event), now);
    }
    case 'to_user':
      return said.type === 'sealed'
        ? sealedAnswered(state, job, open, wants, said, now)
        : distrust(state, job, open, now);
    case 'text':
      if (said.type !== 'text') return distrust(state, job, open, now);
      // An empty text can be the truth about a decryption. nostr-tools never resolves on it; there is no better answer.
      return succeed(state, job, open, said.text, now);
  }
}

/** The device paired an app: on disk first, then the app is told. */
function pairs(
  state: BridgeState,
  job: number,
  open: OpenRequest,
  wants: OpenRequest['wants'] & { type: 'pairing' },
  said: DeviceAnswer & { type: 'paired' },
  now: number,
): Step {
  const done = paired(state, open.origin, wants, said, now);
  if ('code' in done) return fail(state, job, open, done, now);
  const [next, effects] = succeed(done[0], job, open, wants.told, now, 'paired');
  const app = next.sessions.apps.get(open.origin.client);
  // What the app wished for itself, the device has asked about while it paired it.
  if (wants.perms !== '' || !app?.onDevice || app.perms === '') return [next, [...done[1], ...effects]];
  const { client, remoteSigner, perms } = app;
  return [next, [...done[1], ...effects, { type: 'propose', client, remoteSigner, perms }]];
}

function deviceRefused(before: BridgeState, job: number, open: OpenRequest, refusal: Refusal, now: number): Step {
  const again = waitsAgain(before, job, refusal, now);
  if (again !== null) return again;
  const state = forgetAccounts(before, refusal);
  const { wants, origin } = open;
  if (wants.type === 'pairing' && refusal.code === 'denied' && !isChallenge(state, job)) {
    const [next, saves, words] = denied(state, wants.secretHash);
    const [after, effects] = fail(next, job, open, words, now);
    return [after, [...saves, ...effects]];
  }
  const isUnknown = refusal.code === 'not_paired';
  // What is unknown at the user key may be paired at another one.
  const sessions = isUnknown && wants.type !== 'to_user' ? lapse(state.sessions, origin.client) : state.sessions;
  return fail({ ...state, sessions }, job, open, isUnknown ? pairAgain : refusal, now);
}

/** With which the device said no, to us or to the app itself; null where it did not. */
function refusalIn(said: DeviceAnswer): Refusal | null {
  return said.type === 'refused' || said.type === 'sealed' ? said.refusal : null;
}

/** Ends what waited too long. */
export function expire(state: BridgeState, now: number): Step {
  return endAll(state, now, (open) => {
    if (endsAt(state, open) > now) return null;
    if (state.device?.life === 'locked') return stillLocked;
    return open.sentAt === null ? neverSent : timedOut;
  });
}

/** Ends everything, and lets nothing begin. */
export function stop(state: BridgeState, now: number): Step {
  return endAll({ ...state, stopping: true }, now, () => shuttingDown);
}

/** When the next open request ends for want of an answer. */
export function nextExpiry(state: BridgeState): number | null {
  let earliest: number | null = null;
  for (const open of state.open.values()) {
    const end = endsAt(state, open);
    earliest = earliest === null ? end : Math.min(earliest, end);
  }
  return earliest;
}

/** Nobody waits longer than `requestMs` for a human who does nothing, and nobody for ever for one who works. */
export function endsAt(state: BridgeState, { cameAt, sentAt }: OpenRequest): number {
  const patience = Math.max(sentAt ?? cameAt, state.workedAt) + limits.requestMs;
  return Math.min(patience, cameAt + (sentAt === null ? limits.queueMs : limits.lifeMs));
}

/** Ends what is open and has a reason to end, each with that reason. */
export function endAll(before: BridgeState, now: number, why: (open: OpenRequest) => Refusal | null): Step {
  let state = before;
  const effects: BridgeEffect[] = [];
  // Who waits goes first: otherwise the place of one that ends would be given to one that ends right after it.
  const inOrder = [...before.open].sort(([, a], [, b]) => Number(a.sentAt !== null) - Number(b.sentAt !== null));
  for (const [job, open] of inOrder) {
    const refusal = why(open);
    if (refusal === null) continue;
    const [next, more] = fail(state, job, open, refusal, now);
    state = next;
    effects.push({ type: 'cancel', job }, ...more);
  }
  return [state, effects];
}

/** The account is the one that the app named: now the signature is asked for, as a new job of the same request. */
function askSignature(
  state: BridgeState,
  job: number,
  open: OpenRequest,
  wants: OpenRequest['wants'] & { type: 'account' },
): Step {
  const [ask, signature] = signQuestion(state, open.origin, wants.account, wants.signing, wants.pubkey);
  const jobs = new Map(state.open);
  jobs.delete(job);
  jobs.set(state.nextJob, { ...open, sentAt: null, wants: signature });
  return [
    { ...state, nextJob: state.nextJob + 1, open: jobs },
    [{ type: 'ask', job: state.nextJob, client: open.origin.client, ask }],
  ];
}

function succeed(
  before: BridgeState,
  job: number,
  open: OpenRequest,
  result: string,
  now: number,
  outcome: 'answered' | 'paired' = 'answered',
): Step {
  const text = resultText(open.id, result);
  if (sealedMax(text) > limits.contentMax) return fail(before, job, open, tooLarge, now);
  const [state, saves] = challengeEnds(before, job, null, now);
  // The public key asks nobody anything, and a kept one would outlive a change of devices.
  const ended = asksHuman(open) ? keep(state, open, text, now) : state;
  return [
    without(ended, job),
    [...saves, answer(open.origin, text, now), noteOfOpen(open, outcome), ...endOnDisk(open)],
  ];
}

/** A refusal that no human had a part in is not kept: otherwise plugging the device in would not help. */
function fail(before: BridgeState, job: number, open: OpenRequest, why: Refusal, now: number): Step {
  if (open.wants.type === 'to_user') return endedSilently(before, job, open, why);
  const refusal = toldOf(before, job, why);
  const [state, saves] = challengeEnds(before, job, refusal, now);
  const text = errorText(open.id, refusal);
  const effects: BridgeEffect[] = [...saves, answer(open.origin, text, now), noteOfOpen(open, refusal)];
  if (mayHaveBeenSeen(open, refusal, refusal === neverSent || refusal === shuttingDown)) {
    return [without(keep(state, open, text, now), job), [...effects, ...endOnDisk(open)]];
  }
  const { client } = open.origin;
  const isSaved = open.wants.type !== 'public_key' && open.wants.type !== 'pairing';
  if (isSaved) effects.unshift({ type: 'save', row: { type: 'unasked', client, request: open.key } });
  else effects.push(...endOnDisk(open));
  return [without(state, job), effects];
}

/** The accounts are forgotten as well: perhaps this is another device than before. */
function distrust(state: BridgeState, job: number, open: OpenRequest, now: number): Step {
  return fail({ ...state, accounts: new Map() }, job, open, badDeviceAnswer, now);
}

/** The account has this key; null when that is none. */
function withAccount(state: BridgeState, account: number, pubkey: string): BridgeState | null {
  return isHex32(pubkey) ? { ...state, accounts: new Map(state.accounts).set(account, pubkey) } : null;
}

function keep(state: BridgeState, open: OpenRequest, text: string, now: number): BridgeState {
  return { ...state, ended: keepAnswer(state.ended, open.origin.client, open.key, { text, endedAt: now }, now) };
}

function without(state: BridgeState, job: number): BridgeState {
  const open = new Map(state.open);
  open.delete(job);
  return { ...state, open };
}

/** Whatever comes after an unplugged or restarted device may be another one. */
function forgetAccounts(state: BridgeState, refusal: Refusal): BridgeState {
  const gone: readonly RefusalCode[] = ['device_absent', 'device_unplugged', 'device_rebooted'];
  return gone.includes(refusal.code) ? { ...state, accounts: new Map() } : state;
}

const wrongPubkey = refuse(
  'wrong_pubkey',
  'The event names another user than the one who signs here.',
  'Log out of the app and log in again with this signer.',
);

const pairAgain = refuse(
  'not_paired',
  'The signing device does not know this app: perhaps it is another one than before.',
  'Pair the app again: with its old line, or with a new one.',
);

const stillLocked = refuse('locked', 'The device is locked.', 'Unlock it with its PIN and ask again.');

const timedOut = refuse('timed_out', 'The device did not answer in time.', 'Look at the device and ask again.');

const neverSent = refuse(
  'timed_out',
  'The device was busy with other requests, so this one was never shown.',
  'Ask again when they are done.',
);

const tooLarge = refuse(
  'too_large',
  'The answer is larger than what a relay carries, so it cannot be sent.',
  'Ask for something smaller.',
);

const badDeviceAnswer = refuse(
  'bad_device_answer',
  'What the device returned does not verify, so it was not passed on.',
  'Check which device is plugged in, then ask again.',
);
