/**
 * The story of a request that an app signed, as it is told to the firmware in the bare engine: a channel, `nip46_request`, the screen, a
 * press, and what comes of it. The device has known the computer and the app for a while.
 */
import { createHash } from 'node:crypto';
import { limits, type Message, type ReplyOf } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { appBench, startS } from '../support/app-bench.ts';
import { conversationKeys, nip44Around, publicOf, signedBy } from '../vectors/client-events.ts';
import { bytesOf } from '../vectors/diagnostic.ts';
import type { BareEngine } from './engine.ts';
import { lineTo, type Wire } from './line.ts';
import { pieceOf } from './story.ts';

export type AppTold = {
  readonly result: ReplyOf<'nip46_request'>;
  /** SHA-256 of a text that was pushed, and how long it was. */
  readonly pushed: { readonly digest: string; readonly length: number };
  readonly question: readonly string[];
  readonly wire: Wire;
  /** Chunks that were pulled, and pieces that were pushed. */
  readonly pulls: number;
  readonly pushes: number;
  readonly inputBytes: number;
};

/** What the device asks about, and how the app says it. */
export type AppAsks = { readonly method: string; readonly params: readonly string[] };

/** The static key of the computer of all tests (sealed-computer.ts). */
const computerSecret = new Uint8Array(32).fill(5);

/** The flash of a device that has paired the computer and the app. */
export function appFlash(): ReadonlyMap<string, Uint8Array> {
  const bench = appBench();
  bench.paired();
  const { flash } = bench.computer;
  return new Map(flash.names().map((name) => [name, flash.read(name) ?? new Uint8Array(0)]));
}

export function appStory(engine: BareEngine, asks: AppAsks): AppTold {
  const { body, content } = signedRequest(asks);
  const digest = createHash('sha256');
  let [pulls, pushes, length] = [0, 0, 0];
  let end: Message | null = null;
  const line = lineTo(engine, (message, say) => {
    if ((message.type === 'reply' || message.type === 'error') && message.id === requestId) end = message;
    if (message.type !== 'request') return;
    if (message.command === 'chunk_get') {
      pulls++;
      say(pieceOf(message, content));
    } else if (message.command === 'chunk_put') {
      pushes++;
      digest.update(message.body.bytes);
      length += message.body.bytes.length;
      say({ type: 'reply', id: message.id, command: 'chunk_put', body: {} });
    }
  });
  line.establish(computerSecret);
  line.crossed();
  line.say({ type: 'request', id: requestId, command: 'nip46_request', body });
  const question = line.screen();
  line.press('approve');
  const result = resultIn(end);
  const pushed = { digest: digest.digest('hex'), length };
  return { result, pushed, question, wire: line.crossed(), pulls, pushes, inputBytes: content.length };
}

const requestId = 100;

function resultIn(end: Message | null): ReplyOf<'nip46_request'> {
  if (end?.type === 'reply' && end.command === 'nip46_request') return end.body;
  throw new Error(`no result: ${JSON.stringify(end)}`);
}

function signedRequest({ method, params }: AppAsks) {
  const keys = conversationKeys('client', 'remoteSigner');
  const plaintext = new Uint8Array(Buffer.from(JSON.stringify({ id: 'a story', method, params }), 'utf8'));
  const content = nip44Around(paddedOf(plaintext), keys.nip44);
  // Later than the pairing.
  const created_at = startS + 1_000;
  const tags = [['p', publicOf('remoteSigner')]];
  const event = signedBy('client', { kind: 24133, created_at, tags, content });
  const bytes = new Uint8Array(Buffer.from(content, 'ascii'));
  const body = {
    account: 0,
    client: bytesOf(event.pubkey),
    createdAt: created_at,
    tags,
    sig: bytesOf(event.sig),
    conversationKey: keys.nip44,
    input: { length: bytes.length, head: bytes.slice(0, limits.headMax) },
  };
  return { body, content: bytes };
}

/** The padded form of any length: from 64 KiB on with the long prefix. */
function paddedOf(bytes: Uint8Array): Uint8Array {
  const prefix = bytes.length < 65_536 ? 2 : 6;
  const padded = new Uint8Array(prefix + nip44.v2.utils.calcPaddedLen(bytes.length));
  const view = new DataView(padded.buffer);
  if (prefix === 2) view.setUint16(0, bytes.length);
  else view.setUint32(2, bytes.length);
  padded.set(bytes, prefix);
  return padded;
}
