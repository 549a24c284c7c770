/** The client side of one relay connection, in virtual time: connecting, staying alive, listening, hostile relays. */
import { describe, expect, it } from 'vitest';
import {
  floodBurstMax,
  floodMessageCost,
  floodValueCost,
  relayIdleMs,
  relayMessageMax,
  relayOpenMs,
  relayPongMs,
  relayStableMs,
  sinceSlackS,
} from '../../host/src/core/nip46/limits.ts';
import { event, machine, ours, sent, start, statuses, subscriptionOf, url } from '../support/relay-machine.ts';

describe('connecting', () => {
  it('opens at the first tick, subscribes with slack, and listens once the relay confirms', () => {
    const relay = machine();
    expect(relay.deadline()).toBe(0);
    expect(relay.pass(0)).toEqual([{ type: 'open', url }]);
    const opened = relay.feed({ type: 'opened' });
    const since = start / 1000 - sinceSlackS;
    expect(sent(opened)).toEqual([['REQ', 'sallyport-1', { kinds: [24133], '#p': [ours], since }]]);
    expect(statuses(opened)).toEqual([{ type: 'connected' }]);
    expect(statuses(relay.text(['EOSE', 'sallyport-1']))).toEqual([{ type: 'listening' }]);
  });

  it('gives an open connection that never comes a time limit', () => {
    const relay = machine();
    relay.pass(0);
    expect(relay.pass(relayOpenMs - 1)).toEqual([]);
    expect(relay.pass(1)[0]).toEqual({ type: 'close' });
    expect(relay.see().status).toMatchObject({ type: 'failed', reason: expect.stringContaining('15 s') });
  });

  it.each([
    { jitter: 1, waits: [1, 2, 4, 8, 16, 32, 60, 60] },
    { jitter: 0, waits: [0.5, 1, 2, 4, 8, 16, 30, 30] },
    { jitter: 0.5, waits: [0.75, 1.5, 3, 6, 12, 24, 45, 45] },
  ])('waits longer each time, up to a limit (jitter $jitter)', ({ jitter, waits }) => {
    const relay = machine(jitter);
    relay.pass(0);
    for (const seconds of waits) {
      const retryAt = relay.now() + seconds * 1000;
      expect(statuses(relay.closed('refused'))).toEqual([{ type: 'failed', reason: 'refused', retryAt }]);
      expect(relay.deadline()).toBe(retryAt);
      expect(relay.pass(seconds * 1000 - 1)).toEqual([]);
      expect(relay.pass(1)).toEqual([
        { type: 'open', url },
        { type: 'status', status: { type: 'connecting' } },
      ]);
    }
  });

  it('starts the back-off anew only after a connection that lasted', () => {
    const relay = machine();
    const wait = () => {
      relay.closed();
      return (relay.deadline() ?? 0) - relay.now();
    };
    relay.connect();
    expect(wait()).toBe(1000);
    relay.pass(1000);
    relay.connect();
    expect(wait()).toBe(2000);
    relay.pass(2000);
    relay.connect();
    relay.pass(relayStableMs - 1);
    relay.text(['NOTICE', 'hello']);
    relay.pass(1);
    expect(wait()).toBe(1000);
  });

  it('cleans the reason it shows', () => {
    const relay = machine();
    relay.connect();
    relay.closed(`bye\u001b[2J\u202e\n${'x'.repeat(500)}`);
    const { status } = relay.see();
    expect(status).toMatchObject({ type: 'failed', reason: expect.stringMatching(/^bye \[2J x+…$/) });
  });

  it('ignores what does not fit the state', () => {
    const relay = machine();
    for (const input of [{ type: 'opened' }, { type: 'pong' }, { type: 'closed', reason: 'x', jitter: 0 }] as const) {
      expect(relay.feed(input)).toEqual([]);
    }
    expect(relay.text(['NOTICE', 'early'])).toEqual([]);
    expect(relay.authSigned('none')).toEqual([]);
    expect(relay.see()).toMatchObject({ status: { type: 'connecting' }, notice: null });
  });
});

describe('a dead socket', () => {
  it('is pinged when silent and given up when the ping is not answered', () => {
    const relay = machine();
    relay.connect();
    expect(relay.pass(relayIdleMs - 1)).toEqual([]);
    expect(relay.pass(1)).toEqual([{ type: 'ping' }]);
    expect(relay.pass(relayPongMs - 1)).toEqual([]);
    const [close] = relay.pass(1);
    expect(close).toEqual({ type: 'close' });
    expect(relay.see().status).toMatchObject({ type: 'failed', reason: 'The connection fell silent.' });
  });

  it.each(['pong', 'text'] as const)('is alive after a %s', (sign) => {
    const relay = machine();
    relay.connect();
    for (let round = 0; round < 20; round++) {
      expect(relay.pass(relayIdleMs).filter(({ type }) => type !== 'sign_probe')).toEqual([{ type: 'ping' }]);
      if (sign === 'pong') relay.feed({ type: 'pong' });
      else relay.text(['NOTICE', 'here']);
    }
    expect(relay.see().status.type).toBe('connected');
  });
});

describe('requests', () => {
  it('are delivered when they match our filter, and dropped and counted when they do not', () => {
    const relay = machine();
    relay.connect();
    const wanted = event(1);
    const delivered = relay.text(['EVENT', 'sallyport-1', { ...wanted, extra: 1 }]);
    expect(delivered[0]).toEqual({ type: 'deliver', event: wanted });
    for (const [name, id, fields] of [
      ['foreign subscription', 'other', {}],
      ['another kind', 'sallyport-1', { kind: 1 }],
      ['for another key', 'sallyport-1', { tags: [['p', '44'.repeat(32)]] }],
      ['for nobody', 'sallyport-1', { tags: [['p'], []] }],
      ['stored long ago', 'sallyport-1', { created_at: start / 1000 - sinceSlackS - 1 }],
    ] as const) {
      expect(relay.text(['EVENT', id, event(2, fields)]), name).toEqual([]);
    }
    expect(relay.see().counts).toMatchObject({ delivered: 1, unexpected: 1, unmatched: 4 });
  });

  it('are asked for again, with growing waits, when the relay ends the subscription', () => {
    const relay = machine();
    relay.connect();
    for (const [n, seconds] of [1, 2, 4, 8].entries()) {
      const id = `sallyport-${n + 1}`;
      const closed = relay.text(['CLOSED', id, 'error: too busy']);
      expect(statuses(closed)).toEqual([
        { type: 'refused', reason: 'error: too busy', retryAt: relay.now() + seconds * 1000 },
      ]);
      expect(subscriptionOf(relay.pass(seconds * 1000))).toBe(`sallyport-${n + 2}`);
    }
    // Late words about an old subscription mean nothing.
    expect(relay.text(['CLOSED', 'sallyport-1', 'error: late'])).toEqual([]);
    expect(statuses(relay.text(['EOSE', 'sallyport-5']))).toEqual([{ type: 'listening' }]);
  });
});

describe('hostile relays', () => {
  const deep = `["EVENT","sallyport-1",${'['.repeat(100_000)}`;
  it.each([
    ['no JSON', 'hello'],
    ['empty', ''],
    ['an object', '{"EVENT":1}'],
    ['deep nesting', deep],
    ['deep nesting behind a string with brackets', `["]]]\\"]]",${'['.repeat(20)}${']'.repeat(20)}]`],
    ['an unknown label', '["COUNT","x",{}]'],
    ['a broken event', JSON.stringify(['EVENT', 'sallyport-1', { ...event(1), id: 'AA'.repeat(32) }])],
    ['an event with a float kind', JSON.stringify(['EVENT', 'sallyport-1', { ...event(1), kind: 24133.5 }])],
    ['an event with tags of numbers', JSON.stringify(['EVENT', 'sallyport-1', { ...event(1), tags: [[1]] }])],
    ['OK without verdict', JSON.stringify(['OK', event(1).id])],
    ['OK for no id', '["OK","x",true,""]'],
    ['a subscription id that is too long', JSON.stringify(['EOSE', 's'.repeat(65)])],
    ['an empty challenge', '["AUTH",""]'],
    ['a huge challenge', JSON.stringify(['AUTH', 'c'.repeat(1025)])],
    ['a challenge that is no text', '["AUTH",{"a":1}]'],
  ])('malformed: %s', (_name, text) => {
    const relay = machine();
    relay.connect();
    expect(relay.text(text)).toEqual([]);
    expect(relay.see().counts.malformed).toBe(1);
  });

  it('never parses what is too long, and takes what is just not', () => {
    const relay = machine();
    relay.connect();
    const frame = JSON.stringify(['EVENT', 'sallyport-1', event(1)]);
    expect(relay.feed({ type: 'text', text: frame, bytes: relayMessageMax + 1 })).toEqual([]);
    expect(relay.see().counts).toMatchObject({ oversized: 1, delivered: 0 });
    relay.feed({ type: 'text', text: frame, bytes: relayMessageMax });
    expect(relay.see().counts).toMatchObject({ oversized: 1, delivered: 1 });
  });

  it('throws a flood away unparsed, and listens again afterwards', () => {
    const relay = machine();
    relay.connect();
    const burst = Math.floor(floodBurstMax / (floodMessageCost + relayMessageMax));
    for (let n = 0; n < burst + 10; n++) {
      relay.feed({ type: 'text', text: '["NOTICE","x"]', bytes: relayMessageMax });
    }
    expect(relay.see().counts.flooded).toBe(10);
    relay.pass(1000);
    expect(relay.text(['EVENT', 'sallyport-1', event(1)])[0]).toMatchObject({ type: 'deliver' });
    expect(relay.see().counts.flooded).toBe(10);
  });

  it.each([
    ['empty tags', `[${'[],'.repeat(10_000)}["p","${ours}"]]`],
    ['tags of one item', `[${'[""],'.repeat(10_000)}["p","${ours}"]]`],
    ['one tag of many items', `[["p","${ours}"${',""'.repeat(10_000)}]]`],
  ])('does not read an event that is made of thousands of values (%s)', (_name, tags) => {
    const relay = machine();
    relay.connect();
    const text = JSON.stringify(['EVENT', 'sallyport-1', event(1)]).replace(/"tags":\[\[.*?\]\]/, `"tags":${tags}`);
    expect(text).toContain(tags);
    expect(relay.feed({ type: 'text', text, bytes: text.length })).toEqual([]);
    expect(relay.see().counts).toMatchObject({ malformed: 1, delivered: 0, unmatched: 0 });
  });

  it('lets through fewer messages of many values than their size alone would, and then listens again', () => {
    const relay = machine();
    relay.connect();
    const text = `["NOTICE","x"${',[]'.repeat(4_000)}]`;
    const most = floodBurstMax / (7_900 * floodValueCost);
    for (let n = 0; n < 100; n++) relay.feed({ type: 'text', text, bytes: text.length });
    const { flooded } = relay.see().counts;
    expect(100 - flooded).toBeGreaterThan(most / 2);
    expect(100 - flooded).toBeLessThanOrEqual(most);
    relay.pass(1000);
    expect(relay.text(['EVENT', 'sallyport-1', event(1)])[0]).toMatchObject({ type: 'deliver' });
    expect(relay.see().counts.flooded).toBe(flooded);
  });

  it('keeps only the last notice, one cleaned line of it', () => {
    const relay = machine();
    relay.connect();
    relay.text(['NOTICE', 'first']);
    relay.text(['NOTICE', `rate\u0000limited\u2028${'y'.repeat(300)}`]);
    expect(relay.see().notice).toMatch(/^rate limited y+…$/);
  });
});
