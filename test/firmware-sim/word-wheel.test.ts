/** The wheel on which words are typed: what it offers after each prefix, found in a sorted list without reading all of it. */
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { expect, test } from 'vitest';
import { wordOptions, wordsWith } from '../../firmware-sim/src/firmware/flows/page.ts';

const prefixes = new Set(
  wordlist.flatMap((word) => Array.from({ length: word.length + 1 }, (_, n) => word.slice(0, n))),
);

test('after every prefix of every word: those that begin so, and no others', () => {
  for (const prefix of [...prefixes, 'q', 'x', 'zz', 'zoos', 'aaa'])
    expect(wordsWith(prefix), prefix).toEqual(wordlist.filter((word) => word.startsWith(prefix)));
});

test('every word can be typed, a letter or a whole word at a time', () => {
  for (const word of wordlist) {
    let typed = '';
    for (let turns = 0; typed !== word; turns++) {
      const options = wordOptions(typed);
      expect(new Set(options).size).toBe(options.length);
      const letter = word.charAt(typed.length);
      if (!options.includes(word)) expect(options, word).toContain(letter);
      typed = options.includes(word) ? word : typed + letter;
      expect(turns).toBeLessThan(word.length);
    }
  }
  expect(wordOptions('')).toEqual([...'abcdefghijklmnopqrstuvwyz']);
});
