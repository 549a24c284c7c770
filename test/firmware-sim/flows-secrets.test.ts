/**
 * What a human enters, and what the screen alone may show, is said to no computer: whole flows are gone through, every message that the
 * device said is opened, and the words, the PIN, passwords and secrets are looked for in them, in the log too.
 */
import { describe, expect, test } from 'vitest';
import { generateMnemonic } from '../../firmware-sim/src/firmware/formats/keys.ts';
import { readWords } from '../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { lifeBench, pin } from '../support/life-bench.ts';
import { testAccount, testEntropy } from '../support/open-life.ts';

type Bench = ReturnType<typeof lifeBench>;

const noncePart = new Uint8Array(32).fill(1);

/** Everything that was said, the log and its head among it. */
function saidBy(bench: Bench): Buffer {
  bench.ask('log_read', { from: 0 });
  bench.ask('log_head', { nonce: noncePart });
  bench.ask('info', {});
  return Buffer.concat(bench.said);
}

/** No secret as bytes or as text, nor two words of the list together. */
function keepsTo(
  said: Buffer,
  words: readonly string[],
  secrets: readonly Uint8Array[],
  texts: readonly string[],
): void {
  expect(said.length).toBeGreaterThan(300);
  const pairs = words.slice(1).map((word, i) => `${words[i]} ${word}`);
  for (const text of [...pairs, ...texts]) expect(said.includes(text), text).toBe(false);
  for (const secret of secrets) {
    const hex = Buffer.from(secret).toString('hex');
    for (const form of [Buffer.from(secret), hex, Buffer.from(secret).toString('base64')]) {
      expect(said.includes(form), hex).toBe(false);
    }
  }
}

/** A PIN that no length, time or id spells by chance. */
const longPin = '9072635481726354';

describe('nothing of it leaves the device', () => {
  test('set-up with new words', () => {
    const bench = lifeBench('fresh');
    bench.press('next');
    bench.choose('New key');
    bench.read();
    bench.press('approve');
    const words = bench
      .read()
      .flatMap((page) => [...page.matchAll(/^ ?\d+ ([a-z]+) *$/gm)].map(([, word]) => word ?? ''));
    expect(words).toHaveLength(24);
    bench.press('approve');
    bench.choose('Ask 4 of them');
    for (let i = 0; i < 4; i++) bench.word(words[Number(/Word (\d+)\?/.exec(bench.text())?.[1]) - 1] ?? '');
    bench.advance(20);
    for (let i = 0; i < 2; i++) bench.pin(longPin);
    bench.advance(20);
    const { life } = bench.firmware();
    if (life.phase !== 'open') throw new Error(life.phase);
    const entropy = readWords(life.vault);
    expect(entropy instanceof Uint8Array && generateMnemonic(entropy)).toBe(words.join(' '));
    const secrets = [...life.accounts.map(({ secret }) => secret), ...(entropy instanceof Uint8Array ? [entropy] : [])];
    bench.press('approve');
    keepsTo(saidBy(bench), words, secrets, [longPin]);
  });

  test('a backup check with a wrong word, wrong PINs, a new PIN', () => {
    const bench = lifeBench('open');
    const words = generateMnemonic(testEntropy).split(' ');
    bench.ask('backup_check', {});
    bench.read();
    bench.press('approve');
    for (const word of [...words.slice(0, 23), 'zoo']) bench.word(word);
    bench.press('approve');
    bench.advance(3_000);
    bench.press('next');
    bench.choose('Change PIN');
    bench.pin('8361940275');
    bench.advance(20);
    bench.press('approve');
    bench.advance(1_000);
    bench.pin(pin);
    bench.advance(20);
    for (let i = 0; i < 2; i++) bench.pin(longPin);
    bench.advance(20);
    bench.press('approve');
    bench.press('deny');
    keepsTo(saidBy(bench), words, [testEntropy, testAccount.secret], [longPin, '8361940275', 'zoo']);
  });

  test('an import, and the password of an ncryptsec', () => {
    const bench = lifeBench('open');
    const secret = new Uint8Array(32).fill(0x63);
    bench.ask('account_import', { name: 'Old', secret });
    bench.read();
    bench.press('approve', 1_600);
    bench.advance(3_000);
    const ncryptsec =
      'ncryptsec1qgg9947rlpvqu76pj5ecreduf9jxhselq2nae2kghhvd5g7dgjtcxfqtd67p9m0w57lspw8gsq6yphnm8623nsl8xn9j4jdzz84zm3frztj3z7s35vpzmqf6ksu8r89qk5z2zxfmu5gv8th8wclt0h4p';
    bench.ask('account_import', { name: 'Older', ncryptsec });
    for (const one of ['abcdefg', 'b', 'hijklmn', 'k', 'abcdefg', 'g', 'vwxyz', 'z', 'vwxyz', 'x', 'done'])
      bench.turn(one);
    bench.advance(2_000);
    bench.ask('accounts', {});
    keepsTo(saidBy(bench), [], [secret], ['bkgzx', ncryptsec.slice(0, 20)]);
  });
});
