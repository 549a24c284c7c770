/**
 * Texts that do not fit a message: the device reads them in pieces, shows them, and encrypts or decrypts them on their way, out of the
 * computer's chunks and into its answer. Nothing of a text comes out before all of its payload holds, whatever the computer gives.
 */
import type { Message, Unreadable } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { getPublicKey } from 'nostr-tools/pure';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Env, LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import { decryptNip04, encryptNip04 } from '../../firmware-sim/src/firmware/formats/nip04.ts';
import { encryptNip44 } from '../../firmware-sim/src/firmware/formats/nip44.ts';
import { dropAccount } from '../../firmware-sim/src/firmware/life/accounts.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import type { Turn } from '../../firmware-sim/src/firmware/turn.ts';
import { appBench } from '../support/app-bench.ts';
import { testChip } from '../support/memory-flash.ts';
import { testAccount } from '../support/open-life.ts';
import { sealedComputer } from '../support/sealed-computer.ts';

type Heard = readonly (Message | Unreadable)[];
type Computer = ReturnType<typeof sealedComputer>;

const friend = new Uint8Array(32).fill(0x41);
const peer = Uint8Array.from(Buffer.from(getPublicKey(friend), 'hex'));
const user = Buffer.from(testAccount.pubkey).toString('hex');
const conversation = nip44.v2.utils.getConversationKey(friend, user);
const sharedX = portableCrypto.sharedX(friend, testAccount.pubkey) ?? new Uint8Array(0);
const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'utf8'));
const letter = Array.from({ length: 900 }, (_, i) => `line ${i} of a long lettér`).join('\n');
const sealed44 = encryptNip44(utf8(letter), conversation, new Uint8Array(32).fill(3)) ?? '';
const sealed04 = encryptNip04(utf8(letter), sharedX, new Uint8Array(16).fill(3)) ?? '';

const requestId = 900;

let computer: Computer;
let input: Uint8Array;
/** What the device pushed, and what it pulled. */
let pushed: { readonly offset: number; readonly bytes: Uint8Array }[];
let pulled: number;
/** The last word of the request. */
let answers: Message[];

beforeEach(() => {
  computer = sealedComputer();
  computer.establish();
  [pushed, pulled, answers] = [[], 0, []];
});

const given = (from: number, to: number): Uint8Array => input.slice(from, to);
/** Answers what the device asks, until it asks nothing more; `stop` ends it before the next answer. */
function serve(heard: Heard, bytesOf = given, stop: () => boolean = () => false): void {
  for (let open = [...heard]; open.length > 0; ) {
    const message = open.shift();
    if (message === undefined || stop()) return;
    if ((message.type === 'reply' || message.type === 'error') && message.id === requestId) answers.push(message);
    if (message.type !== 'request') continue;
    const { id, command, body } = message;
    if (command === 'chunk_put') {
      pushed.push(body);
      open = [...open, ...computer.say({ type: 'reply', id, command, body: {} })];
    }
    if (command === 'chunk_get') {
      pulled++;
      const bytes = bytesOf(body.offset, body.offset + body.length);
      open = [...open, ...computer.say({ type: 'reply', id, command, body: { bytes } })];
    }
  }
}

function ask(command: 'nip44_encrypt' | 'nip44_decrypt' | 'nip04_encrypt' | 'nip04_decrypt', text: string): void {
  input = utf8(text);
  const stream = { length: input.length, head: input.slice(0, 3_584) };
  const body = { account: 0, label: 'a computer', peer, input: stream };
  serve(computer.say({ type: 'request', id: requestId, command, body }));
}

const screen = (): string => computer.screen().join('\n');
const text = (): string => Buffer.concat(pushed.map(({ bytes }) => bytes)).toString('utf8');
const blocks = (): number => Math.ceil(input.length / 3_584) - 1;

describe.each([
  ['nip44_decrypt', sealed44],
  ['nip04_decrypt', sealed04],
] as const)('%s', (command, payload) => {
  test('asks before it reads, says how far it is, and gives the text in pieces', () => {
    ask(command, payload);
    expect(screen()).toContain(`${payload.length} characters`);
    expect(pulled).toBe(0);
    const heard = computer.press('approve');
    expect(screen()).toContain('Decrypting…');
    expect(screen()).toContain('  0%');
    let far = '';
    serve(heard, (from, to) => {
      if (screen().includes('Decrypting…')) far = screen();
      return given(from, to);
    });
    expect(far).toMatch(/[5-9]\d%/);
    expect(text()).toBe(letter);
    expect(answers).toMatchObject([{ type: 'reply', command, body: { output: { length: utf8(letter).length } } }]);
    expect(screen()).toContain('DECRYPTED');
  });

  test('a payload that was damaged gives nothing but that', () => {
    // NIP-04 has no MAC: there it is the padding.
    const at = payload.length - (command === 'nip44_decrypt' ? 900 : 32);
    ask(command, `${payload.slice(0, at)}${payload[at] === 'B' ? 'C' : 'B'}${payload.slice(at + 1)}`);
    serve(computer.press('approve'));
    expect(pushed).toEqual([]);
    expect(answers).toMatchObject([{ type: 'error', error: 'bad_payload' }]);
  });

  test.each([0, 1, 8, 9, 12, 17])('other bytes from pull %i on end it', (from) => {
    ask(command, payload);
    let pull = 0;
    serve(computer.press('approve'), (start, end) => {
      const changed = pull++ >= from;
      return changed ? given(start, end).map((byte) => (byte === 0x42 ? 0x43 : 0x42)) : given(start, end);
    });
    expect(pull).toBeGreaterThan(from);
    expect(answers).toMatchObject([{ type: 'error' }]);
    expect(letter.startsWith(text())).toBe(true);
    expect(computer.firmware().jobs).toEqual([]);
  });

  test('no ends it while it is opened', () => {
    ask(command, payload);
    computer.press('approve');
    serve(computer.press('deny', 0, 0));
    expect(answers).toMatchObject([{ type: 'error', error: 'denied' }]);
  });
});

describe.each(['nip44_encrypt', 'nip04_encrypt'] as const)('%s', (command) => {
  test('the text is read once for its question, shown in full, and once for its payload', () => {
    ask(command, letter);
    expect(pulled).toBe(blocks());
    const pages: string[] = [];
    for (let page = 0; page < 200 && !pages.some((one) => one.includes('line 899 of')); page++) {
      pages.push(screen());
      serve(computer.press('next', 0, 400));
    }
    for (const n of [0, 1, 500, 899]) expect(pages.some((page) => page.includes(`line ${n} of`))).toBe(true);
    const before = pulled;
    serve(computer.press('approve'));
    expect(pulled - before).toBeLessThanOrEqual(blocks() + 1);
    if (command === 'nip44_encrypt') expect(nip44.v2.decrypt(text(), conversation)).toBe(letter);
    else expect(decryptNip04(text(), sharedX)).toEqual(utf8(letter));
    expect(answers).toMatchObject([{ type: 'reply', body: { output: { length: text().length } } }]);
  });

  test('after a glitch the same payload comes from its beginning; a while later too, for as long as it is kept', () => {
    ask(command, letter);
    serve(computer.press('approve'), given, () => pushed.length === 3);
    const begun = text();
    computer.replug();
    computer.establish();
    pushed = [];
    const claim = (id: number) =>
      computer.say({ type: 'request', id, command: 'get_result', body: { request: requestId } });
    serve(claim(904));
    const whole = text();
    expect(whole.startsWith(begun)).toBe(true);
    expect(begun.length).toBeGreaterThan(7_000);
    computer.replug();
    computer.establish();
    computer.advance(5_000);
    pushed = [];
    serve(claim(906));
    expect(text()).toBe(whole);
    computer.advance(16_000);
    expect(claim(908)).toMatchObject([{ type: 'reply', body: { state: 'ended' } }]);
  });

  test('what is not UTF-8 is refused before anybody is asked', () => {
    input = utf8(letter);
    input[9_000] = 0xff;
    const stream = { length: input.length, head: input.slice(0, 3_584) };
    const body = { account: 0, label: 'a computer', peer, input: stream };
    serve(computer.say({ type: 'request', id: requestId, command, body }));
    expect(answers).toMatchObject([{ type: 'error', error: 'invalid_params' }]);
  });
});

test('with its account a text goes that could be made anew', () => {
  ask('nip44_encrypt', letter);
  serve(computer.press('approve'));
  const state = computer.firmware();
  expect(state.results.at(-1)).toMatchObject({ outcome: { type: 'large' } });
  if (state.life.phase !== 'open') throw new Error('the device is open');
  const [account] = state.life.accounts;
  if (account === undefined) throw new Error('it has an account');
  const { flash } = computer;
  const env: Env = { ...testChip, crypto: portableCrypto, flash, board: LCD240, random: (n) => new Uint8Array(n) };
  const turn: Turn = { state, effects: [], env, now: computer.now() };
  dropAccount(turn, state.life, account);
  expect(turn.state.results.at(-1)).toMatchObject({ outcome: { type: 'forgotten' } });
});

describe('of an app', () => {
  const keys = nip44.v2.utils.getConversationKey(friend, user);
  const long = encryptNip44(utf8(letter), keys, new Uint8Array(32).fill(4)) ?? '';

  function asked() {
    const bench = appBench();
    bench.paired();
    const whole = bench.envelopeOf({ method: 'nip44_decrypt', params: [Buffer.from(peer).toString('hex'), long] });
    return { bench, whole };
  }

  test('a long payload inside of its event is opened out of that event', () => {
    const { bench, whole } = asked();
    computer = bench.computer;
    input = whole.content;
    serve(computer.say({ type: 'request', id: requestId, command: 'nip46_request', body: whole.body }));
    expect(screen()).toContain('Decrypt NIP-44');
    serve(computer.press('approve'));
    expect(text()).toBe(letter);
    expect(answers).toMatchObject([{ type: 'reply', body: { result: 'text' } }]);
  });

  test.each([
    ['opened', 'chunk_get'],
    ['pushed', 'chunk_put'],
  ] as const)('that is taken away while its payload is %s gets no more of it', (_, command) => {
    const { bench, whole } = asked();
    computer = bench.computer;
    input = whole.content;
    serve(computer.say({ type: 'request', id: requestId, command: 'nip46_request', body: whole.body }));
    const heard = [...computer.press('approve')];
    const isNext = (): boolean => heard.some((message) => message.type === 'request' && message.command === command);
    // The answers to what it pulls, until it asks for the piece during which the app goes.
    while (!isNext()) {
      const message = heard.shift();
      if (message?.type !== 'request' || message.command !== 'chunk_get') continue;
      const { id, body } = message;
      const bytes = given(body.offset, body.offset + body.length);
      heard.push(...computer.say({ type: 'reply', id, command: 'chunk_get', body: { bytes } }));
    }
    const { client } = whole.body;
    const remoteSigner = Uint8Array.from(Buffer.from(whole.body.tags[0]?.[1] ?? '', 'hex'));
    computer.say({ type: 'request', id: 904, command: 'client_revoke', body: { client, remoteSigner } });
    pushed = [];
    serve(heard);
    expect(answers).toMatchObject([{ type: 'error', error: 'unknown_client' }]);
    expect(pushed.slice(1)).toEqual([]);
    const result = computer.say({ type: 'request', id: 906, command: 'get_result', body: { request: requestId } });
    expect(JSON.stringify(result)).not.toContain('"open"');
  });

  test('that is approved while no computer is there is given to it when it is back', () => {
    const { bench } = asked();
    computer = bench.computer;
    const params = [Buffer.from(peer).toString('hex'), letter];
    const whole = bench.envelopeOf({ method: 'nip44_encrypt', params });
    input = whole.content;
    serve(computer.say({ type: 'request', id: requestId, command: 'nip46_request', body: whole.body }));
    expect(screen()).toContain('Encrypt NIP-44');
    // What is not sealed any more ends the session, and the device says nothing of it.
    computer.say({ type: 'request', id: 904, command: 'ping', body: { nonce: new Uint8Array(8) } }, false);
    expect(computer.firmware().channel.phase).toBe('closed');
    serve(computer.press('approve'));
    expect([pushed, answers]).toEqual([[], []]);
    computer.replug();
    computer.establish();
    serve(computer.say({ type: 'request', id: 906, command: 'get_result', body: { request: requestId } }));
    expect(nip44.v2.decrypt(text(), keys)).toBe(letter);
    expect(answers).toMatchObject([{ type: 'reply', body: { result: 'text' } }]);
  });

  test('a short text in a long request has its payload in the head of the answer', () => {
    const { bench } = asked();
    computer = bench.computer;
    const params = [Buffer.from(peer).toString('hex'), 'hi', 'x'.repeat(6_000)];
    const whole = bench.envelopeOf({ method: 'nip44_encrypt', params });
    input = whole.content;
    serve(computer.say({ type: 'request', id: requestId, command: 'nip46_request', body: whole.body }));
    serve(computer.press('approve'));
    expect(pushed).toEqual([]);
    expect(answers).toMatchObject([{ type: 'reply', body: { result: 'text', output: { length: 132 } } }]);
    const [answer] = answers;
    const body = answer?.type === 'reply' && answer.command === 'nip46_request' ? answer.body : null;
    const head = body?.output?.head ?? new Uint8Array(0);
    expect(nip44.v2.decrypt(Buffer.from(head).toString('latin1'), keys)).toBe('hi');
  });

  test('the same asked anew while that waits is asked about by itself: its pieces are other ones', () => {
    const { bench, whole } = asked();
    computer = bench.computer;
    input = whole.content;
    serve(computer.say({ type: 'request', id: requestId, command: 'nip46_request', body: whole.body }));
    const again = bench.envelopeOf({ method: 'nip44_decrypt', params: [Buffer.from(peer).toString('hex'), long] });
    input = again.content;
    serve(computer.say({ type: 'request', id: 902, command: 'nip46_request', body: again.body }));
    expect(computer.firmware().jobs.map(({ phase }) => phase)).toEqual(['reviewing', 'waiting']);
  });
});
