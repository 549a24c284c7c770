/** A NIP-46 client that sends whatever it is told, also what no library would: texts, events, keys. It gives every answer as it came. */
import * as nip44 from 'nostr-tools/nip44';
import { finalizeEvent, generateSecretKey, getPublicKey, type VerifiedEvent } from 'nostr-tools/pure';
import { Relay } from 'nostr-tools/relay';
import type { Whole } from './whole.ts';

/** The JSON of an answer; a request without an id is answered without one. */
export type Answer = { readonly id?: unknown; readonly result?: unknown; readonly error?: unknown };

export type RawApp = {
  readonly pubkey: string;
  /** Sends a request under a fresh id, or under the one given, and waits for the answer to it. */
  readonly ask: (method: string, params: readonly unknown[], id?: string) => Promise<Answer>;
  /** Sends a text and waits for the next answer, whatever its id. */
  readonly sendText: (text: string) => Promise<Answer>;
  /** Pairs by the bunker line of the host. */
  readonly connect: (secret?: string) => Promise<Answer>;
  /** A request event around a text, signed. */
  readonly seal: (text: string) => VerifiedEvent;
  /** Publishes; rejects with the relay's words when it answers `OK false`. */
  readonly publish: (event: VerifiedEvent) => Promise<string>;
  readonly close: () => void;
};

/** Comes with a key of its own to the relay of the host's bunker line. */
export async function openApp(whole: Pick<Whole, 'bunker' | 'within'>): Promise<RawApp> {
  const line = new URL(whole.bunker());
  const signer = line.hostname;
  const secret = generateSecretKey();
  const pubkey = getPublicKey(secret);
  const shared = nip44.getConversationKey(secret, signer);
  const answers: Answer[] = [];
  let arrived = Promise.withResolvers<void>();
  let serial = 0;
  const relay = await whole.within(Relay.connect(line.searchParams.get('relay') ?? ''), 'the relay');
  const subscribed = Promise.withResolvers<void>();
  relay.subscribe([{ kinds: [24133], '#p': [pubkey] }], {
    onevent: (event) => {
      answers.push(JSON.parse(nip44.decrypt(event.content, shared)));
      arrived.resolve();
      arrived = Promise.withResolvers();
    },
    oneose: () => subscribed.resolve(),
  });
  await whole.within(subscribed.promise, 'EOSE');

  const seal = (text: string): VerifiedEvent => {
    const created_at = Math.floor(Date.now() / 1000);
    const content = nip44.encrypt(text, shared);
    return finalizeEvent({ kind: 24133, created_at, tags: [['p', signer]], content }, secret);
  };
  /** Publishes and waits for the first answer from then on that is wanted. */
  const exchange = async (text: string, wanted: (answer: Answer) => boolean): Promise<Answer> => {
    const from = answers.length;
    const answering = (async () => {
      for (;;) {
        const found = answers.slice(from).find(wanted);
        if (found !== undefined) return found;
        await arrived.promise;
      }
    })();
    await whole.within(relay.publish(seal(text)), 'OK of the relay');
    return whole.within(answering, `an answer to ${text.slice(0, 200)}`);
  };
  const ask: RawApp['ask'] = (method, params, id = `${pubkey.slice(0, 4)}-${++serial}`) =>
    exchange(JSON.stringify({ id, method, params }), (answer) => answer.id === id);
  return {
    pubkey,
    ask,
    sendText: (text) => exchange(text, () => true),
    connect: (given = line.searchParams.get('secret') ?? '') => ask('connect', [signer, given]),
    seal,
    publish: (event) => relay.publish(event),
    close: () => relay.close(),
  };
}
