/** Go-back-N: everything arrives whole, in order and once, or the link is down; traffic and memory stay bounded. */
import { describe, expect, test } from 'vitest';
import { frameOverhead, limits } from '../../../device-protocol/src/limits.ts';
import { type ArqEffect, sendMessage, startArq, takeFrame, tickArq } from '../../../device-protocol/src/link/arq.ts';
import type { Frame } from '../../../device-protocol/src/link/frame.ts';
import { pattern } from '../../support/pattern.ts';
import { chance } from '../../support/random.ts';
import { arqPair, type Fate } from './arq-pair.ts';

const terms = { session: 9, frameMax: 64, messageMax: 4096, window: 4 };
const room = terms.frameMax - frameOverhead;

/** Some messages both ways: empty, short, of several fragments. */
function talk(window: number, fate?: Fate) {
  const pair = arqPair({ window }, fate);
  const toB = [pattern(0), pattern(1), pattern(room), pattern(room + 1), pattern(5 * room)];
  const toA = [pattern(3 * room + 7), pattern(2)];
  for (const message of toB) pair.send('a', message);
  for (const message of toA) pair.send('b', message);
  pair.settle();
  return { pair, toA, toB };
}

describe.each([1, 2, 4, 32])('window %i', (window) => {
  const sound = talk(window);

  test('all sizes arrive both ways', () => {
    expect(sound.pair.got).toEqual({ a: sound.toA, b: sound.toB });
    const pair = arqPair({ window, frameMax: limits.frameDefault });
    const sizes = [0, 1, 499, 500, 501, 1000, 4095, 4096];
    for (const size of sizes) pair.send('a', pattern(size));
    pair.settle();
    expect(pair.got.b.map((message) => message.length)).toEqual(sizes);
    expect(pair.got.b).toEqual(sizes.map(pattern));
  });

  test('the loss of any one frame or acknowledgement costs nothing but time', () => {
    for (let n = 0; n < sound.pair.frames(); n++) {
      const { pair, toA, toB } = talk(window, (at) => (at === n ? 'lost' : 'arrives'));
      expect(pair.got, `without frame ${n}`).toEqual({ a: toA, b: toB });
      expect(pair.frames()).toBeLessThanOrEqual(sound.pair.frames() + 4 * window);
    }
  });

  test('the loss of any two', () => {
    const total = sound.pair.frames();
    for (let n = 0; n < total; n++) {
      for (let m = n + 1; m < total + 4; m += 3) {
        const { pair, toA, toB } = talk(window, (at) => (at === n || at === m ? 'lost' : 'arrives'));
        expect(pair.got, `without frames ${n} and ${m}`).toEqual({ a: toA, b: toB });
      }
    }
  });

  test('doubling every frame delivers nothing twice and does not multiply the traffic', () => {
    const { pair, toA, toB } = talk(window, () => 'doubled');
    expect(pair.got).toEqual({ a: toA, b: toB });
    // Each data frame goes out twice at most, and each arrival is acknowledged: 2 data, 4 acknowledgements, for 1 and 1.
    expect(pair.frames()).toBeLessThanOrEqual(sound.pair.frames() * 3);
  });

  test('1,100 messages across the wrap of the sequence numbers, one frame of twenty lost', () => {
    const draw = chance(window);
    const pair = arqPair({ window }, () => (draw() < 1 / 20 ? 'lost' : 'arrives'));
    const sent = Array.from({ length: 1_100 }, (_, i) => Uint8Array.of(i >> 8, i));
    for (let i = 0; i < sent.length; i += 10) {
      for (const message of sent.slice(i, i + 10)) pair.send('a', message);
      pair.settle();
    }
    expect(pair.got.b).toEqual(sent);
    expect(pair.down).toEqual([]);
  });

  test('no more frames fly than the window allows', () => {
    const [state, effects] = sendMessage(startArq({ ...terms, window }), pattern(4096), 0);
    expect(effects.length).toBe(window);
    const [, more] = takeFrame(state, ackOf(1), 1);
    expect(more.length).toBe(1);
  });
});

test('repeated acknowledgements cause one go-back, not one each', () => {
  let [state] = sendMessage(startArq(terms), pattern(6 * room), 0);
  const counts: number[] = [];
  for (let i = 0; i < 10; i++) {
    const [next, effects] = takeFrame(state, ackOf(0), i);
    state = next;
    counts.push(effects.length);
  }
  expect(counts).toEqual([terms.window, ...new Array<number>(9).fill(0)]);
});

test('one needless go-back does not make every later window go out twice', () => {
  const long = (fate?: Fate) => {
    const pair = arqPair({ window: 18, frameMax: limits.frameDefault }, fate);
    for (let i = 0; i < 30; i++) pair.send('a', pattern(4096));
    pair.settle();
    expect(pair.got.b.length).toBe(30);
    return pair.frames();
  };
  expect(long((n) => (n === 0 ? 'doubled' : 'arrives'))).toBeLessThanOrEqual(long() + 2 * 18 + 2);
});

test('acknowledgements of what was never sent, or from before, change nothing', () => {
  const [state] = sendMessage(startArq(terms), pattern(2 * room), 0);
  for (const sequence of [3, 4, 100, 255]) expect(takeFrame(state, ackOf(sequence), 1)).toEqual([state, []]);
  expect(takeFrame(startArq(terms), ackOf(77), 1)).toEqual([startArq(terms), []]);
});

test('silence: five retransmissions with growing waits, then down', () => {
  let [state] = sendMessage(startArq(terms), pattern(1), 0);
  const waits: number[] = [];
  let now = 0;
  for (;;) {
    expect(tickArq(state, (state.retransmitAt ?? 0) - 1)[1]).toEqual([]);
    waits.push((state.retransmitAt ?? 0) - now);
    now = state.retransmitAt ?? 0;
    const [next, effects] = tickArq(state, now);
    state = next;
    if (effects[0]?.type === 'down') break;
    expect(effects).toMatchObject([{ type: 'frame', frame: { sequence: 0 } }]);
  }
  expect(waits).toEqual([300, 600, 1_200, 2_000, 2_000, 2_000]);
});

test('progress starts the waits anew', () => {
  let [state] = sendMessage(startArq(terms), pattern(2 * room), 0);
  [state] = tickArq(state, 300);
  [state] = tickArq(state, 900);
  expect(state.tries).toBe(2);
  [state] = takeFrame(state, ackOf(1), 1_000);
  expect([state.tries, state.retransmitAt]).toEqual([0, 1_300]);
});

test('a message over the limit is a fault of the sender and ends the session of the receiver', () => {
  expect(() => sendMessage(startArq(terms), pattern(4097), 0)).toThrow('exceeds 4096');
  const [sender] = sendMessage(startArq({ ...terms, messageMax: 5_000, window: 120 }), pattern(4097), 0);
  let receiver = startArq(terms);
  const said: ArqEffect[] = [];
  for (const frame of sender.unacknowledged) {
    const [next, effects] = takeFrame(receiver, frame, 0);
    receiver = next;
    said.push(...effects.filter((effect) => effect.type !== 'frame'));
  }
  expect(said).toEqual([{ type: 'down', reason: 'message too large' }]);
});

test.each([
  ['a message that starts in its middle', [data(0, 0)]],
  ['a last fragment without a first', [data(0, 2)]],
  ['a first fragment inside a message', [data(0, 1), data(1, 1)]],
  ['a whole message inside a message', [data(0, 1), data(1, 3)]],
  ['an empty first fragment', [data(0, 1, 0)]],
  ['an empty fragment in the middle', [data(0, 1), data(1, 0, 0)]],
  ['an empty last fragment', [data(0, 1), data(1, 2, 0)]],
])('fragments out of order: %s', (_, frames) => {
  let state = startArq(terms);
  let last: readonly ArqEffect[] = [];
  for (const frame of frames) [state, last] = takeFrame(state, frame, 0);
  expect(last).toEqual([{ type: 'down', reason: 'fragments out of order' }]);
});

test('what is not expected next is answered by the number that is, and not kept', () => {
  const [state] = takeFrame(startArq(terms), data(0, 3), 0);
  for (const sequence of [0, 2, 3, 255]) {
    expect(takeFrame(state, data(sequence, 3), 0)).toEqual([state, [{ type: 'frame', frame: ackOf(1) }]]);
  }
});

test('a peer that asks and never acknowledges is no longer heard, until it does', () => {
  let state = startArq({ ...terms, frameMax: limits.frameDefault });
  let sequence = 0;
  let heard = 0;
  for (let i = 0; i < 5_000; i++) {
    const [next, effects] = takeFrame(state, data(sequence, 3), 0);
    state = next;
    if (!effects.some((effect) => effect.type === 'message')) continue;
    heard++;
    sequence = (sequence + 1) & 0xff;
    [state] = sendMessage(state, pattern(8), 0);
  }
  expect(heard).toBe(limits.messagesUnacknowledged * 9 + 1);
  expect(state.unacknowledged.length).toBe(heard);
  [state] = takeFrame(state, ackOf(4), 1);
  expect(takeFrame(state, data(sequence, 3), 1)[1]).toContainEqual({
    type: 'message',
    bytes: pattern(1),
    sealed: false,
  });
});

function ackOf(sequence: number): Frame {
  return { type: 'ack', flags: 0, sequence, session: terms.session, payload: new Uint8Array(0) };
}

function data(sequence: number, flags: number, length = 1): Frame {
  return { type: 'data', flags, sequence, session: terms.session, payload: pattern(length) };
}
