/** The device's end of a link: what it answers, what it ignores, and that garbage never gets a word. */
import { describe, expect, test } from 'vitest';
import {
  type DeviceLinkState,
  deviceLinkDeadline,
  startDeviceLink,
  stepDeviceLink,
} from '../../../device-protocol/src/link/device-link.ts';
import { encodeFrame, type Frame, type FrameType, frameDecoder } from '../../../device-protocol/src/link/frame.ts';
import { hello, helloRequest } from '../../../device-protocol/src/messages.ts';
import { pattern } from '../../support/pattern.ts';
import { bytesFrom, chance } from '../../support/random.ts';
import { helloRequestSample, helloSample } from '../../vectors/samples.ts';

const { nonce: _nonce, versionMin: _min, versionMax: _max, ...facts } = helloSample;

function take(state: DeviceLinkState, type: FrameType, session: number, more: Partial<Frame> = {}, now = 0) {
  const bytes = encodeFrame({ type, flags: 0, sequence: 0, session, payload: new Uint8Array(0), ...more });
  const [next, effects] = stepDeviceLink(state, { type: 'bytes', bytes }, now);
  const frames = effects.flatMap((effect) => (effect.type === 'write' ? frameDecoder().push(effect.bytes) : []));
  return { next, frames, types: effects.map((effect) => effect.type) };
}

function greet(state: DeviceLinkState, session: number, asked: Partial<typeof helloRequestSample> = {}) {
  return take(state, 'hello_request', session, { payload: helloRequest.encode({ ...helloRequestSample, ...asked }) });
}

const opened = greet(startDeviceLink(facts), 7).next;

test('a hello is answered with everything that the device is, its nonce and its session', () => {
  const { frames, types } = greet(startDeviceLink(facts), 7);
  expect(types).toEqual(['write', 'opened']);
  expect(frames).toMatchObject([{ type: 'hello', session: 7 }]);
  expect(hello.decode(frames[0]?.payload ?? new Uint8Array(0))).toEqual(helloSample);
});

test('a repeated hello of the running session is answered, and nothing changes', () => {
  const [busy] = stepDeviceLink(opened, { type: 'send', message: pattern(900) }, 0);
  const { next, types, frames } = greet(busy, 7, { nonce: pattern(9).slice(1) });
  expect(types).toEqual(['write']);
  expect(next).toEqual(busy);
  expect(hello.decode(frames[0]?.payload ?? new Uint8Array(0))?.nonce).toEqual(pattern(9).slice(1));
});

test('a hello of another session ends the running one', () => {
  const [busy] = stepDeviceLink(opened, { type: 'send', message: pattern(900) }, 0);
  const { next, types } = greet(busy, 8);
  expect(types).toEqual(['write', 'opened']);
  expect(next.arq).toMatchObject({ terms: { session: 8 }, unacknowledged: [], expected: 0, nextSequence: 0 });
  expect(take(next, 'data', 7, { flags: 3 }).frames).toMatchObject([{ type: 'unknown_session', session: 7 }]);
});

test('a hello without a common version is answered and opens nothing', () => {
  for (const asked of [
    { versionMin: 2, versionMax: 9 },
    { versionMin: 0, versionMax: 0 },
  ]) {
    const { next, types } = greet(opened, 8, asked);
    expect(types).toEqual(['write']);
    expect(next).toEqual(opened);
  }
  expect(greet(opened, 8, { versionMin: 0, versionMax: 200 }).types).toEqual(['write', 'opened']);
});

describe('ignored without a word', () => {
  test.each<[string, FrameType, number, Partial<Frame>]>([
    ['a hello request of session 0', 'hello_request', 0, { payload: helloRequest.encode(helloRequestSample) }],
    ['a hello request that is no CBOR', 'hello_request', 8, { payload: Uint8Array.of(0xff) }],
    ['a hello request without its fields', 'hello_request', 8, { payload: Uint8Array.of(0xa0) }],
    ['a hello', 'hello', 8, {}],
    ['unknown session', 'unknown_session', 7, {}],
    ['an acknowledgement of another session', 'ack', 8, {}],
  ])('%s', (_, type, session, more) => {
    const { next, types } = take(opened, type, session, more);
    expect(types).toEqual([]);
    expect(next).toEqual(opened);
  });

  test('garbage', () => {
    for (let seed = 0; seed < 200; seed++) {
      const draw = chance(seed);
      const garbage = bytesFrom(draw)(Math.floor(draw() * 6_000)).map((byte) => (draw() < 0.1 ? 0 : byte));
      const state = startDeviceLink(facts);
      const [next, effects] = stepDeviceLink(state, { type: 'bytes', bytes: garbage }, 0);
      expect(effects).toEqual([]);
      expect(greet(next, 7).types).toEqual(['write', 'opened']);
    }
  });
});

test('data of a session that is not the newest is answered by unknown session, and changes nothing', () => {
  for (const state of [opened, startDeviceLink(facts)]) {
    const { next, frames } = take(state, 'data', 9, { flags: 3, sequence: 5, payload: pattern(3) });
    expect(frames).toEqual([
      { type: 'unknown_session', flags: 0, sequence: 5, session: 9, payload: new Uint8Array(0) },
    ]);
    expect(next).toEqual(state);
  }
});

test('messages both ways', () => {
  const taken = take(opened, 'data', 7, { flags: 3, payload: pattern(3) });
  expect(taken.types).toEqual(['write', 'message']);
  const [sent, effects] = stepDeviceLink(taken.next, { type: 'send', message: pattern(3) }, 5);
  expect(effects.map((effect) => effect.type)).toEqual(['write']);
  expect(deviceLinkDeadline(sent)).toBe(305);
  expect(deviceLinkDeadline(take(sent, 'ack', 7, { sequence: 1 }).next)).toBeNull();
});

test('without a session nothing is sent and no time passes', () => {
  const state = startDeviceLink(facts);
  expect(stepDeviceLink(state, { type: 'send', message: pattern(3) }, 0)).toEqual([state, []]);
  expect(stepDeviceLink(state, { type: 'tick' }, 0)).toEqual([state, []]);
  expect(deviceLinkDeadline(state)).toBeNull();
});

test('a silent host is lost; its next hello starts anew', () => {
  let [state] = stepDeviceLink(opened, { type: 'send', message: pattern(3) }, 0);
  const types: string[] = [];
  for (let due = deviceLinkDeadline(state); due !== null; due = deviceLinkDeadline(state)) {
    const [next, effects] = stepDeviceLink(state, { type: 'tick' }, due);
    state = next;
    types.push(...effects.map((effect) => effect.type));
  }
  expect(types).toEqual(['write', 'write', 'write', 'write', 'write', 'lost']);
  expect(state.arq).toBeNull();
  expect(greet(state, 7).types).toEqual(['write', 'opened']);
});

test('broken terms end the session, and its next frame is of an unknown one', () => {
  const { next, types } = take(opened, 'data', 7, { flags: 0, payload: pattern(3) });
  expect(types).toEqual(['lost']);
  expect(take(next, 'data', 7, { flags: 3 }).frames).toMatchObject([{ type: 'unknown_session' }]);
});
