/**
 * What becomes of a request that was read: a refusal, an answer at once, the use of a grant, or a question to the human. Here the request
 * meets the policy; what the policy says is done here and nothing else.
 *
 * The order for a request of an app: its record, freshness, what it wants, *written down*, then joined to an open one that is the same,
 * answered, or decided.
 */
import type { DeviceError } from '@sallyport/device-protocol';
import { type Apps, appsOf, setClients } from '../apps/apps.ts';
import { askForNewApp, askToConnect, askToGive, isPaired, whyNoNewcomer } from '../apps/new-apps.ts';
import { logForbidden, logGranted, logLeft } from '../decision-log.ts';
import { type Account, askerOf } from '../life/account.ts';
import { touch } from '../life/life.ts';
import { type ClientRecord, findClient, freshness, markSeen, revokeClient } from '../policy/clients.ts';
import { createdAtMax } from '../policy/closed.ts';
import { decide, type Question, type Source, type Verdict } from '../policy/decide.ts';
import { sameBytes } from '../policy/grant.ts';
import { resolve } from '../policy/grants.ts';
import type { Asker } from '../screen/review.ts';
import { accountOf, replaceJob, type Turn } from '../turn.ts';
import { answeringOf, hasRoomFor, whyNotAddressed } from './addressed.ts';
import { actByGrant } from './approval.ts';
import { end, finish } from './ending.ts';
import type { Envelope, Wanted } from './envelope.ts';
import type { Job } from './job.ts';
import type { AppAsking } from './prompt.ts';
import { askAbout, carryOut } from './pulling.ts';
import type { AddressedRequest, BareRequest, OwnRequest, Read } from './request.ts';
import { isBare, isSigned } from './request.ts';
import type { Subject } from './subject.ts';

/** Decides upon a request whose input was read. */
export function decideRead(turn: Turn, job: Job, read: Read): void {
  const { request } = job;
  if (read.type === 'refused') return end(turn, job, read.error);
  if (isBare(request)) throw new Error('nothing is read for a bare request');
  const account = accountOf(turn.state, request.body.account);
  if (typeof account === 'string') return end(turn, job, account);
  if (read.type === 'own') {
    if (isSigned(request)) throw new Error('a signed request was read as one of the computer');
    return decideForComputer(turn, job, request, account, read.subject);
  }
  const apps = appsOf(turn.state);
  if (apps === null) return end(turn, job, 'locked');
  if (request.command === 'client_connect') return askToConnect(turn, job, apps, account, read);
  if (request.command === 'user_request') return decideAddressed(turn, { ...job, request }, request, account, read);
  decideForApp(turn, job, apps, account, read.envelope, read.wanted);
}

/** What is addressed to the user key: of a known app as any other, and answered by this device itself; of a stranger no more than a `connect`. */
function decideAddressed(
  turn: Turn,
  job: Job,
  request: AddressedRequest,
  account: Account,
  read: Read & { readonly type: 'app' },
): void {
  const apps = appsOf(turn.state);
  if (apps === null) return end(turn, job, 'locked');
  const { envelope, wanted } = read;
  // The owner may have closed this door while it was read.
  const closed = whyNotAddressed(turn.state, request.body.account, envelope.remoteSigner);
  if (closed !== null) return end(turn, job, closed);
  // No answer can bear such a date, and what is misdated is not marked as seen: it could be brought for ever.
  if (envelope.createdAt > createdAtMax) return end(turn, job, 'invalid_params');
  const isKnown = isPaired(apps.clients, envelope.client, envelope.remoteSigner);
  const why = isKnown
    ? null
    : (whyNoNewcomer(turn.state, request.body, wanted, turn.now) ?? whyAnswered(turn, envelope));
  if (why !== null) return end(turn, job, why);
  const answered: Job = { ...job, request: { ...request, answering: answeringOf(request, envelope, wanted, isKnown) } };
  replaceJob(turn, answered);
  if (!isKnown) return askToConnect(turn, answered, apps, account, read);
  const fits = wanted.type !== 'use' || hasRoomFor(request.body.input.length, turn.env);
  decideForApp(turn, answered, apps, account, envelope, fits ? wanted : { type: 'refused', error: 'too_large' });
}

/** Nothing is written of an app that is not paired: what was asked or answered of it is known for as long as results are. */
function whyAnswered({ state: { jobs, results } }: Turn, { eventId }: Envelope): DeviceError | null {
  const answered = [...jobs, ...results].some((one) => {
    const known = 'request' in one ? one.request.answering : undefined;
    return known !== undefined && sameBytes(known.eventId, eventId);
  });
  return answered ? 'replayed' : null;
}

/** Decides upon a request that has no input. */
export function decideBare(turn: Turn, job: Job, request: BareRequest): void {
  const apps = appsOf(turn.state);
  if (apps === null) return end(turn, job, 'locked');
  if (request.command === 'client_introduce') askForNewApp(turn, job, apps, request.body);
  else askToGive(turn, job, apps, request.body);
}

/** A computer in its own name: the policy never says more than to ask. */
function decideForComputer(turn: Turn, job: Job, request: OwnRequest, account: Account, subject: Subject): void {
  const by = request.computer.paired ? 'computer' : 'stranger';
  const question = questionOf(by, subject, account, 0);
  const error = whyNot(decide(question, null, { now: turn.now, suspended: false }));
  if (error !== null) return end(turn, job, error);
  const asker: Asker = { ...askerOf(account), label: request.body.label, by };
  askAbout(turn, job, { subject, asker, app: null });
}

function decideForApp(
  turn: Turn,
  job: Job,
  { store, clients }: Apps,
  account: Account,
  envelope: Envelope,
  wanted: Wanted,
): void {
  const { client, remoteSigner, createdAt, eventId } = envelope;
  // It may have been taken away, or paired for another account, while its request was read.
  const record = findClient(clients, client, remoteSigner);
  if (record === null || record.state === 'revoked') return end(turn, job, 'unknown_client');
  if (record.state === 'damaged') return end(turn, job, 'storage');
  if (accountOf(turn.state, record.account) !== account) return end(turn, job, 'unauthenticated');
  const fresh = freshness(store, record, createdAt, eventId);
  if (fresh !== 'fresh') return end(turn, job, notFresh[fresh]);
  // What is answered by a seal is remembered whatever the answer is: else it could be had again and again.
  if (wanted.type === 'refused' && job.request.answering === undefined) return end(turn, job, wanted.error);
  const seen = markSeen(clients, store, record, createdAt, eventId);
  if (seen === 'damaged') return end(turn, job, 'storage');
  setClients(turn, seen);
  if (wanted.type === 'refused') return end(turn, job, wanted.error);
  // An app of the owner's is use of the device; what a computer says by itself is not.
  touch(turn);
  if (wanted.type === 'use') return decideUse(turn, job, account, wanted.subject, { record, envelope });
  if (wanted.type === 'free' && wanted.method === 'get_public_key') {
    return finish(turn, job, { type: 'public_key', pubkey: account.pubkey });
  }
  if (wanted.type === 'free' && wanted.method === 'logout') {
    setClients(turn, revokeClient(seen, store, client, remoteSigner));
    logLeft(turn, record);
  }
  finish(turn, job, { type: 'ack' });
}

function decideUse(
  turn: Turn,
  job: Job,
  account: Account,
  subject: Subject,
  { record, envelope }: Pick<AppAsking, 'record' | 'envelope'>,
): void {
  const first = canJoin(subject) ? sameRequest(turn, job, record, envelope) : undefined;
  if (first !== undefined) {
    const { id, request, claimBy } = job;
    return replaceJob(turn, { id, request, claimBy, phase: 'joined', first: first.id });
  }
  const apps = appsOf(turn.state);
  if (apps === null) return end(turn, job, 'locked');
  const question = questionOf('app', subject, account, envelope.createdAt);
  const resolved = resolve(apps.clients, apps.store, record, question, turn.now, subject);
  if ('use' in resolved) {
    setClients(turn, resolved.clients);
    return carryOut(turn, job, actByGrant(resolved.use, account, turn.env), (later, one, done) => {
      if (done.type !== 'error') logGranted(later, subject, { record, envelope });
      finish(later, one, done);
    });
  }
  const error = whyNot(resolved.verdict);
  if (error === 'forbidden') logForbidden(turn, subject, { record, envelope });
  if (error !== null) return end(turn, job, error);
  const asker: Asker = { ...askerOf(account), label: record.name, by: 'app' };
  askAbout(turn, job, { subject, asker, app: { record, envelope, question } });
}

/** What is pushed out of the input of a request cannot be the answer of another one, whose input may differ byte by byte. */
function canJoin(subject: Subject): boolean {
  return subject.command === 'sign_event' || subject.text.bytes.atHand;
}

/** An open request of the same app that this one repeats: clients sign anew what they miss an answer to. */
function sameRequest(turn: Turn, job: Job, record: ClientRecord, envelope: Envelope): Job | undefined {
  return turn.state.jobs.find((one) => {
    if (one.id === job.id || (one.phase !== 'waiting' && one.phase !== 'reviewing')) return false;
    // What another computer brought is ended by its cancel: that must not end this one.
    if (one.request.computer.host !== job.request.computer.host) return false;
    // What this device answers itself is another answer than what the computer does.
    if (one.request.command !== job.request.command) return false;
    const app = one.prompt.about === 'use' ? one.prompt.app : null;
    if (app === null || app.record.slot !== record.slot || !sameBytes(app.envelope.client, envelope.client))
      return false;
    return app.envelope.requestId === envelope.requestId && app.envelope.digest === envelope.digest;
  });
}

function questionOf(source: Source, subject: Subject, account: Account, createdAt: number): Question {
  const { command: method } = subject;
  if (subject.command === 'sign_event') {
    return { source, method, kind: subject.event.kind, peer: null, own: false, createdAt };
  }
  const { peer } = subject;
  return { source, method, kind: null, peer, own: sameBytes(peer, account.pubkey), createdAt };
}

/** The error that a verdict is to the computer; null where the human is to be asked. */
function whyNot(verdict: Verdict): DeviceError | null {
  switch (verdict.answer) {
    case 'ask':
      return null;
    case 'never':
      return verdict.why === 'denied' ? 'forbidden' : 'forbidden_kind';
    case 'allow':
      throw new Error('a use of the key is allowed by a grant only');
    case 'refuse':
      return refusals[verdict.why];
  }
}

const notFresh = {
  replayed: 'replayed',
  misdated: 'invalid_params',
  damaged: 'storage',
} as const satisfies Readonly<Record<Exclude<ReturnType<typeof freshness>, 'fresh'>, DeviceError>>;

const refusals = {
  unknown_method: 'unsupported',
  malformed: 'invalid_params',
  not_paired: 'not_paired',
  unknown_client: 'unknown_client',
  revoked: 'unknown_client',
  damaged: 'storage',
} as const satisfies Readonly<Record<Extract<Verdict, { answer: 'refuse' }>['why'], DeviceError>>;
