/**
 * Requests that an app addressed to the user key itself (PROTOCOL.md, chapter 21): nobody but this device can open them, and nobody else can
 * seal what answers them.
 *
 * Promises: none is opened for an account whose owner did not allow it; an answer is sealed once for each request, to the app whose signature was
 * verified, and holds what this device made of that request and nothing that a computer says. What is not verified, and what was seen before,
 * gets nothing that bears the user's signature.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import {
  type DeviceError,
  decodeUtf8,
  deviceErrors,
  encodeUtf8,
  limits,
  type ReplyOf,
  type RequestOf,
} from '@sallyport/device-protocol';
import type { Env } from '../env.ts';
import { eventId as idOf } from '../formats/event-id.ts';
import type { Account } from '../life/account.ts';
import { sameBytes } from '../policy/grant.ts';
import { outputOf } from '../stream/output.ts';
import { accountOf, type FirmwareState, type Turn } from '../turn.ts';
import { transform } from './approval.ts';
import type { Envelope, OpenedBy, Wanted } from './envelope.ts';
import type { Job, Outcome } from './job.ts';

type About = ReplyOf<'user_request'>['about'];

/** How a verified request is answered. `sealed`: it was, and this is what the computer is told beside the content. */
export type Answering = Pick<Envelope, 'requestId' | 'scheme' | 'client' | 'remoteSigner' | 'eventId' | 'createdAt'> & {
  readonly about: About;
  readonly kind: number | null;
  /** The hash of the secret that it showed, where the computer named that. */
  readonly secret: Uint8Array | null;
  /** Of an app that is to be paired: what it calls itself, or empty. */
  readonly name: string;
  readonly sealed?: Omit<ReplyOf<'user_request'>, 'output'>;
};

/** What was verified and is not answered yet. Kept outside the value, so that a copy of it is none. */
const unanswered = new WeakSet<Answering>();

/** Kind of the events of NIP-46. */
const answerKind = 24133;

/** Why an account does not answer what is addressed to this key; null: it does. */
export function whyNotAddressed({ life }: FirmwareState, number: number, to: Uint8Array | null): DeviceError | null {
  if (life.phase !== 'open') return 'locked';
  if (!life.addressed.includes(number)) return 'wrong_state';
  const account = life.accounts.find((one) => one.number === number);
  return account !== undefined && to !== null && sameBytes(account.pubkey, to) ? null : 'unauthenticated';
}

/** The keys between this account and an app; null: the app's key is none. They stay here. */
export function openedByUser(account: Account, client: Uint8Array, crypto: Env['crypto']): OpenedBy | null {
  const keys = account.conversation(client, crypto);
  return keys === null ? null : { conversationKey: keys.nip44, sharedX: keys.sharedX };
}

/** The hash by which computers know a one-time secret; null: the app showed none. */
export function secretOf(wanted: Wanted): Uint8Array | null {
  const secret = wanted.type === 'connect' ? wanted.secret : null;
  const bytes = secret === null || secret === '' ? null : encodeUtf8(secret);
  return bytes === null ? null : sha256(bytes);
}

/** From here on the app is answered. The caller has verified what it signed; `isKnown`: it is paired. */
export function answeringOf(
  { body }: AddressedRequest,
  envelope: Envelope,
  wanted: Wanted,
  isKnown: boolean,
): Answering {
  const { requestId, scheme, client, remoteSigner, eventId, createdAt } = envelope;
  const secret = secretOf(wanted);
  const isListed = secret !== null && body.secrets.some((one) => sameBytes(one, secret));
  const answering: Answering = {
    ...{ requestId, scheme, client, remoteSigner, eventId },
    createdAt: Math.max(body.answerAt, createdAt),
    ...aboutOf(wanted, isKnown),
    secret: isListed ? secret : null,
    name: wanted.type === 'connect' && !isKnown ? wanted.name : '',
  };
  unanswered.add(answering);
  return answering;
}

type AddressedRequest = { readonly body: RequestOf<'user_request'> };

function aboutOf(wanted: Wanted, isKnown: boolean): Pick<Answering, 'about' | 'kind'> {
  switch (wanted.type) {
    case 'refused':
      return { about: 'other', kind: null };
    case 'free':
      return { about: wanted.method, kind: null };
    case 'connect':
      return { about: isKnown ? 'connect' : 'pair', kind: null };
    case 'use': {
      const { subject } = wanted;
      return { about: subject.command, kind: subject.command === 'sign_event' ? subject.event.kind : null };
    }
  }
}

/** Whether this board has room for the answer to a content of so many bytes. */
export function hasRoomFor(length: number, { spare }: Pick<Env, 'spare'>): boolean {
  const room = Math.max(limits.userRequestLeast, spare?.keptBytes ?? 0);
  return length <= Math.min(room, limits.userRequestMax);
}

/** Makes the answer to the app of what a request came to; any other request ends as it is. */
export function sealAnswer(turn: Turn, job: Job, outcome: Outcome): { readonly job: Job; readonly outcome: Outcome } {
  const { request } = job;
  const { answering } = request;
  if (request.command !== 'user_request' || answering === undefined || answering.sealed !== undefined) {
    return { job, outcome };
  }
  if (outcome.type === 'error' && !isTold(outcome.error)) return { job, outcome };
  // The owner may have closed this door since: then nothing is sealed any more.
  const closed = whyNotAddressed(turn.state, request.body.account, answering.remoteSigner);
  if (closed !== null) return { job, outcome: { type: 'error', error: closed } };
  const account = accountOf(turn.state, request.body.account);
  if (typeof account === 'string') return { job, outcome: { type: 'error', error: account } };
  if (!unanswered.delete(answering)) throw new Error('answering what was not verified, or once more');
  const content = sealed(answering, textOf(answering, outcome), account, turn.env);
  const { about, createdAt, client, kind, secret, name } = answering;
  const fields = { pubkey: account.pubkey, created_at: createdAt, kind: answerKind, tags: [['p', bytesToHex(client)]] };
  const id = idOf({ ...fields, content: decodeUtf8(content) ?? '' });
  const facts: Answering['sealed'] = {
    ...{ about, createdAt, id, sig: turn.env.crypto.signSchnorr(id, account.secret, turn.env.random(32)) },
    ...(kind === null ? {} : { kind }),
    ...(outcome.type === 'error' ? { error: deviceErrors[outcome.error].code } : {}),
    ...(secret === null ? {} : { secret }),
    ...(name === '' ? {} : { name }),
  };
  const isLarge = content.length > limits.chunkMax;
  return {
    job: { ...job, request: { ...request, answering: { ...answering, sealed: facts } } },
    outcome: isLarge ? { type: 'large', output: outputOf(content) } : { type: 'output', bytes: content },
  };
}

function sealed({ client, scheme }: Answering, text: string, account: Account, env: Env): Uint8Array {
  const keys = account.conversation(client, env.crypto);
  const content = keys === null ? null : transform(`${scheme}_encrypt`, text, keys, env);
  if (content === null) throw new Error('what was opened cannot be answered');
  return content;
}

/** What the app reads: as a host writes it that answers by itself. */
function textOf({ requestId, about }: Answering, outcome: Outcome): string {
  if (outcome.type === 'error') {
    return `{"id":${requestId},"result":"error","error":${JSON.stringify(deviceErrors[outcome.error].words)}}`;
  }
  return `{"id":${requestId},"result":${JSON.stringify(resultOf(about, outcome))}}`;
}

function resultOf(about: About, outcome: Exclude<Outcome, { type: 'error' }>): string {
  switch (outcome.type) {
    case 'public_key':
      return bytesToHex(outcome.pubkey);
    case 'ack':
      return about === 'ping' ? 'pong' : 'ack';
    case 'paired':
      return 'ack';
    case 'signature':
    case 'output': {
      const text = outcome.type === 'signature' ? outcome.whole : decodeUtf8(outcome.bytes);
      if (text === undefined || text === null) throw new Error('an answer without its text');
      return text;
    }
    case 'large':
    case 'given':
    case 'forgotten':
      throw new Error(`an app is not answered by ${outcome.type}`);
  }
}

/** What an app hears; all else is between the device and the computer, and bears no signature of the user. */
function isTold(error: DeviceError): boolean {
  return told.some((one) => one === error);
}

const told: readonly DeviceError[] = [
  ...(['denied', 'timed_out', 'forbidden', 'forbidden_kind', 'unsupported'] as const),
  ...(['invalid_params', 'bad_payload', 'too_large', 'full'] as const),
];
