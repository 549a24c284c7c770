/**
 * A software signer in a process of its own, for the bench: `rival.ts ndk|applesauce|plain RELAY`. It says its public key in
 * one JSON line and serves until it is killed. It approves everything; its key is in its memory.
 */
import NDK, { NDKNip46Backend, NDKPrivateKeySigner } from '@nostr-dev-kit/ndk';
import { NostrConnectProvider } from 'applesauce-signers/signers/nostr-connect-provider';
import { PrivateKeySigner } from 'applesauce-signers/signers/private-key-signer';
import type { Filter } from 'nostr-tools/filter';
import { generateSecretKey, getPublicKey, type NostrEvent } from 'nostr-tools/pure';
import { type RawData, WebSocket } from 'ws';
import { serveAsSoftwareSigner } from './software-signer.ts';

const [kind, relay = ''] = process.argv.slice(2);
const key = generateSecretKey();
if (kind === 'ndk') await serveNdk();
else if (kind === 'applesauce') await serveApplesauce();
else if (kind === 'plain') await serveAsSoftwareSigner(relay, key);
else throw new Error(`no rival is called ${kind}`);
console.log(JSON.stringify({ pubkey: getPublicKey(key) }));

async function serveNdk(): Promise<void> {
  const ndk = new NDK({ explicitRelayUrls: [relay] });
  await ndk.connect(2_000);
  const backend = new NDKNip46Backend(ndk, new NDKPrivateKeySigner(key), async () => true, [relay]);
  backend.applyToken = async () => undefined;
  await backend.start();
}

async function serveApplesauce(): Promise<void> {
  const signer = new PrivateKeySigner(key);
  const socket = new WebSocket(relay, { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const pool = {
    subscription: (_relays: string[], filters: Filter[]) => subscription(socket, filters),
    publish: async (_relays: string[], event: NostrEvent) => socket.send(JSON.stringify(['EVENT', event])),
  };
  await new NostrConnectProvider({ relays: [relay], upstream: signer, signer, pool }).start();
}

/** One subscription over a socket of its own use, as applesauce wants it: whatever can be iterated. */
async function* subscription(socket: WebSocket, filters: readonly Filter[]): AsyncGenerator<NostrEvent> {
  const events: NostrEvent[] = [];
  let more = Promise.withResolvers<void>();
  const take = (data: RawData): void => {
    const [label, , event] = JSON.parse(String(data));
    if (label !== 'EVENT') return;
    events.push(event);
    more.resolve();
  };
  socket.on('message', take);
  socket.send(JSON.stringify(['REQ', `s${Math.random()}`, ...filters]));
  try {
    for (;;) {
      for (let event = events.shift(); event !== undefined; event = events.shift()) yield event;
      await more.promise;
      more = Promise.withResolvers();
    }
  } finally {
    socket.off('message', take);
  }
}
