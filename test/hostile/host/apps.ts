/**
 * The apps of these attacks, and what they sign: events of kind 24133 as real clients make them, by nostr-tools' NIP-44, NIP-04 by node:crypto.
 * Nobody but an app has its key. The attacker has everything else: the remote-signer keys, and so every conversation key.
 */
import { createCipheriv } from 'node:crypto';
import { hexToBytes } from '@noble/hashes/utils.js';
import { limits, type RequestOf } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { getEventHash } from 'nostr-tools/pure';
import { acceleratedCrypto as curve } from '../../../firmware-sim/src/accelerated-crypto.ts';
import { bytesFrom, type Chance } from '../../support/random.ts';

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'));

/** A key that somebody holds. */
export type Holder = { readonly secret: Uint8Array; readonly key: Uint8Array; readonly hex: string };

export function holder(byte: number): Holder {
  const secret = new Uint8Array(32).fill(byte);
  const key = curve.publicKey(secret);
  return { secret, key, hex: toHex(key) };
}

/** Apps: two that are paired, one that was, one that never was. */
export const alice = holder(0x11);
export const bob = holder(0x12);
export const stranger = holder(0x13);
export const foe = holder(0x42);
/** Two remote-signer keys of the attacker's computer. */
export const signer = holder(0x21);
export const otherSigner = holder(0x22);
/** Somebody who writes to the user. */
export const friend = holder(0x41);

type Shared = { readonly nip44: Uint8Array; readonly nip04: Uint8Array };

/** What two of them share. */
export function sharedBy(mine: Holder, other: Holder): Shared {
  const name = `${mine.hex}${other.hex}`;
  const known = shares.get(name);
  if (known !== undefined) return known;
  const nip04 = curve.sharedX(mine.secret, other.key);
  if (nip04 === null) throw new Error('no point');
  const share = { nip44: nip44.v2.utils.getConversationKey(mine.secret, other.hex), nip04 };
  shares.set(name, share);
  return share;
}
const shares = new Map<string, Shared>();

/** What an app asks for. */
export type Wish = { readonly method: string; readonly params: readonly unknown[] };

/** An event as an app signed it, with what it means. */
export type AppEvent = {
  readonly app: Holder;
  readonly createdAt: number;
  readonly tags: readonly (readonly string[])[];
  readonly content: string;
  readonly sig: Uint8Array;
  readonly id: string;
  readonly conversationKey: Uint8Array;
  readonly wish: Wish;
};

export type Fields = Partial<Pick<AppEvent, 'createdAt' | 'tags' | 'content'>> & {
  readonly kind?: number;
  /** NIP-04 instead of NIP-44. */
  readonly old?: boolean;
};

/** The app encrypts a request to a remote-signer key, and signs it. */
export function appEvent(draw: Chance, app: Holder, to: Holder, wish: Wish, fields: Fields = {}): AppEvent {
  const { createdAt = 0, kind = 24133, old = false, tags = [['p', to.hex]] } = fields;
  const random = bytesFrom(draw);
  const keys = sharedBy(app, to);
  const text = JSON.stringify({ id: toHex(random(8)), ...wish });
  const payload = () =>
    old ? oldPayload(random(16), text, keys.nip04) : nip44.v2.encrypt(text, keys.nip44, random(32));
  const content = fields.content ?? payload();
  const id = getEventHash({ kind, created_at: createdAt, tags: tags.map((tag) => [...tag]), content, pubkey: app.hex });
  const sig = curve.signSchnorr(hexToBytes(id), app.secret, new Uint8Array(32));
  return { app, createdAt, tags, content, sig, id, conversationKey: old ? keys.nip04 : keys.nip44, wish };
}

/** The body of the request that carries an event truly, for this account. */
export function envelope(event: AppEvent, account: number): RequestOf<'nip46_request'> {
  const { app, createdAt, tags, sig, conversationKey } = event;
  const input = inputOf(utf8(event.content));
  return { account, client: app.key, createdAt, tags: tags.map((tag) => [...tag]), sig, conversationKey, input };
}

/** An input with as much of it as goes along. */
export function inputOf(bytes: Uint8Array): RequestOf<'nip46_request'>['input'] {
  return { length: bytes.length, head: bytes.slice(0, Math.min(limits.headMax, 3_000)) };
}

/** A template, and the id that its signature must be about. */
export function toSign(draw: Chance, kind: number, pubkey: string, created_at: number, content?: string) {
  const words = content ?? `note ${toHex(bytesFrom(draw)(6))}`;
  const template = { kind, created_at, tags: [['t', 'x']], content: words };
  const wish: Wish = { method: 'sign_event', params: [JSON.stringify(template)] };
  return { wish, hash: getEventHash({ ...template, pubkey }) };
}

/** A request to decrypt what a peer encrypted to the user; `text` is what must not get out. */
export function toDecrypt(draw: Chance, peer: Holder, user: Holder): { readonly wish: Wish; readonly text: string } {
  const random = bytesFrom(draw);
  const text = `secret ${toHex(random(6))}`;
  const payload = nip44.v2.encrypt(text, sharedBy(peer, user).nip44, random(32));
  return { wish: { method: 'nip44_decrypt', params: [peer.hex, payload] }, text };
}

function oldPayload(iv: Uint8Array, text: string, key: Uint8Array): string {
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const payload = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return `${payload.toString('base64')}?iv=${Buffer.from(iv).toString('base64')}`;
}
