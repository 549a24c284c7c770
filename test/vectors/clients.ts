/**
 * clients.json: requests that an app signed, whole and as the message that carries them, with what a device decrypts and answers; and
 * requests that are wrong in one thing, with the error (clients-invalid.ts).
 */
import { getEventHash } from 'nostr-tools/pure';
import {
  conversationKeys,
  envelopeOf,
  headMax,
  messageOf,
  nip04Of,
  nip44Of,
  publicOf,
  secrets,
} from './client-events.ts';
import { type Asked, event, invalidClients, keys, plaintextOf, state } from './clients-invalid.ts';
import { hexOf } from './diagnostic.ts';

const peer = publicOf('peer');
const note = { kind: 1, created_at: 1_700_000_050, tags: [['t', 'nostr']], content: 'hello ✨' };
/** Escaped three times over: in the template, in the request, and in the bytes that are hashed. */
const odd = {
  kind: 65535,
  created_at: 0,
  tags: [[], [''], ['e', '"\\/'], ['\u0000\u001f', '\u007f\u2028']],
  content: '\ufeffa mark, then äöü 🌍 \b\f\n\r\t "\\" \u0001\uffff',
};
const long = { ...note, content: 'A long text, longer than NIP-44 once could. '.repeat(1_600) };
const own = conversationKeys('account', 'account').nip44;
const withPeer = conversationKeys('account', 'peer');

type Expected = Readonly<Record<string, string | number>>;
type Row = { readonly name: string; readonly asked: Asked; readonly expected: Expected; readonly nip04?: true };

const signature = (
  fields: Omit<typeof note, 'tags'> & { readonly tags: readonly (readonly string[])[] },
): Expected => ({
  result: 'signature',
  id: getEventHash({ ...fields, tags: fields.tags.map((tag) => [...tag]), pubkey: publicOf('account') }),
  pubkey: publicOf('account'),
});
const ask = (method: string, ...params: readonly string[]): Asked => ({ id: 'a1', method, params });

const rows: readonly Row[] = [
  { name: 'sign_event', asked: ask('sign_event', JSON.stringify(note)), expected: signature(note) },
  {
    name: 'sign_event, NIP-04',
    asked: ask('sign_event', JSON.stringify(note)),
    expected: signature(note),
    nip04: true,
  },
  { name: 'sign_event, odd characters', asked: ask('sign_event', JSON.stringify(odd)), expected: signature(odd) },
  {
    name: 'sign_event, streamed, with the extended length of NIP-44',
    asked: ask('sign_event', JSON.stringify(long)),
    expected: signature(long),
  },
  {
    name: 'sign_event, streamed, NIP-04',
    asked: ask('sign_event', JSON.stringify({ ...long, content: long.content.slice(0, 9_000) })),
    expected: signature({ ...long, content: long.content.slice(0, 9_000) }),
    nip04: true,
  },
  {
    name: 'sign_event, what lacks is filled by the device: created_at of the event, no tags',
    asked: ask('sign_event', JSON.stringify({ content: 'short', kind: 1 })),
    expected: signature({ kind: 1, content: 'short', tags: [], created_at: state.createdAt }),
  },
  {
    name: 'sign_event, keys in another order, more of them, and the pubkey of the account',
    asked: ask(
      'sign_event',
      JSON.stringify({
        sig: '00',
        content: note.content,
        pubkey: publicOf('account'),
        tags: note.tags,
        id: 'any',
        created_at: note.created_at,
        kind: note.kind,
      }),
    ),
    expected: signature(note),
  },
  {
    name: 'nip44_encrypt',
    asked: ask('nip44_encrypt', peer, 'for the peer ✨'),
    expected: { result: 'text', decrypts_with: hexOf(withPeer.nip44), to: 'for the peer ✨' },
  },
  {
    name: 'nip44_decrypt',
    asked: ask('nip44_decrypt', peer, nip44Of('from the peer ✨', withPeer.nip44)),
    expected: { result: 'text', text: 'from the peer ✨' },
  },
  {
    name: 'nip44_decrypt, of what the account encrypted to itself',
    asked: ask('nip44_decrypt', publicOf('account'), nip44Of('[["p","…"]]', own)),
    expected: { result: 'text', text: '[["p","…"]]' },
  },
  {
    name: 'nip04_encrypt',
    asked: ask('nip04_encrypt', peer, 'for the peer'),
    expected: { result: 'text', decrypts_with: hexOf(withPeer.nip04), to: 'for the peer' },
  },
  {
    name: 'nip04_decrypt',
    asked: ask('nip04_decrypt', peer, nip04Of('from the peer', withPeer.nip04)),
    expected: { result: 'text', text: 'from the peer' },
  },
  {
    name: 'get_public_key, which asks nobody',
    asked: ask('get_public_key'),
    expected: { result: 'public_key', pubkey: publicOf('account') },
  },
];

export function clientVectors() {
  return {
    about:
      'Every row meets a device in the state that `paired` says, with `account` as its account. `event` is what the app signed, `message` the ' +
      `nip46_request that carries it (a content over ${headMax} bytes is streamed, its head is in the message). expected: a signature is random, so ` +
      'it is held to id and pubkey; an encrypted text is held to what it decrypts to.',
    account: { number: 0, secret: hexOf(secrets.account), pubkey: publicOf('account') },
    paired: state.paired.map((one) => ({
      client: publicOf(one.client),
      client_secret: hexOf(secrets[one.client]),
      remote_signer: publicOf(one.remoteSigner),
      remote_signer_secret: hexOf(secrets[one.remoteSigner]),
      account: 0,
      floor: state.floor,
      conversation_key: hexOf(conversationKeys(one.client, one.remoteSigner).nip44),
      shared_x: hexOf(conversationKeys(one.client, one.remoteSigner).nip04),
    })),
    valid: rows.map(({ name, asked, expected, nip04 }) => {
      const content = nip04 ? nip04Of(plaintextOf(asked), keys.nip04) : nip44Of(plaintextOf(asked), keys.nip44);
      const signed = event({ content });
      return {
        name,
        event: signed,
        message: messageOf(envelopeOf(signed, nip04 ? keys.nip04 : keys.nip44)),
        plaintext: plaintextOf(asked),
        request: asked,
        expected,
      };
    }),
    invalid: invalidClients(),
  };
}
