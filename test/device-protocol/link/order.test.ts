/**
 * What one read of the wire sets free is written before its messages are handed up: an answer that is given to one at once has later numbers,
 * and written first it would be thrown away as a loss.
 */
import { expect, test } from 'vitest';
import { startDeviceLink, stepDeviceLink } from '../../../device-protocol/src/link/device-link.ts';
import { encodeFrame, type Frame, frameDecoder } from '../../../device-protocol/src/link/frame.ts';
import { closedLink, type HostLinkState, stepHostLink } from '../../../device-protocol/src/link/host-link.ts';
import { writesFirst } from '../../../device-protocol/src/link/order.ts';
import { hello, helloRequest } from '../../../device-protocol/src/messages.ts';
import { pattern } from '../../support/pattern.ts';
import { helloRequestSample, helloSample } from '../../vectors/samples.ts';

const { nonce: _nonce, versionMin: _min, versionMax: _max, ...facts } = helloSample;
const window = facts.window;
/** More frames than the window holds: the rest waits for acknowledgements. */
const long = pattern(3_000);
const longs = [long, long, long, long];

type Link<S> = {
  readonly state: S;
  readonly step: (
    state: S,
    input:
      | { readonly type: 'bytes'; readonly bytes: Uint8Array }
      | { readonly type: 'send'; readonly message: Uint8Array },
  ) => readonly [S, readonly { readonly type: string; readonly bytes?: Uint8Array }[]];
  readonly session: number;
};

/** Data with a message in it, and an acknowledgement, in one read; each message is answered at once. Gives the sequence numbers as written. */
function written<S>({ state, step, session }: Link<S>): number[] {
  let now = state;
  const wire: number[] = [];
  const perform = (effects: readonly { readonly type: string; readonly bytes?: Uint8Array }[]): void => {
    for (const effect of effects) {
      if (effect.type === 'write') wire.push(...dataIn(effect.bytes ?? new Uint8Array(0)));
      if (effect.type === 'message') send(pattern(10));
    }
  };
  const send = (message: Uint8Array): void => {
    const [next, effects] = step(now, { type: 'send', message });
    now = next;
    perform(effects);
  };
  for (const message of longs) send(message);
  const asks = encodeFrame({ type: 'data', flags: 3, sequence: 0, session, payload: pattern(5) });
  const acks = encodeFrame({ type: 'ack', flags: 0, sequence: window, session, payload: new Uint8Array(0) });
  const [next, effects] = step(now, { type: 'bytes', bytes: Buffer.concat([asks, acks]) });
  now = next;
  perform(effects);
  return wire;
}

function dataIn(bytes: Uint8Array): number[] {
  const frames: readonly Frame[] = frameDecoder().push(bytes);
  return frames.filter(({ type }) => type === 'data').map(({ sequence }) => sequence);
}

const counted = Array.from({ length: 4 * Math.ceil(3_000 / (facts.frameMax - 12)) + 1 }, (_, i) => i);

test('by the device', () => {
  const greeting = encodeFrame({
    ...{ type: 'hello_request', flags: 0, sequence: 0, session: 7 },
    payload: helloRequest.encode(helloRequestSample),
  });
  const [state] = stepDeviceLink(startDeviceLink(facts), { type: 'bytes', bytes: greeting }, 0);
  expect(written({ state, step: (one, input) => stepDeviceLink(one, input, 0), session: 7 })).toEqual(counted);
});

test('by the host', () => {
  const random = (length: number): Uint8Array => pattern(length);
  const step = (one: HostLinkState, input: Parameters<typeof stepHostLink>[1]) => stepHostLink(one, input, 0, random);
  const [greeting] = step(closedLink, { type: 'wire_opened' });
  if (greeting.phase !== 'greeting') throw new Error('no greeting');
  const { session, nonce } = greeting;
  const answer = encodeFrame({
    ...{ type: 'hello', flags: 0, sequence: 0, session },
    payload: hello.encode({ ...helloSample, nonce }),
  });
  const [state] = step(greeting, { type: 'bytes', bytes: answer });
  expect(written({ state, step, session })).toEqual(counted);
});

test('nothing is moved around what is neither a write nor a message', () => {
  const types = (...names: string[]) => names.map((type, i) => ({ type, i }));
  const order = (...names: string[]) => writesFirst(types(...names)).map(({ i }) => i);
  expect(order('message', 'write', 'message', 'write')).toEqual([1, 3, 0, 2]);
  expect(order('message', 'write', 'opened', 'message', 'write')).toEqual([1, 0, 2, 4, 3]);
  expect(order('message', 'lost', 'write')).toEqual([0, 1, 2]);
});
