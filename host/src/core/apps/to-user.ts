/**
 * Requests that apps address to the user key itself, as texts of early 2024 have them (PROTOCOL.md, chapter 21). The device opens them and seals the
 * answers; this host carries both, and reads neither. One thing, several words: "user pubkey", `user_request` and `addressed` in the
 * protocol, `to_user` and `addressed` here, `user-key` and `userKey` in the control API.
 *
 *     door ──▶ saved, asked ──▶ the sealed answer, verified ──▶ what it was about is written down ──▶ published as it is
 *
 * Promises: one question for each event; nothing is published but the account's own event of kind 24133 to this app alone; a pairing and its
 * end are on disk before the app hears of them. What this host refuses by itself stays unanswered: nobody here could seal a word.
 */
import { refusalOf, save } from '../bridge/asking.ts';
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import type { BridgeEffect, BridgeState, OpenRequest, Origin, Step, Wants } from '../bridge/bridge-state.ts';
import { endOnDisk, note, noteOfOpen, saveSeen } from '../bridge/replies.ts';
import type { DeviceAccount, DeviceAsk, SealedAnswer } from '../device/device-port.ts';
import { narrowed } from '../narrowing/narrowing.ts';
import { endSession } from '../narrowing/user-says.ts';
import { answerCreatedAt, nip46Kind } from '../nip46/envelope.ts';
import { isSignature, type NostrEvent } from '../nip46/event.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { appAtUser, userSecrets } from './line-keys.ts';
import { userLine } from './line-of.ts';
import { denied } from './pairing.ts';
import { keepPaired, revokeAll } from './revoking.ts';
import { type App, pair, pairOf } from './sessions.ts';

/** What came through the door for an account: of an app, or of a stranger while a line waits for one. */
export type ToUser = { readonly account: DeviceAccount; readonly app: App | undefined };

type ToUserWants = Wants & { readonly type: 'to_user' };

/** The method under which it is known until the device has said what it is. */
const unread = 'sealed request';

/** Asks the device. A rule that names a method is judged when the device has told that (`sealedAnswered`). */
export function askedAtUser(state: BridgeState, to: ToUser, event: NostrEvent, relay: string, now: number): Step {
  const { pubkey: client, created_at: createdAt } = event;
  const chars = event.content.length;
  const origin = originOf(event, relay);
  const refusal =
    narrowed(state.narrowing, { client, method: unread, kind: null }, now) ?? refusalOf(state, origin, chars);
  if (refusal !== null) {
    return [state, [saveSeen(event, null, now), note(client, unread, null, refusal, { createdAt })]];
  }
  const job = state.nextJob;
  const open = openOf(to, event, origin, now, null);
  return [
    { ...state, nextJob: job + 1, open: new Map(state.open).set(job, open) },
    [
      saveSeen(event, null, now, { event, request: event.id, relay, cameAt: now }),
      { type: 'ask', job, client, ask: questionOf(state, to, event, now) },
      note(client, unread, null, 'asked', { createdAt }),
    ],
  ];
}

/** The same of what a host before this one had asked: the device is asked what became of it. */
export function resumedAtUser(
  state: BridgeState,
  to: ToUser,
  event: NostrEvent,
  { relay, cameAt }: { readonly relay: string; readonly cameAt: number },
): Step {
  const job = state.nextJob;
  // A human may have seen it, as far as is known here.
  const open = openOf(to, event, originOf(event, relay), cameAt, cameAt);
  const ask = questionOf(state, to, event, cameAt);
  return [
    { ...state, nextJob: job + 1, open: new Map(state.open).set(job, open) },
    [{ type: 'ask', job, client: event.pubkey, ask, resumed: true }],
  ];
}

/** The device answered the app: after our books are right, its answer leaves. */
export function sealedAnswered(
  state: BridgeState,
  job: number,
  open: OpenRequest,
  wants: ToUserWants,
  said: SealedAnswer,
  now: number,
): Step {
  const { client, relays } = open.origin;
  const event = eventOf(said, wants.pubkey, client);
  if (event === null || !state.signer.isGenuine(event)) return endedSilently(state, job, open, notGenuine);
  const method = methods[said.about] ?? said.about;
  const known: OpenRequest = { ...open, method, kind: said.kind };
  const withheld = narrowed(state.narrowing, { client, method, kind: said.kind }, now);
  if (withheld !== null) return undone(state, job, known, wants, said, withheld);
  // The device knows an app that this host does not, or not any more: what it may there, it may not here.
  if (!wants.isKnown && !pairs(wants, said)) return endedSilently(state, job, known, notHere);
  if (event.content.length > limits.contentMax) return endedSilently(state, job, known, tooLarge);
  const ended = without(state, job);
  const booked =
    said.refusal === null ? done(ended, known, wants, said, now) : refusedOf(ended, client, wants, said, said.refusal);
  if ('code' in booked) return undone(state, job, known, wants, said, booked);
  const [next, effects] = booked;
  const outcome = said.refusal ?? (pairs(wants, said) ? 'paired' : said.about === 'logout' ? 'unpaired' : 'answered');
  const published: BridgeEffect = { type: 'publish', client, relays, event };
  const noted = noteOfOpen(known, outcome);
  return [next, [...effects, published, noted, ...endOnDisk(open), ...proposalsOf(next, client, said)]];
}

/** It ends without a word to the app, and with one for the log. */
export function endedSilently(state: BridgeState, job: number, open: OpenRequest, why: Refusal): Step {
  return [without(state, job), [noteOfOpen(open, why), ...endOnDisk(open)]];
}

/** The same after an answer: an app that the device paired meanwhile it forgets, unless we knew it before. */
function undone(
  state: BridgeState,
  job: number,
  open: OpenRequest,
  { pubkey: remoteSigner }: ToUserWants,
  { about, refusal }: SealedAnswer,
  why: Refusal,
): Step {
  const { client } = open.origin;
  const [ended, effects] = endedSilently(state, job, open, why);
  const isNew = about === 'pair' && refusal === null && appAtUser(state.sessions, client, remoteSigner) === undefined;
  if (!isNew) return [ended, effects];
  const revocation = { client, remoteSigner };
  const revocations = new Map(ended.sessions.revocations).set(pairOf(revocation), revocation);
  const [next, revokes] = revokeAll({ ...ended, sessions: { ...ended.sessions, revocations } });
  return [next, [save({ type: 'revoke', ...revocation }), ...effects, ...revokes]];
}

/** What its line takes it to ask for. Whether it wished for something itself the device alone has read. */
function proposalsOf({ sessions }: BridgeState, client: string, { about, refusal }: SealedAnswer): BridgeEffect[] {
  const app = about === 'pair' && refusal === null ? sessions.apps.get(client) : undefined;
  if (app === undefined || app.perms === '') return [];
  const { remoteSigner, perms } = app;
  return [{ type: 'propose', client, remoteSigner, perms }];
}

function openOf(
  { account, app }: ToUser,
  event: NostrEvent,
  origin: Origin,
  cameAt: number,
  sentAt: number | null,
): OpenRequest {
  const wants = {
    type: 'to_user',
    account: account.account,
    pubkey: account.pubkey,
    isKnown: app !== undefined,
  } as const;
  const [key, chars] = [event.id, event.content.length];
  return { id: '', key, origin, cameAt, sentAt, chars, method: unread, kind: null, isKept: true, wants };
}

function originOf({ pubkey: client, created_at: createdAt, content }: NostrEvent, relay: string): Origin {
  const encryption = content.includes('?iv=') ? 'nip04' : 'nip44';
  return { client, line: userLine, relays: [relay], encryption, createdAt };
}

function questionOf(state: BridgeState, { account, app }: ToUser, event: NostrEvent, now: number): DeviceAsk {
  // An app shows its own secret again, to a device that does not know it any more: it may be another one than before.
  const secrets = app === undefined ? userSecrets(state, account.account, now) : [app.secretHash];
  const carried = { account: account.account, event };
  return { method: 'user_request', carried, answerAt: answerCreatedAt(now, event.created_at), secrets };
}

/** As the device has to have made it; null when its parts are none of an event. */
function eventOf({ createdAt, id, sig, content }: SealedAnswer, pubkey: string, client: string): NostrEvent | null {
  if (!isSignature(sig)) return null;
  const tags = Object.freeze([Object.freeze(['p', client])]);
  return Object.freeze({ id, pubkey, created_at: createdAt, kind: nip46Kind, tags, content, sig });
}

function done(
  state: BridgeState,
  { origin: { client } }: OpenRequest,
  wants: ToUserWants,
  said: SealedAnswer,
  now: number,
): Step | Refusal {
  const { account, pubkey } = wants;
  const isHere = appAtUser(state.sessions, client, pubkey) !== undefined;
  if (said.about === 'logout') return isHere ? endSession(state, client, loggedOut, now) : [state, []];
  if (!pairs(wants, said)) return [state, []];
  const secretHash = lineOfAnswer(state, client, wants, said);
  if (secretHash === null) return gone;
  const ours = { client, remoteSigner: pubkey };
  // It is to forget this pair, and did not get to it yet: with it goes what the app was once allowed.
  if (said.about === 'connect' && state.sessions.revocations.has(pairOf(ours))) return notHere;
  const [kept, cancels] = keepPaired(state, ours);
  const app = { ...ours, ownKey: false, addressed: true, onDevice: true, account } as const;
  const paired = pair(kept.sessions, app, { secretHash, metadata: { name: said.name, url: '' }, perms: '' }, now);
  if (paired === null) return gone;
  const [next, revokes] = revokeAll({ ...kept, sessions: paired[0] });
  return [next, [...cancels, ...paired[1].map(save), ...revokes]];
}

/** Whether a stranger becomes an app by it. One that the device knew before, of another computer perhaps, is asked about no more there. */
function pairs({ isKnown }: ToUserWants, { about }: SealedAnswer): boolean {
  return about === 'pair' || (about === 'connect' && !isKnown);
}

/** The line by which it came, where that is one for this key, or the app's own of before; null for whatever else the device says. */
function lineOfAnswer(
  { sessions }: BridgeState,
  client: string,
  { account, pubkey }: ToUserWants,
  { secret }: SealedAnswer,
): string | null {
  const line = secret === null ? undefined : sessions.secrets.get(secret);
  if (line?.addressed !== true) return null;
  const isOwn = appAtUser(sessions, client, pubkey)?.secretHash === line.hash;
  return line.account === account || isOwn ? line.hash : null;
}

/** A human's no to a pairing makes its line void. */
function refusedOf(
  state: BridgeState,
  client: string,
  wants: ToUserWants,
  said: SealedAnswer,
  { code }: Refusal,
): Step {
  const line = said.about === 'pair' && code === 'denied' ? lineOfAnswer(state, client, wants, said) : null;
  if (line === null) return [state, []];
  const [next, effects] = denied(state, line);
  return [next, effects];
}

function without(state: BridgeState, job: number): BridgeState {
  const open = new Map(state.open);
  open.delete(job);
  return { ...state, open };
}

/** In the words of NIP-46. */
const methods: { readonly [A in SealedAnswer['about']]?: string } = { pair: 'connect', other: unread };

const notGenuine = refuse(
  'bad_device_answer',
  'What the device sealed does not verify, so it was not passed on.',
  'Check which device is plugged in, then ask again.',
);

const tooLarge = refuse(
  'too_large',
  'The answer is larger than what a relay carries, so it cannot be sent.',
  'Ask for something smaller.',
);

const gone = refuse(
  'spent_secret',
  'The bunker line became void while the device was asked.',
  'Make a new line and paste it into the app.',
);

const notHere = refuse(
  'not_paired',
  'The signing device knows this app, but it is not paired with this computer.',
  'Make a new line and paste it into the app.',
);

const loggedOut = refuse(
  'cancelled',
  'The app logged out while this request was open.',
  'Pair the app again and ask again.',
);
