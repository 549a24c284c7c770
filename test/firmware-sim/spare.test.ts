/**
 * A board with memory to spare: inputs are kept, so that every chunk crosses the wire once, and the next chunks are asked for ahead. What
 * comes of a request is the same, and so is what a lying computer achieves.
 */
import { encodeCbor, type Message, type Request, type Unreadable } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { getEventHash, getPublicKey } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { simulatorSpare } from '../../firmware-sim/src/chip.ts';
import type { Spare } from '../../firmware-sim/src/firmware/env.ts';
import { encryptNip44 } from '../../firmware-sim/src/firmware/formats/nip44.ts';
import { testAccount } from '../support/open-life.ts';
import { sealedComputer } from '../support/sealed-computer.ts';

const block = 3_584;
const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'));
const letter = Array.from({ length: 900 }, (_, i) => `line ${i} of a long lettér`).join('\n');
const user = Buffer.from(testAccount.pubkey).toString('hex');
const fields = { created_at: 1_700_000_000, kind: 1, tags: [['t', 'x']], content: letter };
const event = encodeCbor([fields.created_at, fields.kind, fields.tags, fields.content]);
const friend = new Uint8Array(32).fill(0x41);
const payload = utf8(
  encryptNip44(utf8(letter), nip44.v2.utils.getConversationKey(friend, user), new Uint8Array(32).fill(3)) ?? '',
);

/** A computer whose device asks for chunks, and what it asked so far. */
function bench(spare: Spare, input: Uint8Array) {
  const computer = sealedComputer(undefined, undefined, undefined, undefined, { spare });
  computer.establish();
  const asked: Request<'chunk_get'>[] = [];
  const ended: Message[] = [];
  const pushed: Uint8Array[] = [];
  function take(heard: readonly (Message | Unreadable)[]): void {
    for (const message of heard) {
      if (message.type === 'request' && message.command === 'chunk_get') asked.push(message);
      else if (message.type === 'request' && message.command === 'chunk_put') {
        pushed.push(message.body.bytes);
        take(computer.say({ type: 'reply', id: message.id, command: 'chunk_put', body: {} }));
      } else if ((message.type === 'reply' || message.type === 'error') && message.id === 900) ended.push(message);
    }
  }
  function give({ id, body: { offset, length } }: Request<'chunk_get'>, change = (bytes: Uint8Array) => bytes): void {
    const bytes = change(input.slice(offset, offset + length));
    take(computer.say({ type: 'reply', id, command: 'chunk_get', body: { bytes } }));
  }
  const stream = { length: input.length, head: input.slice(0, block) };
  return {
    computer,
    asked,
    ended,
    text: () => Buffer.concat(pushed).toString('utf8'),
    give,
    /** Answers what was not answered yet, in this order, until nothing is asked any more. */
    serve: (order: 'oldest' | 'newest' = 'oldest'): void => {
      const given = new Set<number>();
      for (;;) {
        const open = asked.filter(({ id }) => !given.has(id));
        const next = order === 'oldest' ? open[0] : open.at(-1);
        if (next === undefined) return;
        given.add(next.id);
        give(next);
      }
    },
    take,
    sign: () =>
      take(
        computer.say({
          type: 'request',
          id: 900,
          command: 'sign_event',
          body: { account: 0, label: 'a computer', input: stream },
        }),
      ),
    decrypt: () => {
      const peer = Uint8Array.from(Buffer.from(getPublicKey(friend), 'hex'));
      const body = { account: 0, label: 'a computer', peer, input: stream };
      take(computer.say({ type: 'request', id: 900, command: 'nip44_decrypt', body }));
      take(computer.press('approve'));
    },
  };
}

const offsets = (asked: readonly Request<'chunk_get'>[]): readonly number[] => asked.map(({ body }) => body.offset);
const once = (input: Uint8Array): readonly number[] =>
  Array.from({ length: Math.ceil(input.length / block) - 1 }, (_, n) => (n + 1) * block);

test('an event is pulled once, four chunks at a time, shown in full and signed', () => {
  const { computer, asked, ended, give, serve, sign, take } = bench(simulatorSpare, event);
  sign();
  expect(offsets(asked)).toEqual(once(event).slice(0, 4));
  const [first] = asked;
  if (first !== undefined) give(first);
  expect(offsets(asked)).toEqual(once(event).slice(0, 5));
  asked.shift();
  serve();
  expect(offsets(asked)).toEqual(once(event).slice(1));
  for (let page = 0; page < 200 && !computer.screen().join('\n').includes('line 899 of'); page++)
    take(computer.press('next', 0, 400));
  take(computer.press('approve'));
  expect(offsets(asked)).toEqual(once(event).slice(1));
  const id = Uint8Array.from(Buffer.from(getEventHash({ ...fields, pubkey: user }), 'hex'));
  expect(ended).toMatchObject([{ type: 'reply', command: 'sign_event', body: { id } }]);
});

test.each(['oldest', 'newest'] as const)('a payload is pulled once and opened, the %s chunk first', (order) => {
  const { asked, ended, text, serve, decrypt } = bench(simulatorSpare, payload);
  decrypt();
  serve(order);
  expect(offsets(asked)).toEqual(once(payload));
  expect(text()).toBe(letter);
  expect(ended).toMatchObject([{ type: 'reply', command: 'nip44_decrypt' }]);
});

test('a chunk of another length ends the request also where it came ahead', () => {
  const { asked, ended, give, sign } = bench(simulatorSpare, event);
  sign();
  const [, , third] = asked;
  if (third !== undefined) give(third, (bytes) => bytes.slice(1));
  expect(ended).toMatchObject([{ type: 'error', error: 'stream_integrity' }]);
});

test('what is too large to be kept is held to its first reading also where it came ahead', () => {
  const { asked, ended, give, sign } = bench({ keptBytes: event.length - 1, blocksAhead: 3, openedRecords: 0 }, event);
  sign();
  for (let n = 0; n < asked.length && ended.length === 0; n++) {
    const isAgain = asked.slice(0, n).some(({ body }) => body.offset === asked[n]?.body.offset);
    const pull = asked[n];
    if (pull !== undefined) give(pull, (bytes) => (isAgain ? bytes.with(9, 0x21) : bytes));
  }
  expect(asked.length).toBeGreaterThan(once(event).length);
  expect(ended).toMatchObject([{ type: 'error', error: 'stream_integrity' }]);
});

test('after a glitch what was asked for ahead is asked for anew, and what comes late for it is nothing', () => {
  const { computer, asked, ended, text, give, serve, take, decrypt } = bench(simulatorSpare, payload);
  decrypt();
  const [first, second, third] = asked.splice(0);
  if (first === undefined || second === undefined || third === undefined) throw new Error('nothing was asked ahead');
  give(second);
  computer.replug();
  computer.establish();
  give(first);
  give(third);
  expect(asked).toEqual([]);
  take(computer.say({ type: 'request', id: 906, command: 'get_result', body: { request: 900 } }));
  expect(offsets(asked)).toEqual(once(payload).slice(0, 4));
  serve();
  expect(offsets(asked)).toEqual(once(payload));
  expect(text()).toBe(letter);
  expect(ended).toMatchObject([{ type: 'reply', command: 'nip44_decrypt' }]);
});
