/**
 * The id of an event (NIP-01): SHA-256 of `[0,pubkey,created_at,kind,tags,content]`, written and hashed as it streams. The
 * serialization is never held: 4 KiB of it exist at a time, whatever the size of the event.
 *
 * Escaping. NIP-01 names seven characters (\n \" \\ \r \t \b \f) and says that "all other characters must be included
 * verbatim". Taken literally, U+0001 would be hashed as the raw byte. But the clients serialize with JSON.stringify, which
 * writes the remaining characters below U+0020 as \u00xx in lowercase, and they verify with it: an id made by the letter of the
 * text would be refused by every one of them. So this file writes what JSON.stringify writes; DEL, U+2028 and all the rest
 * are verbatim in both.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { isSurrogate, pairAt, putCodePoint } from '@sallyport/device-protocol';

/** The fields that are hashed. The pubkey is 32 bytes. */
export type HashedFields = {
  readonly pubkey: Uint8Array;
  readonly created_at: number;
  readonly kind: number;
  readonly tags: readonly (readonly string[])[];
  readonly content: string;
};

/** Takes an event piece by piece, in the order of NIP-01. A call out of order is a fault. */
export type EventIdWriter = {
  /** The next tag; all tags come before the content. */
  readonly tag: (items: readonly string[]) => void;
  /** The same by pieces: a tag begins; one more item of it begins; some more of that item, as UTF-8; the tag ends. */
  readonly tagBegins: () => void;
  readonly itemBegins: () => void;
  readonly item: (utf8: Uint8Array) => void;
  readonly tagEnds: () => void;
  /** The next piece of the content, as UTF-8 that somebody has checked; pieces may be cut anywhere. */
  readonly content: (utf8: Uint8Array) => void;
  /** The next piece of the content, as text; a surrogate pair may not be cut. */
  readonly contentText: (text: string) => void;
  /** The 32 bytes of the id. Ends the writer. */
  readonly finish: () => Uint8Array;
};

/** The event id of complete fields. Text with a lone surrogate is a fault: such text has no UTF-8 and cannot have come in. */
export function eventId(fields: HashedFields): Uint8Array {
  const writer = eventIdWriter(fields.pubkey, fields.created_at, fields.kind);
  for (const tag of fields.tags) writer.tag(tag);
  writer.contentText(fields.content);
  return writer.finish();
}

/** Starts an id from the fields that come first. */
export function eventIdWriter(pubkey: Uint8Array, created_at: number, kind: number): EventIdWriter {
  if (pubkey.length !== 32) throw new Error(`event id: pubkey of 32 bytes expected, got ${pubkey.length}`);
  assertCount(created_at);
  assertCount(kind);
  const sink = newSink();
  let stage: 'tags' | 'content' | 'finished' = 'tags';
  let tags = 0;
  let items = 0;
  putAscii(sink, `[0,"${bytesToHex(pubkey)}",${created_at},${kind},[`);

  const inContent = () => {
    if (stage === 'tags') putAscii(sink, '],"');
    else if (stage !== 'content') throw new Error('event id: content after the end');
    stage = 'content';
  };
  const tagBegins = () => {
    if (stage !== 'tags') throw new Error('event id: tag after content');
    putAscii(sink, tags++ === 0 ? '[' : ',[');
    items = 0;
  };
  const itemBegins = () => putAscii(sink, items++ === 0 ? '"' : '","');
  const tagEnds = () => putAscii(sink, items === 0 ? ']' : '"]');
  return {
    tag: (texts) => {
      tagBegins();
      for (const text of texts) {
        itemBegins();
        putText(sink, text);
      }
      tagEnds();
    },
    tagBegins,
    itemBegins,
    item: (utf8) => putUtf8(sink, utf8),
    tagEnds,
    content: (utf8) => {
      inContent();
      putUtf8(sink, utf8);
    },
    contentText: (text) => {
      inContent();
      putText(sink, text);
    },
    finish: () => {
      inContent();
      putAscii(sink, '"]');
      stage = 'finished';
      return sink.hash.update(sink.block.subarray(0, sink.used)).digest();
    },
  };
}

/** Where the serialization goes. A block of 4 KiB is 64 blocks of SHA-256: large enough to be fast, small on any board. */
type Sink = { readonly hash: ReturnType<typeof sha256.create>; readonly block: Uint8Array; used: number };

/** The longest thing that one character becomes: \u00xx. */
const LONGEST = 6;

function newSink(): Sink {
  return { hash: sha256.create(), block: new Uint8Array(4096), used: 0 };
}

function makeRoom(sink: Sink): void {
  if (sink.used + LONGEST <= sink.block.length) return;
  sink.hash.update(sink.block.subarray(0, sink.used));
  sink.used = 0;
}

/** Our own punctuation and numbers, unescaped. */
function putAscii(sink: Sink, text: string): void {
  for (let i = 0; i < text.length; i++) {
    makeRoom(sink);
    sink.block[sink.used++] = text.charCodeAt(i);
  }
}

function putText(sink: Sink, text: string): void {
  for (let i = 0; i < text.length; i++) {
    makeRoom(sink);
    const code = text.charCodeAt(i);
    if (code < 0x80) putEscaped(sink, code);
    else if (!isSurrogate(code)) sink.used = putCodePoint(sink.block, sink.used, code);
    else {
      const point = pairAt(text, i++);
      if (point < 0x10000) throw new Error('event id: lone surrogate');
      sink.used = putCodePoint(sink.block, sink.used, point);
    }
  }
}

/** UTF-8 needs no decoding here: everything that is escaped is one byte, and no byte of a longer character looks like it. */
function putUtf8(sink: Sink, utf8: Uint8Array): void {
  for (let i = 0; i < utf8.length; ) {
    makeRoom(sink);
    const end = Math.min(utf8.length, i + sink.block.length - sink.used);
    const { block } = sink;
    let { used } = sink;
    for (
      let byte = utf8[i] ?? 0;
      i < end && byte >= 0x20 && byte !== 0x22 && byte !== BACKSLASH;
      byte = utf8[++i] ?? 0
    ) {
      block[used++] = byte;
    }
    sink.used = used;
    if (i >= end) continue;
    makeRoom(sink);
    putEscaped(sink, utf8[i++] ?? 0);
  }
}

const BACKSLASH = 0x5c;
const LETTER_ESCAPES = new Map([
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
]);

function putEscaped(sink: Sink, byte: number): void {
  const { block } = sink;
  if (byte >= 0x20) {
    if (byte === 0x22 || byte === BACKSLASH) block[sink.used++] = BACKSLASH;
    block[sink.used++] = byte;
    return;
  }
  const escaped = `\\${LETTER_ESCAPES.get(byte) ?? `u00${byte.toString(16).padStart(2, '0')}`}`;
  for (let i = 0; i < escaped.length; i++) block[sink.used++] = escaped.charCodeAt(i);
}

/** A number that JSON writes as plain digits. */
function assertCount(value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`event id: count expected, got ${value}`);
}
