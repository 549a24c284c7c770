/** Requests of apps as the stream tests make them: signed, sealed and cut without our firmware's code. */
import { nip44 } from 'nostr-tools';
import { finalizeEvent, getPublicKey } from 'nostr-tools/pure';
import { encryptNip04 } from '../../firmware-sim/src/firmware/formats/nip04.ts';
import { encryptNip44 } from '../../firmware-sim/src/firmware/formats/nip44.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import type { ClientEvent } from '../../firmware-sim/src/firmware/stream/client-event.ts';
import type { Reading } from '../../firmware-sim/src/firmware/stream/reading.ts';

export const clientSecret = new Uint8Array(32).fill(0x11);
export const signerPublic = getPublicKey(new Uint8Array(32).fill(0x21));
export const accountPublic = portableCrypto.publicKey(new Uint8Array(32).fill(0x31));
export const conversationKey = nip44.v2.utils.getConversationKey(clientSecret, signerPublic);

export const utf8 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf8'));
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Real signatures, or none that anybody looks at: curve operations are most of a test's time. */
export const realCurve = { crypto: portableCrypto, random: (length: number) => new Uint8Array(length).fill(9) };
export const noCurve = { ...realCurve, crypto: { verifySchnorr: () => true } };

export type Sent = { readonly event: ClientEvent; readonly content: Uint8Array; readonly id: string };

/** A content in an event that the client signed. */
export function signed(content: string, key = conversationKey): Sent {
  const tags = [['p', signerPublic]];
  const event = finalizeEvent({ kind: 24133, created_at: 1_760_000_000, tags, content }, clientSecret);
  return { ...around(content, key, Uint8Array.from(Buffer.from(event.sig, 'hex'))), id: event.id };
}

/** The same without a signature. */
export function around(content: string, key = conversationKey, sig = new Uint8Array(64)): Sent {
  const bytes = utf8(content);
  const client = portableCrypto.publicKey(clientSecret);
  const tags = [['p', signerPublic]];
  const event = { client, createdAt: 1_760_000_000, tags, sig, conversationKey: key, length: bytes.length };
  return { event, content: bytes, id: '' };
}

/** A text sealed as either scheme. */
export function sealed(text: string, scheme: 'nip04' | 'nip44', key = conversationKey): string {
  const bytes = utf8(text);
  const payload =
    scheme === 'nip44'
      ? encryptNip44(bytes, key, new Uint8Array(32).fill(3))
      : encryptNip04(bytes, key, new Uint8Array(16).fill(4));
  if (payload === null) throw new Error('too large to seal');
  return payload;
}

/** Drives a reading; `answer` may lie. Counts what was asked for. */
export function drive<T>(
  reading: Reading<T>,
  content: Uint8Array,
  answer: (bytes: Uint8Array, asked: number, offset: number) => Uint8Array = (bytes) => bytes,
): { readonly result: T; readonly asked: number } {
  let asked = 0;
  let step = reading.next();
  while (!step.done) {
    const { offset, length } = step.value;
    if (length < 1 || offset + length > content.length) throw new Error(`asked for ${length} at ${offset}`);
    step = reading.next(answer(content.slice(offset, offset + length), asked++, offset));
  }
  return { result: step.value, asked };
}
