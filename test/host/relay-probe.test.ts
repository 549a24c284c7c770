/** One relay that fell silent: the event to ourselves, a computer that slept, and what is known of a relay's health. */
import { describe, expect, it } from 'vitest';
import {
  probeEveryMs,
  probeWaitMs,
  relayWakePongMs,
  restMaxMs,
  sinceSlackS,
} from '../../host/src/core/nip46/limits.ts';
import { endings, event, machine, probeEvent, sent, statuses, subscriptionOf } from '../support/relay-machine.ts';

/** A machine whose relay confirmed the subscription; each probe is signed when it is asked for. */
function listening() {
  const relay = machine();
  relay.connect();
  expect(relay.text(['EOSE', 'sallyport-1'])).toContainEqual({ type: 'status', status: { type: 'listening' } });
  /** Time goes by; pings are answered, so that only the probe can tell. */
  const pass = (ms: number) => {
    const before = relay.log.length;
    for (let passed = 0; passed < ms; passed += 5_000) {
      for (const effect of relay.pass(5_000)) {
        if (effect.type === 'ping') relay.feed({ type: 'pong' });
        else if (effect.type === 'sign_probe') relay.probeSigned();
      }
    }
    return relay.log.slice(before);
  };
  return { ...relay, through: pass };
}

const comesBack = (n: number) => ['EVENT', 'sallyport-1', probeEvent(n)];

describe('an event to ourselves', () => {
  it('is sent once the relay listens, and again after a quiet time; it is no request', () => {
    const relay = listening();
    expect(relay.pass(0)).toEqual([{ type: 'sign_probe' }]);
    expect(sent(relay.probeSigned())).toEqual([['EVENT', probeEvent(0)]]);
    relay.pass(40);
    expect(relay.text(['OK', probeEvent(0).id, true, ''])).toEqual([]);
    expect(relay.text(comesBack(0))).toEqual([]);
    expect(relay.see()).toMatchObject({ health: { roundTripMs: 40, lastEventAt: null }, counts: { delivered: 0 } });
    expect(sent(relay.through(probeEveryMs + 5_000))).toEqual([['EVENT', probeEvent(1)]]);
  });

  it('is not needed while requests come', () => {
    const relay = listening();
    relay.through(5_000);
    for (let n = 0; n < 20; n++) {
      relay.text(['EVENT', 'sallyport-1', event(n)]);
      expect(sent(relay.through(60_000))).toEqual([]);
    }
    expect(relay.see().status).toEqual({ type: 'listening' });
  });

  it('of another host with our key is none of ours, and nothing that the bridge sees', () => {
    const relay = listening();
    const [effect] = relay.text(comesBack(7));
    expect(effect).toEqual({ type: 'own_event', event: probeEvent(7) });
    // Whoever makes up more of them costs nothing.
    for (let n = 0; n < 100; n++) expect(relay.text(comesBack(8 + n))).toEqual([]);
    expect(relay.see().counts).toMatchObject({ unmatched: 101, delivered: 0 });
  });

  it('does not come back, twice: the subscription is asked for anew, then the connection is', () => {
    const relay = listening();
    relay.through(5_000);
    expect(relay.text(comesBack(0))).toEqual([]);
    const quiet = relay.through(probeEveryMs + probeWaitMs + 5_000);
    expect(subscriptionOf(quiet)).toBe('sallyport-1');
    expect(sent(quiet).filter((message) => Array.isArray(message) && message[0] === 'EVENT')).toHaveLength(2);
    const gone = relay.through(probeWaitMs);
    expect(gone).toContainEqual({ type: 'close' });
    expect(statuses(gone)).toContainEqual({
      type: 'failed',
      reason: expect.stringContaining('did not come back'),
      retryAt: expect.any(Number),
    });
    expect(gone).toContainEqual({ type: 'open', url: 'wss://relay.example' });
    relay.feed({ type: 'opened' });
    relay.text(['EOSE', 'sallyport-1']);
    // Not to be relied upon before something came.
    expect(relay.see().status.type).toBe('deaf');
    relay.text(['EVENT', 'sallyport-1', event(1)]);
    expect(relay.see().status.type).toBe('listening');
  });

  it('comes back late, after the second was sent: the connection stays', () => {
    const relay = listening();
    relay.through(probeWaitMs + 10_000);
    relay.text(comesBack(0));
    expect(relay.through(probeWaitMs)).not.toContainEqual({ type: 'close' });
    expect(relay.see().status).toEqual({ type: 'listening' });
  });

  it("never comes back, from a relay that keeps what is one's own: it is left seldom", () => {
    const relay = listening();
    let closed = 0;
    for (let seconds = 0; seconds < 12 * 3_600; seconds += 5) {
      for (const effect of relay.through(5_000)) if (effect.type === 'close') closed++;
      if (relay.see().status.type !== 'connecting') continue;
      relay.feed({ type: 'opened' });
      relay.text(['EOSE', 'sallyport-1']);
    }
    expect(closed).toBeGreaterThan(10);
    expect(closed).toBeLessThan(20);
    expect(relay.see().health.silences).toBe(closed);
  });

  it('is refused: that is said, and nothing is taken for silence', () => {
    const relay = listening();
    relay.through(5_000);
    relay.text(['OK', probeEvent(0).id, false, 'blocked: kind 24133']);
    expect(relay.through(probeEveryMs - 10_000)).not.toContainEqual({ type: 'close' });
    expect(relay.see()).toMatchObject({
      status: { type: 'listening' },
      health: { refused: 1, refusal: 'blocked: kind 24133' },
    });
  });
});

describe('a computer that slept', () => {
  it('finds its sockets dead within seconds, and connects at once', () => {
    const relay = listening();
    relay.sleep(8 * 3_600_000);
    expect(relay.feed({ type: 'woke' })).toEqual([{ type: 'ping' }]);
    expect(relay.pass(relayWakePongMs)).toContainEqual({ type: 'close' });
    expect(relay.pass(1_000)).toContainEqual({ type: 'open', url: 'wss://relay.example' });
  });

  it('keeps a socket that answers, and looks whether it still delivers', () => {
    const relay = listening();
    relay.sleep(60_000);
    relay.feed({ type: 'woke' });
    relay.feed({ type: 'pong' });
    expect(relay.pass(0)).toEqual([{ type: 'sign_probe' }]);
    expect(relay.see().status).toEqual({ type: 'listening' });
  });

  it('asks for its requests by the new time when its clock was set back', () => {
    const relay = listening();
    relay.sleep(-3_600_000);
    const since = Math.floor(relay.now() / 1000) - sinceSlackS;
    expect(sent(relay.feed({ type: 'woke' }))).toMatchObject([['REQ', 'sallyport-1', { since }]]);
    relay.feed({ type: 'pong' });
    const asked = event(1, { created_at: Math.floor(relay.now() / 1000) });
    expect(relay.text(['EVENT', 'sallyport-1', asked])).toContainEqual({ type: 'deliver', event: asked });
    expect(relay.see().status).toEqual({ type: 'listening' });
  });

  it('does not wait for the end of a back-off, however its clock was set', () => {
    for (const jump of [-3_600_000, 3_600_000]) {
      const relay = machine();
      for (let n = 0; n < 8; n++) {
        relay.pass(60_000);
        relay.closed();
      }
      relay.publish(event(1));
      relay.sleep(jump);
      relay.feed({ type: 'woke' });
      expect(relay.pass(0)).toContainEqual({ type: 'open', url: 'wss://relay.example' });
      relay.pass(60_000);
      expect(endings(relay.log)).toHaveLength(1);
    }
  });
});

describe('a relay that limits rates', () => {
  const limited = (n: number) => ['OK', event(n).id, false, 'rate-limited: slow down'];

  it('gets what it refused again, later and one at a time', () => {
    const relay = machine();
    relay.connect();
    for (const n of [1, 2, 3]) relay.publish(event(n));
    for (const n of [1, 2, 3]) expect(relay.text(limited(n))).toEqual([]);
    relay.publish(event(4));
    expect(relay.pass(999)).toEqual([]);
    expect(sent(relay.pass(1))).toEqual([['EVENT', event(1)]]);
    expect(relay.pass(100)).toEqual([]);
    // Still too fast: the next rest is longer.
    relay.text(limited(1));
    expect(relay.pass(1_999)).toEqual([]);
    expect(sent(relay.pass(1))).toEqual([['EVENT', event(1)]]);
    for (const n of [1, 2, 3]) {
      const taken = relay.text(['OK', event(n).id, true, '']);
      expect(endings(taken)).toMatchObject([{ eventId: event(n).id, ok: true }]);
      expect(sent(taken)).toEqual([['EVENT', event(n + 1)]]);
    }
    relay.text(['OK', event(4).id, true, '']);
    relay.publish(event(5));
    expect(sent(relay.publish(event(6)))).toEqual([['EVENT', event(6)]]);
    expect(relay.see().health).toMatchObject({ rateLimited: 4, refused: 0 });
  });

  it('and never stops: the event ends in the words of the relay, when nobody waits any more', () => {
    const relay = machine();
    relay.connect();
    relay.publish(event(1));
    let asked = 1;
    relay.text(limited(1));
    for (let seconds = 0; seconds < 120; seconds++) {
      if (sent(relay.pass(1_000)).length === 0) continue;
      asked++;
      relay.text(limited(1));
    }
    expect(endings(relay.log)).toMatchObject([{ ok: false, words: 'rate-limited: slow down' }]);
    expect(asked).toBeGreaterThan(60_000 / restMaxMs);
    expect(asked).toBeLessThan(10);
  });
});
