/** The plainest NIP-46 signer there can be: nostr-tools, the key in its process, no device, no screen, no store, no questions. */
import * as nip44 from 'nostr-tools/nip44';
import { finalizeEvent, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { type RawData, WebSocket } from 'ws';

/** Serves everybody on this relay. */
export async function serveAsSoftwareSigner(relay: string, key: Uint8Array): Promise<void> {
  const pubkey = getPublicKey(key);
  const conversation = conversations(key);
  const socket = new WebSocket(relay, { perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => socket.send(JSON.stringify(['REQ', 'requests', { kinds: [24133], '#p': [pubkey] }])));
    socket.on('message', (data: RawData) => {
      const [label, , event] = JSON.parse(String(data));
      if (label === 'EOSE') return resolve();
      if (label !== 'EVENT' || !verifyEvent(event)) return;
      const shared = conversation(event.pubkey);
      const { id, method, params } = JSON.parse(nip44.v2.decrypt(event.content, shared));
      const result = answer(key, conversation, method, params);
      const content = nip44.v2.encrypt(JSON.stringify({ id, result }), shared);
      const created_at = Math.floor(Date.now() / 1000);
      const sealed = finalizeEvent({ kind: 24133, created_at, tags: [['p', event.pubkey]], content }, key);
      socket.send(JSON.stringify(['EVENT', sealed]));
    });
  });
}

/** Key agreements are kept, as host and device keep theirs: a comparison with one that computes each anew would flatter us. */
function conversations(key: Uint8Array): (peer: string) => Uint8Array {
  const kept = new Map<string, Uint8Array>();
  return (peer) => {
    const shared = kept.get(peer) ?? nip44.v2.utils.getConversationKey(key, peer);
    kept.set(peer, shared);
    return shared;
  };
}

type Conversation = ReturnType<typeof conversations>;

function answer(key: Uint8Array, conversation: Conversation, method: string, params: readonly string[]): string {
  const [first = '', second = ''] = params;
  switch (method) {
    case 'connect':
      return 'ack';
    case 'get_public_key':
      return getPublicKey(key);
    case 'sign_event':
      return JSON.stringify(finalizeEvent(JSON.parse(first), key));
    case 'nip44_encrypt':
      return nip44.v2.encrypt(second, conversation(first));
    case 'nip44_decrypt':
      return nip44.v2.decrypt(second, conversation(first));
    default:
      throw new Error(`the bench does not ask for ${method}`);
  }
}
