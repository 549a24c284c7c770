/** The client side of one relay connection, in virtual time: publishing and authentication. */
import { describe, expect, it } from 'vitest';
import {
  backOffMaxMs,
  challengesMax,
  okWaitMs,
  outboxCountMax,
  outboxWaitMs,
  relayMessageMax,
} from '../../host/src/core/nip46/limits.ts';
import {
  authEvent,
  endings,
  event,
  machine,
  ours,
  sent,
  statuses,
  subscriptionOf,
  url,
} from '../support/relay-machine.ts';

describe('publishing', () => {
  it.each([
    { answer: [true, ''], ok: true, words: '' },
    { answer: [false, 'duplicate: have it'], ok: true, words: 'duplicate: have it' },
    { answer: [false, 'blocked: not here'], ok: false, words: 'blocked: not here' },
    { answer: [true], ok: true, words: '' },
  ])('ends with the OK of the relay: $answer', ({ answer, ok, words }) => {
    const relay = machine();
    relay.connect();
    const one = event(1);
    expect(sent(relay.publish(one))).toEqual([['EVENT', one]]);
    expect(relay.text(['OK', one.id, ...answer])).toEqual([{ type: 'published', eventId: one.id, ok, words }]);
    expect(relay.text(['OK', one.id, true, ''])).toEqual([]);
    expect(relay.see()).toMatchObject({ unacknowledged: 0, counts: { unexpected: 1 } });
  });

  it('ends without an OK after a while', () => {
    const relay = machine();
    relay.connect();
    relay.publish(event(1));
    expect(relay.pass(okWaitMs - 1)).toEqual([]);
    expect(endings(relay.pass(1))).toEqual([
      { type: 'published', eventId: event(1).id, ok: false, words: expect.stringContaining('did not acknowledge') },
    ]);
  });

  it('waits for a relay that is away, in order, and not for ever', () => {
    const relay = machine();
    relay.pass(0);
    relay.publish(event(1));
    relay.publish(event(2));
    relay.publish(event(1));
    relay.closed();
    relay.pass(1000);
    const opened = sent(relay.feed({ type: 'opened' }));
    expect(opened.slice(1)).toEqual([
      ['EVENT', event(1)],
      ['EVENT', event(2)],
    ]);

    const away = machine();
    away.publish(event(3));
    for (let waited = 0; waited < outboxWaitMs; waited += 1000) {
      away.pass(1000);
      away.closed();
    }
    expect(endings(away.log)).toEqual([
      { type: 'published', eventId: event(3).id, ok: false, words: expect.stringContaining('could not be reached') },
    ]);
  });

  it('sends again what had no OK when the connection broke', () => {
    const relay = machine();
    relay.connect();
    relay.publish(event(1));
    relay.publish(event(2));
    relay.text(['OK', event(1).id, true, '']);
    relay.closed();
    relay.pass(1000);
    expect(sent(relay.feed({ type: 'opened' })).slice(1)).toEqual([['EVENT', event(2)]]);
  });

  it('gives up the oldest when too many wait, and says so', () => {
    const relay = machine();
    for (let n = 0; n < outboxCountMax + 3; n++) relay.publish(event(n));
    expect(endings(relay.log).map((effect) => effect.eventId)).toEqual([0, 1, 2].map((n) => event(n).id));
    expect(endings(relay.log).every((effect) => !effect.ok)).toBe(true);
    expect(relay.see().unacknowledged).toBe(outboxCountMax);
  });

  it('gives up the oldest when they are too large together', () => {
    const relay = machine();
    const content = 'x'.repeat(4 * 1024 * 1024);
    for (let n = 0; n < 6; n++) relay.publish(event(n, { content }));
    expect(endings(relay.log).map((effect) => effect.eventId)).toEqual([event(0).id]);
  });

  it('refuses an event that no relay message can hold', () => {
    const relay = machine();
    const large = event(1, { content: 'x'.repeat(relayMessageMax) });
    expect(endings(relay.publish(large))).toMatchObject([{ ok: false, words: expect.stringContaining('characters') }]);
  });

  it('ends everything when stopped, and nothing is done afterwards', () => {
    const relay = machine();
    relay.connect();
    relay.publish(event(1));
    const stopped = relay.feed({ type: 'stop' });
    expect(stopped).toEqual([
      { type: 'published', eventId: event(1).id, ok: false, words: expect.any(String) },
      { type: 'close' },
      { type: 'status', status: { type: 'stopped' } },
    ]);
    expect(relay.deadline()).toBeNull();
    expect(endings(relay.publish(event(2)))).toMatchObject([{ eventId: event(2).id, ok: false }]);
    expect(relay.pass(backOffMaxMs)).toEqual([]);
    expect(relay.feed({ type: 'stop' })).toEqual([]);
  });
});

describe('authentication (NIP-42)', () => {
  it('happens at connect when the relay challenges, and the subscription is renewed', () => {
    const relay = machine();
    relay.connect();
    expect(relay.text(['AUTH', 'abc'])).toEqual([{ type: 'sign_auth', relay: url, challenge: 'abc', pubkeys: [ours] }]);
    expect(sent(relay.authSigned('abc'))).toEqual([['AUTH', authEvent]]);
    const accepted = relay.text(['OK', authEvent.id, true, '']);
    expect(subscriptionOf(accepted)).toBe('sallyport-1');
    expect(endings(accepted)).toEqual([]);
  });

  it('happens after CLOSED, then subscribes again at once', () => {
    const relay = machine();
    relay.connect();
    const closed = relay.text(['CLOSED', 'sallyport-1', 'auth-required: who are you']);
    expect(statuses(closed)).toMatchObject([{ type: 'auth_required', reason: 'auth-required: who are you' }]);
    relay.text(['AUTH', 'abc']);
    relay.authSigned('abc');
    const accepted = relay.text(['OK', authEvent.id, true, '']);
    expect(subscriptionOf(accepted)).toBe('sallyport-2');
    expect(statuses(accepted)).toEqual([{ type: 'connected' }]);
  });

  it('happens after OK false, then publishes again', () => {
    const relay = machine();
    relay.connect();
    relay.publish(event(1));
    expect(relay.text(['OK', event(1).id, false, 'auth-required: no'])).toEqual([]);
    relay.text(['AUTH', 'abc']);
    relay.authSigned('abc');
    const accepted = relay.text(['OK', authEvent.id, true, '']);
    expect(sent(accepted)).toContainEqual(['EVENT', event(1)]);
    expect(relay.text(['OK', event(1).id, true, ''])).toMatchObject([{ type: 'published', ok: true }]);
  });

  it('publishes again at once when the refusal overlaps with an authentication that succeeded', () => {
    const relay = machine();
    relay.connect();
    relay.text(['AUTH', 'abc']);
    relay.authSigned('abc');
    relay.publish(event(1));
    relay.text(['OK', authEvent.id, true, '']);
    expect(sent(relay.text(['OK', event(1).id, false, 'auth-required: no']))).toEqual([['EVENT', event(1)]]);
    // The second refusal came after it was known who we are: that is an ending.
    expect(endings(relay.text(['OK', event(1).id, false, 'auth-required: no']))).toMatchObject([{ ok: false }]);
  });

  it('does not loop when the relay keeps demanding it', () => {
    const relay = machine();
    relay.connect();
    relay.text(['AUTH', 'abc']);
    relay.authSigned('abc');
    relay.text(['OK', authEvent.id, true, '']);
    for (let n = 0; n < 50; n++) relay.text(['AUTH', 'abc']);
    const closed = relay.text(['CLOSED', 'sallyport-1', 'auth-required: again']);
    expect(sent(closed)).toEqual([]);
    expect(statuses(closed)).toMatchObject([{ type: 'auth_required', retryAt: relay.now() + 1000 }]);
    expect(relay.log.filter((effect) => effect.type === 'sign_auth')).toHaveLength(1);
  });

  it('signs a bounded number of challenges per connection, and again on the next', () => {
    const relay = machine();
    relay.connect();
    for (let n = 0; n < 100; n++) relay.text(['AUTH', `challenge ${n}`]);
    expect(relay.log.filter((effect) => effect.type === 'sign_auth')).toHaveLength(challengesMax);
    expect(relay.see().counts.unexpected).toBe(100 - challengesMax);
    relay.closed();
    relay.pass(1000);
    relay.feed({ type: 'opened' });
    expect(relay.text(['AUTH', 'fresh'])).toMatchObject([{ type: 'sign_auth', challenge: 'fresh' }]);
  });

  it('ends held events when it is rejected, and keeps the reason', () => {
    const relay = machine();
    relay.connect();
    relay.text(['CLOSED', 'sallyport-1', 'auth-required: no']);
    relay.publish(event(1));
    relay.text(['OK', event(1).id, false, 'auth-required: no']);
    relay.text(['AUTH', 'abc']);
    relay.authSigned('abc');
    const rejected = relay.text(['OK', authEvent.id, false, 'restricted: not on the list']);
    expect(endings(rejected)).toEqual([
      { type: 'published', eventId: event(1).id, ok: false, words: 'restricted: not on the list' },
    ]);
    expect(relay.see().status).toMatchObject({ type: 'auth_required', reason: 'restricted: not on the list' });
    expect(endings(relay.publish(event(2)))).toEqual([]);
    expect(endings(relay.text(['OK', event(2).id, false, 'auth-required: no']))).toMatchObject([{ ok: false }]);
  });

  it('ends a held event with the words of the relay when no challenge ever comes', () => {
    const relay = machine();
    relay.connect();
    relay.publish(event(1));
    relay.text(['OK', event(1).id, false, 'auth-required: no']);
    expect(endings(relay.pass(okWaitMs))).toMatchObject([{ ok: false, words: 'auth-required: no' }]);
  });

  it('counts as rejected when the shell did not sign', () => {
    const relay = machine();
    relay.connect();
    relay.text(['CLOSED', 'sallyport-1', 'auth-required: no']);
    relay.text(['AUTH', 'abc']);
    expect(sent(relay.authSigned('abc', []))).toEqual([]);
    expect(relay.see().status).toMatchObject({ type: 'auth_required', reason: expect.stringContaining('not signed') });
  });

  it('authenticates several keys and goes on when the last has its answer', () => {
    const relay = machine();
    relay.connect();
    relay.text(['AUTH', 'abc']);
    const second = event(0xa1, { kind: 22242, tags: [] });
    expect(sent(relay.authSigned('abc', [authEvent, second]))).toHaveLength(2);
    expect(relay.text(['OK', second.id, false, 'restricted: no'])).toEqual([]);
    expect(subscriptionOf(relay.text(['OK', authEvent.id, true, '']))).toBe('sallyport-1');
  });

  describe('and keys that come and go', () => {
    const [other, third] = ['33'.repeat(32), '44'.repeat(32)];
    const listening = (auth: boolean) => {
      const relay = machine();
      relay.connect();
      relay.text(['EOSE', 'sallyport-1']);
      if (!auth) return relay;
      relay.text(['AUTH', 'abc']);
      relay.authSigned('abc');
      relay.text(['OK', authEvent.id, true, '']);
      relay.text(['EOSE', 'sallyport-1']);
      return relay;
    };

    it('asks for them under the same id, at once, and listens all the while', () => {
      const relay = listening(false);
      const effects = relay.feed({ type: 'keys', pubkeys: [ours, other] });
      expect(sent(effects)).toMatchObject([['REQ', 'sallyport-1', { '#p': [ours, other] }]]);
      expect(statuses(effects)).toEqual([]);
      const delivered = relay.text(['EVENT', 'sallyport-1', event(1, { tags: [['p', other]] })]);
      expect(delivered.map(({ type }) => type)).toEqual(['deliver']);
      relay.feed({ type: 'keys', pubkeys: [ours] });
      expect(relay.text(['EVENT', 'sallyport-1', event(2, { tags: [['p', other]] })])).toEqual([]);
      expect(relay.see().counts.unmatched).toBe(1);
      relay.closed();
      relay.feed({ type: 'keys', pubkeys: [ours, third] });
      relay.pass(1000);
      expect(sent(relay.feed({ type: 'opened' }))).toMatchObject([['REQ', 'sallyport-1', { '#p': [ours, third] }]]);
    });

    it('a relay that knows us hears who the new ones are, and only they; its no to them is none to us', () => {
      const relay = listening(true);
      const effects = relay.feed({ type: 'keys', pubkeys: [ours, other] });
      expect(effects.filter(({ type }) => type === 'sign_auth')).toEqual([
        { type: 'sign_auth', relay: url, challenge: 'abc', pubkeys: [other] },
      ]);
      // Before that is signed, another one comes.
      expect(relay.feed({ type: 'keys', pubkeys: [ours, other, third] }).map(({ type }) => type)).toEqual(['send']);
      const second = event(0xa1, { kind: 22242, tags: [] });
      relay.authSigned('abc', [second]);
      const next = relay.text(['OK', second.id, false, 'restricted: not on the list']);
      expect(relay.see()).toMatchObject({ auth: 'asked', status: { type: 'listening' } });
      expect(next.at(-1)).toEqual({ type: 'sign_auth', relay: url, challenge: 'abc', pubkeys: [third] });
      expect(relay.feed({ type: 'keys', pubkeys: [ours] }).map(({ type }) => type)).toEqual(['send']);
    });
  });

  it('a key for which nobody here signs, as a user key is, changes nothing for the others', () => {
    const [user, third] = ['33'.repeat(32), '44'.repeat(32)];
    const relay = machine();
    relay.connect();
    relay.text(['AUTH', 'abc']);
    relay.authSigned('abc');
    relay.text(['OK', authEvent.id, true, '']);
    relay.text(['EOSE', 'sallyport-1']);
    relay.feed({ type: 'keys', pubkeys: [ours, user] });
    // Before the shell says so, another one comes.
    relay.feed({ type: 'keys', pubkeys: [ours, user, third] });
    const next = relay.authSigned('abc', []);
    expect(next).toEqual([{ type: 'sign_auth', relay: url, challenge: 'abc', pubkeys: [third] }]);
    relay.authSigned('abc', []);
    expect(relay.see()).toMatchObject({ auth: 'accepted', status: { type: 'listening' } });
  });

  it('drops a signature for the challenge of an earlier connection', () => {
    const relay = machine();
    relay.connect();
    relay.text(['AUTH', 'old']);
    relay.closed();
    relay.pass(1000);
    relay.feed({ type: 'opened' });
    relay.text(['AUTH', 'new']);
    expect(relay.authSigned('old')).toEqual([]);
    expect(sent(relay.authSigned('new'))).toEqual([['AUTH', authEvent]]);
  });
});
