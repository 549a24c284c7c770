/** The events that this host signs itself, by its remote-signer key: who it is to a relay, and to the world. */

import { randomBytes } from 'node:crypto';
import { finalizeEvent } from 'nostr-tools/pure';
import type { EventTemplate } from './core/device/device-port.ts';
import type { RemoteSigner } from './core/nip46/envelope.ts';
import { type NostrEvent, parseEvent } from './core/nip46/event.ts';

/** The answer to an AUTH challenge (NIP-42): kind 22242 by this remote-signer key, with the relay's address and its challenge. */
export function authEvent(signer: RemoteSigner, relay: string, challenge: string, nowMs: number): NostrEvent {
  return signer.authenticate(relay, challenge, Math.floor(nowMs / 1000), Uint8Array.from(randomBytes(32)));
}

/** What shows whether a relay delivers: an answer to ourselves, which looks like all others. */
export function probeEvent(signer: RemoteSigner, nowMs: number): NostrEvent {
  const createdAt = Math.floor(nowMs / 1000);
  const random = Uint8Array.from(randomBytes(64));
  return signer.seal({ client: signer.pubkey, encryption: 'nip44', text: 'probe', createdAt, random });
}

/** An event of the remote-signer key itself. */
export function signed(template: EventTemplate, secret: Uint8Array): NostrEvent {
  const tags = template.tags.map((tag) => [...tag]);
  const event = parseEvent(finalizeEvent({ ...template, tags }, secret));
  if (event === null) throw new Error('an event of ours is no event');
  return event;
}
