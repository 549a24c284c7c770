/**
 * What one request puts before the human: a value that holds everything shown, and nothing that is not. An approval is later
 * an approval of exactly this value.
 *
 * The name of the asking app comes from the computer and is marked so: the device cannot vouch for it.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { utf8Length } from '@sallyport/device-protocol';
import { cellsAt } from './cells.ts';
import { kindClass, kindName } from './kind-names.ts';
import { formatUtc } from './utc.ts';
import { OWN, unitsAt, untrusted, untrustedLine } from './visible-text.ts';

/** The four text methods that use the user key. */
export type TextMethod = 'nip04_encrypt' | 'nip04_decrypt' | 'nip44_encrypt' | 'nip44_decrypt';

/** One request, ready to be shown. */
export type Review = {
  /** What is asked, at most 16 characters: `Sign follow list`. */
  readonly title: string;
  /** The same for a row that also holds the page number, at most 11 characters. */
  readonly shortTitle: string;
  /** What the approving key does, one short word. */
  readonly action: 'sign' | 'allow' | 'pair' | 'give' | 'never';
  /** It takes a hold: more is given than a press should give. */
  readonly hold: boolean;
  /** Whether the human may say that this is always, or never again, to be so. */
  readonly remembers: boolean;
  /** Nobody paired the computer that asks: said before everything else. */
  readonly unknownComputer: boolean;
  readonly facts: readonly Fact[];
  readonly sections: readonly Section[];
};

/**
 * One line of the summary. `note` is ours and stands below the value behind a mark of ours, which no value can write: a name
 * like `Coracle (verified by device)` stays a name. Small boards show the short one, of 15 characters.
 */
export type Fact = { readonly name: string; readonly value: string; readonly note?: Note };
export type Note = { readonly long: string; readonly short: string };

/** One part of what is signed or encrypted, in full. */
export type Section =
  | { readonly heading: string; readonly text: string }
  | { readonly heading: string; readonly tags: readonly (readonly string[])[] };

/**
 * Who asks, and for whom. `account` is the account's name on this device, `label` the app's name: what the computer calls it, or what it
 * was called when it was paired. `by`: the app itself, which signed this; a computer that a human paired; or one that nobody knows.
 */
export type Asker = {
  readonly account: string;
  readonly label: string;
  readonly pubkey: Uint8Array;
  /** The key of the account was known to a computer once, which is said wherever the account is named. */
  readonly imported: boolean;
  readonly by: 'app' | 'computer' | 'stranger';
};

/** The event as it will be hashed; `id` is the hash that the device computed from these very fields. */
export type ShownEvent = {
  readonly created_at: number;
  readonly kind: number;
  readonly tags: readonly (readonly string[])[];
  readonly content: string;
  readonly id: Uint8Array;
};

/** What the first page says of an event, wherever the rest of it lies. */
export type EventFacts = {
  readonly kind: number;
  readonly created_at: number;
  readonly id: Uint8Array;
  readonly content: { readonly length: number };
  readonly tagSummary: string;
  /** The tags of a login that say for whom it is. */
  readonly places: readonly (readonly [name: string, value: string])[];
};

/** The review of an event to be signed, all of it at hand. */
export function reviewEvent(asker: Asker, event: ShownEvent): Review {
  const { content, tags } = event;
  const places = tags.flatMap(([name, value]) =>
    name === undefined || value === undefined ? [] : ([[name, value]] as const),
  );
  const facts = { ...event, content: { length: utf8Length(content) ?? 0 }, tagSummary: tagSummary(tags), places };
  const sections: Section[] = [{ heading: 'text', text: content }];
  if (tags.length > 0) sections.push({ heading: 'tags', tags });
  return { ...reviewFacts(asker, facts), sections };
}

/** The same without its sections: they are laid out of the stream in which they lie (stream/pages.ts). */
export function reviewFacts(asker: Asker, event: EventFacts): Review {
  const name = kindName(event.kind);
  const facts: Fact[] = [
    ...askerFacts(asker),
    {
      name: 'kind',
      value: name.startsWith('kind ') ? `${event.kind}, ${kindClass(event.kind)}` : `${event.kind}, ${name}`,
    },
    ...accessFacts(event),
    { name: 'time', value: formatUtc(event.created_at) },
    { name: 'id', value: `${bytesToHex(event.id).slice(0, 8)}…` },
    { name: 'text', value: byteCount(event.content.length) },
    { name: 'tags', value: event.tagSummary },
  ];
  return {
    title: `Sign ${name}`,
    shortTitle: name,
    action: 'sign',
    ...standing(asker),
    facts,
    sections: [],
  };
}

/** The review of a text of so many bytes to be encrypted for `peer`; the text itself is laid out of its stream. */
export function reviewEncryption(
  method: 'nip04_encrypt' | 'nip44_encrypt',
  asker: Asker,
  peer: Uint8Array,
  bytes: number,
): Review {
  return {
    title: `Encrypt ${scheme(method)}`,
    shortTitle: `encrypt ${method.slice(3, 5)}`,
    action: 'allow',
    ...standing(asker),
    facts: [...askerFacts(asker), peerFact('for', asker, peer), { name: 'text', value: byteCount(bytes) }],
    sections: [],
  };
}

/** The review of a decryption: the computer will read the text, which is why nobody needs to see the ciphertext. */
export function reviewDecryption(
  method: 'nip04_decrypt' | 'nip44_decrypt',
  asker: Asker,
  peer: Uint8Array,
  ciphertextLength: number,
): Review {
  return {
    title: `Decrypt ${scheme(method)}`,
    shortTitle: `decrypt ${method.slice(3, 5)}`,
    action: 'allow',
    ...standing(asker),
    facts: [
      ...askerFacts(asker),
      peerFact('from', asker, peer),
      {
        name: 'size',
        value: `${ciphertextLength} characters`,
        note: { long: 'the app will read the text', short: 'app reads text' },
      },
    ],
    sections: [],
  };
}

/** The whole review as one text for cells.ts: facts, then the sections in full, then the end. */
export function documentOf(review: Review, notes: keyof Note): string {
  const pieces: string[] = [];
  if (review.unknownComputer) pieces.push(unknownComputer[notes], OWN.lineEnd);
  for (const fact of review.facts) {
    pieces.push(fact.name, OWN.field, untrustedLine(fact.value), OWN.lineEnd);
    if (fact.note !== undefined) pieces.push(OWN.field, fact.note[notes], OWN.lineEnd);
  }
  for (const section of review.sections) {
    if ('text' in section && section.text === '') continue; // the facts have said "0 bytes"
    pieces.push(OWN.heading, section.heading, OWN.lineEnd);
    if ('tags' in section) pushTags(pieces, section.tags);
    else pieces.push(untrusted(section.text), OWN.lineEnd);
  }
  pieces.push(OWN.heading, 'end', OWN.lineEnd);
  return pieces.join('');
}

/** Exactly one row of each board. */
const unknownComputer: Note = { long: '! unknown computer: not paired', short: 'unknown computer' };

/** `#2▸e▸5c83…▸wss://…`: an empty item shows as nothing after its mark, a tag without items as its number alone. */
function pushTags(pieces: string[], tags: readonly (readonly string[])[]): void {
  for (let i = 0; i < tags.length; i++) {
    pieces.push(`#${i + 1}`);
    for (const item of tags[i] ?? []) pieces.push(OWN.field, untrusted(item));
    pieces.push(OWN.lineEnd);
  }
}

/** What an app's name may take of the first page: a claim, however long, must not push the event off it. */
const LABEL_CELLS_MAX = 40;

/** What every use of the key has in common: a press is enough, and only what an app signed can be remembered. */
function standing({ by }: Asker): Pick<Review, 'hold' | 'remembers' | 'unknownComputer'> {
  return { hold: false, remembers: by === 'app', unknownComputer: by === 'stranger' };
}

/** Whose word it is that this is asked: the app's signature, or the computer. Fifteen characters fit a small board. */
const told: Readonly<Record<Asker['by'], Note>> = {
  app: { long: 'the app signed this', short: 'app signed this' },
  computer: { long: 'asked by the computer', short: 'asked by the PC' },
  stranger: { long: 'asked by the computer', short: 'asked by the PC' },
};

export function askerFacts(asker: Asker): readonly Fact[] {
  return [{ name: 'app', ...appName(asker.label, told[asker.by]) }, ...accountFacts(asker)];
}

export function accountFacts(asker: Pick<Asker, 'account' | 'pubkey' | 'imported'>): readonly Fact[] {
  const key = bytesToHex(asker.pubkey);
  const note = { long: `${key.slice(0, 8)}…${key.slice(-8)}`, short: `${key.slice(0, 8)}…${key.slice(-4)}` };
  const account: Fact = { name: 'account', value: asker.account, note };
  return asker.imported ? [account, { name: 'origin', value: 'imported' }] : [account];
}

/** The name of an app, cut to its room, with whose word it is. */
export function appName(label: string, by: Note): Pick<Fact, 'value' | 'note'> {
  const value = beginning(label, LABEL_CELLS_MAX);
  const cut = value === label ? '' : ', cut';
  return { value: value === '' ? '(no name)' : value, note: { long: `${by.long}${cut}`, short: `${by.short}${cut}` } };
}

/** Events that open a door say which one first: the relay, the address, the server. */
const doors: ReadonlyMap<number, readonly (readonly [tag: string, name: string])[]> = new Map([
  [22242, [['relay', 'relay']]],
  [
    24242,
    [
      ['t', 'to do'],
      ['server', 'server'],
    ],
  ],
  [
    27235,
    [
      ['u', 'url'],
      ['method', 'method'],
    ],
  ],
]);

/** How much of an address stands on the first page; all of it is among the tags. */
const DOOR_CELLS_MAX = 90;

function accessFacts({ kind, places }: EventFacts): readonly Fact[] {
  return (doors.get(kind) ?? []).map(([tag, name]) => {
    const whole = places.find(([first]) => first === tag)?.[1] ?? '(not said)';
    const value = beginning(whole, DOOR_CELLS_MAX);
    return value === whole
      ? { name, value }
      : { name, value, note: { long: 'cut, see the tags', short: 'cut, see tags' } };
  });
}

/** As much of a text as fits so many cells. */
function beginning(text: string, cells: number): string {
  let used = 0;
  let at = 0;
  while (at < text.length) {
    used += cellsAt(text, at);
    if (used > cells) return text.slice(0, at);
    at += unitsAt(text, at);
  }
  return text;
}

/** The peer in full, in groups that a reader can compare. To and from oneself is another thing: private lists, wallets. */
export function peerFact(name: string, asker: Asker, peer: Uint8Array): Fact {
  const hex = bytesToHex(peer);
  const groups = hex.match(/.{4}/g) ?? [];
  const value = groups.join(' ');
  return hex === bytesToHex(asker.pubkey)
    ? { name, value, note: { long: 'this account itself', short: 'this account' } }
    : { name, value };
}

export function scheme(method: TextMethod): string {
  return `NIP-${method.slice(3, 5)}`;
}

export function byteCount(length: number): string {
  return length === 1 ? '1 byte' : `${length} bytes`;
}

/** More kinds of tags than this do not help a reader, who sees every tag below anyway. */
const NAMED_TAGS_MAX = 4;

/** `300 (298 p, 2 e)`. Only plain short names are named here: a tag's name may be any text. */
function tagSummary(tags: readonly (readonly string[])[]): string {
  if (tags.length === 0) return '0';
  const counts = new Map<string, number>();
  for (const tag of tags) {
    const name = /^[A-Za-z0-9_-]{1,12}$/.test(tag[0] ?? '') ? (tag[0] ?? '') : 'other';
    const known = counts.has(name) || counts.size < NAMED_TAGS_MAX ? name : 'other';
    counts.set(known, (counts.get(known) ?? 0) + 1);
  }
  return `${tags.length} (${[...counts].map(([name, count]) => `${count} ${name}`).join(', ')})`;
}
