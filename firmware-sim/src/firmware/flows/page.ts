/**
 * What a flow puts on the screen, and what the keys do there: lists, questions, and the wheels by which digits, words and texts are
 * entered with four keys or with two. A page is a value; a key gives the next one, or the human's answer.
 *
 * A wheel begins at a random place, so that whoever counts presses learns nothing about what was entered.
 */
import { limits } from '@sallyport/device-protocol';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { Board } from '../env.ts';
import { wrap } from '../screen/cells.ts';

export type Key = 'approve' | 'deny' | 'next' | 'back';

export type Page =
  /** Lines to choose from; `cursor` is the one that is marked. */
  | { readonly type: 'list'; readonly title: string; readonly items: readonly string[]; readonly cursor: number }
  /**
   * A text to be read, and a yes or a no to it. `hold`: yes takes a held key. `whole`: yes counts only when all pages were seen. `text` is
   * a document as cells.ts lays it out.
   */
  | {
      readonly type: 'question';
      readonly title: string;
      readonly text: string;
      readonly yes: string;
      readonly no: string;
      readonly hold: boolean;
      readonly whole: boolean;
      readonly page: number;
      readonly seen: number;
    }
  /** Digits: `at` is where the wheel stands, 10 is the end of the PIN. */
  | {
      readonly type: 'pin';
      readonly title: string;
      readonly note: string;
      readonly digits: string;
      readonly at: number;
    }
  /** A word of the list: letters until few words are left, then these. */
  | { readonly type: 'word'; readonly title: string; readonly prefix: string; readonly at: number }
  /** A text of printable ASCII: a group of characters, then one of it. `group` null: the wheel of groups turns. */
  | {
      readonly type: 'text';
      readonly title: string;
      readonly text: string;
      readonly group: number | null;
      readonly at: number;
      readonly max: number;
    }
  /** Nothing to decide: the device works (`until` null: as soon as this was drawn), or has to let time pass. */
  | { readonly type: 'wait'; readonly title: string; readonly text: string; readonly until: number | null };

export type Answer =
  | { readonly type: 'yes' }
  | { readonly type: 'no' }
  | { readonly type: 'chosen'; readonly index: number }
  | { readonly type: 'text'; readonly text: string };

/** What a key did: another page, an answer, or nothing. */
export type Pressed = { readonly page: Page } | { readonly answer: Answer } | null;

/** What a key may be about: whether it was held, and the board's randomness for the wheels. */
export type Finger = { readonly held: boolean; readonly random: (length: number) => Uint8Array; readonly board: Board };

/** Where the wheel of a PIN ends it. */
export const pinDone = 10;
/** As few words as are shown as they are. */
const wordsFew = 4;
/** Groups of characters. The empty one ends the text. */
export const textGroups: readonly string[] = [
  'abcdefg',
  'hijklmn',
  'opqrstu',
  'vwxyz',
  'ABCDEFG',
  'HIJKLMN',
  'OPQRSTU',
  'VWXYZ',
  '01234',
  '56789',
  ' .,-_',
  '!?:;\'"`',
  '@#$%&*+',
  '=/\\|~^',
  '()[]{}<>',
  '',
];

/** A key on a page. */
export function pressPage(page: Page, key: Key, finger: Finger): Pressed {
  switch (page.type) {
    case 'list':
      return pressList(page, key);
    case 'question':
      return pressQuestion(page, key, finger);
    case 'pin':
      return pressPin(page, key, finger);
    case 'word':
      return pressWord(page, key, finger);
    case 'text':
      return pressText(page, key, finger);
    case 'wait':
      return key === 'deny' && page.until !== null ? { answer: { type: 'no' } } : null;
  }
}

function pressList(page: Page & { type: 'list' }, key: Key): Pressed {
  if (key === 'approve') return { answer: { type: 'chosen', index: page.cursor } };
  if (key === 'deny') return { answer: { type: 'no' } };
  return { page: { ...page, cursor: turned(page.cursor, page.items.length, key) } };
}

function pressQuestion(page: Page & { type: 'question' }, key: Key, { held, board }: Finger): Pressed {
  const count = pagesOf(page.text, board);
  if (key === 'deny') return { answer: { type: 'no' } };
  if (key === 'approve') {
    const unseen = page.whole && page.seen < count - 1;
    return unseen || (page.hold && !held) ? null : { answer: { type: 'yes' } };
  }
  if (count === 1) return null;
  const next = turned(page.page, count, key);
  return { page: { ...page, page: next, seen: next === page.seen + 1 ? next : page.seen } };
}

function pressPin(page: Page & { type: 'pin' }, key: Key, { random }: Finger): Pressed {
  const { digits, at } = page;
  if (key === 'next' || key === 'back') return { page: { ...page, at: turned(at, pinDone + 1, key) } };
  if (key === 'deny') {
    return digits === '' ? { answer: { type: 'no' } } : { page: { ...page, digits: digits.slice(0, -1) } };
  }
  if (at === pinDone) return digits.length < limits.pinMin ? null : { answer: { type: 'text', text: digits } };
  if (digits.length >= limits.pinMax) return null;
  return { page: { ...page, digits: `${digits}${at}`, at: below(pinDone, random) } };
}

function pressWord(page: Page & { type: 'word' }, key: Key, { random }: Finger): Pressed {
  const { prefix, at } = page;
  const options = wordOptions(prefix);
  if (key === 'next' || key === 'back') return { page: { ...page, at: turned(at, options.length, key) } };
  if (key === 'deny') {
    if (prefix === '') return { answer: { type: 'no' } };
    const shorter = prefix.slice(0, -1);
    return { page: { ...page, prefix: shorter, at: below(wordOptions(shorter).length, random) } };
  }
  const option = options[at] ?? '';
  if (option.length > 1) return { answer: { type: 'text', text: option } };
  const longer = prefix + option;
  return { page: { ...page, prefix: longer, at: below(wordOptions(longer).length, random) } };
}

function pressText(page: Page & { type: 'text' }, key: Key, { random }: Finger): Pressed {
  const { text, group, at, max } = page;
  const options = group === null ? textGroups.length : (textGroups[group] ?? '').length;
  if (key === 'next' || key === 'back') return { page: { ...page, at: turned(at, options, key) } };
  if (key === 'deny') {
    if (group !== null) return { page: { ...page, group: null, at: group } };
    return text === '' ? { answer: { type: 'no' } } : { page: { ...page, text: text.slice(0, -1) } };
  }
  if (group !== null) {
    const character = (textGroups[group] ?? '').charAt(at);
    return { page: { ...page, text: text.length < max ? text + character : text, group: null, at: group } };
  }
  const chosen = textGroups[at] ?? '';
  if (chosen === '') return { answer: { type: 'text', text } };
  return { page: { ...page, group: at, at: below(chosen.length, random) } };
}

/** What the wheel of a word offers: the letters that may come next, or the words themselves where they are few. */
export function wordOptions(prefix: string): readonly string[] {
  const words = wordsWith(prefix);
  if (words.length <= wordsFew) return words;
  const options: string[] = [];
  // From letter to letter, and not from word to word: a wheel turns at every press.
  for (let at = 0; at < words.length; ) {
    const word = words[at] ?? '';
    const letter = word.charAt(prefix.length);
    options.push(letter === '' ? word : letter);
    at = letter === '' ? at + 1 : firstAfter(words, prefix + letter);
  }
  return options;
}

/** The words that begin so. They stand together: the list of BIP-39 is sorted. */
export function wordsWith(prefix: string): readonly string[] {
  return wordlist.slice(firstNotBefore(wordlist, prefix), firstAfter(wordlist, prefix));
}

/** Where the first word stands that comes after all that begin so. */
function firstAfter(words: readonly string[], prefix: string): number {
  return firstNotBefore(words, `${prefix}~`); // which comes after every letter
}

function firstNotBefore(words: readonly string[], text: string): number {
  let [low, high] = [0, words.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((words[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many pages a text has on this board. */
export function pagesOf(text: string, board: Board): number {
  return Math.max(1, Math.ceil(wrap(text, board.columns).starts.length / (board.rows - 2)));
}

export const pinPage = (title: string, note: string, random: (length: number) => Uint8Array): Page => ({
  type: 'pin',
  title,
  note,
  digits: '',
  at: below(pinDone, random),
});

export const wordPage = (title: string, random: (length: number) => Uint8Array): Page => ({
  type: 'word',
  title,
  prefix: '',
  at: below(wordOptions('').length, random),
});

export const textPage = (title: string, text: string, max: number): Page => ({
  type: 'text',
  title,
  text,
  group: null,
  at: 0,
  max,
});

export const listPage = (title: string, items: readonly string[], cursor = 0): Page => ({
  type: 'list',
  title,
  items,
  cursor: Math.min(cursor, Math.max(0, items.length - 1)),
});

/** How a question differs from one that a short press answers. */
export type Asking = { readonly yes?: string; readonly no?: string; readonly hold?: boolean; readonly whole?: boolean };

export const questionPage = (title: string, text: string, asking: Asking = {}): Page => ({
  type: 'question',
  title,
  text,
  yes: asking.yes ?? 'yes',
  no: asking.no ?? 'no',
  hold: asking.hold ?? false,
  whole: asking.whole ?? false,
  page: 0,
  seen: 0,
});

function turned(at: number, count: number, key: 'next' | 'back'): number {
  return count === 0 ? 0 : (at + (key === 'next' ? 1 : count - 1)) % count;
}

/** A random number below `count`, each as likely as the others: what does not fit evenly into a byte is drawn again. */
function below(count: number, random: (length: number) => Uint8Array): number {
  if (count <= 1) return 0;
  const fair = 256 - (256 % count);
  for (;;) {
    const [byte = 0] = random(1);
    if (byte < fair) return byte % count;
  }
}
