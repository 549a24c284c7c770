/** The requests of clients.json that a device refuses: each wrong in one thing, under signatures and MACs that hold but for that. */
import type { RequestOf } from '@sallyport/device-protocol';
import type { Event } from 'nostr-tools/pure';
import {
  conversationKeys,
  envelopeOf,
  messageOf,
  nip04Of,
  nip44Around,
  nip44Of,
  paddedOf,
  publicOf,
  signedBy,
  type Unsigned,
  type Who,
} from './client-events.ts';
import { bytesOf } from './diagnostic.ts';

export type Asked = { readonly id: string; readonly method: string; readonly params: readonly string[] };

/** What the device knows: two apps at one remote-signer key, and the first of them at another one too. */
export const state = {
  floor: 1_700_000_000,
  createdAt: 1_700_000_100,
  paired: [
    { client: 'client', remoteSigner: 'remoteSigner' },
    { client: 'otherClient', remoteSigner: 'remoteSigner' },
    { client: 'client', remoteSigner: 'otherRemoteSigner' },
  ],
} as const;

export const keys = conversationKeys('client', 'remoteSigner');
export const plaintextOf = (asked: Asked): string => JSON.stringify(asked);

const note = JSON.stringify({ kind: 1, created_at: 1_700_000_050, tags: [], content: 'hello' });
const plain = plaintextOf({ id: 'a1', method: 'sign_event', params: [note] });
const p = [['p', publicOf('remoteSigner')]];

/** The client's event; what is not said is as it should be. */
export function event(fields: Partial<Unsigned> = {}, who: Who = 'client'): Event {
  const content = nip44Of(plain, keys.nip44);
  return signedBy(who, { kind: 24133, created_at: state.createdAt, tags: p, content, ...fields });
}

type Envelope = RequestOf<'nip46_request'>;
type Wrong = { readonly name: string; readonly error: string; readonly event?: Event; readonly body: Envelope };

const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'));
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
const replaced = (text: string, at: number): string =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;

/** The right envelope with another field. */
const told = (name: string, error: string, change: Partial<Envelope>): Wrong => ({
  name,
  error,
  body: { ...envelopeOf(event(), keys.nip44), ...change },
});
/** An event that is signed as it is, and carried truly. */
const signed = (name: string, error: string, of: Event, key = keys.nip44): Wrong => ({
  name,
  error,
  event: of,
  body: envelopeOf(of, key),
});
/** A plaintext, well encrypted. */
const says = (name: string, error: string, text: string): Wrong =>
  signed(name, error, event({ content: nip44Of(text, keys.nip44) }));
const says04 = (name: string, error: string, text: string | Uint8Array, padded = true): Wrong =>
  signed(name, error, event({ content: nip04Of(text, keys.nip04, padded) }), keys.nip04);
const asks = (name: string, error: string, method: string, params: readonly unknown[]): Wrong =>
  says(name, error, JSON.stringify({ id: 'a1', method, params }));
const template = (name: string, error: string, text: string): Wrong => asks(name, error, 'sign_event', [text]);

const uniform = 'unauthenticated';

function envelopes(): readonly Wrong[] {
  const right = envelopeOf(event(), keys.nip44);
  const { content } = event();
  const changed = utf8(replaced(content, 60));
  return [
    told('one bit of the signature', uniform, { sig: flipped(right.sig) }),
    told('the signature of another event', uniform, { sig: bytesOf(event({ created_at: state.createdAt + 1 }).sig) }),
    told('the signature of an event of kind 1', uniform, { sig: bytesOf(event({ kind: 1 }).sig) }),
    told('a later created_at', uniform, { createdAt: right.createdAt + 1 }),
    told('another app that is paired too', uniform, { client: bytesOf(publicOf('otherClient')) }),
    told('another remote-signer key that the app is paired with too', uniform, {
      tags: [['p', publicOf('otherRemoteSigner')]],
    }),
    told('a tag more', uniform, { tags: [...right.tags, ['t', 'x']] }),
    told('one character of the content', uniform, { input: { length: changed.length, head: changed } }),
    told('one character less', uniform, { input: { length: content.length - 1, head: utf8(content.slice(0, -1)) } }),
    told('one bit of the conversation key', uniform, { conversationKey: flipped(keys.nip44) }),
    told('the shared point in place of the conversation key', uniform, { conversationKey: keys.nip04 }),
    told('the conversation key of another app', uniform, {
      conversationKey: conversationKeys('otherClient', 'remoteSigner').nip44,
    }),
    told('an account that is not there', 'unknown_account', { account: 15 }),
    told('more head than content', 'invalid_params', { input: { length: 10, head: right.input.head } }),
  ];
}

function events(): readonly Wrong[] {
  const stranger = event({}, 'stranger');
  const nobody = [['p', publicOf('stranger')]];
  return [
    signed('an app that is not paired', 'unknown_client', stranger),
    signed('a remote-signer key that is not known', 'unknown_client', event({ tags: nobody })),
    signed('no p tag', uniform, event({ tags: [['t', 'x']] })),
    signed('two p tags', uniform, event({ tags: [...p, ...p] })),
    signed('a p tag in uppercase', uniform, event({ tags: [['p', publicOf('remoteSigner').toUpperCase()]] })),
    signed('a p tag without a key', uniform, event({ tags: [['p']] })),
    signed('created_at at the floor', 'replayed', event({ created_at: state.floor })),
    signed('content that is no base64', uniform, event({ content: '{"id":"a1"}' })),
    signed('empty content', uniform, event({ content: '' })),
    signed(
      'one bit of the MAC, and the app signed it so',
      uniform,
      event({ content: replaced(nip44Of(plain, keys.nip44), 20) }),
    ),
    signed('version 1 of NIP-44', uniform, event({ content: nip44Around(paddedOf(utf8(plain)), keys.nip44, 1) })),
    signed(
      'NIP-44 padding of another length',
      uniform,
      event({ content: nip44Around(Uint8Array.of(...paddedOf(utf8(plain)), 0), keys.nip44) }),
    ),
    signed(
      'an extended length that a short one could say',
      uniform,
      event({ content: nip44Around(Uint8Array.of(0, 0, 0, 0, ...paddedOf(utf8(plain))), keys.nip44) }),
    ),
    signed(
      'NIP-44 of what is not UTF-8',
      uniform,
      event({ content: nip44Around(paddedOf(Uint8Array.of(...utf8(plain), 0xc0, 0x80)), keys.nip44) }),
    ),
    says('what is no JSON', uniform, 'hello'),
    says('a JSON array', uniform, `[${plain}]`),
    says('two JSON objects', uniform, `${plain}${plain}`),
    says('a comma before the end', uniform, plain.replace(/}$/, ',}')),
    says('a key twice', uniform, plain.replace(/^{/, '{"method":"ping",')),
    says('a key twice, once escaped', uniform, plain.replace(/^{/, '{"m\\u0065thod":"ping",')),
    says('no id', uniform, JSON.stringify({ method: 'ping', params: [] })),
    says('no method', uniform, JSON.stringify({ id: 'a1', params: [] })),
    says('params that are no array', uniform, JSON.stringify({ id: 'a1', method: 'ping', params: {} })),
    says('a lone surrogate, escaped', uniform, plain.replace('hello', '\\ud800')),
  ];
}

function plaintexts04(): readonly Wrong[] {
  const blocks = utf8(plain.padEnd(Math.ceil(plain.length / 16) * 16, ' '));
  const wrongPadding = Uint8Array.of(...blocks, ...new Array<number>(14).fill(7), 3, 16);
  return [
    signed('NIP-04 under a key with one bit changed', uniform, event04(), flipped(keys.nip04)),
    signed('NIP-04 under the conversation key of NIP-44', uniform, event04(), keys.nip44),
    says04('NIP-04 padding that is none', uniform, wrongPadding, false),
    says04('NIP-04 of what is not UTF-8', uniform, Uint8Array.of(...utf8(plain), 0xff)),
    says04('NIP-04 of what is no JSON', uniform, 'hello'),
    says04('NIP-04 with a key twice', uniform, plain.replace(/^{/, '{"id":"a1",')),
    says04('NIP-04 with an unknown method', uniform, JSON.stringify({ id: 'a1', method: 'launch', params: [] })),
    signed('NIP-04 of no blocks', uniform, event({ content: `?iv=${'A'.repeat(22)}==` }), keys.nip04),
  ];
}

const event04 = (): Event => event({ content: nip04Of(plain, keys.nip04) });

function requests(): readonly Wrong[] {
  const fields = { kind: 1, created_at: 1_700_000_050, tags: [], content: 'hello' };
  const with_ = (change: Record<string, unknown>): string => JSON.stringify({ ...fields, ...change });
  const bad = 'invalid_params';
  return [
    asks('an unknown method', 'unsupported', 'launch', []),
    asks('no params', bad, 'sign_event', []),
    template('a template that is no JSON', bad, 'hello'),
    template('a key twice in the template', bad, with_({}).replace(/^{/, '{"kind":4,')),
    template('no kind', bad, JSON.stringify({ content: 'hello', tags: [], created_at: 1 })),
    template('no content', bad, JSON.stringify({ kind: 1, tags: [], created_at: 1 })),
    template('kind 65536', bad, with_({ kind: 65536 })),
    template('a kind that is a text', bad, with_({ kind: '1' })),
    template('a kind with a fraction', bad, with_({}).replace('"kind":1', '"kind":1.0')),
    template('a negative created_at', bad, with_({ created_at: -1 })),
    template('a tag that is a text', bad, with_({ tags: ['t'] })),
    template('a tag with a number', bad, with_({ tags: [['t', 1]] })),
    template('the pubkey of somebody else', bad, with_({ pubkey: publicOf('peer') })),
    template('kind 14', 'forbidden_kind', with_({ kind: 14 })),
    template('kind 15', 'forbidden_kind', with_({ kind: 15 })),
    template('kind 24133', 'forbidden_kind', with_({ kind: 24133 })),
    asks('a peer that is no key', bad, 'nip44_encrypt', ['peer', 'text']),
    asks('a peer and no text', bad, 'nip44_encrypt', [publicOf('peer')]),
  ];
}

export function invalidClients() {
  return [...envelopes(), ...events(), ...plaintexts04(), ...requests()].map(({ name, error, event: of, body }) => ({
    name,
    error,
    ...(of === undefined ? {} : { event: of }),
    message: messageOf(body),
  }));
}
