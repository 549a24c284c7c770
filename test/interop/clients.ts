/**
 * NIP-46 clients that we did not write, each as it is, behind one face: what a test asks of all of them. None of their checks is
 * turned off, and nothing is waited for but what they wait for themselves.
 */

import NDK, { NDKNip46Signer, NDKPrivateKeySigner, type NDKRpcResponse } from '@nostr-dev-kit/ndk';
import { NConnectSigner, NRelay1, NSecSigner } from '@nostrify/nostrify';
import { NostrConnectSigner } from 'applesauce-signers/signers/nostr-connect-signer';
import type { Filter } from 'nostr-tools/filter';
import { BunkerSigner, createNostrConnectURI, parseBunkerInput } from 'nostr-tools/nip46';
import { SimplePool } from 'nostr-tools/pool';
import { type EventTemplate, generateSecretKey, getEventHash, getPublicKey, type NostrEvent } from 'nostr-tools/pure';

type Scheme = 'nip04' | 'nip44';

export type Client = {
  /** Logs in; what the library says when it could not is thrown. */
  readonly connect: () => Promise<unknown>;
  readonly user: () => Promise<string>;
  readonly sign: (template: EventTemplate) => Promise<NostrEvent>;
  readonly encrypt: (scheme: Scheme, peer: string, text: string) => Promise<string>;
  readonly decrypt: (scheme: Scheme, peer: string, text: string) => Promise<string>;
  /** Any other method, as its own code sends it: what it resolves to, or what it rejects with. */
  readonly call: (method: string) => Promise<string>;
  readonly close: () => unknown;
};

/** How a client comes to the signer: by its line, or by showing one of its own, which `show` takes to the signer. */
export type Way =
  | { readonly by: 'bunker'; readonly uri: string }
  | { readonly by: 'nostrconnect'; readonly relay: string; readonly show: (uri: string) => void };

export type Library = {
  readonly name: string;
  readonly ways: readonly Way['by'][];
  readonly open: (way: Way) => Promise<Client> | Client;
};

export const libraries: readonly Library[] = [
  { name: 'nostr-tools', ways: ['bunker', 'nostrconnect'], open: nostrTools },
  { name: 'NDK', ways: ['bunker', 'nostrconnect'], open: (way) => ndk(way, 'nip44') },
  { name: 'NDK in NIP-04', ways: ['bunker'], open: (way) => ndk(way, 'nip04') },
  { name: 'applesauce', ways: ['bunker', 'nostrconnect'], open: applesauce },
  // Nostrify has no way to make a nostrconnect line.
  { name: 'nostrify', ways: ['bunker'], open: (way) => nostrify(way, 'nip44') },
  { name: 'nostrify in NIP-04', ways: ['bunker'], open: (way) => nostrify(way, 'nip04') },
];

async function nostrTools(way: Way): Promise<Client> {
  const pool = new SimplePool();
  const secret = generateSecretKey();
  let signer: BunkerSigner | null = null;
  const open = (): BunkerSigner => signer ?? missing();
  const connect = async (): Promise<void> => {
    if (way.by === 'bunker') {
      const pointer = (await parseBunkerInput(way.uri)) ?? missing();
      signer = BunkerSigner.fromBunker(secret, pointer, { pool });
      return signer.connect({ name: 'nostr-tools' });
    }
    const line = { clientPubkey: getPublicKey(secret), relays: [way.relay], secret: 's3cret', name: 'nostr-tools' };
    const uri = createNostrConnectURI(line);
    const waiting = BunkerSigner.fromURI(secret, uri, { pool });
    way.show(uri);
    signer = await waiting;
  };
  return {
    connect,
    user: () => open().getPublicKey(),
    sign: (template) => open().signEvent(template),
    encrypt: (scheme, peer, text) => open()[`${scheme}Encrypt`](peer, text),
    decrypt: (scheme, peer, text) => open()[`${scheme}Decrypt`](peer, text),
    call: (method) => open().sendRequest(method, []),
    close: async () => {
      await signer?.close();
      pool.destroy();
    },
  };
}

function ndk(way: Way, transport: Scheme): Client {
  const kit = new NDK({ explicitRelayUrls: [] });
  const key = NDKPrivateKeySigner.generate();
  const signer =
    way.by === 'bunker'
      ? NDKNip46Signer.bunker(kit, way.uri, key)
      : NDKNip46Signer.nostrconnect(kit, way.relay, key, { name: 'NDK' });
  signer.rpc.encryptionType = transport;
  const peerOf = (pubkey: string) => kit.getUser({ pubkey });
  return {
    connect: () => {
      const ready = signer.blockUntilReady();
      if (way.by === 'nostrconnect') way.show(signer.nostrConnectUri ?? missing());
      return ready;
    },
    user: () => signer.getPublicKey(),
    sign: async (template) => {
      // It keeps the signature alone of what comes back: the rest is what was asked for.
      const unsigned = { ...template, pubkey: signer.pubkey };
      return { ...unsigned, id: getEventHash(unsigned), sig: await signer.sign(unsigned) };
    },
    encrypt: (scheme, peer, text) => signer.encrypt(peerOf(peer), text, scheme),
    decrypt: (scheme, peer, text) => signer.decrypt(peerOf(peer), text, scheme),
    call: (method) =>
      new Promise((resolve, reject) => {
        const said = ({ result, error }: NDKRpcResponse): void => (error ? reject(new Error(error)) : resolve(result));
        signer.rpc.sendRequest(signer.bunkerPubkey ?? missing(), method, [], 24133, said).catch(reject);
      }),
    close: () => {
      signer.stop();
      for (const pool of kit.pools) for (const relay of pool.relays.values()) relay.disconnect();
    },
  };
}

async function applesauce(way: Way): Promise<Client> {
  const pool = new SimplePool();
  const methods = {
    subscriptionMethod: (relays: string[], filters: Filter[]) => subscription(pool, relays, filters),
    publishMethod: (relays: string[], event: NostrEvent) => Promise.any(pool.publish(relays, event)),
  };
  const { remote, relays, secret } =
    way.by === 'bunker'
      ? NostrConnectSigner.parseBunkerURI(way.uri)
      : { remote: undefined, relays: [way.relay], secret: undefined };
  const signer = new NostrConnectSigner({
    ...methods,
    relays,
    ...(remote === undefined ? {} : { remote }),
    ...(secret === undefined ? {} : { bunkerSecret: secret }),
  });
  return {
    connect: async () => {
      if (way.by === 'bunker') return signer.connect();
      const waiting = signer.waitForSigner();
      way.show(signer.getNostrConnectURI({ name: 'applesauce' }));
      return waiting;
    },
    user: () => signer.getPublicKey(),
    sign: (template) => signer.signEvent(template),
    encrypt: (scheme, peer, text) => signer[`${scheme}Encrypt`](peer, text),
    decrypt: (scheme, peer, text) => signer[`${scheme}Decrypt`](peer, text),
    // Its own `makeRequest` is private, and is what all of its methods are made of.
    call: (method) => signer['makeRequest'](method as never, []),
    close: async () => {
      await signer.close();
      pool.destroy();
    },
  };
}

/** A subscription as applesauce wants it: something that can be subscribed to. */
function subscription(pool: SimplePool, relays: string[], filters: Filter[]): ReadableStream<NostrEvent> {
  let end = (): void => undefined;
  return new ReadableStream({
    start: (to) => {
      const subs = filters.map((filter) => pool.subscribe(relays, filter, { onevent: (event) => to.enqueue(event) }));
      end = () => {
        for (const each of subs) each.close();
      };
    },
    cancel: () => end(),
  });
}

function nostrify(way: Way, encryption: Scheme): Client {
  if (way.by !== 'bunker') throw new Error('nostrify makes no nostrconnect lines');
  const { hostname, searchParams } = new URL(way.uri);
  const relay = new NRelay1(searchParams.get('relay') ?? missing());
  const signer = new NConnectSigner({
    relay,
    pubkey: hostname,
    signer: new NSecSigner(generateSecretKey()),
    encryption,
  });
  return {
    connect: () => signer.connect(searchParams.get('secret') ?? ''),
    user: () => signer.getPublicKey(),
    sign: (template) => signer.signEvent(template),
    encrypt: (scheme, peer, text) => signer[scheme].encrypt(peer, text),
    decrypt: (scheme, peer, text) => signer[scheme].decrypt(peer, text),
    // The command is private in its types alone, and is what all of its methods are made of.
    call: (method) => signer['cmd'](method, []),
    close: () => relay.close(),
  };
}

function missing(): never {
  throw new Error('the client has not what it needs');
}
