/**
 * A request that an app signed: the event that carries it is rebuilt, its signature verified, its content decrypted and read. Nothing of it
 * is used before its signature and its MAC hold, and every way in which they do not is one and the same refusal.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { type DeviceError, limits, utf8Length } from '@sallyport/device-protocol';
import type { Env } from '../env.ts';
import { type FreeMethod, freeMethods } from '../policy/decide.ts';
import { permsReadMax } from '../policy/perms.ts';
import { authenticate, type ClientEvent } from '../stream/client-event.ts';
import { type EventFor, readEvent } from '../stream/event.ts';
import { isRefused, orRefused, type Reading } from '../stream/reading.ts';
import { type ClientRequest, readRequest, shortParam } from '../stream/request.ts';
import type { Read, SignedRequest } from './request.ts';
import { isTextMethod, type Subject } from './subject.ts';

/** What the app signed around its request. `requestId` and `digest` (of method and params) tell a repeat that was signed anew. */
export type Envelope = {
  readonly eventId: Uint8Array;
  readonly createdAt: number;
  readonly client: Uint8Array;
  readonly remoteSigner: Uint8Array;
  readonly requestId: string;
  readonly digest: string;
  readonly scheme: 'nip04' | 'nip44';
};

/** What it asks for. */
export type Wanted =
  | { readonly type: 'refused'; readonly error: DeviceError }
  | { readonly type: 'free'; readonly method: Exclude<FreeMethod, 'connect'> }
  | { readonly type: 'use'; readonly subject: Subject }
  /** Params of a `connect`: the secret (null: none that could be one), which permissions it would like, and what the app calls itself. */
  | { readonly type: 'connect'; readonly secret: string | null; readonly perms: string; readonly name: string };

const keyChars = 64;
/** Of a secret, and of what an app says of itself, no more is read. */
const secretReadMax = 256;
const aboutMax = 4_096;
const unauthenticated = { type: 'refused', error: 'unauthenticated' } as const;

/** The remote-signer key that the one `p` tag names; null when there is none, or another one, or it is no key. */
export function remoteSignerOf(tags: readonly (readonly string[])[]): Uint8Array | null {
  const [tag, ...more] = tags.filter(([name]) => name === 'p');
  return more.length === 0 ? keyOf(tag?.[1]) : null;
}

/** What opens the content of an event: told by the computer, or of this device. */
export type OpenedBy = Pick<ClientEvent, 'conversationKey' | 'sharedX'>;

/** Reads an event of an app, for the account that is asked, piece by piece: as often as it has to. */
export function* readEnvelope(
  { body }: SignedRequest,
  openedBy: OpenedBy,
  remoteSigner: Uint8Array,
  account: EventFor,
  env: Pick<Env, 'crypto' | 'random' | 'spare'>,
): Reading<Read> {
  const { client, createdAt, tags, sig, input } = body;
  const event: ClientEvent = { client, createdAt, tags, sig, ...openedBy, length: input.length };
  const read = yield* orRefused(readAll(event, remoteSigner, account, env));
  return isRefused(read) ? { type: 'refused', ...read } : read;
}

function* readAll(
  event: ClientEvent,
  remoteSigner: Uint8Array,
  account: EventFor,
  env: Pick<Env, 'crypto' | 'random' | 'spare'>,
): Reading<Read> {
  const { client, createdAt } = event;
  const authentic = yield* authenticate(event, env);
  if (isRefused(authentic)) return { type: 'refused', error: authentic.error };
  const request = yield* readRequest(authentic);
  // What makes no request of NIP-46 and what is wrong with a signature are not told apart.
  if (isRefused(request)) return request.error === 'invalid_params' ? unauthenticated : { type: 'refused', ...request };
  // As the app wrote it: the number 7 and the text "7" are two ids.
  const requestId = request.id.json;
  const wanted = yield* wantedOf(request, createdAt, account);
  // NIP-04 has no MAC: that a false key makes the name of a method is what cannot be.
  if (!authentic.isCommitted && isUnknown(wanted)) return unauthenticated;
  const digest = bytesToHex(request.digest);
  const { eventId, scheme } = authentic;
  return { type: 'app', envelope: { eventId, createdAt, client, remoteSigner, requestId, digest, scheme }, wanted };
}

function isUnknown(wanted: Wanted): boolean {
  return wanted.type === 'refused' && wanted.error === 'unsupported';
}

function* wantedOf(request: ClientRequest, createdAt: number, account: EventFor): Reading<Wanted> {
  const { method, params } = request;
  if (method === 'connect') return yield* connectOf(request);
  const free = freeMethods.find((one) => one === method);
  if (free !== undefined && free !== 'connect') return { type: 'free', method: free };
  if (method === 'sign_event') return yield* signing(request, createdAt, account);
  if (!isTextMethod(method)) return refused('unsupported');
  const peer = keyOf((yield* shortParam(request, 0, keyChars))?.toLowerCase());
  const param = params[1];
  if (peer === null || param?.type !== 'string') return refused('invalid_params');
  const max = method.endsWith('decrypt') ? limits.resultMax : limits.streamMax;
  if (param.text.length > max) return refused('too_large');
  // It was checked as what it stands in was: UTF-8, and no half of a character in an escape.
  const { pubkey } = account;
  return { type: 'use', subject: { command: method, pubkey, peer, text: param.text, laid: null } };
}

/** Whose key the first param is differs by app: that it speaks to this remote signer says the `p` tag that it signed. */
function* connectOf(request: ClientRequest): Reading<Wanted> {
  const secret = yield* shortParam(request, 1, secretReadMax);
  const perms = yield* shortParam(request, 2, permsReadMax);
  const about = yield* shortParam(request, 3, aboutMax);
  return { type: 'connect', secret, perms: perms ?? '', name: about === null ? '' : nameOf(about) };
}

/** A template, filled with what it lacks. */
function* signing(request: ClientRequest, createdAt: number, account: EventFor): Reading<Wanted> {
  if (request.event === null) return refused('invalid_params');
  const event = yield* readEvent(request, account, createdAt);
  if (isRefused(event)) return refused(event.error);
  return { type: 'use', subject: { command: 'sign_event', event } };
}

function refused(error: DeviceError): Wanted {
  return { type: 'refused', error };
}

/** What the app calls itself, as much of it as its record has room for. */
function nameOf(about: string): string {
  const name = nameIn(about);
  return typeof name === 'string' ? beginningOf(name, limits.labelMax) : '';
}

function nameIn(about: string): unknown {
  try {
    const value: unknown = JSON.parse(about);
    return typeof value === 'object' && value !== null && 'name' in value ? value.name : null;
  } catch {
    return null; // it says nothing of itself that could be read
  }
}

/** As much of a name as its record has room for. */
function beginningOf(text: string, bytesMax: number): string {
  let cut = '';
  for (const character of text.toWellFormed()) {
    if ((utf8Length(cut + character) ?? 0) > bytesMax) return cut;
    cut += character;
  }
  return cut;
}

function keyOf(hex: string | null | undefined): Uint8Array | null {
  return typeof hex === 'string' && /^[0-9a-f]{64}$/.test(hex) ? hexToBytes(hex) : null;
}
