/** nostr-tools' BunkerSigner, a real relay, a real serialport on a pseudo-terminal, a device in its own process, and its screen. */
import * as nip04 from 'nostr-tools/nip04';
import * as nip44 from 'nostr-tools/nip44';
import { BunkerSigner, parseBunkerInput } from 'nostr-tools/nip46';
import { SimplePool } from 'nostr-tools/pool';
import { generateSecretKey, getPublicKey } from 'nostr-tools/pure';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { golden } from '../../support/golden-screens.ts';
import { expectSigned, storyEvents, type Template, unicode } from '../../support/story-events.ts';
import { devicePubkey, startWhole, type Whole } from '../../support/whole.ts';

let whole: Whole;
let signer: BunkerSigner;
const pool = new SimplePool();

/** Asks and approves: what came back, and the page that was approved. */
async function approved<T>(asking: Promise<T>, what: string): Promise<readonly [T, readonly string[]]> {
  return whole.within(Promise.all([asking, whole.device().answer('approve')]), what);
}

async function open(board: 'lcd240' | 'oled128'): Promise<void> {
  whole = await startWhole({ board });
  const pointer = await parseBunkerInput(whole.bunker());
  if (pointer === null) throw new Error(`nostr-tools cannot read ${whole.bunker()}`);
  signer = BunkerSigner.fromBunker(generateSecretKey(), pointer, { pool });
  await whole.within(signer.connect({ name: 'BunkerSigner' }), 'connect');
  // Paired by a press on the device, of what the app itself had signed.
  expect(
    whole
      .device()
      .pairings()
      .map((rows) => rows[1]?.trimEnd()),
  ).toEqual(['app▸BunkerSigner']);
}

async function close(): Promise<void> {
  await signer?.close();
  pool.destroy();
  await whole?.close();
}

describe('BunkerSigner on the board lcd240', () => {
  beforeAll(() => open('lcd240'));
  afterAll(close);

  test('asks who signs, and pings; nobody has to press for that', async () => {
    expect(await whole.within(signer.getPublicKey(), 'get_public_key')).toBe(devicePubkey);
    await whole.within(signer.ping(), 'ping');
    expect(await whole.within(signer.switchRelays(), 'switch_relays')).toBe(false);
    expect(whole.device().prompts()).toBe(0);
  });

  test.each(Object.entries(storyEvents))('has signed: %s', async (name, template) => {
    const [event, screen] = await approved(signer.signEvent(template), name);
    expectSigned(event, template);
    golden(`${name}.lcd240`, [screen]);
    expect(screen.join('\n')).toContain(event.id.slice(0, 8));
  });

  test('has signed: unicode, with all its pages seen', () => signsAllPages('unicode', unicode, 'lcd240'));

  test('denied is an error with words', async () => {
    const [asked] = await whole.within(
      Promise.allSettled([signer.signEvent({ ...unicode, content: 'not this one' }), whole.device().answer('deny')]),
      'a denied request',
    );
    expect(asked).toMatchObject({ status: 'rejected', reason: expect.stringContaining('denied') });
  });

  test.each([
    ['nip04', 'Meet at noon. 🐎 ❤️\u0000\n'],
    ['nip44', 'Meet at noon. 🐎 ❤️\u0000\n'],
    ['nip44', 'two hundred KB! '.repeat(12_800)],
  ] as const)('%s both ways with somebody outside', async (scheme, text) => {
    const outside = generateSecretKey();
    const peer = getPublicKey(outside);
    const shared = nip44.getConversationKey(outside, devicePubkey);
    const encrypting = scheme === 'nip04' ? signer.nip04Encrypt(peer, text) : signer.nip44Encrypt(peer, text);
    const [sealed, encryptScreen] = await approved(encrypting, `${scheme} encrypt`);
    expect(scheme === 'nip04' ? nip04.decrypt(outside, devicePubkey, sealed) : nip44.decrypt(sealed, shared)).toBe(
      text,
    );
    const toUs = scheme === 'nip04' ? nip04.encrypt(outside, devicePubkey, text) : nip44.encrypt(text, shared);
    const decrypting = scheme === 'nip04' ? signer.nip04Decrypt(peer, toUs) : signer.nip44Decrypt(peer, toUs);
    const [opened, decryptScreen] = await approved(decrypting, `${scheme} decrypt`);
    expect(opened).toBe(text);
    for (const screen of [encryptScreen, decryptScreen]) {
      expect(screen[0]).toContain(scheme === 'nip04' ? 'NIP-04' : 'NIP-44');
      expect(screen.join('').replaceAll(' ', '')).toContain(peer.slice(0, 12));
    }
  });
});

describe('BunkerSigner on the board oled128', () => {
  beforeAll(() => open('oled128'));
  afterAll(close);

  test('has signed: note', async () => {
    const template = storyEvents['note'] ?? expect.fail('there is no note');
    const [event, screen] = await approved(signer.signEvent(template), 'note');
    expectSigned(event, template);
    golden('note.oled128', [screen]);
  });

  test('has signed: unicode, with all its pages seen', () => signsAllPages('unicode', unicode, 'oled128'));
});

async function signsAllPages(name: string, template: Template, board: string): Promise<void> {
  const device = whole.device();
  const looking = async () => {
    await device.prompt();
    const pages = await device.pages();
    device.press('approve');
    return pages;
  };
  const [event, pages] = await whole.within(Promise.all([signer.signEvent(template), looking()]), name);
  expectSigned(event, template);
  golden(`${name}.${board}`, pages);
}
