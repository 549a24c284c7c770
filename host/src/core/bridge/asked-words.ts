/** What an open request asks, in plain words and in full: for whoever sits at the computer and may refuse it. */
import type { EventTemplate } from '../device/device-port.ts';
import type { RequestedEvent } from '../nip46/event-template.ts';
import type { OpenRequest } from './bridge-state.ts';

/** In full, as far as the host knows it: an event that is to be signed, or a text and whom it is from or for. */
export type AskedInFull =
  | { readonly type: 'event'; readonly event: EventTemplate | RequestedEvent }
  | { readonly type: 'text'; readonly peer: string; readonly text: string }
  | { readonly type: 'nothing' };

export function askedInFull({ wants }: OpenRequest): AskedInFull {
  switch (wants.type) {
    case 'signature':
      return { type: 'event', event: wants.template };
    case 'account':
      return { type: 'event', event: wants.signing.template };
    case 'text':
      return { type: 'text', peer: wants.peer, text: wants.text };
    default:
      return { type: 'nothing' };
  }
}

/** A few words, as "sign a note". Never a text of the app: those are shown where they were asked for. */
export function askedWords({ method, kind }: Pick<OpenRequest, 'method' | 'kind'>): string {
  switch (method) {
    case 'sign_event':
      return `sign ${kindWords.get(kind ?? -1) ?? `an event of kind ${kind}`}`;
    case 'nip04_encrypt':
    case 'nip44_encrypt':
      return 'encrypt a text';
    case 'nip04_decrypt':
    case 'nip44_decrypt':
      return 'decrypt a text';
    case 'connect':
      return 'be paired with this signer';
    case 'get_public_key':
      return 'know the public key';
    case 'create_account':
      return 'have an account made';
    default:
      return method;
  }
}

/** How many permissions are put in words; an app that wishes for more is told so by its list. */
const wishesMax = 16;

/** Permissions as NIP-46 writes them (`sign_event:1,nip44_decrypt`), each in words. What is none of ours stays as the app wrote it. */
export function wishWords(perms: string): readonly string[] {
  const texts = perms.split(',').map((text) => text.trim());
  const words = [...new Set(texts.filter((text) => text !== '').map(oneWish))];
  const more = words.length - wishesMax;
  return more > 0 ? [...words.slice(0, wishesMax), `and ${more} more`] : words;
}

function oneWish(text: string): string {
  if (text === 'sign_event') return 'sign events of every kind';
  const kind = /^sign_event:(\d{1,5})$/.exec(text)?.[1];
  if (kind !== undefined) return askedWords({ method: 'sign_event', kind: Number(kind) });
  return askedWords({ method: text, kind: null });
}

/** The kinds that people meet. A kind that is not here is called by its number. */
const kindWords: ReadonlyMap<number, string> = new Map([
  [0, 'the profile'],
  [1, 'a note'],
  [3, 'the list of followed people'],
  [4, 'a direct message'],
  [5, 'a deletion'],
  [6, 'a repost'],
  [7, 'a reaction'],
  [9, 'a chat message'],
  [13, 'a sealed message'],
  [16, 'a repost'],
  [20, 'a picture'],
  [21, 'a video'],
  [1059, 'a wrapped message'],
  [1111, 'a comment'],
  [9734, 'a request for a zap'],
  [10000, 'the list of muted people'],
  [10001, 'the list of pinned notes'],
  [10002, 'the list of relays'],
  [10050, 'the relays for messages'],
  [22242, 'a login to a relay'],
  [24242, 'a use of a media server'],
  [27235, 'a login to a website'],
  [30023, 'an article'],
  [30078, 'data of the app'],
]);
