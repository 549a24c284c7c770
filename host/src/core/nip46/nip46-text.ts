/**
 * The JSON-RPC text inside a kind 24133 event (NIP-46): parsed once into a closed union, and written back as an answer.
 * Tolerant where clients differ in form (numeric ids, missing params, templates as objects), strict where a mistake would be signed or encrypted.
 */
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type ClientMetadata, cleanLine, cleanList, parseMetadata } from '../apps/client-metadata.ts';
import { bridgeLimits as limits } from '../bridge/bridge-limits.ts';
import type { TextMethod } from '../device/device-port.ts';
import { isHex32 } from './event.ts';
import { parseTemplate, type RequestedEvent, tooManyValues } from './event-template.ts';
import { memberSource, oneValue } from './json-source.ts';
import type { Primitives } from './primitives.ts';
import { type Refusal, refusalText, refuse } from './refusal.ts';
import { parseShallowJson, readShallowJson } from './shallow-json.ts';

/** A request id as the JSON that it is echoed as (`"a"`, `7`, `null`); empty when the request had none, or none readable. */
export type RequestId = string;

/** `connect`: what the app showed and what it claims. Whose key the first parameter names differs by client: `user` is it, or empty. */
export type ConnectRequest = {
  readonly id: RequestId;
  readonly method: 'connect';
  readonly user: string;
  readonly secret: string;
  readonly perms: string;
  readonly metadata: ClientMetadata;
};

/** `create_account`, as texts of 2024 have it: every parameter may be empty. */
export type AccountRequest = {
  readonly id: RequestId;
  readonly method: 'create_account';
  readonly name: string;
  readonly domain: string;
  readonly email: string;
  readonly perms: string;
};

/** Every request that this signer knows. `disconnect` is what older libraries say for `logout`. */
export type Nip46Request =
  | ConnectRequest
  | AccountRequest
  | { readonly id: RequestId; readonly method: 'ping' | 'switch_relays' | 'get_relays' | 'logout' }
  | DeviceRequest;

/** Requests that only the device can answer. */
export type DeviceRequest =
  | { readonly id: RequestId; readonly method: 'get_public_key' }
  | { readonly id: RequestId; readonly method: 'sign_event'; readonly template: RequestedEvent }
  | { readonly id: RequestId; readonly method: TextMethod; readonly peer: string; readonly text: string };

/** A request, or why it is none. `method` is for the log: empty when it is not one of ours. */
export type ParsedRequest =
  | { readonly type: 'request'; readonly request: Nip46Request }
  | { readonly type: 'refused'; readonly id: RequestId; readonly method: string; readonly refusal: Refusal };

/** Parses a decrypted text. A refusal carries the id whenever it could be read, so that the app can be answered. */
export function parseRequest(text: string): ParsedRequest {
  const read = readShallowJson(text, limits.json);
  if (read.type === 'too_many') return { type: 'refused', id: idIn(text), method: '', refusal: tooManyValues };
  const value = read.type === 'value' ? read.value : null;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed('', 'is not a JSON object');
  const { id: sentId, method, params: sentParams } = value as Record<string, unknown>;
  const id = readId(sentId, text);
  if (id === null) return malformed('', 'has an id that is neither a string nor a number');
  const params = sentParams === undefined || sentParams === null ? [] : sentParams;
  if (typeof method !== 'string') return malformed(id, 'has no method');
  if (!Array.isArray(params)) return malformed(id, 'has params that are not a list');
  return parseMethod(id, method, params);
}

/** The answer to a request that was done. It has no `error` key at all: `""` breaks two of ten libraries, `null` another two. */
export function resultText(id: RequestId, result: string): string {
  return `{${idMember(id)}"result":${JSON.stringify(result)}}`;
}

/** The answer to a request that was refused, in the one form in which all ten libraries report the reason. */
export function errorText(id: RequestId, refusal: Refusal): string {
  return `{${idMember(id)}"result":"error","error":${JSON.stringify(refusalText(refusal))}}`;
}

/** There is a person to be sent to this address; the answer comes later, under the same id. */
export function authUrlText(id: RequestId, url: string): string {
  return `{${idMember(id)}"result":"auth_url","error":${JSON.stringify(url)}}`;
}

/**
 * What makes two requests of one client the same: id, method and parameters. Short ids collide (NDK), so the id alone does not
 * say it. Built from the parsed values: a hostile depth of nesting never reaches `JSON.stringify`.
 */
export function requestDigest(request: Nip46Request, { hashText }: Pick<Primitives, 'hashText'>): string {
  return bytesToHex(hashText(JSON.stringify([request.id, request.method, parameters(request)])));
}

function parameters(request: Nip46Request): readonly unknown[] {
  switch (request.method) {
    case 'connect':
      return [request.secret, request.perms, request.metadata.name, request.metadata.url];
    case 'create_account':
      return [request.name, request.domain, request.email, request.perms];
    case 'sign_event': {
      const { kind, content, tags, created_at, pubkey } = request.template;
      return [kind, content, tags, created_at, pubkey];
    }
    case 'ping':
    case 'switch_relays':
    case 'get_relays':
    case 'logout':
    case 'get_public_key':
      return [];
    default:
      return [request.peer, request.text];
  }
}

function parseMethod(id: RequestId, method: string, params: readonly unknown[]): ParsedRequest {
  switch (method) {
    case 'connect':
      return { type: 'request', request: parseConnect(id, params) };
    case 'create_account': {
      const [name = '', domain = '', email = ''] = params.slice(0, 3).map((each) => cleanLine(each, limits.permsMax));
      const perms = cleanList(params[3], limits.permsMax);
      return { type: 'request', request: { id, method, name, domain, email, perms } };
    }
    case 'ping':
    case 'switch_relays':
    case 'get_relays':
    case 'logout':
    case 'get_public_key':
      return { type: 'request', request: { id, method } };
    case 'disconnect':
      return { type: 'request', request: { id, method: 'logout' } };
    case 'sign_event': {
      const parsed = parseTemplate(params[0]);
      if (parsed.type === 'refused') return { type: 'refused', id, method, refusal: parsed.refusal };
      return { type: 'request', request: { id, method, template: parsed.template } };
    }
    case 'nip04_encrypt':
    case 'nip04_decrypt':
    case 'nip44_encrypt':
    case 'nip44_decrypt':
      return parseText(id, method, params);
    default:
      return { type: 'refused', id, method: '', refusal: unknownMethod };
  }
}

function parseConnect(id: RequestId, params: readonly unknown[]): ConnectRequest {
  const [user, secret, perms, metadata] = params;
  return {
    id,
    method: 'connect',
    user: typeof user === 'string' && isHex32(user) ? user : '',
    // Ours have at most 128 characters (bunker-uri.ts): what is cut here was none of ours and stays so.
    secret: typeof secret === 'string' ? secret.slice(0, limits.secretMax) : '',
    perms: cleanList(perms, limits.permsMax),
    metadata: parseMetadata(metadata),
  };
}

function parseText(id: RequestId, method: TextMethod, params: readonly unknown[]): ParsedRequest {
  const [sentPeer, text] = params;
  const peer = typeof sentPeer === 'string' && sentPeer.length === 64 ? sentPeer.toLowerCase() : null;
  if (!isHex32(peer)) return malformed(id, 'names a peer that is not 32 bytes of hex', method);
  if (typeof text !== 'string') return malformed(id, 'has no text', method);
  if (!text.isWellFormed()) {
    return malformed(id, 'has half a surrogate pair in it, which no UTF-8 text can hold', method);
  }
  const max = method === 'nip04_encrypt' || method === 'nip44_encrypt' ? limits.textMax : limits.ciphertextMax;
  if (text.length > max || utf8ToBytes(text).length > max) {
    return { type: 'refused', id, method, refusal: tooLarge };
  }
  return { type: 'request', request: { id, method, peer, text } };
}

/** The id as JSON; empty when there is none, null when it is nothing that could be echoed. */
function readId(id: unknown, text: string): RequestId | null {
  if (id === undefined) return '';
  if (id !== null && typeof id !== 'string' && typeof id !== 'number') return null;
  // A 64-bit id loses its last digits as a JavaScript number, so its digits are taken from the text.
  const isExact = typeof id !== 'number' || Math.abs(id) <= Number.MAX_SAFE_INTEGER;
  const json = isExact ? JSON.stringify(id) : (memberSource(text, 'id') ?? 'null');
  return json.length <= limits.idMax ? json : null;
}

/** The id in a text that is not to be parsed; empty when it cannot be told. */
function idIn(text: string): RequestId {
  return readId(parseShallowJson(memberSource(text, 'id') ?? '', oneValue), text) ?? '';
}

function idMember(id: RequestId): string {
  return id === '' ? '' : `"id":${id},`;
}

const unknownMethod = refuse(
  'unknown_method',
  'This signer does not know the method.',
  'Report it to the maker of the app.',
);

const tooLarge = refuse(
  'too_large',
  'The text is larger than the device takes, which is 1 MiB.',
  'Split it, or send less.',
);

function malformed(id: RequestId, what: string, method = ''): ParsedRequest {
  const refusal = refuse('malformed', `The request ${what}.`, 'Report it to the maker of the app.');
  return { type: 'refused', id, method, refusal };
}
