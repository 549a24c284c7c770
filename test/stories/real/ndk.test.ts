/** The same stories with NDK as the client: it takes only "ack", keeps only `sig` of what was signed, and asks for switch_relays. */
import NDK, { NDKEvent, NDKNip46Signer, NDKPrivateKeySigner, type NDKUser } from '@nostr-dev-kit/ndk';
import * as nip04 from 'nostr-tools/nip04';
import * as nip44 from 'nostr-tools/nip44';
import { generateSecretKey, getEventHash, getPublicKey } from 'nostr-tools/pure';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { golden } from '../../support/golden-screens.ts';
import { expectSigned, storyEvents, type Template, unicode } from '../../support/story-events.ts';
import { devicePubkey, startWhole, type Whole } from '../../support/whole.ts';

let whole: Whole;
const ndk = new NDK({ explicitRelayUrls: [] });
let signer: NDKNip46Signer;

beforeAll(async () => {
  whole = await startWhole();
  signer = open();
  const user: NDKUser = await whole.within(signer.blockUntilReady(), 'blockUntilReady');
  expect(user.pubkey).toBe(devicePubkey);
  expect(whole.device().pairings()).toHaveLength(1);
});

afterAll(async () => {
  signer?.stop();
  for (const pool of ndk.pools) for (const relay of pool.relays.values()) relay.disconnect();
  await whole?.close();
});

test.each([...Object.entries(storyEvents), ['unicode', unicode] as const])('has signed: %s', async (name, template) => {
  const looking = async () => {
    const first = await whole.device().prompt();
    const pages = name === 'unicode' ? await whole.device().pages() : [first];
    whole.device().press('approve');
    return pages;
  };
  const unsigned = { ...template, pubkey: devicePubkey };
  const [sig, pages] = await whole.within(Promise.all([signer.sign(unsigned), looking()]), name);
  expectSigned({ ...unsigned, id: getEventHash(unsigned), sig }, template);
  // The same screens as BunkerSigner's, but for the name of the app: NDK tells none, and the device takes none from the computer.
  expect(pages[0]?.[1]?.trimEnd()).toBe('app▸(no name)');
  const named = pages.map((rows) => rows.map((row) => (row.startsWith('app▸') ? 'app▸BunkerSigner'.padEnd(30) : row)));
  golden(`${name}.lcd240`, named);
});

test('an NDKEvent is signed as NDK completes it', async () => {
  const template: Template = { ...unicode, content: 'An event of NDK.', tags: [['t', 'ndk']] };
  const event = new NDKEvent(ndk, { ...template, pubkey: devicePubkey });
  await whole.within(Promise.all([event.sign(signer), whole.device().answer('approve')]), 'an NDKEvent');
  expectSigned(event.rawEvent(), { ...template, tags: event.tags });
});

test.each(['nip04', 'nip44'] as const)('%s both ways with somebody outside', async (scheme) => {
  const text = 'Meet at noon. 🐎 ❤️\n';
  const outside = generateSecretKey();
  const peer = ndk.getUser({ pubkey: getPublicKey(outside) });
  const shared = nip44.getConversationKey(outside, devicePubkey);
  const encrypting = Promise.all([signer.encrypt(peer, text, scheme), whole.device().answer('approve')]);
  const [sealed] = await whole.within(encrypting, `${scheme} encrypt`);
  expect(scheme === 'nip04' ? nip04.decrypt(outside, devicePubkey, sealed) : nip44.decrypt(sealed, shared)).toBe(text);
  const toUs = scheme === 'nip04' ? nip04.encrypt(outside, devicePubkey, text) : nip44.encrypt(text, shared);
  const decrypting = Promise.all([signer.decrypt(peer, toUs, scheme), whole.device().answer('approve')]);
  const [opened] = await whole.within(decrypting, `${scheme} decrypt`);
  expect(opened).toBe(text);
});

test('denied, a spent secret and a wrong one are errors with words', async () => {
  const denying = [signer.sign({ ...unicode, pubkey: devicePubkey }), whole.device().answer('deny')] as const;
  const [denied] = await whole.within(Promise.allSettled(denying), 'a denied request');
  expect(denied).toMatchObject({ status: 'rejected', reason: expect.stringContaining('denied') });
  const other = open();
  await expect(whole.within(other.blockUntilReady(), 'a spent secret')).rejects.toContain('used before');
  other.stop();
  const guesser = open(whole.bunker().replace(/secret=.*/, 'secret=guessed'));
  await expect(whole.within(guesser.blockUntilReady(), 'a wrong secret')).rejects.toContain('did not give out');
  guesser.stop();
});

function open(bunker = whole.bunker()): NDKNip46Signer {
  return NDKNip46Signer.bunker(ndk, bunker, NDKPrivateKeySigner.generate());
}
