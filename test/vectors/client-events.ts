/**
 * Events that an app signs, made without our firmware's code but for the signature: NIP-44 out of node:crypto beside nostr-tools,
 * NIP-04 out of node:crypto with a fixed iv. Signatures have no fresh randomness, so that the files come out the same each
 * time; nostr-tools verifies each one.
 */
import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { encodeMessage, type RequestOf } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { type Event, getEventHash, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import { bytesOf, hexOf } from './diagnostic.ts';

/** Secrets that nobody could take for real ones. */
const secretOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

export const secrets = {
  client: secretOf(0x11),
  otherClient: secretOf(0x12),
  stranger: secretOf(0x13),
  remoteSigner: secretOf(0x21),
  otherRemoteSigner: secretOf(0x22),
  account: secretOf(0x31),
  peer: secretOf(0x41),
} as const;

export type Who = keyof typeof secrets;

export const publicOf = (who: Who): string => getPublicKey(secrets[who]);

/** What the client and the remote-signer key share: NIP-44's conversation key, and for NIP-04 the x coordinate. */
export function conversationKeys(mine: Who, other: Who): { readonly nip44: Uint8Array; readonly nip04: Uint8Array } {
  const shared = portableCrypto.sharedX(secrets[mine], bytesOf(publicOf(other)));
  if (shared === null) throw new Error('no point');
  return { nip44: nip44.v2.utils.getConversationKey(secrets[mine], publicOf(other)), nip04: shared };
}

/** A NIP-44 payload by the library. */
export const nip44Of = (text: string, key: Uint8Array): string => nip44.v2.encrypt(text, key, nonceOf(text));

/** A NIP-44 payload around any padded bytes, under a MAC that holds: for what no library would write. */
export function nip44Around(padded: Uint8Array, key: Uint8Array, version = 2): string {
  const nonce = nonceOf(hexOf(padded));
  const keys = expand(key, nonce);
  const iv = Buffer.concat([Buffer.alloc(4), keys.subarray(32, 44)]);
  const cipher = createCipheriv('chacha20', keys.subarray(0, 32), iv);
  const text = Buffer.concat([cipher.update(padded), cipher.final()]);
  const mac = createHmac('sha256', keys.subarray(44, 76)).update(nonce).update(text).digest();
  return Buffer.concat([Uint8Array.of(version), nonce, text, mac]).toString('base64');
}

/** The padded form of bytes that need not be UTF-8, up to 64 KiB. */
export function paddedOf(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(2 + nip44.v2.utils.calcPaddedLen(bytes.length));
  new DataView(padded.buffer).setUint16(0, bytes.length);
  padded.set(bytes, 2);
  return padded;
}

/** A NIP-04 payload around any blocks; `padded` false leaves the padding to the caller. */
export function nip04Of(text: string | Uint8Array, key: Uint8Array, padded = true): string {
  const iv = new Uint8Array(16).fill(0x51);
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(padded);
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()]);
  return `${ciphertext.toString('base64')}?iv=${Buffer.from(iv).toString('base64')}`;
}

/** RFC 5869 expand to 76 bytes. */
function expand(key: Uint8Array, info: Uint8Array): Buffer {
  let block = Buffer.alloc(0);
  const blocks = [1, 2, 3].map((n) => {
    block = createHmac('sha256', key).update(block).update(info).update(Uint8Array.of(n)).digest();
    return block;
  });
  return Buffer.concat(blocks).subarray(0, 76);
}

const nonceOf = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(`nonce ${text}`).digest());

export type Unsigned = {
  readonly kind: number;
  readonly created_at: number;
  readonly tags: string[][];
  readonly content: string;
};

/** Signs as this key would; the same each time. */
export function signedBy(who: Who, fields: Unsigned): Event {
  const unsigned = { ...fields, pubkey: publicOf(who) };
  const id = getEventHash(unsigned);
  const sig = hexOf(portableCrypto.signSchnorr(bytesOf(id), secrets[who], new Uint8Array(32)));
  const event = { ...unsigned, id, sig };
  // A copy: nostr-tools marks what it verified.
  if (!verifyEvent({ ...event })) throw new Error('the signature of a vector is wrong');
  return event;
}

/** As much of a content as goes along in these vectors: the rest is streamed. */
export const headMax = 3_072;

/** The request that carries an event, with so many bytes of its content at most. */
export function envelopeOf(event: Event, conversationKey: Uint8Array, most = headMax): RequestOf<'nip46_request'> {
  const content = Uint8Array.from(Buffer.from(event.content, 'utf8'));
  return {
    account: 0,
    client: bytesOf(event.pubkey),
    createdAt: event.created_at,
    tags: event.tags,
    sig: bytesOf(event.sig),
    conversationKey,
    input: { length: content.length, head: content.slice(0, most) },
  };
}

export function messageOf(body: RequestOf<'nip46_request'>): string {
  return hexOf(encodeMessage({ type: 'request', id: 4, command: 'nip46_request', body }));
}
