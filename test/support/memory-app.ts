/**
 * An app in memory: a small NIP-46 client made of nostr-tools, on several relays at once. It asks in any form a test wants, also
 * for the worse, and collects what it can decrypt.
 */
import * as nip04 from 'nostr-tools/nip04';
import * as nip44 from 'nostr-tools/nip44';
import { getPublicKey } from 'nostr-tools/pure';
import { type NostrEvent, parseEvent } from '../../host/src/core/nip46/event.ts';
import { relayJson } from '../../host/src/core/nip46/limits.ts';
import { parseShallowJson } from '../../host/src/core/nip46/shallow-json.ts';
import type { Clock } from './clock.ts';
import type { Line, MemoryRelay } from './memory-relay.ts';
import { conversationKey, finalizeEvent, verifyEvent } from './quick-nostr.ts';
import { bytesFrom, type Chance } from './random.ts';

/** One request as the app forms it. */
export type Asked = {
  readonly id?: unknown;
  readonly encryption?: 'nip04' | 'nip44';
  /** Where it is published; everywhere when not told. */
  readonly relays?: readonly string[];
  readonly createdAt?: number;
  readonly tags?: string[][];
  /** The text instead of the JSON-RPC of method and params. */
  readonly text?: string;
};

/** The JSON of an answer, and around it the event and the relays that brought it. */
export type Answer = { readonly id?: unknown; readonly result?: unknown; readonly error?: unknown };
export type Received = {
  readonly json: Answer;
  readonly text: string;
  readonly encryption: 'nip04' | 'nip44';
  readonly event: NostrEvent;
  readonly relays: readonly string[];
};

export type MemoryApp = {
  readonly pubkey: string;
  /** Every answer once, however many relays brought it. */
  readonly inbox: readonly Received[];
  /** The event of a request; it is not sent. */
  readonly event: (method: string, params: unknown, asked?: Asked) => NostrEvent;
  readonly publish: (event: NostrEvent, relays?: readonly string[]) => void;
  /** Sends a request and gives its id. */
  readonly send: (method: string, params: unknown, asked?: Asked) => unknown;
  readonly answersTo: (id: unknown) => readonly Received[];
};

/** How soon the app connects again: well before the host's first back-off, because an ephemeral event waits for nobody. */
const reconnectMs = 100;

export function memoryApp(clock: Clock, draw: Chance, relays: readonly MemoryRelay[], signer: string): MemoryApp {
  const secret = bytesFrom(draw)(32);
  const pubkey = getPublicKey(secret);
  const conversation = conversationKey(secret, signer);
  const inbox: (Received & { relays: string[] })[] = [];
  const lines = new Map<string, Line>();
  let count = 0;

  function hear(url: string, line: Line, text: string): void {
    const message = parseShallowJson(text, relayJson); // relays may be hostile to apps, too
    if (!Array.isArray(message)) return;
    if (message[0] === 'AUTH') return authenticate(url, line, String(message[1]));
    const event = message[0] === 'EVENT' ? parseEvent(message[2]) : null;
    if (event === null || event.pubkey !== signer || !verifyEvent(JSON.parse(JSON.stringify(event)))) return;
    const known = inbox.find((one) => one.event.id === event.id);
    if (known === undefined) inbox.push({ ...open(event), event, relays: [url] });
    else if (!known.relays.includes(url)) known.relays.push(url);
  }

  function open(event: NostrEvent): Pick<Received, 'json' | 'text' | 'encryption'> {
    const encryption = event.content.includes('?iv=') ? 'nip04' : 'nip44';
    const text =
      encryption === 'nip04'
        ? nip04.decrypt(secret, signer, event.content)
        : nip44.v2.decrypt(event.content, conversation);
    return { json: JSON.parse(text), text, encryption };
  }

  function authenticate(url: string, line: Line, challenge: string): void {
    const tags = [
      ['relay', url],
      ['challenge', challenge],
    ];
    const created_at = Math.floor(clock.now() / 1000);
    line.send(JSON.stringify(['AUTH', finalizeEvent({ kind: 22242, created_at, tags, content: '' }, secret)]));
    subscribe(line);
  }

  function subscribe(line: Line): void {
    line.send(JSON.stringify(['REQ', 'app', { kinds: [24133], '#p': [pubkey], limit: 0 }]));
  }

  function connect(relay: MemoryRelay): void {
    const line: Line = relay.connect('app', {
      opened: () => subscribe(line),
      text: (text) => hear(relay.url, line, text),
      pong: () => undefined,
      closed: () => clock.after(reconnectMs, () => connect(relay)),
    });
    lines.set(relay.url, line);
  }

  for (const relay of relays) connect(relay);

  const event = (method: string, params: unknown, asked: Asked = {}): NostrEvent => {
    const text = asked.text ?? JSON.stringify({ ...('id' in asked ? { id: asked.id } : {}), method, params });
    const content =
      asked.encryption === 'nip04' ? nip04.encrypt(secret, signer, text) : nip44.v2.encrypt(text, conversation);
    const created_at = asked.createdAt ?? Math.floor(clock.now() / 1000);
    const signed = finalizeEvent({ kind: 24133, created_at, tags: asked.tags ?? [['p', signer]], content }, secret);
    return JSON.parse(JSON.stringify(signed));
  };
  const publish = (published: NostrEvent, to: readonly string[] = [...lines.keys()]): void => {
    for (const url of to) lines.get(url)?.send(JSON.stringify(['EVENT', published]));
  };
  return {
    pubkey,
    inbox,
    event,
    publish,
    send: (method, params, asked = {}) => {
      const id = 'id' in asked ? asked.id : `${pubkey.slice(0, 4)}-${++count}`;
      publish(event(method, params, { ...asked, id }), asked.relays);
      return id;
    },
    answersTo: (id) => inbox.filter((one) => one.json.id === id),
  };
}
