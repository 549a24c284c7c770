/** The core of the loopback relay, in tables. */
import { describe, expect, it } from 'vitest';
import { isGenuine } from '../../host/src/core/nip46/event.ts';
import {
  authWindowS,
  eventContentMax,
  eventTagsMax,
  loopbackAuthMax,
  loopbackConnectionsMax,
  loopbackFiltersMax,
  loopbackRequestMax,
  loopbackSubscriptionsMax,
  relayMessageMax,
} from '../../host/src/core/nip46/limits.ts';
import { type LoopbackEffect, startLoopbackCore, step } from '../../host/src/loopback-relay/relay-core.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';
import { type Fields, nowS, pubkey, signed } from '../support/signed-event.ts';

describe('the core', () => {
  function relay(auth: 'off' | 'required' = 'off') {
    let state = startLoopbackCore({
      auth,
      hosts: ['127.0.0.1:7777', 'localhost:7777'],
      isGenuine: (event) => isGenuine(event, primitives),
    });
    const feed = (input: Parameters<typeof step>[1]): readonly LoopbackEffect[] => {
      const [next, effects] = step(state, input, nowS * 1000);
      state = next;
      return effects;
    };
    const open = (connection: number) => feed({ type: 'opened', connection, challenge: `challenge ${connection}` });
    const say = (connection: number, message: unknown, bytes?: number) => {
      const text = typeof message === 'string' ? message : JSON.stringify(message);
      return feed({ type: 'text', connection, text, bytes: bytes ?? Buffer.byteLength(text) }).map(shown);
    };
    open(1);
    open(2);
    return { feed, open, say };
  }

  /** `[connection, message]` */
  function shown(effect: LoopbackEffect): [number, unknown] {
    return [effect.connection, effect.type === 'send' ? JSON.parse(effect.text) : 'close'];
  }

  it('carries an event to every subscription that matches, and to no other', () => {
    const { say } = relay();
    expect(say(1, ['REQ', 'a', { kinds: [24133] }])).toEqual([[1, ['EOSE', 'a']]]);
    say(1, ['REQ', 'b', { kinds: [1] }, { '#p': [pubkey], limit: 0 }]);
    say(2, ['REQ', 'a"\\', { authors: [pubkey], kinds: [24133] }]);
    say(2, ['REQ', 'c', { kinds: [20001] }]);
    const event = signed();
    expect(say(2, ['EVENT', event])).toEqual([
      [1, ['EVENT', 'a', event]],
      [1, ['EVENT', 'b', event]],
      [2, ['EVENT', 'a"\\', event]],
      [2, ['OK', event.id, true, '']],
    ]);
    expect(say(1, ['CLOSE', 'a'])).toEqual([]);
    expect(say(2, ['EVENT', event])).toHaveLength(3);
  });

  it('replaces a subscription of the same name, and forgets a connection that closed', () => {
    const { say, feed } = relay();
    say(1, ['REQ', 'a', { kinds: [24133] }]);
    say(1, ['REQ', 'a', { kinds: [20001] }]);
    say(2, ['REQ', 'a', { kinds: [24133] }]);
    const event = signed();
    expect(say(1, ['EVENT', event])).toHaveLength(2);
    feed({ type: 'closed', connection: 2 });
    expect(say(1, ['EVENT', event])).toHaveLength(1);
    expect(say(2, ['EVENT', event])).toEqual([]);
  });

  const event = signed({ tags: [['p', pubkey], ['x', 'one', 'two'], ['x', 'three'], ['empty']] });
  const other = '44'.repeat(32);
  it.each([
    [true, {}],
    [true, { ids: [event.id] }],
    [false, { ids: [other] }],
    [true, { authors: [other, pubkey] }],
    [false, { authors: [other] }],
    [true, { kinds: [1, 24133] }],
    [false, { kinds: [1] }],
    [false, { kinds: [] }],
    [true, { since: nowS, until: nowS }],
    [false, { since: nowS + 1 }],
    [false, { until: nowS - 1 }],
    [true, { '#x': ['three'] }],
    [false, { '#x': ['two'] }],
    [true, { '#p': [pubkey], '#x': ['one', 'nine'], limit: 0 }],
    [false, { '#p': [pubkey], '#x': ['nine'] }],
    [false, { '#X': ['one'] }],
  ])('matches: %s for %j', (matches, filter) => {
    const { say } = relay();
    expect(say(1, ['REQ', 'a', filter])).toEqual([[1, ['EOSE', 'a']]]);
    expect(say(2, ['EVENT', event])).toHaveLength(matches ? 2 : 1);
  });

  it.each([
    ['no filter', []],
    ['too many filters', Array.from({ length: loopbackFiltersMax + 1 }, () => ({}))],
    ['a filter that is a list', [[]]],
    ['an unknown element', [{ search: 'x' }]],
    ['a long tag name', [{ '#xx': ['a'] }]],
    ['ids that are no ids', [{ ids: ['abc'] }]],
    ['uppercase keys', [{ '#p': [pubkey.toUpperCase()] }]],
    ['kinds as text', [{ kinds: ['24133'] }]],
    ['a float since', [{ since: 1.5 }]],
    ['a negative limit', [{ limit: -1 }]],
    ['a list that is none', [{ authors: pubkey }]],
    ['too long', [{ '#x': ['y'.repeat(loopbackRequestMax)] }]],
  ])('answers a bad REQ with CLOSED, and the subscription of that name is over: %s', (_name, filters) => {
    const { say } = relay();
    say(1, ['REQ', 'a', {}]);
    const closed = say(1, ['REQ', 'a', ...filters]);
    expect(closed).toEqual([[1, ['CLOSED', 'a', expect.stringMatching(/^(invalid|unsupported): /)]]]);
    expect(say(2, ['EVENT', event])).toHaveLength(1);
  });

  const tampered = { ...event, content: 'other' };
  const flipped = { ...event, sig: event.sig.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
  it.each([
    ['kind 1', signed({ kind: 1 }), 'blocked: this relay carries ephemeral events only'],
    ['kind 30000', signed({ kind: 30000 }), 'blocked: this relay carries ephemeral events only'],
    ['kind 22242', signed({ kind: 22242 }), 'blocked: authentication events'],
    ['another content', tampered, 'invalid: the id or the signature'],
    ['another signature', flipped, 'invalid: the id or the signature'],
    ['no signature', { ...event, sig: 1 }, 'invalid: not an event'],
    ['too many tags', { ...event, tags: Array.from({ length: eventTagsMax + 1 }, () => ['x']) }, 'invalid: more than'],
    ['a content that is too long', { ...event, content: 'x'.repeat(eventContentMax + 1) }, 'invalid: the content has'],
  ])('refuses an event by name: %s', (_name, bad, why) => {
    const { say } = relay();
    say(1, ['REQ', 'a', {}]);
    expect(say(2, ['EVENT', bad])).toEqual([[2, ['OK', bad.id, false, expect.stringContaining(why)]]]);
  });

  it('refuses by id what is too long to be parsed', () => {
    const { say } = relay();
    // Written before the id: a content that looks like one.
    const decoy = Object.entries({ ...event, content: `"id":"${'ff'.repeat(32)}"` }).reverse();
    const text = JSON.stringify(['EVENT', Object.fromEntries(decoy)]);
    const refusal = [2, ['OK', event.id, false, expect.stringContaining(String(relayMessageMax))]];
    expect(say(2, text, relayMessageMax + 1)).toEqual([refusal]);
    expect(say(2, '["REQ","a",{}]', relayMessageMax + 1)).toEqual([[2, ['NOTICE', expect.any(String)]]]);
  });

  it.each([
    '',
    'x',
    '{}',
    '[]',
    '[1]',
    '["REQ"]',
    '["REQ",1,{}]',
    '["REQ","",{}]',
    `["REQ","${'s'.repeat(65)}",{}]`,
    '["CLOSE"]',
    '["EVENT"]',
    '["EVENT",{}]',
    '["EVENT",{"id":"no"}]',
    '["COUNT","a",{}]',
    '["AUTH","x"]',
    '['.repeat(1_000_000),
  ])('answers what it does not understand with one NOTICE: %.30s', (text) => {
    expect(relay().say(1, text)).toEqual([[1, ['NOTICE', expect.stringMatching(/^(invalid|unsupported): /)]]]);
  });

  it('limits subscriptions and connections', () => {
    const { say, open } = relay();
    for (let n = 0; n < loopbackSubscriptionsMax; n++)
      expect(say(1, ['REQ', `s${n}`, {}])[0]?.[1]).toEqual(['EOSE', `s${n}`]);
    expect(say(1, ['REQ', 'more', {}])).toEqual([[1, ['CLOSED', 'more', expect.stringContaining('32')]]]);
    expect(say(1, ['REQ', 's0', {}])).toEqual([[1, ['EOSE', 's0']]]);
    expect(say(2, ['REQ', 'more', {}])).toEqual([[2, ['EOSE', 'more']]]);
    for (let n = 3; n <= loopbackConnectionsMax; n++) expect(open(n)).toEqual([]);
    expect(open(loopbackConnectionsMax + 1)).toMatchObject([{ type: 'close' }]);
    expect(say(loopbackConnectionsMax + 1, ['REQ', 'a', {}])).toEqual([]);
  });

  describe('with authentication', () => {
    const tags = (relayUrl = 'ws://127.0.0.1:7777', challenge = 'challenge 1') => [
      ['relay', relayUrl],
      ['challenge', challenge],
    ];
    const auth = (fields: Fields = {}) => signed({ kind: 22242, content: '', tags: tags(), ...fields });

    it('challenges at connect, serves nobody before, and everybody after', () => {
      const { say, open } = relay('required');
      expect(open(3).map(shown)).toEqual([[3, ['AUTH', 'challenge 3']]]);
      const required = expect.stringMatching(/^auth-required: /);
      expect(say(1, ['REQ', 'a', {}])).toEqual([[1, ['CLOSED', 'a', required]]]);
      expect(say(1, ['EVENT', event])).toEqual([[1, ['OK', event.id, false, required]]]);
      const good = auth();
      expect(say(1, ['AUTH', good])).toEqual([[1, ['OK', good.id, true, '']]]);
      expect(say(1, ['REQ', 'a', {}])).toEqual([[1, ['EOSE', 'a']]]);
      expect(say(1, ['EVENT', event])).toHaveLength(2);
      // The authentication is that connection's alone.
      expect(say(2, ['EVENT', event])).toEqual([[2, ['OK', event.id, false, required]]]);
    });

    it.each([
      ['another kind', auth({ kind: 24133 })],
      ['too old', auth({ created_at: nowS - authWindowS - 1 })],
      ['too new', auth({ created_at: nowS + authWindowS + 1 })],
      ['the challenge of another connection', auth({ tags: tags(undefined, 'challenge 2') })],
      ['no challenge', auth({ tags: [['relay', 'ws://127.0.0.1:7777']] })],
      ['no relay', auth({ tags: [['challenge', 'challenge 1']] })],
      ['another relay', auth({ tags: tags('wss://relay.example') })],
      ['another port', auth({ tags: tags('ws://127.0.0.1:7778') })],
      ['a relay that begins like us', auth({ tags: tags('ws://127.0.0.1:7777.evil.example/') })],
      ['a relay with us as its user', auth({ tags: tags('ws://127.0.0.1:7777@evil.example/') })],
      ['a wrong signature', { ...auth(), sig: event.sig }],
      ['too long', auth({ content: 'x'.repeat(loopbackAuthMax) })],
    ])('refuses %s', (_name, bad) => {
      const { say } = relay('required');
      expect(say(1, ['AUTH', bad])).toEqual([[1, ['OK', bad.id, false, expect.stringMatching(/^invalid: /)]]]);
      expect(say(1, ['REQ', 'a', {}])).toMatchObject([[1, ['CLOSED', 'a', expect.any(String)]]]);
    });

    it.each(['ws://127.0.0.1:7777/', 'WS://LOCALHOST:7777/path?x=1'])('knows itself as %s', (name) => {
      const good = auth({ tags: tags(name) });
      expect(relay('required').say(1, ['AUTH', good])).toEqual([[1, ['OK', good.id, true, '']]]);
    });

    it('asks for nothing when it is off', () => {
      expect(relay().open(3)).toEqual([]);
      expect(relay().say(1, ['AUTH', auth()])).toMatchObject([[1, ['OK', auth().id, false, expect.any(String)]]]);
    });
  });
});
