/**
 * A request that an app signed: the event that carries it is rebuilt, its signature verified, its content decrypted and read. Nothing of it
 * is used before its signature and its MAC hold, and every way in which they do not is one and the same refusal.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { type DeviceError, decodeUtf8, encodeUtf8, limits, neverSigned, utf8Length } from '@sallyport/device-protocol';
import type { Crypto } from './env.ts';
import { eventId } from './event-id.ts';
import { decryptNip04 } from './nip04.ts';
import { decryptNip44 } from './nip44.ts';
import { type FreeMethod, freeMethods } from './policy/decide.ts';
import type { Read, SignedRequest } from './request.ts';
import type { Reading } from './stream/reading.ts';
import { isTextMethod, type Subject } from './subject.ts';
import { wholeInput } from './whole-input.ts';

/** What the app signed around its request. `requestId` and `digest` (of method and params) tell a repeat that was signed anew. */
export type Envelope = {
  readonly eventId: Uint8Array;
  readonly createdAt: number;
  readonly client: Uint8Array;
  readonly remoteSigner: Uint8Array;
  readonly requestId: string;
  readonly digest: string;
};

/** What it asks for. */
export type Wanted =
  | { readonly type: 'refused'; readonly error: DeviceError }
  | { readonly type: 'free'; readonly method: Exclude<FreeMethod, 'connect'> }
  | { readonly type: 'use'; readonly subject: Subject }
  /** Params of a `connect`: which permissions it would like, and what the app calls itself. */
  | { readonly type: 'connect'; readonly perms: string; readonly name: string };

/** Kind of the events of NIP-46. */
const carrierKind = 24133;
const unauthenticated = { type: 'refused', error: 'unauthenticated' } as const;

/** The remote-signer key that the one `p` tag names; null when there is none, or another one, or it is no key. */
export function remoteSignerOf(tags: readonly (readonly string[])[]): Uint8Array | null {
  const [tag, ...more] = tags.filter(([name]) => name === 'p');
  return more.length === 0 ? keyOf(tag?.[1]) : null;
}

/** Reads an event of an app, for the account that is asked. */
export function* readEnvelope(
  { body }: SignedRequest,
  remoteSigner: Uint8Array,
  account: Uint8Array,
  crypto: Crypto,
): Reading<Read> {
  const content = decodeUtf8(yield* wholeInput(body.input.length));
  if (content === null) return unauthenticated;
  const { client, createdAt, tags, sig, conversationKey } = body;
  const id = eventId({ pubkey: client, created_at: createdAt, kind: carrierKind, tags, content });
  if (!crypto.verifySchnorr(sig, id, client)) return unauthenticated;
  const old = /\?iv=.{24}$/.test(content);
  const plaintext = old ? decryptNip04(content, conversationKey) : decryptNip44(content, conversationKey);
  const text = typeof plaintext === 'string' ? null : decodeUtf8(plaintext);
  const rpc = text === null ? null : objectOf(text);
  if (rpc === null) return unauthenticated;
  const { id: requestId, method, params } = rpc;
  const idLength = typeof requestId === 'string' ? (utf8Length(requestId) ?? 0) : 0;
  if (typeof requestId !== 'string' || typeof method !== 'string' || !Array.isArray(params)) return unauthenticated;
  if (idLength < 1 || idLength > 128) return unauthenticated;
  const wanted = wantedOf(method, params, createdAt, account, remoteSigner);
  // NIP-04 has no MAC: that a false key makes the name of a method is what cannot be.
  if (old && wanted.type === 'refused' && wanted.error === 'unsupported') return unauthenticated;
  const digest = bytesToHex(sha256(encodeUtf8(JSON.stringify([method, params])) ?? new Uint8Array(0)));
  return { type: 'app', envelope: { eventId: id, createdAt, client, remoteSigner, requestId, digest }, wanted };
}

function wantedOf(
  method: string,
  params: readonly unknown[],
  createdAt: number,
  account: Uint8Array,
  remoteSigner: Uint8Array,
): Wanted {
  const refused = (error: DeviceError): Wanted => ({ type: 'refused', error });
  if (method === 'connect') return connectOf(params, remoteSigner);
  const free = freeMethods.find((one) => one === method);
  if (free !== undefined && free !== 'connect') return { type: 'free', method: free };
  if (method === 'sign_event')
    return typeof params[0] === 'string' ? signing(params[0], createdAt, account) : refused('invalid_params');
  if (!isTextMethod(method)) return refused('unsupported');
  const [hex, text] = params;
  const peer = keyOf(hex);
  if (peer === null || typeof text !== 'string') return refused('invalid_params');
  const length = utf8Length(text);
  if (length === null) return refused('invalid_params');
  const max = method.endsWith('decrypt') ? limits.resultMax : limits.streamMax;
  return length > max ? refused('too_large') : { type: 'use', subject: { command: method, peer, text } };
}

function connectOf([key, , perms, about]: readonly unknown[], remoteSigner: Uint8Array): Wanted {
  if (key !== bytesToHex(remoteSigner)) return { type: 'refused', error: 'unauthenticated' };
  const told = typeof about === 'string' ? objectOf(about)?.['name'] : '';
  return {
    type: 'connect',
    perms: typeof perms === 'string' ? perms : '',
    name: typeof told === 'string' ? beginningOf(told, limits.labelMax) : '',
  };
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

/** A template, filled with what it lacks. */
function signing(template: string, createdAt: number, account: Uint8Array): Wanted {
  const refused = (error: DeviceError): Wanted => ({ type: 'refused', error });
  const fields = objectOf(template);
  if (fields === null) return refused('invalid_params');
  const { kind, content, tags = [], created_at = createdAt, pubkey } = fields;
  if (!isCount(kind) || kind > 0xffff || !isCount(created_at) || typeof content !== 'string')
    return refused('invalid_params');
  if (!isTags(tags) || utf8Length(content) === null) return refused('invalid_params');
  if (pubkey !== undefined && pubkey !== bytesToHex(account)) return refused('invalid_params');
  if (neverSigned.includes(kind)) return refused('forbidden_kind');
  const id = eventId({ pubkey: account, created_at, kind, tags, content });
  return {
    type: 'use',
    subject: { command: 'sign_event', event: { created_at, kind, tags, content, id }, pubkey: account },
  };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function keyOf(hex: unknown): Uint8Array | null {
  return typeof hex === 'string' && /^[0-9a-f]{64}$/.test(hex) ? hexToBytes(hex) : null;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isTags(value: unknown): value is readonly (readonly string[])[] {
  return (
    Array.isArray(value) &&
    value.every(
      (tag) => Array.isArray(tag) && tag.every((item) => typeof item === 'string' && utf8Length(item) !== null),
    )
  );
}
