/** The life of a device as its owner sees it, on both boards: set up, locked, unlocked, wrong PINs, wiped. */
import { describe, expect, test } from 'vitest';
import { LCD240, OLED128 } from '../../firmware-sim/src/firmware/env.ts';
import { npubOf } from '../../firmware-sim/src/firmware/formats/bech32.ts';
import { openNcryptsec, readNcryptsec } from '../../firmware-sim/src/firmware/formats/nip49.ts';
import { memoryFlash } from '../support/memory-flash.ts';
import { owner } from '../support/owner.ts';

/** Sets a fresh device up with new words, as its screens say; gives the words. */
function setUp(device: ReturnType<typeof owner>, pin: string): readonly string[] {
  device.press('next');
  device.choose('New key');
  for (const _ of device.read()) expect(device.text()).toContain('24 words');
  device.press('approve');
  const words = device
    .read()
    .flatMap((page) => [...page.matchAll(/^ ?\d+ ([a-z]+) *$/gm)].map((found) => found[1] ?? ''));
  expect(words).toHaveLength(24);
  device.press('approve');
  device.choose('Ask 4 of them');
  for (let i = 0; i < 4; i++) device.word(words[Number(/Word (\d+)\?/.exec(device.text())?.[1]) - 1] ?? '');
  device.wait(10);
  device.pin(pin);
  device.pin(pin);
  device.wait(10);
  expect(device.text()).toContain('Ready');
  device.press('approve');
  return words;
}

describe.each([LCD240, OLED128])('$name', (board) => {
  test('I set it up, write the words down, pull the plug, and unlock it with my PIN', () => {
    const device = owner(memoryFlash(), board);
    setUp(device, '4711');
    expect(device.firmware().life.phase).toBe('open');
    device.powerCycle();
    expect(device.firmware().life.phase).toBe('locked');
    device.press('next');
    device.pin('4711');
    device.wait(10);
    expect(device.firmware().life.phase).toBe('open');
  });

  test('wrong PINs cost time that grows, and the tenth wipes', () => {
    const device = owner(memoryFlash(), board);
    setUp(device, '0000');
    device.powerCycle();
    device.press('next');
    for (let failures = 1; failures <= 10; failures++) {
      device.pin('1234');
      device.wait(10);
      expect(device.text()).toContain(failures < 10 ? 'Wrong PIN' : 'Wiped');
      device.press('approve');
      if (failures < 10) device.wait(1_000 * 2 ** (failures - 1));
    }
    expect(device.firmware().life.phase).toBe('fresh');
  });

  test('a wipe takes a hold that began on its screen; a short press and an older one do nothing', () => {
    const device = owner(memoryFlash(), board);
    setUp(device, '4711');
    device.press('next');
    device.choose('Wipe');
    device.read();
    expect(device.text()).toContain('HOLD');
    device.press('approve');
    expect(device.firmware().life.phase).toBe('open');
    device.press('approve', 1_600);
    expect(device.firmware().life.phase).toBe('fresh');
  });

  test('words of before make the same account again', () => {
    const first = owner(memoryFlash(), board);
    const words = setUp(first, '4711');
    const second = owner(memoryFlash(), board, 2);
    second.press('next');
    second.choose('Use 24 words');
    for (const word of words) second.word(word);
    second.wait(10);
    second.pin('2222');
    second.pin('2222');
    second.wait(10);
    const key = ({ firmware }: typeof first): unknown => {
      const { life } = firmware();
      return life.phase === 'open' ? life.accounts[0]?.pubkey : null;
    };
    expect(key(second)).toEqual(key(first));
  });
});

test('the vectors of NIP-49 and NIP-19', () => {
  const text =
    'ncryptsec1qgg9947rlpvqu76pj5ecreduf9jxhselq2nae2kghhvd5g7dgjtcxfqtd67p9m0w57lspw8gsq6yphnm8623nsl8xn9j4jdzz84zm3frztj3z7s35vpzmqf6ksu8r89qk5z2zxfmu5gv8th8wclt0h4p';
  const read = readNcryptsec(text);
  const secret = read === null ? null : openNcryptsec(read, 'nostr');
  expect(Buffer.from(secret ?? []).toString('hex')).toBe(
    '3501454135014541350145413501453fefb02227e449e57cf4d3a3ce05378683',
  );
  expect(read === null ? null : openNcryptsec(read, 'Nostr')).toBeNull();
  expect(readNcryptsec(`${text.slice(0, -1)}q`)).toBeNull();
  const key = Buffer.from('7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e', 'hex');
  expect(npubOf(key)).toBe('npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg');
});
