/**
 * A world around the bridge, in memory and in virtual time: apps that are nostr-tools, one relay after another, a store that is a
 * list of rows, and a device that answers when the test says so. Effects are performed in order, as a shell would.
 */
import * as nip04 from 'nostr-tools/nip04';
import * as nip44 from 'nostr-tools/nip44';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { hashSecret } from '../../host/src/core/apps/sessions.ts';
import type { StoreRow } from '../../host/src/core/apps/store-rows.ts';
import {
  type BridgeEffect,
  type BridgeInput,
  type BridgeState,
  deadline,
  type Loaded,
  startBridge,
  step,
} from '../../host/src/core/bridge/bridge.ts';
import type { DeviceAnswer, DeviceAsk } from '../../host/src/core/device/device-port.ts';
import { type Encryption, type RemoteSigner, remoteSigner } from '../../host/src/core/nip46/envelope.ts';
import { type NostrEvent, parseEvent } from '../../host/src/core/nip46/event.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { memoryStore } from '../support/memory-store.ts';
import { conversationKey, finalizeEvent } from '../support/quick-nostr.ts';

export const start = 1_760_000_000_000;
export const nothing: Loaded = {
  apps: [],
  secrets: [],
  revocations: [],
  known: null,
  seen: [],
  asked: [],
  challenges: [],
};

/** One request as an app forms it; everything may be overridden, also for the worse. */
export type Sent = {
  readonly id?: unknown;
  readonly encryption?: Encryption;
  readonly relay?: string;
  readonly createdAt?: number;
  readonly tags?: string[][];
  readonly text?: string;
  /** The line whose key it asks; empty: the main one. */
  readonly line?: string;
  /** Another key in its place, as that of the user. */
  readonly to?: string;
};

/** The JSON of an answer. */
export type Answer = { readonly id?: unknown; readonly result?: unknown; readonly error?: unknown };

/** What an app decrypts: the answer, and the event around it. */
export type Received = {
  readonly json: Answer;
  readonly event: NostrEvent;
  readonly relays: readonly string[];
};

/** The kinds of effects so far, rows by their names: the order is what is promised. */
export function effectNames(world: World): string[] {
  return world.log.map((effect) => (effect.type === 'save' ? `save ${effect.row.type}` : effect.type));
}

/** The signed event in an app's last answer. */
export function signedBy(app: TestApp): Record<string, unknown> {
  return JSON.parse(String(app.last().result));
}

export type World = ReturnType<typeof makeWorld>;
export type TestApp = ReturnType<World['app']>;

/** A world; `loaded` is what a store would have kept of an earlier one. */
export function makeWorld(
  loaded: Loaded = nothing,
  signer: RemoteSigner = remoteSigner(generateSecretKey(), primitives),
  userSecret: Uint8Array = generateSecretKey(),
) {
  let state: BridgeState = startBridge(signer, loaded);
  let now = start;
  let count = 0;
  /** How many questions the device takes at once; what is beyond waits for its turn. */
  let room = Number.POSITIVE_INFINITY;
  /** Whether the human says yes to every app at once. */
  let pairsApps = true;
  let depth = 0;
  const log: BridgeEffect[] = [];
  const all: BridgeEffect[] = [];
  const asks = new Map<number, DeviceAsk>();
  const inboxes = new Map<string, Received[]>();
  const secrets = new Map<string, Uint8Array>();

  const perform = (effect: BridgeEffect): void => {
    log.push(effect);
    all.push(effect);
    if (effect.type === 'ask') {
      asks.set(effect.job, effect.ask);
      if (asks.size <= room) feed({ type: 'sent', job: effect.job });
    }
    if (effect.type === 'cancel') asks.delete(effect.job);
    if (effect.type !== 'answer' && effect.type !== 'publish') return;
    const event =
      effect.type === 'publish'
        ? wire(effect.event)
        : signer.at(effect.line).seal({ ...effect, random: new Uint8Array(64).fill(++count) });
    const secret = secrets.get(effect.client);
    if (secret === undefined) throw new Error('an answer to nobody we know');
    inboxes.get(effect.client)?.push({ json: decrypt(event, secret), event, relays: effect.relays });
  };
  const feed = (input: BridgeInput): readonly BridgeEffect[] => {
    const [next, effects] = step(state, input, now);
    state = next;
    depth++;
    for (const effect of effects) perform(effect);
    depth--;
    for (const [job, ask] of asks) {
      if (ask.method !== 'client_connect' || !pairsApps || depth > 0) continue;
      asks.delete(job);
      feed({ type: 'answered', job, answer: { type: 'paired', by: 'device' } });
    }
    return effects;
  };
  const deliver = (event: NostrEvent, relay = 'wss://one.example') =>
    feed({ type: 'event', relay, event: wire(event) });

  return {
    signer,
    userPubkey: getPublicKey(userSecret),
    log,
    asks,
    /** What the device is asked, in the host's own words where an app's event carries it. */
    questions: () => [...asks.values()].map((ask) => (ask.method === 'client_request' ? ask.own : ask)),
    feed,
    deliver,
    state: () => state,
    now: () => now,
    alter: (other: BridgeState) => {
      state = other;
    },
    setRoom: (questions: number) => {
      room = questions;
    },
    setPairsApps: (pairs: boolean) => {
      pairsApps = pairs;
    },
    /** What a store would load now. */
    kept: (): Loaded => {
      const store = memoryStore();
      for (const effect of all) if (effect.type === 'save') store.save(effect.row);
      return store.load();
    },
    rows: (): StoreRow[] => log.flatMap((effect) => (effect.type === 'save' ? [effect.row] : [])),
    notes: (): unknown[] => log.flatMap((effect) => (effect.type === 'note' ? [effect.outcome] : [])),
    pass: (ms: number) => {
      const until = now + ms;
      for (let due = deadline(state); due !== null && due <= until; due = deadline(state)) {
        now = Math.max(now, due);
        feed({ type: 'tick' });
      }
      now = until;
    },
    newSecret: (secret: string, name = '', account = 0) =>
      feed({ type: 'secret', hash: hashSecret(secret), name, account }),
    /** The device answers its oldest ask; truthfully when not told otherwise. */
    press: (answer?: DeviceAnswer) => {
      const [first] = asks;
      if (first === undefined) throw new Error('the device was not asked');
      const [job, ask] = first;
      asks.delete(job);
      for (const waiting of [...asks.keys()].slice(0, room)) feed({ type: 'sent', job: waiting });
      return feed({ type: 'answered', job, answer: answer ?? truth(ask, userSecret) });
    },
    app: (secret: Uint8Array = generateSecretKey()) => {
      const pubkey = getPublicKey(secret);
      const inbox: Received[] = [];
      inboxes.set(pubkey, inbox);
      secrets.set(pubkey, secret);
      const event = (method: string, params: unknown, sent: Sent = {}): NostrEvent => {
        const id = 'id' in sent ? sent.id : `r${++count}`;
        const text = sent.text ?? JSON.stringify({ id, method, params });
        const to = sent.to ?? signer.at(sent.line ?? '').pubkey;
        const content =
          sent.encryption === 'nip04'
            ? nip04.encrypt(secret, to, text)
            : nip44.v2.encrypt(text, conversationKey(secret, to));
        const created_at = sent.createdAt ?? Math.floor(now / 1000);
        return finalizeEvent({ kind: 24133, created_at, tags: sent.tags ?? [['p', to]], content }, secret);
      };
      return {
        pubkey,
        secret,
        inbox,
        event,
        send: (method: string, params: unknown, sent: Sent = {}) => deliver(event(method, params, sent), sent.relay),
        last: (): Answer => inbox.at(-1)?.json ?? {},
      };
    },
  };
}

/** An app that has paired with a secret of its own. */
export function pairedApp(world: World, metadata: unknown = JSON.stringify({ name: 'Coracle' })): TestApp {
  const app = world.app();
  const secret = `s${app.pubkey.slice(0, 16)}`;
  world.newSecret(secret);
  app.send('connect', [world.signer.pubkey, secret, 'sign_event:1', metadata]);
  if (app.last().result !== 'ack') throw new Error('the app could not pair');
  app.inbox.length = 0;
  world.log.length = 0;
  return app;
}

/** What an honest device answers. */
export function truth(ask: DeviceAsk, secret: Uint8Array): DeviceAnswer {
  switch (ask.method) {
    case 'client_request':
      return truth(ask.own, secret);
    case 'client_connect':
    case 'client_introduce':
      return { type: 'paired', by: 'device' };
    case 'user_request':
      throw new Error('what is addressed to the user key only a device reads');
    case 'account_create':
      return { type: 'made', account: 1, pubkey: 'cd'.repeat(32) };
    case 'client_revoke':
    case 'grant_revoke':
    case 'account_address':
    case 'lock':
      return { type: 'done' };
    case 'grants':
      return { type: 'grants', total: 0, grants: [] };
    case 'grants_propose':
      return { type: 'given', given: ask.grants.map(() => true) };
    case 'accounts':
      return { type: 'accounts', accounts: [{ account: 0, name: '', pubkey: getPublicKey(secret) }] };
    case 'log_head': {
      const logKey = getPublicKey(secret);
      return { type: 'log_head', number: 0, head: '00'.repeat(32), logKey, sig: '00'.repeat(64) };
    }
    case 'log_read':
      return { type: 'log', entries: [] };
    case 'get_public_key':
      return { type: 'public_key', pubkey: getPublicKey(secret) };
    case 'sign_event': {
      const tags = ask.event.tags.map((tag) => [...tag]);
      const { id, sig, pubkey } = finalizeEvent({ ...ask.event, tags }, secret);
      return { type: 'signature', id, sig, pubkey };
    }
    case 'nip04_encrypt':
      return { type: 'text', text: nip04.encrypt(secret, ask.peer, ask.text) };
    case 'nip04_decrypt':
      return { type: 'text', text: nip04.decrypt(secret, ask.peer, ask.text) };
    case 'nip44_encrypt':
      return { type: 'text', text: nip44.v2.encrypt(ask.text, conversationKey(secret, ask.peer)) };
    case 'nip44_decrypt':
      return { type: 'text', text: nip44.v2.decrypt(ask.text, conversationKey(secret, ask.peer)) };
  }
}

/** An event as it comes out of a socket: through JSON, without nostr-tools' cached mark. */
export function wire(event: NostrEvent): NostrEvent {
  const parsed = parseEvent(JSON.parse(JSON.stringify(event)));
  if (parsed === null) throw new Error('not an event');
  return parsed;
}

function decrypt(event: NostrEvent, secret: Uint8Array): Answer {
  const text = event.content.includes('?iv=')
    ? nip04.decrypt(secret, event.pubkey, event.content)
    : nip44.v2.decrypt(event.content, conversationKey(secret, event.pubkey));
  return JSON.parse(text);
}
