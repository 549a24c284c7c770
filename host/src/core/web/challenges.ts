/**
 * What becomes of auth challenges. A stranger may ask without a bunker line where the user opted in: it is told the address of a page
 * (`auth_url`), once, and nothing reaches the device before somebody has clicked there. Then the device asks its human, and the answer
 * goes to the app under the id of its request.
 *
 * A click proves nothing, as whoever asked was told the address. So clicks have a budget, one challenge at a time is at the device, and
 * the device is not told that its user announced the app: its own "Pair an app" must have been opened, there. An account is asked about
 * without that, and so is the app that it was made for, or that named a known email: the two must look alike.
 */
import { keepPaired } from '../apps/revoking.ts';
import type { Secret } from '../apps/sessions.ts';
import { carriedBy, noteOf, open, refused, repeated, save } from '../bridge/asking.ts';
import { bridgeLimits } from '../bridge/bridge-limits.ts';
import type { BridgeState, Origin, Step, Wants } from '../bridge/bridge-state.ts';
import { take } from '../bridge/budget.ts';
import { answer, saveSeen } from '../bridge/replies.ts';
import type { DeviceAsk } from '../device/device-port.ts';
import { narrowed } from '../narrowing/narrowing.ts';
import type { NostrEvent } from '../nip46/event.ts';
import { authUrlText, type ConnectRequest, requestDigest } from '../nip46/nip46-text.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import {
  type Challenge,
  type ChallengedRequest,
  challengeAt,
  challengeLimits as limits,
  openChallenges,
  pairingHash,
  tokenOf,
  withChallenge,
} from './challenge.ts';
import { endWaiting, hostEnds, withWords } from './challenge-ending.ts';
import { dropChallenge, keepChallenge } from './challenge-row.ts';
import { accountQuestion, whyNoAccount } from './new-account.ts';
import type { Logins } from './web.ts';

/** Takes a request of a stranger that has no secret; null where the user did not opt in. */
export function challenge(
  state: BridgeState,
  origin: Origin,
  request: ChallengedRequest,
  event: NostrEvent,
  now: number,
): Step | null {
  const { web } = state;
  const logins = web?.logins ?? null;
  // What is found at the web address is the main key: whoever asks at another has that from a line.
  if (web === null || logins === null || origin.line !== '') return null;
  const key = requestDigest(request, state.signer);
  const repeat = repeated(state, origin, request, key, event, now);
  if (repeat !== null) return repeat;
  const own = openChallenges(state.challenges).find((each) => each.origin.client === origin.client);
  // Never two addresses for one id: nostr-tools takes the second for an error.
  if (own !== undefined && own.key === key) return joined(state, own, origin, event, now);
  const why = whyNoPage(state, own) ?? (request.method === 'connect' ? null : whyNoAccount(state, web, request));
  if (why !== null) {
    const [same, effects] = refused(state, origin, request, why, now);
    return [same, [saveSeen(event, null, now), ...effects]];
  }
  // A person who began anew in the app waits at the new page.
  const [before, ending] = own === undefined ? [state, []] : endWaiting(state, own, 'expired', begunAnew, now);
  const token = tokenOf(logins, event);
  const one: Challenge = { token, key, origin, request, event, since: now, stage: { type: 'waiting', words: '' } };
  const made = accountMadeFor(before, origin.client, now);
  if (request.method === 'connect' && made !== null && whyNotNow(before) === null) {
    const perms = request.perms === '' ? made.perms : request.perms;
    // Its human said yes to the account a moment ago, and was told whose it is to be.
    const question = connectQuestion(before, { ...one, request: { ...request, perms } }, made.account, true);
    const [next, effects] = ask(before, one, logins, question, now);
    return [next, [...ending, ...effects]];
  }
  const told = answer(origin, authUrlText(request.id, `${web.url}/auth/${token}`), now);
  return [
    { ...before, challenges: withChallenge(before.challenges, one, now) },
    [...ending, saveSeen(event, null, now), keepChallenge(one, null), told, noteOf(origin, request, 'challenged')],
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
  const { origin, request } = one;
  const refusal = narrowed(paid.narrowing, { client: origin.client, method: request.method, kind: null }, now);
  if (refusal !== null) return endWaiting(paid, one, 'failed', refusal, now);
  const why = whyNotNow(paid);
  if (why !== null) return [withWords(paid, one, why, now), []];
  const question: Question =
    request.method === 'connect'
      ? connectQuestion(paid, one, accountFor(paid, request, logins.account), false)
      : (hash) => accountQuestion(paid, request, { client: origin.client, emailKey: logins.emailKey, hash }, now);
  return ask(paid, one, logins, question, now);
}

/** What the device is asked; the hash is that of a secret which nobody has, under which its yes is kept. */
type Question = (hash: string) => readonly [DeviceAsk, Wants];

function connectQuestion(state: BridgeState, one: Challenge, account: number, announced: boolean): Question {
  const { origin, request, event } = one;
  const metadata = request.method === 'connect' ? request.metadata : { name: '', url: '' };
  const carried = carriedBy(state, origin, account, event);
  return (hash) => [
    { method: 'client_connect', carried, announced },
    { type: 'pairing', metadata, perms: request.perms, secretHash: hash, told: 'ack' },
  ];
}

function ask(state: BridgeState, one: Challenge, logins: Logins, question: Question, now: number): Step {
  const secretHash = pairingHash(logins, one.token, now);
  const [asked, wants] = question(secretHash);
  // It ends as it begins: after a crash before the pairing nothing is left that could pair.
  const born = { createdAt: now, expiresAt: now - 1, spent: null };
  const secret: Secret = { hash: secretHash, name: '', account: pairedAs(asked), perms: '', ownKey: false, ...born };
  const sessions = { ...state.sessions, secrets: new Map(state.sessions.secrets).set(secretHash, secret) };
  const [ready, before] = keepPaired(
    { ...state, sessions },
    { client: one.origin.client, remoteSigner: state.signer.pubkey },
  );
  const job = ready.nextJob;
  const keys = { key: one.key, seenAs: null };
  const [next, effects] = open(ready, one.origin, one.request, one.event, keys, [asked, wants], now);
  const stage = next.open.has(job)
    ? ({ type: 'asking', job, secretHash, account: null } as const)
    : ({ type: 'ended', how: 'failed', at: now, account: null } as const);
  const challenges = withChallenge(next.challenges, { ...one, stage }, now);
  const kept =
    stage.type === 'ended' ? dropChallenge(one) : keepChallenge(one, { account: secret.account, secretHash });
  return [{ ...next, challenges }, [save({ type: 'secret', secret }), kept, ...before, ...effects]];
}

/** The account that an app would be paired as. */
function pairedAs(asked: DeviceAsk): number {
  if (asked.method === 'client_connect') return asked.carried.account;
  return asked.method === 'client_introduce' ? asked.account : 0;
}

/** Why a stranger is sent nowhere. */
function whyNoPage(state: BridgeState, own: Challenge | undefined): Refusal | null {
  if (state.stopping) return hostEnds;
  const isFull = own === undefined && openChallenges(state.challenges).length >= limits.openMax;
  return isFull || own?.stage.type === 'asking' ? tooMany : null;
}

/** The same request once more: its answer goes where the last repeat came from, too. */
function joined(state: BridgeState, one: Challenge, origin: Origin, event: NostrEvent, now: number): Step {
  const relays = [...new Set([...origin.relays, ...one.origin.relays])].slice(0, bridgeLimits.relaysPerRequest);
  const again = { ...one, origin: { ...origin, relays } };
  const challenges = withChallenge(state.challenges, again, now);
  return [{ ...state, challenges }, [saveSeen(event, null, now), noteOf(origin, one.request, 'joined')]];
}

/** The account that was made for this app a while ago, and what the app wished then. */
function accountMadeFor(state: BridgeState, client: string, now: number): { account: number; perms: string } | null {
  for (const { token, origin, request } of state.challenges.values()) {
    const stage = origin.client === client ? challengeAt(state.challenges, token, now)?.stage : undefined;
    if (stage?.type === 'ended' && stage.account !== null) return { account: stage.account, perms: request.perms };
  }
  return null;
}

/** Why the device is not asked now. One that leaves apps to the host would let a stranger in without asking anybody. */
function whyNotNow(state: BridgeState): Refusal | null {
  if (openChallenges(state.challenges).some(({ stage }) => stage.type === 'asking')) return anotherFirst;
  if (state.device === null) return absent;
  if (state.device.life === 'fresh') return notSetUp;
  return state.device.knowsApps ? null : notPaired;
}

/** Texts up to 2024 name the user in the first parameter; who names none gets the account of the host's start. */
function accountFor(state: BridgeState, request: ConnectRequest, otherwise: number): number {
  const named = [...state.accounts].find(([, pubkey]) => pubkey === request.user);
  return named?.[0] ?? otherwise;
}

const tooMany = refuse(
  'busy',
  'Too many apps wait for a person to come to this signer.',
  'Ask again in a few minutes.',
);

const begunAnew = refuse('cancelled', 'The app asked anew.', '');

const tooManyClicks = refuse('busy', 'The device was asked often in the last minutes.', 'Click again in a minute.');

const anotherFirst = refuse('busy', 'The device is being asked about another app.', 'Answer that first.');

const absent = refuse('device_absent', 'The device is not there.', 'Plug it in, then click again.');

const notSetUp = refuse('not_set_up', 'The device has no key yet.', 'Set it up, then click again.');

const notPaired = refuse('wrong_state', 'This computer is not paired with the device.', 'Pair them, then click again.');
