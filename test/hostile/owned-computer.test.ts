/**
 * What a computer in the hands of an attacker tried in a review, each of it once with success: a deadline that passed unseen, a question put
 * under the finger in place of another one, a refusal that did not hold for what stood beside it, what a forgotten computer had open.
 */
import {
  decodeMessage,
  encodeCbor,
  encodeFrame,
  encodeMessage,
  frameFlags,
  helloRequest,
  limits,
  startDeviceLink,
  stepDeviceLink,
} from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { describe, expect, test } from 'vitest';
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import { appBench, startS } from '../support/app-bench.ts';
import { lifeBench } from '../support/life-bench.ts';
import { testAccount } from '../support/open-life.ts';

const [one, two] = [8, 9].map((n) =>
  Buffer.from(acceleratedCrypto.publicKey(new Uint8Array(32).fill(n))).toString('hex'),
);
const user = (peer: string) => nip44.v2.utils.getConversationKey(testAccount.secret, peer);

function answers(bench: { readonly said: readonly Uint8Array[] }, id: number): number {
  const all = bench.said.map((bytes) => decodeMessage(bytes));
  return all.filter((message) => (message.type === 'error' || message.type === 'reply') && message.id === id).length;
}

test('a question whose time is up is over for whatever comes in, also where the tick is late', () => {
  const bench = appBench();
  const id = bench.own('hello');
  const [job] = bench.computer.firmware().jobs;
  if (job?.phase !== 'reviewing') throw new Error('it is on the screen');
  bench.advance(job.deadline - bench.computer.now() - 5);
  // Each message takes a while, in which no tick comes.
  bench.say({ command: 'ping', body: { nonce: new Uint8Array(8) } });
  expect(bench.computer.now()).toBeGreaterThan(job.deadline);
  bench.say({ command: 'get_result', body: { request: id } });
  expect(bench.computer.firmware().jobs).toEqual([]);
  expect(bench.computer.firmware().results).toMatchObject([{ id, outcome: { type: 'error', error: 'timed_out' } }]);
});

test('"never again" holds for what would be asked beside another question', () => {
  const bench = appBench();
  bench.paired();
  const decrypt = (peer = '', id = ''): number =>
    bench.app({ method: 'nip44_decrypt', id, params: [peer, nip44.v2.encrypt('hello', user(peer))] });
  const first = decrypt(one, 'first');
  bench.advance(1_000);
  const [other, again] = [decrypt(two, 'other'), decrypt(one, 'again')];
  bench.press('back');
  bench.press('deny');
  expect(bench.result(first)).toBe('denied');
  bench.advance(1_000);
  bench.press('approve');
  expect(bench.result(again)).toBe('forbidden');
  expect(bench.result(other)).toMatchObject({ result: 'text' });
});

test('a flow in place of a question that was cancelled under the finger does not count that press', () => {
  const bench = lifeBench('open');
  const head = encodeCbor([1, 1, [], 'harmless']);
  const asked = bench.ask('sign_event', { account: 0, label: 'x', input: { length: head.length, head } });
  bench.advance(2_000);
  bench.say({ type: 'cancel', id: asked, command: 'sign_event' });
  bench.say({ type: 'request', id: 900, command: 'account_create', body: { name: 'evil' } });
  for (let i = 0; i < 100 && !bench.text().includes('New account?'); i++) bench.advance(5);
  bench.finger('press', 'approve', bench.now());
  bench.advance(20);
  expect(bench.answer(900)).toBeNull();
  bench.advance(400);
  bench.press('approve');
  expect(bench.answer(900)).toBe('done');
});

describe('a computer that is forgotten', () => {
  test.each(['wipe', 'account_import'] as const)('has its %s taken off the screen', (command) => {
    const bench = lifeBench('open');
    const body = command === 'wipe' ? {} : { name: 'its key', secret: new Uint8Array(32).fill(9) };
    const id = bench.ask<'wipe' | 'account_import'>(command, body);
    bench.ask('revoke_host', { key: bench.key });
    expect(bench.answer(id)).toBe('not_paired');
    bench.press('next');
    bench.press('approve', 1_600);
    expect(bench.firmware().life).toMatchObject({ phase: 'open', accounts: [{ number: 0 }] });
  });

  test('is pushed nothing more of what it was given, and nobody for ever', () => {
    const bench = appBench();
    bench.paired();
    const params = [one ?? '', nip44.v2.encrypt('y'.repeat(9_000), user(one ?? ''))];
    const { body, content } = bench.envelopeOf({ method: 'nip44_decrypt', params });
    const served = new Set<number>();
    let pieces = 0;
    const serve = (): void => {
      for (let i = 0; i < bench.heard.length; i++) {
        const asked = bench.heard[i];
        if (asked?.type !== 'request' || served.has(asked.id)) continue;
        served.add(asked.id);
        const { id } = asked;
        if (asked.command === 'chunk_put') pieces++;
        const reply =
          asked.command === 'chunk_get'
            ? ({
                type: 'reply',
                id,
                command: 'chunk_get',
                body: { bytes: content.slice(asked.body.offset, asked.body.offset + asked.body.length) },
              } as const)
            : ({ type: 'reply', id, command: 'chunk_put', body: {} } as const);
        bench.heard.push(...bench.computer.say(reply));
      }
    };
    const id = bench.say({ command: 'nip46_request', body });
    serve();
    bench.press('approve');
    serve();
    expect(pieces).toBe(3);
    const askAgain = (): void => {
      bench.say({ command: 'get_result', body: { request: id } });
      serve();
      bench.advance(5_000);
    };
    for (let i = 0; i < 6; i++) askAgain();
    // What is asked for again and again is kept for as long as it was to be, not longer.
    expect(pieces).toBeLessThanOrEqual(3 * 4);
    const before = pieces;
    bench.say({ command: 'revoke_host', body: { key: bench.computer.key } });
    for (let i = 0; i < 3; i++) askAgain();
    expect(pieces).toBe(before);
  });
});

test('a lock answers every request once, those that had joined another one too', () => {
  const app = appBench();
  const bench = lifeBench('open');
  const connect = app.envelope({ method: 'connect', params: ['x', 's', '', '{}'], id: 'c' });
  bench.ask('client_connect', { ...connect, announced: true });
  bench.press('approve');
  bench.advance(3_000);
  const head = encodeCbor([1, 1, [], 'before them']);
  bench.ask('sign_event', { account: 0, label: 'x', input: { length: head.length, head } });
  const template = JSON.stringify({ kind: 1, content: 'x', tags: [], created_at: startS });
  const ids = [0, 1].map(() =>
    bench.ask('nip46_request', app.envelope({ method: 'sign_event', params: [template], id: 'same' })),
  );
  expect(bench.firmware().jobs.map(({ phase }) => phase)).toEqual(['reviewing', 'waiting', 'joined']);
  bench.ask('lock', {});
  expect(ids.map((id) => answers(bench, id))).toEqual([1, 1]);
  const ended = bench.firmware().results.map(({ id }) => id);
  expect(new Set(ended).size).toBe(ended.length);
});

test('of one input no more messages are taken than honest peers have under way: the rest comes again', () => {
  const facts = { ...link, bootId: new Uint8Array(8) };
  const session = 77;
  const hello = { versionMin: 1, versionMax: 1, nonce: new Uint8Array(8) };
  const greeting = {
    type: 'hello_request',
    flags: 0,
    sequence: 0,
    session,
    payload: helloRequest.encode(hello),
  } as const;
  const [open] = stepDeviceLink(startDeviceLink(facts), { type: 'bytes', bytes: encodeFrame(greeting) }, 0);
  const payload = encodeMessage({ type: 'request', id: 2, command: 'info', body: {} });
  const whole = frameFlags.first | frameFlags.last;
  const frames = Array.from({ length: 100 }, (_, sequence) =>
    encodeFrame({ type: 'data', flags: whole, sequence, session, payload }),
  );
  const taken = (from: number, state: typeof open) => {
    const [next, effects] = stepDeviceLink(state, { type: 'bytes', bytes: Buffer.concat(frames.slice(from)) }, 0);
    // What was taken is acknowledged, though what follows it was not.
    expect(effects.filter(({ type }) => type === 'write')).toHaveLength(1);
    return [next, effects.filter(({ type }) => type === 'message').length] as const;
  };
  const [after, first] = taken(0, open);
  expect(first).toBe(limits.messagesUnacknowledged);
  expect(taken(first, after)[1]).toBe(limits.messagesUnacknowledged);
});

const link = {
  resetReason: 'power',
  firmware: 'f',
  model: 'm',
  frameMax: limits.frameDefault,
  messageMax: limits.messageMax,
  window: 18,
  streamMax: limits.streamMax,
  requestsMax: limits.requestsMax,
  capabilities: [],
} as const;
