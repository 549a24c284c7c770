/** The host's end of a link: one table of greetings, and what ends a session. */
import { describe, expect, test } from 'vitest';
import { encodeFrame, type Frame, type FrameType } from '../../../device-protocol/src/link/frame.ts';
import {
  closedLink,
  type HostLinkInput,
  type HostLinkState,
  hostLinkDeadline,
  stepHostLink,
} from '../../../device-protocol/src/link/host-link.ts';
import { prologueOf } from '../../../device-protocol/src/link/prologue.ts';
import { type Hello, hello, helloRequest } from '../../../device-protocol/src/messages.ts';
import { pattern } from '../../support/pattern.ts';
import { bytesFrom, chance } from '../../support/random.ts';
import { helloSample } from '../../vectors/samples.ts';

const random = bytesFrom(chance(1));

function step(state: HostLinkState, input: HostLinkInput, now = 0) {
  return stepHostLink(state, input, now, random);
}

function greeting(): HostLinkState & { phase: 'greeting' } {
  const [state] = step(closedLink, { type: 'wire_opened' });
  if (state.phase !== 'greeting') throw new Error(state.phase);
  return state;
}

/** The answer that fits the greeting, or one that is wrong in one thing. */
function answer(state: HostLinkState & { phase: 'greeting' }, changed: Partial<Hello> = {}, session = state.session) {
  return frame('hello', session, hello.encode({ ...helloSample, nonce: state.nonce, ...changed }));
}

function frame(
  type: FrameType,
  session: number,
  payload: Uint8Array = new Uint8Array(0),
  more: Partial<Frame> = {},
): HostLinkInput {
  return { type: 'bytes', bytes: encodeFrame({ type, flags: 0, sequence: 0, session, payload, ...more }) };
}

function open() {
  const greeted = greeting();
  const [state] = step(greeted, answer(greeted));
  if (state.phase !== 'open') throw new Error(state.phase);
  return { state, session: greeted.session };
}

test('an opened wire is greeted; every hello has a session and a nonce of its own', () => {
  const [first, effects] = step(closedLink, { type: 'wire_opened' }, 100);
  expect(effects.map((effect) => effect.type)).toEqual(['write']);
  expect(hostLinkDeadline(first)).toBe(1_600);
  const [second, again] = step(first, { type: 'tick' }, 1_600);
  expect(again).toMatchObject([{ type: 'unanswered', tries: 1 }, { type: 'write' }]);
  expect(again[1]).not.toEqual(effects[0]);
  if (first.phase !== 'greeting' || second.phase !== 'greeting') throw new Error('not greeting');
  expect(second.session).not.toBe(first.session);
  expect(second.nonce).not.toEqual(first.nonce);
  expect(step(first, { type: 'tick' }, 1_599)).toEqual([first, []]);
});

test('session 0 is never proposed', () => {
  const zeros = (length: number) => new Uint8Array(length);
  const [state] = stepHostLink(closedLink, { type: 'wire_opened' }, 0, zeros);
  expect(state).toMatchObject({ session: 1 });
});

test('the right hello opens', () => {
  const state = greeting();
  const [next, effects] = step(state, answer(state));
  expect(next.phase).toBe('open');
  const body = { ...helloSample, nonce: state.nonce };
  expect(effects).toEqual([{ type: 'open', hello: body, prologue: prologueOf(state.request, hello.encode(body)) }]);
});

describe('what does not open', () => {
  test.each<[string, (state: HostLinkState & { phase: 'greeting' }) => HostLinkInput]>([
    ['a hello of another session', (state) => answer(state, {}, (state.session ^ 1) >>> 0)],
    ['a stale hello: the nonce of an earlier greeting', (state) => answer(state, { nonce: pattern(8) })],
    ['a hello that is no CBOR', (state) => frame('hello', state.session, Uint8Array.of(0xff))],
    ['a hello without its fields', (state) => frame('hello', state.session, Uint8Array.of(0xa0))],
    ['data', (state) => frame('data', state.session, pattern(3), { flags: 3 })],
    ['an acknowledgement', (state) => frame('ack', state.session)],
    ['unknown session', (state) => frame('unknown_session', state.session)],
    ['a hello request, as of another host', (state) => frame('hello_request', state.session)],
    ['garbage', () => ({ type: 'bytes', bytes: pattern(5_000) })],
    ['something to send', () => ({ type: 'send', message: pattern(3) })],
  ])('%s', (_, input) => {
    const state = greeting();
    const [next, effects] = step(state, input(state));
    expect(effects).toEqual([]);
    expect(next.phase).toBe('greeting');
    expect(step(next, answer(state))[0].phase).toBe('open');
  });

  test.each<[string, Partial<Hello>]>([
    ['newer versions only', { versionMin: 2, versionMax: 3 }],
    ['older versions only', { versionMin: 0, versionMax: 0 }],
    ['frames too small to make progress', { frameMax: 63 }],
    ['another message size', { messageMax: 1024 }],
    ['a window of nothing', { window: 0 }],
    ['no requests', { requestsMax: 0 }],
  ])('incompatible: %s', (_, changed) => {
    const state = greeting();
    const [next, effects] = step(state, answer(state, changed));
    expect(next.phase).toBe('greeting');
    expect(effects.map((effect) => effect.type)).toEqual(['incompatible']);
  });
});

test('a device that speaks later versions too opens, and its new keys are ignored', () => {
  const state = greeting();
  const body = hello.encode({ ...helloSample, nonce: state.nonce, versionMax: 9 });
  const longer = Uint8Array.of(...body, 0x18, 0x63, 0x01);
  longer[0] = (longer[0] ?? 0) + 1;
  expect(step(state, frame('hello', state.session, longer))[0].phase).toBe('open');
});

describe('in an open session', () => {
  test.each<[string, FrameType]>([
    ['data of another session', 'data'],
    ['an acknowledgement of another session', 'ack'],
    ['unknown session about another session', 'unknown_session'],
    ['a late hello', 'hello'],
    ['a hello request', 'hello_request'],
  ])('ignored: %s', (_, type) => {
    const { state, session } = open();
    expect(step(state, frame(type, (session ^ 1) >>> 0, pattern(3)))).toEqual([state, []]);
    if (type === 'hello' || type === 'hello_request') {
      expect(step(state, frame(type, session, pattern(3)))).toEqual([state, []]);
    }
  });

  test('a message arrives and is acknowledged', () => {
    const { state, session } = open();
    const [, effects] = step(state, frame('data', session, pattern(3), { flags: 3 }));
    expect(effects.map((effect) => effect.type)).toEqual(['write', 'message']);
  });

  test.each<[string, (session: number) => HostLinkInput, string]>([
    ['unknown session', (session) => frame('unknown_session', session), 'unknown session'],
    ['a broken fragment', (session) => frame('data', session, pattern(3), { flags: 0 }), 'fragments out of order'],
  ])('lost, then greeted: %s', (_, input, reason) => {
    const { state, session } = open();
    const [next, effects] = step(state, input(session));
    expect(effects).toMatchObject([{ type: 'lost', reason }, { type: 'write' }]);
    expect(next.phase).toBe('greeting');
  });

  test('silence is lost after the retransmissions, and what follows in the same bytes belongs to no session', () => {
    const { state, session } = open();
    let [now, current]: [number, HostLinkState] = [0, step(state, { type: 'send', message: pattern(3) })[0]];
    const seen: string[] = [];
    while (current.phase === 'open') {
      now = hostLinkDeadline(current) ?? now;
      const [next, effects] = step(current, { type: 'tick' }, now);
      current = next;
      seen.push(...effects.map((effect) => effect.type));
    }
    expect(seen).toEqual(['write', 'write', 'write', 'write', 'write', 'lost', 'write']);
    expect(step(current, frame('data', session, pattern(3), { flags: 3 }), now)[1]).toEqual([]);
  });

  test('a closed wire is lost and is not greeted', () => {
    expect(step(open().state, { type: 'wire_closed' })).toEqual([
      closedLink,
      [{ type: 'lost', reason: 'wire closed' }],
    ]);
    expect(step(greeting(), { type: 'wire_closed' })).toEqual([closedLink, []]);
    expect(hostLinkDeadline(closedLink)).toBeNull();
  });
});

test('garbage of any kind, then the hello works', () => {
  for (let seed = 0; seed < 200; seed++) {
    const draw = chance(seed);
    const garbage = bytesFrom(draw)(Math.floor(draw() * 6_000)).map((byte) => (draw() < 0.1 ? 0 : byte));
    let state: HostLinkState = greeting();
    [state] = step(state, { type: 'bytes', bytes: garbage });
    if (state.phase !== 'greeting') throw new Error('garbage opened a session');
    expect(step(state, answer(state))[0].phase).toBe('open');
  }
});

test('a hello request says the versions and fits the smallest frame', () => {
  const payload = helloRequest.encode({ versionMin: 255, versionMax: 255, nonce: pattern(8) });
  expect(payload.length).toBeLessThanOrEqual(64 - 12);
});
