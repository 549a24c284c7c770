/** Genuine events for the tests, fresh from JSON like everything that comes over a wire. */
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { type NostrEvent, parseEvent } from '../../host/src/core/nip46/event.ts';
import { finalizeEvent } from './quick-nostr.ts';

export const key = generateSecretKey();
export const pubkey = getPublicKey(key);
export const nowS = 1_700_000_000;

export type Fields = { kind?: number; content?: string; tags?: string[][]; created_at?: number };

/** Signs the fields, with what is missing filled in. */
export function signed(fields: Fields = {}, secret = key): NostrEvent {
  const template = { kind: 24133, content: 'ciphertext', tags: [['p', pubkey]], created_at: nowS, ...fields };
  const event = parseEvent(JSON.parse(JSON.stringify(finalizeEvent(template, secret))));
  if (event === null) throw new Error('nostr-tools made what is no event');
  return event;
}
