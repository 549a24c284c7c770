/** Chapters 7, 9, 10 and 12: what asks the human. */
import { type DeviceError, encodeCbor, limits, type RequestOf } from '@sallyport/device-protocol';
import { nip04, nip44 } from 'nostr-tools';
import { generateSecretKey, getEventHash, getPublicKey, verifyEvent } from 'nostr-tools/pure';
import { Broken, must, type Rule } from '../bench.ts';
import { nameOf, type Talk } from '../talk.ts';
import { mustRefuse } from './messages.ts';

/** The human takes a minute at most; the device ends an approval then. */
export const humanMs = 65_000;
const label = 'conformance';
const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const whole = (bytes: Uint8Array) => ({ length: bytes.length, head: bytes });

export type Fields = { created_at: number; kind: number; tags: string[][]; content: string };
export const eventOf = (fields: Partial<Fields> = {}): Fields => ({
  created_at: 1_760_000_000,
  kind: 1,
  tags: [],
  content: 'a note of the conformance suite',
  ...fields,
});
export const inputOf = ({ created_at, kind, tags, content }: Fields): Uint8Array =>
  encodeCbor([created_at, kind, tags, content]);
export const signing = (fields = eventOf()): RequestOf<'sign_event'> => ({
  account: 0,
  label,
  input: whole(inputOf(fields)),
});

/** The answer to a request to sign must be a signature of exactly this event. */
export async function mustBeSigned(talk: Talk, id: number, fields: Fields): Promise<void> {
  const answer = await talk.answerTo(id, 'sign_event', humanMs);
  must(answer.type === 'reply' && answer.command === 'sign_event', `sign_event: ${nameOf(answer)}`);
  const { id: hash, sig, pubkey } = answer.body;
  const event = { ...fields, pubkey: hexOf(pubkey), id: hexOf(hash), sig: hexOf(sig) };
  must(event.id === getEventHash(event), `the id is ${event.id}, and the event's is ${getEventHash(event)}`);
  must(verifyEvent({ ...event }), 'the signature is not valid for this event');
}

const refusedWithoutPress: readonly (readonly [DeviceError, string, RequestOf<'sign_event'>])[] = [
  ['unknown_account', 'account 15', { ...signing(), account: 15 }],
  ['too_large', 'an input over 1 MiB', { account: 0, label, input: { length: 1_048_577, head: new Uint8Array(0) } }],
  ['invalid_params', 'more head than input', { account: 0, label, input: { length: 1, head: new Uint8Array(9) } }],
  ['invalid_params', 'an input that is no CBOR', { account: 0, label, input: whole(Uint8Array.of(0xff)) }],
  ['invalid_params', 'an array of three', { account: 0, label, input: whole(encodeCbor([1, 1, []])) }],
  ['invalid_params', 'a tag that is a text', { account: 0, label, input: whole(encodeCbor([1, 1, ['t'], ''])) }],
  ['invalid_params', 'kind 65536', signing(eventOf({ kind: 65536 }))],
  ['forbidden_kind', 'kind 14', signing(eventOf({ kind: 14 }))],
  ['forbidden_kind', 'kind 15', signing(eventOf({ kind: 15 }))],
  ['forbidden_kind', 'kind 24133', signing(eventOf({ kind: 24133 }))],
];

/** An event with everything in it that implementations get wrong. */
const difficult = eventOf({
  kind: 65535,
  created_at: 2 ** 40,
  tags: [[], [''], ['e', '"\\/'], ['\u0000\u001f', '\u007f\u2028']],
  content:
    '\ufeffa byte order mark, and after it more than sixty-four bytes of text: äöü 🌍 \b\f\n\r\t "\\" \u0001\uffff',
});

export const askingRules: readonly Rule[] = [
  {
    chapter: 7,
    name: 'what is refused without asking the human: values, accounts, sizes, kinds 14, 15 and 24133',
    check: async (talk) => {
      for (const [error, words, body] of refusedWithoutPress) {
        mustRefuse(await talk.ask('sign_event', body), error, words);
      }
      const text = { account: 0, label, peer: new Uint8Array(32).fill(2), input: whole(Uint8Array.of(0xc0, 0x80)) };
      for (const command of ['nip04_encrypt', 'nip44_encrypt', 'nip04_decrypt', 'nip44_decrypt'] as const) {
        mustRefuse(await talk.ask(command, text), 'invalid_params', `${command} of what is not UTF-8`);
      }
    },
    presses: 0,
  },
  {
    chapter: 7,
    name: 'sign_event signs exactly the event, however difficult its text is',
    presses: 1,
    check: async (talk) => {
      const id = talk.start('sign_event', signing(difficult));
      await talk.bench.press(id, 'approve', 'a kind 65535 with odd characters');
      await mustBeSigned(talk, id, difficult);
    },
  },
  {
    chapter: 7,
    name: 'a press of deny is denied, and get_result gives the same answer again, before its own reply',
    presses: 1,
    check: async (talk) => {
      const id = talk.start('sign_event', signing());
      await talk.bench.press(id, 'deny', 'a note: DENY this one');
      mustRefuse(await talk.answerTo(id, 'sign_event', humanMs), 'denied', 'deny');
      const from = talk.heard.length;
      const answer = await talk.ask('get_result', { request: id });
      must(answer.type === 'reply' && answer.command === 'get_result', `get_result: ${nameOf(answer)}`);
      must(answer.body.state === 'ended', `get_result says ${answer.body.state}`);
      const [again] = talk.heard.slice(from).filter(({ type }) => type !== 'notice');
      must(again?.type === 'error' && again.id === id, 'the answer did not come again before the reply to get_result');
      mustRefuse(again, 'denied', 'the answer once more');
      mustRefuse(await askAgain(talk, id), 'duplicate_id', 'an id whose ending is kept');
    },
  },
  {
    chapter: 7,
    name: 'info, ping and get_public_key are answered while the human is asked; the id is taken; cancel ends it',
    presses: 0,
    check: async (talk) => {
      const id = talk.start('sign_event', signing());
      const others = [
        await talk.ask('info', {}),
        await talk.ask('ping', { nonce: new Uint8Array(8) }),
        await talk.ask('get_public_key', { account: 0 }),
      ];
      must(
        others.every(({ type }) => type === 'reply'),
        `answers: ${others.map(nameOf).join(', ')}`,
      );
      const state = await talk.ask('get_result', { request: id });
      must(state.type === 'reply' && state.command === 'get_result', `get_result: ${nameOf(state)}`);
      must(state.body.state === 'open', `get_result of an open request says ${state.body.state}`);
      const from = talk.heard.length;
      talk.say({ type: 'request', id, command: 'sign_event', body: signing() });
      await talk.until('duplicate_id', () => talk.heard.slice(from).some((one) => one.type === 'error'));
      const [twice] = talk.heard.slice(from).flatMap((one) => (one.type === 'error' ? [one] : []));
      must(twice?.error === 'duplicate_id', `an id that is open: ${twice?.error}`);
      talk.cancel(id, 'sign_event');
      await talk.until('the end of the cancelled request', () =>
        talk.heard.some((one) => one.type === 'error' && one.id === id && one.error === 'cancelled'),
      );
      const since = talk.heard.length;
      talk.cancel(id, 'sign_event');
      talk.cancel(0xffff_fff0, 'sign_event');
      await talk.saysNothing('a cancel of what has ended or never was', since);
    },
  },
  {
    chapter: 7,
    name: 'as many requests as announced are open at once, one more is busy, each ends once',
    presses: 0,
    check: async (talk) => {
      const { requestsMax } = talk.facts();
      const ids = Array.from({ length: requestsMax }, () => talk.start('sign_event', signing()));
      mustRefuse(await talk.ask('sign_event', signing()), 'busy', `request ${requestsMax + 1}`);
      for (const id of ids) talk.cancel(id, 'sign_event');
      for (const id of ids) mustRefuse(await talk.answerTo(id, 'a cancelled request'), 'cancelled', 'cancel');
    },
  },
  {
    chapter: 7,
    name: 'nip44 and nip04: the other side reads what the device encrypts, and the device what the other side does',
    presses: 4,
    check: async (talk) => {
      const friend = generateSecretKey();
      const peer = Uint8Array.from(Buffer.from(getPublicKey(friend), 'hex'));
      const key = await talk.ask('get_public_key', { account: 0 });
      must(key.type === 'reply' && key.command === 'get_public_key', `get_public_key: ${nameOf(key)}`);
      const user = hexOf(key.body.pubkey);
      const conversation = nip44.v2.utils.getConversationKey(friend, user);
      const text = 'a text, ein Wörtchen 🌍';
      const run = async (command: CryptoCommand, input: string): Promise<string> => {
        const id = talk.start(command, { account: 0, label, peer, input: whole(utf8(input)) });
        await talk.bench.press(id, 'approve', command);
        const answer = await talk.answerTo(id, command, humanMs);
        must(answer.type === 'reply' && 'output' in answer.body, `${command}: ${nameOf(answer)}`);
        const { length, head } = answer.body.output;
        must(length === head.length, `${command}: an output of ${length} bytes with a head of ${head.length}`);
        return Buffer.from(head).toString('utf8');
      };
      const payload44 = await run('nip44_encrypt', text);
      const payload04 = await run('nip04_encrypt', text);
      const opened44 = opened(() => nip44.v2.decrypt(payload44, conversation));
      const opened04 = opened(() => nip04.decrypt(friend, user, payload04));
      const read44 = await run('nip44_decrypt', nip44.v2.encrypt(text, conversation));
      const read04 = await run('nip04_decrypt', nip04.encrypt(friend, user, text));
      for (const got of [opened44, opened04, read44, read04]) must(got === text, `another text: ${got}`);
    },
  },
  {
    chapter: 7,
    name: 'a damaged payload and a peer that is no point are bad_payload, after the button',
    presses: 2,
    check: async (talk) => {
      const refused = async (peer: Uint8Array, command: CryptoCommand, input: string): Promise<void> => {
        const id = talk.start(command, { account: 0, label, peer, input: whole(utf8(input)) });
        await talk.ask('ping', { nonce: new Uint8Array(8) });
        must(
          !talk.heard.some((one) => one.type === 'error' && one.id === id),
          `${command} was refused before the button`,
        );
        await talk.bench.press(id, 'approve', `${command} of something damaged`);
        mustRefuse(await talk.answerTo(id, command, humanMs), 'bad_payload', command);
      };
      await refused(Uint8Array.from(Buffer.from(getPublicKey(generateSecretKey()), 'hex')), 'nip44_decrypt', 'Ag==');
      await refused(new Uint8Array(32).fill(0xff), 'nip44_encrypt', 'a text');
    },
  },
  {
    chapter: 9,
    name: 'a request outlives its session: claimed by get_result it is answered in the new one',
    presses: 1,
    check: async (talk) => {
      const fields = eventOf({ content: 'asked before the cable failed' });
      const id = talk.start('sign_event', signing(fields));
      await talk.ask('ping', { nonce: new Uint8Array(8) });
      await talk.greet();
      const answer = await talk.ask('get_result', { request: id });
      must(answer.type === 'reply' && answer.command === 'get_result', `get_result: ${nameOf(answer)}`);
      must(answer.body.state === 'open', `get_result after a glitch says ${answer.body.state}`);
      await talk.bench.press(id, 'approve', 'a note');
      await mustBeSigned(talk, id, fields);
    },
  },
  {
    chapter: 9,
    name: 'a request that nobody claims within 5 s of a new session is cancelled',
    presses: 0,
    check: async (talk) => {
      const id = talk.start('sign_event', signing());
      await talk.ask('ping', { nonce: new Uint8Array(8) });
      await talk.greet();
      await talk.bench.until(() => false, 5_500);
      must(
        !talk.heard.some((one) => one.type === 'error' && one.id === id),
        'a session that claimed nothing was told of it',
      );
      const answer = await talk.ask('get_result', { request: id });
      must(answer.type === 'reply' && answer.command === 'get_result', `get_result: ${nameOf(answer)}`);
      must(answer.body.state === 'ended', `5.5 s later it is ${answer.body.state}`);
      mustRefuse(await talk.answerTo(id, 'the unclaimed request', 3_000), 'cancelled', 'an unclaimed request');
    },
  },
  {
    chapter: 7,
    name: 'after 60 s on the screen a request is timed_out',
    presses: 0,
    slow: true,
    check: async (talk) => {
      const id = talk.start('sign_event', signing());
      const started = talk.bench.now();
      mustRefuse(await talk.answerTo(id, 'sign_event', humanMs), 'timed_out', 'nobody pressed');
      const took = talk.bench.now() - started;
      must(took >= 58_000, `after ${took} ms already`);
    },
  },
  {
    chapter: 13,
    name: 'after five questions in a row that nobody agreed to the next ones are rate_limited for a minute; a yes ends that',
    presses: 7,
    slow: true,
    check: async (talk) => {
      const decide = async (key: 'approve' | 'deny', words: string): Promise<number> => {
        const id = talk.start('sign_event', signing());
        await talk.bench.press(id, key, words);
        return id;
      };
      // Whatever was refused before this rule is behind it.
      await mustBeSigned(talk, await decide('approve', 'a note'), eventOf());
      for (let n = 1; n <= limits.ownTries; n++) {
        const id = await decide('deny', `a note: DENY it (${n} of ${limits.ownTries})`);
        mustRefuse(await talk.answerTo(id, 'sign_event', humanMs), 'denied', 'deny');
      }
      mustRefuse(await talk.ask('sign_event', signing()), 'rate_limited', 'one question more');
      await talk.bench.until(() => false, limits.pairingPauseMs + 500);
      await mustBeSigned(talk, await decide('approve', 'a note'), eventOf());
      const id = await decide('deny', 'a note: DENY it');
      mustRefuse(await talk.answerTo(id, 'sign_event', humanMs), 'denied', 'a question after a yes');
    },
  },
];

/** What the other side reads, or that it cannot. */
export function opened(decrypt: () => string): string {
  try {
    return decrypt();
  } catch (problem) {
    throw new Broken(`the other side cannot decrypt what the device encrypted: ${problem}`);
  }
}

type CryptoCommand = 'nip04_encrypt' | 'nip04_decrypt' | 'nip44_encrypt' | 'nip44_decrypt';

/** The same id once more; its answer is the newest. */
async function askAgain(talk: Talk, id: number) {
  const from = talk.heard.length;
  talk.say({ type: 'request', id, command: 'sign_event', body: signing() });
  const errors = () => talk.heard.slice(from).flatMap((one) => (one.type === 'error' && one.id === id ? [one] : []));
  await talk.until('an answer to an id that was used', () => errors().length > 0);
  const [error] = errors();
  must(error !== undefined, 'no answer');
  return error;
}
