/**
 * Pass 2 of a request that an app signed: its text is checked and read once, as NIP-46's `{id, method, params}` with its members in
 * any order. What comes of it is small whatever the size of the request: the id, the method, and where each parameter lies. The
 * first parameter is read as an event on the way, so that a large one is not read twice for that.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { decodeUtf8 } from '@sallyport/device-protocol';
import type { Authentic } from './client-event.ts';
import { type EventParts, eventVisitor, newEventParts } from './event-parts.ts';
import { isDone, newJsonScan, scanJson } from './json-scan.ts';
import { type Bytes, orRefused, type Reading, Refusal, type Refused } from './reading.ts';
import type { Kind, Visitor } from './scan.ts';
import { checkUtf8, endUtf8, newUtf8Check } from './utf8-check.ts';
import { feed, type StreamText, textOf } from './walk.ts';

export type ClientRequest = {
  /** As text (`7` for the number), and as the JSON that it is echoed as. */
  readonly id: { readonly text: string; readonly json: string };
  readonly method: string;
  readonly params: readonly Param[];
  /** The first parameter, when it has the form of an event: a string that holds one, or an object (`levels` is of its texts). */
  readonly event: { readonly parts: EventParts; readonly levels: 1 | 2 } | null;
  /** SHA-256 of the members `method` and `params` as the app wrote them: a repeat that was signed anew has the same. */
  readonly digest: Uint8Array;
  readonly bytes: Bytes;
};

/** A parameter: a string, to be gone through with `walkText`; or another value, of which only the sort is kept. */
export type Param = { readonly type: 'string'; readonly text: StreamText } | { readonly type: Exclude<Kind, 'string'> };

/** Of NIP-46 a request has three members, and none has more than four parameters; of each something is kept. */
const paramsMax = 16;
const membersMax = 16;
/** Bytes that are held whole. Ids in the field have at most 64, the longest name of a method 14. */
const idMax = 128;
const methodMax = 64;

/** Reads the request out of what the app signed. */
export function readRequest({ text, isCommitted }: Authentic): Reading<ClientRequest | Refused> {
  return orRefused(readAll(text, isCommitted));
}

/** A string parameter of at most so many bytes, whole: a public key, a name. Null when it is no string, or longer. */
export function* shortParam({ params }: ClientRequest, n: number, max: number): Reading<string | null> {
  const param = params[n];
  if (param?.type !== 'string' || param.text.length > max) return null;
  return yield* textOf(param.text);
}

function* readAll(bytes: Bytes, isCommitted: boolean): Reading<ClientRequest> {
  try {
    const draft = newDraft(bytes);
    const scan = newJsonScan();
    const utf8 = newUtf8Check();
    yield* feed(bytes, 0, (piece, from, to, origin) => {
      checkUtf8(utf8, piece, from, to);
      const end = scanJson(scan, piece, from, to, origin, draft.visitor);
      if (piece.subarray(end, to).some((byte) => !spaces.includes(byte))) throw new Refusal('invalid_params');
      return true;
    });
    endUtf8(utf8);
    if (!isDone(scan)) throw new Refusal('invalid_params');
    return draft.finish();
  } catch (problem) {
    // Of NIP-04 nobody has vouched for the key: what makes no request was not decrypted.
    if (problem instanceof Refusal && problem.error === 'invalid_params' && !isCommitted)
      throw new Refusal('unauthenticated');
    throw problem;
  }
}

const spaces: readonly number[] = [0x20, 0x0a, 0x0d, 0x09];

type DraftParam =
  | { readonly type: 'string'; readonly text: { bytes: Bytes; at: number; levels: number; length: number } }
  | { readonly type: Exclude<Kind, 'string'> };

function newDraft(bytes: Bytes) {
  const seen = new Set<string>();
  const params: DraftParam[] = [];
  const short = new Uint8Array(idMax);
  const digest = sha256.create();
  const event = eventReader();
  let [field, used, method, hasParams] = ['', 0, '', false];
  let id: ClientRequest['id'] | null = null;

  function memberBegins(kind: Kind): void {
    used = 0;
    const wrong =
      (field === 'id' && kind !== 'string' && kind !== 'number') ||
      (field === 'method' && kind !== 'string') ||
      (field === 'params' && kind !== 'array' && kind !== 'literal');
    if (wrong) throw new Refusal('invalid_params');
  }
  function memberEnds(kind: Kind, word: string): void {
    const text = decodeUtf8(short.subarray(0, used)) ?? '';
    if (field === 'id') id = kind === 'number' ? { text: word, json: word } : { text, json: JSON.stringify(text) };
    if (field === 'method') method = text;
    if (field === 'params' && kind === 'literal' && word !== 'null') throw new Refusal('invalid_params');
    if (field === 'params') hasParams = true;
  }
  const visitor: Visitor = {
    key: (name, depth) => {
      if (depth === 1) {
        if (seen.has(name) || seen.size === membersMax) throw new Refusal('invalid_params');
        seen.add(name);
        field = name;
      }
      if (field === 'params' && params.length === 1) event.visitor.key(name, depth);
      mix(depth, `key ${name}`);
    },
    begin: (kind, depth, origin) => {
      if (depth === 0 && kind !== 'object') throw new Refusal('invalid_params');
      if (depth === 1) memberBegins(kind);
      if (field !== 'params') return;
      if (depth === 2) {
        if (params.length === paramsMax) throw new Refusal('invalid_params');
        const text = { bytes, at: origin, levels: 1, length: 0 };
        params.push(kind === 'string' ? { type: 'string', text } : { type: kind });
        if (params.length === 1) event.starts(kind);
      }
      if (params.length === 1 && depth >= 2) event.visitor.begin(kind, depth, origin);
      mix(depth, kind);
    },
    text: (piece, from, to, origin) => {
      if (field === 'id' || field === 'method') {
        if (used + to - from > (field === 'id' ? idMax : methodMax)) throw new Refusal('invalid_params');
        short.set(piece.subarray(from, to), used);
        used += to - from;
      }
      if (field !== 'params') return;
      const param = params.at(-1);
      if (param?.type === 'string') param.text.length += to - from;
      if (params.length === 1) event.visitor.text(piece, from, to, origin);
      digest.update(piece.subarray(from, to));
    },
    end: (kind, depth, word) => {
      if (depth === 1) memberEnds(kind, word);
      if (field === 'params' && params.length === 1 && depth >= 2) event.visitor.end(kind, depth, word);
      mix(depth, `end ${word}`);
    },
  };
  /** The parts of the parameters, each with its depth: two lists that differ do not run together. */
  function mix(depth: number, what: string): void {
    if (field === 'params') digest.update(marked(depth, what));
  }
  return {
    visitor,
    finish: (): ClientRequest => {
      if (id === null || method === '' || (seen.has('params') && !hasParams)) throw new Refusal('invalid_params');
      digest.update(marked(0, method));
      return { id, method, params, event: event.finish(), digest: digest.digest(), bytes };
    },
  };
}

/** A mark of the digest: bytes that no UTF-8 holds, then what it says, as its units. */
function marked(depth: number, what: string): Uint8Array {
  const bytes = new Uint8Array(2 + 2 * what.length);
  bytes[0] = 0xff;
  bytes[1] = depth;
  for (let i = 0; i < what.length; i++) {
    const code = what.charCodeAt(i);
    bytes[2 + 2 * i] = code >>> 8;
    bytes[3 + 2 * i] = code;
  }
  return bytes;
}

/** Reads the first parameter as an event, and gives up silently when it is none: most first parameters are keys. */
function eventReader() {
  const parts = newEventParts();
  let [form, failed]: ['none' | 'string' | 'object', boolean] = ['none', false];
  const inner = newJsonScan();
  const inString = eventVisitor(parts);
  const asObject = eventVisitor(parts, 2);
  function attempt(action: () => void): void {
    if (failed) return;
    try {
      action();
    } catch (problem) {
      if (!(problem instanceof Refusal)) throw problem;
      failed = true;
    }
  }
  const ofObject = (action: () => void): void => {
    if (form === 'object') attempt(action);
  };
  const visitor: Visitor = {
    key: (name, depth) => ofObject(() => asObject.key(name, depth)),
    begin: (kind, depth, origin) => ofObject(() => asObject.begin(kind, depth, origin)),
    end: (kind, depth, word) => ofObject(() => asObject.end(kind, depth, word)),
    text: (bytes, from, to, origin) => {
      if (form === 'object') return attempt(() => asObject.text(bytes, from, to, origin));
      attempt(() => {
        const end = scanJson(inner, bytes, from, to, origin, inString);
        failed ||= bytes.subarray(end, to).some((byte) => !spaces.includes(byte));
      });
    },
  };
  return {
    starts: (kind: Kind): void => {
      form = kind === 'string' || kind === 'object' ? kind : 'none';
    },
    visitor,
    finish: (): ClientRequest['event'] => {
      if (failed || form === 'none' || (form === 'string' && !isDone(inner))) return null;
      return { parts, levels: form === 'string' ? 2 : 1 };
    },
  };
}
