/**
 * How an auth challenge ends: with the answer of the device, because nobody came, or because the host or the session did. What the
 * device did not put before its human is no ending: the page says why, and waits for the next click.
 */
import { voidSecret } from '../apps/sessions.ts';
import { refused, save } from '../bridge/asking.ts';
import type { BridgeEffect, BridgeState, Step } from '../bridge/bridge-state.ts';
import { type Refusal, type RefusalCode, refusalText, refuse } from '../nip46/refusal.ts';
import { type Challenge, type Ending, challengeLimits as limits, withChallenge } from './challenge.ts';
import { dropChallenge, keepChallenge } from './challenge-row.ts';
import { notAsked, notMade } from './new-account.ts';

/** A request of a challenge that the device did not put before its human; null for any other answer. */
export function waitsAgain(state: BridgeState, job: number, refusal: Refusal, now: number): Step | null {
  const one = challengeOf(state, job);
  if (one === null || !mayClickAgain(refusal)) return null;
  const [cleared, effects] = withoutSecret(state, one);
  const open = new Map(cleared.open);
  open.delete(job);
  const origin = state.open.get(job)?.origin ?? one.origin;
  const waiting = { ...one, origin };
  return [
    withWords({ ...cleared, open }, waiting, adviceFor(one, refusal), now),
    [...effects, keepChallenge(waiting, null)],
  ];
}

/** An open request ended (`refusal` null: with a result); if it was one of a challenge, so has that. */
export function challengeEnds(state: BridgeState, job: number, refusal: Refusal | null, now: number): Step {
  const one = challengeOf(state, job);
  if (one === null) return [state, []];
  const [cleared, effects] = withoutSecret(state, one);
  const how = refusal === null ? 'approved' : endingOf(refusal);
  return [ended(cleared, one, how, now), [...effects, dropChallenge(one)]];
}

/** Whether nobody was asked, so that the person at the page may try again. */
export function mayClickAgain({ code }: Refusal): boolean {
  return unasked.has(code);
}

/** What a refusal makes of what a person came for. */
export function endingOf({ code }: Refusal): Ending {
  return endings[code] ?? 'failed';
}

/** The refusal as whoever asked hears it: why no account was made is the user's business. */
export function toldOf(state: BridgeState, job: number, refusal: Refusal): Refusal {
  const isAccount = challengeOf(state, job)?.request.method === 'create_account';
  return isAccount && endings[refusal.code] === undefined ? notMade : refusal;
}

/** The account that was made for a challenge: its app may ask for it. */
export function accountIs(state: BridgeState, job: number, account: number): BridgeState {
  const one = challengeOf(state, job);
  if (one === null || one.stage.type !== 'asking') return state;
  const challenges = new Map(state.challenges).set(one.token, { ...one, stage: { ...one.stage, account } });
  return { ...state, challenges };
}

/** Whether a question is a challenge's. */
export function isChallenge(state: BridgeState, job: number): boolean {
  return challengeOf(state, job) !== null;
}

/** Ends those for which nobody came. */
export function expireChallenges(state: BridgeState, now: number): Step {
  return endEach(state, ({ since }) => since + limits.waitMs <= now, nobodyCame, now);
}

/** The host ends: whoever waits is told so. */
export function stopChallenges(state: BridgeState, now: number): Step {
  return endEach(state, () => true, hostEnds, now);
}

/** The session of an app is over, and so is what it asked a person for. Of what is at the device the caller tells. */
export function dropChallenges(before: BridgeState, client: string, why: Refusal, now: number): Step {
  const [state, effects] = endEach(before, ({ origin }) => origin.client === client, why, now);
  const own = [...state.challenges.values()].find(
    ({ origin, stage }) => stage.type === 'asking' && origin.client === client,
  );
  if (own === undefined) return [state, effects];
  const [cleared, saves] = withoutSecret(state, own);
  return [ended(cleared, own, 'failed', now), [...effects, ...saves, dropChallenge(own)]];
}

/** Ends one that is not at the device. */
export function endWaiting(state: BridgeState, one: Challenge, how: Ending, why: Refusal, now: number): Step {
  const [same, effects] = refused(state, one.origin, one.request, why, now);
  return [ended(same, one, how, now), [...effects, dropChallenge(one)]];
}

/** It waits, and its page says why the last click came to nothing. */
export function withWords(state: BridgeState, one: Challenge, why: Refusal, now: number): BridgeState {
  const waiting = { ...one, stage: { type: 'waiting', words: refusalText(why) } } as const;
  return { ...state, challenges: withChallenge(state.challenges, waiting, now) };
}

function endEach(before: BridgeState, which: (one: Challenge) => boolean, why: Refusal, now: number): Step {
  let state = before;
  const effects: BridgeEffect[] = [];
  for (const one of before.challenges.values()) {
    if (one.stage.type !== 'waiting' || !which(one)) continue;
    const [next, more] = endWaiting(state, one, 'expired', why, now);
    state = next;
    effects.push(...more);
  }
  return [state, effects];
}

function ended(state: BridgeState, one: Challenge, how: Ending, now: number): BridgeState {
  const account = one.stage.type === 'asking' ? one.stage.account : null;
  const stage = { type: 'ended', how, at: now, account } as const;
  return { ...state, challenges: withChallenge(state.challenges, { ...one, stage }, now) };
}

function challengeOf(state: BridgeState, job: number): Challenge | null {
  for (const one of state.challenges.values()) if (one.stage.type === 'asking' && one.stage.job === job) return one;
  return null;
}

/** A spent secret stays: the app is paired by it. */
function withoutSecret(state: BridgeState, one: Challenge): Step {
  if (one.stage.type !== 'asking') return [state, []];
  const [sessions, rows] = voidSecret(state.sessions, one.stage.secretHash);
  return [{ ...state, sessions }, rows.map(save)];
}

/** With these the device says that it asked nobody; the person is at the page, and can do something about it. */
const unasked: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'device_absent',
  'busy',
  'locked',
  'not_set_up',
  'not_announced',
  'rate_limited',
]);

const endings: Partial<Record<RefusalCode, Ending>> = { denied: 'denied', timed_out: 'expired', cancelled: 'expired' };

function adviceFor({ request }: Challenge, refusal: Refusal): Refusal {
  if (request.method === 'create_account') return notAsked;
  return adviceAtPage(refusal);
}

/** A refusal in words for the person at a page. */
export function adviceAtPage(refusal: Refusal): Refusal {
  return refusal.code === 'not_announced' ? notOpened : refusal;
}

const notOpened = refuse(
  'not_announced',
  'The device expects no app.',
  'Open "Pair an app" in its menu, then click again.',
);

export const hostEnds = refuse('shutting_down', 'The signer is shutting down.', 'Start it again, then ask again.');

const nobodyCame = refuse('timed_out', 'Nobody came to the page of this signer.', 'Ask again, and open the page.');
