/**
 * What becomes of auth challenges. A stranger may ask without a bunker line where the user opted in: it is told the address of a page
 * (`auth_url`), once, and nothing reaches the device before somebody has clicked there. Then the device asks its human, and the answer
 * goes to the app under the id of its request.
 *
 * A click proves nothing, as whoever asked was told the address. So clicks have a budget, one challenge at a time is at the device, and
 * the device is not told that its user announced the app: its own "Pair an app" must have been opened, there.
 */
import { keepPaired } from '../apps/revoking.ts';
import { type Secret, voidSecret } from '../apps/sessions.ts';
import { carriedBy, noteOf, open, refused, repeated, save } from '../bridge/asking.ts';
import type { BridgeEffect, BridgeState, Origin, Step } from '../bridge/bridge-state.ts';
import { take } from '../bridge/budget.ts';
import { answer, saveSeen } from '../bridge/replies.ts';
import { narrowed } from '../narrowing/narrowing.ts';
import type { NostrEvent } from '../nip46/event.ts';
import { authUrlText, requestDigest } from '../nip46/nip46-text.ts';
import { type Refusal, type RefusalCode, refusalText, refuse } from '../nip46/refusal.ts';
import {
  type Challenge,
  type ChallengedRequest,
  challengeAt,
  type Ending,
  challengeLimits as limits,
  openChallenges,
  pairingHash,
  tokenOf,
  withChallenge,
} from './challenge.ts';

/** Takes a request of a stranger that has no secret; null where the user did not opt in. */
export function challenge(
  state: BridgeState,
  origin: Origin,
  request: ChallengedRequest,
  event: NostrEvent,
  now: number,
): Step | null {
  const { web } = state;
  if (web === null || web.logins === null) return null;
  const key = requestDigest(request, state.signer);
  const repeat = repeated(state, origin, request, key, event, now);
  if (repeat !== null) return repeat;
  const open = openChallenges(state.challenges);
  const own = open.find((each) => each.origin.client === origin.client);
  // Never two addresses for one id: nostr-tools takes the second for an error.
  if (own !== undefined && own.key === key) return joined(state, own, origin, event, now);
  const busy = own?.stage.type === 'asking' || (own === undefined && open.length >= limits.openMax);
  if (state.stopping || busy) {
    const [same, effects] = refused(state, origin, request, state.stopping ? stopping : tooMany, now);
    return [same, [saveSeen(event, null, now), ...effects]];
  }
  // A person who began anew in the app waits at the new page.
  const [before, ending] = own === undefined ? [state, []] : endWaiting(state, own, 'expired', begunAnew, now);
  const token = tokenOf(web.logins, event);
  const one: Challenge = { token, key, origin, request, event, since: now, stage: { type: 'waiting', words: '' } };
  const told = answer(origin, authUrlText(request.id, `${web.url}/auth/${token}`), now);
  return [
    { ...before, challenges: withChallenge(before.challenges, one, now) },
    [...ending, saveSeen(event, null, now), told, noteOf(origin, request, 'challenged')],
  ];
}

/** Somebody clicked on the page. What cannot be asked now leaves the page as it was, with words. */
export function clicked(state: BridgeState, token: string, now: number): Step {
  const one = challengeAt(state.challenges, token, now);
  const logins = state.web?.logins ?? null;
  if (one === null || one.stage.type !== 'waiting' || logins === null) return [state, []];
  const clicksFullAt = take(state.clicksFullAt, limits.clicks, 1, now);
  if (clicksFullAt === null) return [withWords(state, one, tooManyClicks, now), []];
  const paid = { ...state, clicksFullAt };
  const { client } = one.origin;
  const refusal = narrowed(paid.narrowing, { client, method: one.request.method, kind: null }, now);
  if (refusal !== null) return endWaiting(paid, one, 'failed', refusal, now);
  const why = whyNotNow(paid);
  if (why !== null) return [withWords(paid, one, why, now), []];
  const account = accountFor(paid, one.request, logins.account);
  const hash = pairingHash(logins, token, now);
  // It ends as it begins: after a crash before the pairing nothing is left that could pair.
  const secret: Secret = { hash, name: '', account, perms: '', createdAt: now, expiresAt: now - 1, spent: null };
  const sessions = { ...paid.sessions, secrets: new Map(paid.sessions.secrets).set(hash, secret) };
  const [ready, before] = keepPaired({ ...paid, sessions }, client);
  const { metadata, perms } = one.request;
  const question = [
    { method: 'client_connect', carried: carriedBy(ready, one.origin, account, one.event), announced: false },
    { type: 'pairing', metadata, perms, secretHash: hash },
  ] as const;
  const job = ready.nextJob;
  const [next, effects] = open(ready, one.origin, one.request, one.event, null, question, now);
  const asking: Challenge = next.open.has(job)
    ? { ...one, stage: { type: 'asking', job, secretHash: hash } }
    : { ...one, stage: { type: 'ended', how: 'failed', at: now } };
  const challenges = withChallenge(next.challenges, asking, now);
  return [{ ...next, challenges }, [save({ type: 'secret', secret }), ...before, ...effects]];
}

/** A request of a challenge that the device did not put before its human: it waits for the next click; null for any other. */
export function waitsAgain(state: BridgeState, job: number, refusal: Refusal, now: number): Step | null {
  const one = challengeOf(state, job);
  if (one === null || !unasked.has(refusal.code)) return null;
  const [cleared, effects] = withoutSecret(state, one);
  const open = new Map(cleared.open);
  open.delete(job);
  const stage = { type: 'waiting', words: refusalText(adviceFor(refusal)) } as const;
  const waiting: Challenge = { ...one, origin: state.open.get(job)?.origin ?? one.origin, stage };
  return [{ ...cleared, open, challenges: withChallenge(cleared.challenges, waiting, now) }, effects];
}

/** An open request ended; if it was one of a challenge, so has that. */
export function challengeEnds(state: BridgeState, job: number, refusal: Refusal | null, now: number): Step {
  const one = challengeOf(state, job);
  if (one === null) return [state, []];
  const how = refusal === null ? 'approved' : (endings[refusal.code] ?? 'failed');
  const [cleared, effects] = refusal === null ? [state, []] : withoutSecret(state, one);
  return [ended(cleared, one, how, now), effects];
}

/** Ends those for which nobody came. */
export function expireChallenges(state: BridgeState, now: number): Step {
  return endEach(state, ({ since }) => since + limits.waitMs <= now, nobodyCame, now);
}

/** The host ends: whoever waits is told so. */
export function stopChallenges(state: BridgeState, now: number): Step {
  return endEach(state, () => true, stopping, now);
}

/** Whether a question is a challenge's. */
export function isChallenge(state: BridgeState, job: number): boolean {
  return challengeOf(state, job) !== null;
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

function endWaiting(state: BridgeState, one: Challenge, how: Ending, why: Refusal, now: number): Step {
  const [same, effects] = refused(state, one.origin, one.request, why, now);
  return [ended(same, one, how, now), effects];
}

function ended(state: BridgeState, one: Challenge, how: Ending, now: number): BridgeState {
  const stage = { type: 'ended', how, at: now } as const;
  return { ...state, challenges: withChallenge(state.challenges, { ...one, stage }, now) };
}

/** The same request once more: its answer goes where the last repeat came from, too. */
function joined(state: BridgeState, one: Challenge, origin: Origin, event: NostrEvent, now: number): Step {
  const relays = [...new Set([...origin.relays, ...one.origin.relays])].slice(0, 8);
  const again = { ...one, origin: { ...origin, relays } };
  const challenges = withChallenge(state.challenges, again, now);
  return [{ ...state, challenges }, [saveSeen(event, null, now), noteOf(origin, one.request, 'joined')]];
}

function withWords(state: BridgeState, one: Challenge, why: Refusal, now: number): BridgeState {
  const waiting = { ...one, stage: { type: 'waiting', words: refusalText(why) } } as const;
  return { ...state, challenges: withChallenge(state.challenges, waiting, now) };
}

/** Why the device is not asked now. One that leaves apps to the host would let a stranger in without asking anybody. */
function whyNotNow(state: BridgeState): Refusal | null {
  if (openChallenges(state.challenges).some(({ stage }) => stage.type === 'asking')) return anotherFirst;
  if (state.device === null) return absent;
  if (state.device.life === 'fresh') return notSetUp;
  return state.device.knowsApps ? null : notPaired;
}

/** Texts up to 2024 name the user in the first parameter; who names none gets the account of the host's start. */
function accountFor(state: BridgeState, request: ChallengedRequest, otherwise: number): number {
  const named = [...state.accounts].find(([, pubkey]) => pubkey === request.user);
  return named?.[0] ?? otherwise;
}

function challengeOf(state: BridgeState, job: number): Challenge | null {
  for (const one of state.challenges.values()) if (one.stage.type === 'asking' && one.stage.job === job) return one;
  return null;
}

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

function adviceFor(refusal: Refusal): Refusal {
  return refusal.code === 'not_announced' ? notOpened : refusal;
}

const notOpened = refuse(
  'not_announced',
  'The device expects no app.',
  'Open "Pair an app" in its menu, then click again.',
);

const stopping = refuse('shutting_down', 'The signer is shutting down.', 'Start it again, then ask again.');

const tooMany = refuse(
  'busy',
  'Too many apps wait for a person to come to this signer.',
  'Ask again in a few minutes.',
);

const begunAnew = refuse('cancelled', 'The app asked anew.', '');

const nobodyCame = refuse('timed_out', 'Nobody came to the page of this signer.', 'Ask again, and open the page.');

const tooManyClicks = refuse('busy', 'The device was asked often in the last minutes.', 'Click again in a minute.');

const anotherFirst = refuse('busy', 'The device is being asked about another app.', 'Answer that first.');

const absent = refuse('device_absent', 'The device is not there.', 'Plug it in, then click again.');

const notSetUp = refuse('not_set_up', 'The device has no key yet.', 'Set it up, then click again.');

const notPaired = refuse('wrong_state', 'This computer is not paired with the device.', 'Pair them, then click again.');
