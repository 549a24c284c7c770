/** The client side of one relay connection: what holds in whatever order things happen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { challengesMax } from '../../host/src/core/nip46/limits.ts';
import { authEvent, endings, event, machine, ours, probeEvent } from '../support/relay-machine.ts';

describe('whatever happens', () => {
  const said = fc.oneof(
    fc.constant(['AUTH', 'abc']),
    fc.nat(9).map((n) => ['AUTH', `challenge ${n}`]),
    fc.nat(9).map((n) => ['EOSE', `sallyport-${n}`]),
    fc
      .tuple(fc.nat(9), fc.constantFrom('auth-required: x', 'error: x', ''))
      .map(([n, why]) => ['CLOSED', `sallyport-${n}`, why]),
    fc
      .tuple(fc.nat(40), fc.boolean(), fc.constantFrom('', 'auth-required: x', 'duplicate: x', 'rate-limited: x'))
      .map(([n, ok, why]) => ['OK', event(n).id, ok, why]),
    fc.boolean().map((ok) => ['OK', authEvent.id, ok, '']),
    fc.nat(3).map((n) => ['EVENT', 'sallyport-1', probeEvent(n)]),
  );
  const action = fc.oneof(
    { weight: 6, arbitrary: said.map((message) => ({ type: 'say', message }) as const) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(1, 900, 5_000, 20_000, 70_000).map((ms) => ({ type: 'pass', ms }) as const),
    },
    { weight: 3, arbitrary: fc.constant({ type: 'publish' } as const) },
    {
      weight: 3,
      arbitrary: fc
        .constantFrom('opened', 'pong', 'closed', 'sign', 'woke', 'probe', 'keys')
        .map((what) => ({ type: what }) as const),
    },
  );

  it('every published event ends exactly once, sockets never overlap, and signing is bounded', () => {
    const checkRun = (actions: readonly (typeof action extends fc.Arbitrary<infer A> ? A : never)[]) => {
      const relay = machine();
      let publishes = 0;
      let sockets = 0;
      let signed = 0;
      let more: readonly string[] = [];
      for (const act of actions) {
        const before = relay.log.length;
        if (act.type === 'say') relay.text(act.message);
        else if (act.type === 'pass') relay.pass(act.ms);
        else if (act.type === 'publish') relay.publish(event(publishes++));
        else if (act.type === 'sign') relay.authSigned('abc');
        else if (act.type === 'opened' && sockets === 1) relay.feed({ type: 'opened' });
        else if (act.type === 'woke') relay.feed({ type: 'woke' });
        else if (act.type === 'keys') {
          more = more.length === 0 ? ['33'.repeat(32)] : [];
          relay.feed({ type: 'keys', pubkeys: [ours, ...more] });
        } else if (act.type === 'probe') relay.probeSigned();
        else if (act.type === 'pong') relay.feed({ type: 'pong' });
        else if (act.type === 'closed' && sockets === 1) {
          relay.closed();
          sockets = 0;
        }
        for (const effect of relay.log.slice(before)) {
          if (effect.type === 'open') signed = 0;
          if (effect.type === 'open') sockets++;
          if (effect.type === 'close') sockets--;
          if (effect.type === 'sign_auth' && effect.pubkeys.includes(ours)) signed++;
          expect(sockets === 0 || sockets === 1).toBe(true);
          expect(signed).toBeLessThanOrEqual(challengesMax);
        }
      }
      relay.feed({ type: 'stop' });
      const ended = endings(relay.log).map((effect) => effect.eventId);
      expect(ended.toSorted()).toEqual(Array.from({ length: publishes }, (_, n) => event(n).id));
      expect(relay.deadline()).toBeNull();
    };
    fc.assert(fc.property(fc.array(action, { maxLength: 120 }), checkRun), { numRuns: 300 });
  });
});
