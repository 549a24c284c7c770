/** Attacks upon what a human sees: other words on the screen than are signed, and a computer that takes an app's name. */
import { encodeCbor } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { getEventHash } from 'nostr-tools/pure';
import { between, bytesFrom, type Chance, pick } from '../../support/random.ts';
import { type AppEvent, alice, appEvent, bob, foe, sharedBy, signer, toDecrypt, toSign, utf8 } from './apps.ts';
import { type AttackClass, pass, pieceOf, pulledFrom } from './attack-class.ts';
import { Breach, type Captive } from './captive-device.ts';
import { type Attempt, today, user } from './world.ts';

/** A kind that alice's app must ask for each time. */
const askedKind = 9;
/** Two words of one length: the honest text has the one, the spoiled text the other in its place. */
const goodWord = 'harmless';
const badWord = 'terrible';

/** Turns all pages from the first to the last, and gives what was read. */
function readThrough(device: Captive): readonly string[] {
  const pages: string[] = [];
  for (let page = 0; page < 500 && !pages.includes(device.rows()); page++) {
    pages.push(device.rows());
    device.press('next');
    device.wait(10);
  }
  return pages;
}

/** Words are broken where a line ends: only letters count. */
const letters = (pages: readonly string[]): string => pages.join('').replace(/[^A-Za-z]/g, '');

/** A computer asks in its own name, under the name of an app: the screen must tell it from that app. */
function label({ device, draw }: Attempt): readonly string[] {
  const { wish } = toSign(draw, askedKind, user.hex, today, 'a note');
  pass(device, appEvent(draw, alice, signer, wish, { createdAt: today }));
  device.wait(1_000);
  const real = device.rows();
  device.press('deny');
  device.wait(3_000);
  const names = [
    'Alice’s app',
    'Alice’s app ',
    'Alice’s app\u200b',
    '\u202eppa s’ecilA',
    'Alice’s app\nby the app',
    ' '.repeat(60),
  ] as const;
  const input = encodeCbor([today, askedKind, [['t', 'x']], 'a note']);
  const lie = pick(draw, names);
  const id = device.ask({
    command: 'sign_event',
    body: { account: 0, label: lie, input: { length: input.length, head: input } },
  });
  device.wait(between(draw, 500, 5_000));
  if (device.endOf(id) === undefined && device.rows() === real)
    throw new Breach(`the screen does not tell them apart:\n${real}`);
  device.press(pick(draw, ['deny', 'next', 'back']));
  return [];
}

/** Asked by the computer in its own name, and pressed for. */
function byHand({ device, draw }: Attempt): readonly string[] {
  const content = `note ${between(draw, 0, 1e9)}`;
  const input = encodeCbor([today, askedKind, [], content]);
  device.ask({
    command: 'sign_event',
    body: { account: 0, label: 'the computer', input: { length: input.length, head: input } },
  });
  device.wait(1_000);
  device.press('approve');
  return [getEventHash({ created_at: today, kind: askedKind, tags: [], content, pubkey: user.hex })];
}

/** What goes over the wire, the same with the other word in it, and the ids of both. `event`: null where a computer asks in its own name. */
type TwoContents = {
  readonly event: AppEvent | null;
  readonly honest: Uint8Array;
  readonly spoiled: Uint8Array;
  readonly hash: string;
  readonly spoiledHash: string;
};

const longText = (draw: Chance): string =>
  `${'word '.repeat(between(draw, 500, 1_500))}${goodWord} ${'end '.repeat(between(draw, 1, 500))}`;

/** A long event of the app, and the same encrypted again: only the bytes of that word differ. */
function ofApp(draw: Chance): TwoContents {
  const words = longText(draw);
  const { wish, hash } = toSign(draw, askedKind, user.hex, today, words);
  const { hash: spoiledHash } = toSign(draw, askedKind, user.hex, today, words.replace(goodWord, badWord));
  const nonce = bytesFrom(draw)(32);
  const text = JSON.stringify({ id: 'r1', ...wish });
  const payload = (of: string): string => nip44.v2.encrypt(of, sharedBy(alice, signer).nip44, nonce);
  const event = appEvent(draw, alice, signer, wish, { createdAt: today, content: payload(text) });
  const spoiled = utf8(payload(text.replace(goodWord, badWord)));
  return { event, hash, spoiledHash, honest: utf8(event.content), spoiled };
}

/** A long event of the computer itself. It may show what it likes: that is signed, and nothing else. */
function ofComputer(draw: Chance): TwoContents {
  const words = longText(draw);
  const other = words.replace(goodWord, badWord);
  const idOf = (content: string): string =>
    getEventHash({ created_at: today, kind: askedKind, tags: [], content, pubkey: user.hex });
  const bytesOf = (content: string): Uint8Array => encodeCbor([today, askedKind, [], content]);
  return { event: null, hash: idOf(words), spoiledHash: idOf(other), honest: bytesOf(words), spoiled: bytesOf(other) };
}

/** Pieces change from some pull on: before they are shown, while they are read, after the press. */
function chunkAfterDisplay({ device, draw }: Attempt): readonly string[] {
  const { event, honest, spoiled, hash, spoiledHash } = draw() < 0.7 ? ofApp(draw) : ofComputer(draw);
  const turnAt = between(draw, 0, 24);
  // From the first pull on, from the display on, or from the press on.
  const turns = pick(draw, ['reading', 'shown', 'pressed'] as const);
  let moment: typeof turns = 'reading';
  let pulls = 0;
  device.serve((pull) => {
    if (pull.command !== 'chunk_get') return null;
    if (moment === turns) pulls += 1;
    return pieceOf(pull, moment === turns && pulls > turnAt ? spoiled : honest);
  });
  const input = { length: honest.length, head: honest.slice(0, between(draw, 0, 3_000)) };
  if (event === null) device.ask({ command: 'sign_event', body: { account: 0, label: 'x', input } });
  else pass(device, event, { input });
  device.wait(1_000);
  moment = 'shown';
  const read = letters(readThrough(device));
  moment = 'pressed';
  device.press('approve');
  device.wait(1_000);
  const [signed] = device.signatures;
  if (signed === undefined) return [];
  const [good, bad] = [read.includes(goodWord), read.includes(badWord)];
  if (event !== null && bad) throw new Breach('words are shown that the app did not sign');
  if ((signed === hash && (bad || !good)) || (signed === spoiledHash && (good || !bad)))
    throw new Breach('signed other words than were shown');
  return [event === null && bad ? spoiledHash : hash];
}

/** The same, the pieces as they are: all of it can be read, and is signed. */
function longByHand({ device, draw }: Attempt): readonly string[] {
  const { event, hash, honest } = ofApp(draw);
  if (event === null) throw new Error('an event of the app');
  device.serve(pulledFrom(honest));
  pass(device, event);
  device.wait(1_000);
  if (!letters(readThrough(device)).includes(goodWord)) throw new Error('the whole text cannot be read');
  device.press('approve');
  device.wait(1_000);
  return [hash];
}

/** Some decryptions that alice's app must ask for, as one question; gives the texts. */
function manyTexts({ device, draw }: Attempt): readonly string[] {
  return Array.from({ length: between(draw, 1, 3) }, () => {
    const { wish, text } = toDecrypt(draw, foe, user);
    pass(device, appEvent(draw, alice, signer, wish, { createdAt: today }));
    return text;
  });
}

/** Equal requests are one question: more of them come while the finger is over the key, and are not in what it says yes to. */
function moreUnderOnePress(one: Attempt): readonly string[] {
  const { device, draw } = one;
  const asked = manyTexts(one);
  device.wait(between(draw, 310, 2_000));
  manyTexts(one);
  if (draw() < 0.5)
    pass(device, appEvent(draw, bob, signer, toDecrypt(draw, foe, user).wish, { createdAt: today }), {}, 1);
  device.press('approve');
  device.wait(between(draw, 0, 300));
  return device.heard.some((message) => message.type === 'reply' && message.command === 'nip46_request') ? asked : [];
}

function manyByHand(one: Attempt): readonly string[] {
  const asked = manyTexts(one);
  one.device.wait(1_000);
  one.device.press('approve');
  return asked;
}

/** A finger is on its way to something else when the attacker puts a question under it. */
function otherPress({ device, draw }: Attempt): readonly string[] {
  const late = between(draw, 0, 299);
  pass(device, appEvent(draw, alice, signer, toSign(draw, askedKind, user.hex, today).wish, { createdAt: today }));
  device.wait(draw() < 0.5 ? late : late + 2_000);
  // Pressed before the keys were named, however long it is held; or before the page was turned.
  const heldMs = between(draw, 2_300, 9_000);
  if (draw() < 0.3) device.press('next', heldMs);
  device.press('approve', heldMs);
  device.wait(between(draw, 0, 500));
  device.press('approve', heldMs);
  return [];
}

/** Asked by the app, on the screen for a while, pressed for. */
function appByHand({ device, draw }: Attempt): readonly string[] {
  const { wish, hash } = toSign(draw, askedKind, user.hex, today);
  pass(device, appEvent(draw, alice, signer, wish, { createdAt: today }));
  device.wait(1_000);
  device.press('approve');
  return [hash];
}

export const shown: readonly AttackClass[] = [
  { name: 'more under one press', attack: moreUnderOnePress, control: manyByHand },
  { name: 'a press for something else', attack: otherPress, control: appByHand },
  { name: 'label', attack: label, control: byHand },
  { name: 'a chunk after it was shown', attack: chunkAfterDisplay, control: longByHand },
];
