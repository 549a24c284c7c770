/**
 * What goes over the wire: every message of every socket, as the relay has it; and of requests and answers what is inside, as this page
 * holds the key of the app.
 */
import { signal } from '@preact/signals';
import { decrypt, getConversationKey } from 'nostr-tools/nip44';
import { SimplePool, useWebSocketImplementation } from 'nostr-tools/pool';
import { getPublicKey } from 'nostr-tools/pure';
import { texts } from './texts.ts';

export type WireRow = {
  readonly number: number;
  readonly at: Date;
  readonly way: 'in' | 'out';
  readonly relay: string;
  readonly summary: string;
  /** What was encrypted; null where nothing was, or it cannot be read here. */
  readonly inside: string | null;
  readonly raw: string;
};

/** The newest first. */
export const wire = signal<readonly WireRow[]>([]);

/** A page that is left open must not fill up. */
const rowsMax = 200;
const requestKind = 24_133;

let secret: Uint8Array | null = null;
let count = 0;

/** From now on what is written to and by this app's key can be read. */
export function readWith(appSecret: Uint8Array): void {
  secret = appSecret;
}

/** A pool whose sockets are seen. */
export function seenPool(): SimplePool {
  useWebSocketImplementation(SeenSocket);
  return new SimplePool();
}

class SeenSocket extends WebSocket {
  constructor(url: string | URL) {
    super(url);
    this.addEventListener('message', ({ data }) => note('in', this.url, String(data)));
  }

  override send(data: string): void {
    note('out', this.url, data);
    super.send(data);
  }
}

function note(way: WireRow['way'], relay: string, raw: string): void {
  const message = arrayIn(raw);
  const event = message.find(isEvent);
  const inside = event?.kind === requestKind ? opened(event) : null;
  const row = { number: ++count, at: new Date(), way, relay, summary: summaryOf(message, inside), inside, raw };
  wire.value = [row, ...wire.value].slice(0, rowsMax);
}

function summaryOf(message: readonly unknown[], inside: string | null): string {
  const [type, , third] = message;
  const event = message.find(isEvent);
  if (event !== undefined) return event.kind === requestKind ? talk(inside) : `${texts.wire.note} ${event.kind}`;
  if (type === 'REQ') return texts.wire.listens;
  if (type === 'CLOSE') return texts.wire.stops;
  if (type === 'EOSE') return texts.wire.ready;
  if (type === 'OK') return third === true ? texts.wire.taken : texts.wire.refused;
  return String(type);
}

/** `sign_event`, or the answer to something. */
function talk(inside: string | null): string {
  const said = inside === null ? {} : objectIn(inside);
  if (typeof said['method'] === 'string') return `${texts.wire.request}: ${said['method']}`;
  if (said['result'] === 'auth_url') return texts.wire.page;
  return typeof said['error'] === 'string' && said['error'] !== '' ? texts.wire.refusal : texts.wire.answer;
}

type SeenEvent = {
  readonly kind: number;
  readonly pubkey: string;
  readonly content: string;
  readonly tags: string[][];
};

function isEvent(value: unknown): value is SeenEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, pubkey, content, tags } = value as Record<string, unknown>;
  return typeof kind === 'number' && typeof pubkey === 'string' && typeof content === 'string' && Array.isArray(tags);
}

function opened({ pubkey, content, tags }: SeenEvent): string | null {
  if (secret === null) return null;
  const peer = pubkey === getPublicKey(secret) ? (tags.find(([name]) => name === 'p')?.[1] ?? '') : pubkey;
  try {
    return decrypt(content, getConversationKey(secret, peer));
  } catch {
    return null; // Not to or from this app, or in the encryption of before.
  }
}

function arrayIn(text: string): readonly unknown[] {
  const value = valueIn(text);
  return Array.isArray(value) ? value : [];
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  const value = valueIn(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function valueIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // Shown as it is.
  }
}
