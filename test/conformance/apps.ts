/**
 * An app that the suite plays: a client key and the remote-signer key that it speaks to, new in each run. What it asks is signed and
 * encrypted by nostr-tools; how it is carried to the device is for the rule to say, truly or not.
 */
import type { ErrorMessage, Reply, RequestOf } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { type Event, finalizeEvent, generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { must } from './bench.ts';
import { humanMs, whole } from './rules/asking.ts';
import { nameOf, type Talk } from './talk.ts';
import { bytesOf } from './vectors.ts';

export type Envelope = RequestOf<'nip46_request'>;

export type App = {
  readonly client: Uint8Array;
  readonly remoteSigner: Uint8Array;
  readonly conversationKey: Uint8Array;
  /** Its next event: a request, well encrypted, at the next second. */
  readonly event: (method: string, params: readonly unknown[], change?: Partial<EventFields>) => Event;
  readonly encrypt: (text: string) => string;
  readonly carry: (event: Event, change?: Partial<Envelope>) => Envelope;
  /** Pairs it by its own connect, after a press; gives the answer. */
  readonly connect: (talk: Talk) => Promise<Reply | ErrorMessage>;
};

export type EventFields = { kind: number; created_at: number; tags: string[][]; content: string };

/** The second in which the apps of a run begin. */
export const began = 1_770_000_000;
/** What of a content goes along with its request. */
const headMax = 3_000;

export function newApp(): App {
  const secret = generateSecretKey();
  const remoteSecret = generateSecretKey();
  const remoteSigner = getPublicKey(remoteSecret);
  const conversationKey = nip44.v2.utils.getConversationKey(secret, remoteSigner);
  let second = began;
  let nextId = 0;
  const encrypt = (text: string): string => nip44.v2.encrypt(text, conversationKey);
  const event: App['event'] = (method, params, change) => {
    nextId += 1;
    second += 1;
    const content = encrypt(JSON.stringify({ id: `request ${nextId}`, method, params }));
    return finalizeEvent({ kind: 24133, created_at: second, tags: [['p', remoteSigner]], content, ...change }, secret);
  };
  const carry: App['carry'] = (signed, change) => {
    const content = Uint8Array.from(Buffer.from(signed.content, 'utf8'));
    return {
      account: 0,
      client: bytesOf(signed.pubkey),
      createdAt: signed.created_at,
      tags: signed.tags,
      sig: bytesOf(signed.sig),
      conversationKey,
      input: content.length <= headMax ? whole(content) : { length: content.length, head: content.slice(0, headMax) },
      ...change,
    };
  };
  return {
    client: bytesOf(getPublicKey(secret)),
    remoteSigner: bytesOf(remoteSigner),
    conversationKey,
    event,
    encrypt,
    carry,
    connect: async (talk) => {
      const body = { ...carry(event('connect', [remoteSigner, 'secret'])), announced: true };
      const id = talk.start('client_connect', body);
      await talk.bench.press(id, 'approve', 'the pairing of an app');
      return talk.answerTo(id, 'client_connect', humanMs);
    },
  };
}

/** Pairs an app, as a rule needs it. */
export async function pairedApp(talk: Talk): Promise<App> {
  const app = newApp();
  const answer = await app.connect(talk);
  must(answer.type === 'reply' && answer.command === 'client_connect', `client_connect: ${nameOf(answer)}`);
  must(answer.body.granted === 0, 'a pairing that asked for nothing gave grants');
  return app;
}

/** Takes it out of the device again. */
export async function leaveApp(talk: Talk, { client, remoteSigner }: App): Promise<void> {
  const answer = await talk.ask('client_revoke', { client, remoteSigner });
  must(answer.type === 'reply', `client_revoke: ${nameOf(answer)}`);
}

/** Whether the device put this request before the human. */
export function wasShown(talk: Talk, id: number): boolean {
  return talk.heard.some(
    (one) =>
      one.type === 'notice' &&
      one.notice === 'progress' &&
      one.body.request === id &&
      one.body.step === 'waiting_for_button',
  );
}
