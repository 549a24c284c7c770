/**
 * Words on the screen and from the human's hand: shown, compared, entered. They are strings here, because that is what a human reads
 * and writes; a string cannot be zeroed, so they are made when they are needed and not kept.
 */
import { entropyOf, generateMnemonic } from '../formats/keys.ts';
import type { Here, Part } from './flow.ts';
import { line } from './page-rows.ts';
import { choose, question, tell, word } from './parts.ts';

/** How many words of a new set are asked back. A list that was not written down fails with the first of them. */
const askedBack = 4;

/** Shows the words; false: the human left. */
export function* showWords(entropy: Uint8Array): Part<boolean> {
  const words = generateMnemonic(entropy).split(' ');
  const list = words.map((one, i) => line(`${String(i + 1).padStart(2)} ${one}`)).join('');
  return yield* question(`${words.length} words`, list, { yes: 'next', no: 'leave', whole: true });
}

/** Asks some of the words back; false: one was wrong, or the human left. */
export function* checkSome(here: Here, entropy: Uint8Array): Part<boolean> {
  const words = generateMnemonic(entropy).split(' ');
  for (const n of somePlaces(here, words.length, askedBack)) {
    const entered = yield* word(here, `Word ${n + 1}?`);
    if (entered !== words[n]) return false;
  }
  return true;
}

/** Asks for all of the words; false: one was wrong, or the human left. Which one it was is not said before the end. */
export function* checkAll(here: Here, entropy: Uint8Array): Part<boolean> {
  const words = generateMnemonic(entropy).split(' ');
  let right = true;
  for (const [n, expected] of words.entries()) {
    const entered = yield* word(here, `Word ${n + 1} of ${words.length}`);
    if (entered === null) return false;
    right = right && entered === expected;
  }
  return right;
}

/** Takes so many words from the human; null: they left. Their checksum must fit. */
export function* enterWords(here: Here, count: number): Part<Uint8Array | null> {
  const words: string[] = [];
  while (words.length < count) {
    const entered = yield* word(here, `Word ${words.length + 1} of ${count}`);
    if (entered !== null) words.push(entered);
    else if (words.pop() === undefined) return null;
  }
  for (;;) {
    const entropy = entropyOf(words.join(' '));
    if (entropy !== null) return entropy;
    yield* tell('Not right', line('These words do not fit together. Compare them, and correct the wrong one.'));
    const items = words.map((one, i) => `${String(i + 1).padStart(2)} ${one}`);
    const n = yield* choose('Wrong one?', items);
    if (n === null) {
      if (yield* question('Leave?', line('The words are forgotten.'), { yes: 'leave', no: 'stay' })) return null;
      continue;
    }
    const entered = yield* word(here, `Word ${n + 1} of ${count}`);
    if (entered !== null) words[n] = entered;
  }
}

/** So many places, in order, each as likely as the others. */
function somePlaces(here: Here, of: number, count: number): readonly number[] {
  const places = Array.from({ length: of }, (_, i) => i);
  const picked: number[] = [];
  while (picked.length < count) {
    const [byte = 0] = here.turn.env.random(1);
    const fair = 256 - (256 % places.length);
    if (byte < fair) picked.push(...places.splice(byte % places.length, 1));
  }
  return picked.sort((a, b) => a - b);
}

/** What a human needs to know before words are shown. */
export const beforeWords = [
  line('Write down the words that follow, on paper, in their order.'),
  line('Whoever has them has the key. Without them a lost device is a lost key.'),
].join('');
