/** A relay machine (core/relay.ts) in virtual time for the tests, and short names for what comes out of it. */
import type { NostrEvent } from '../../host/src/core/nip46/event.ts';
import {
  deadline,
  type RelayEffect,
  type RelayInput,
  type RelayStatus,
  snapshot,
  startRelay,
  step,
} from '../../host/src/core/relay/relay.ts';

export const url = 'wss://relay.example';
export const ours = '11'.repeat(32);
export const start = 1_700_000_000_000;

/** A relay machine with a clock that moves only here; `pass` ticks at every deadline on the way. */
export function machine(jitter = 1) {
  let state = startRelay({ url, pubkeys: [ours] });
  let now = start;
  const log: RelayEffect[] = [];

  function feed(input: RelayInput): readonly RelayEffect[] {
    const [next, effects] = step(state, input, now);
    state = next;
    log.push(...effects);
    return effects;
  }

  function pass(ms: number): readonly RelayEffect[] {
    const end = now + ms;
    const effects: RelayEffect[] = [];
    for (let ticks = 0; ticks < 10_000; ticks++) {
      const due = deadline(state);
      if (due === null || due > end) break;
      now = Math.max(now, due);
      effects.push(...feed({ type: 'tick', jitter }));
    }
    now = end;
    return effects;
  }

  const text = (message: unknown) => {
    const frame = typeof message === 'string' ? message : JSON.stringify(message);
    return feed({ type: 'text', text: frame, bytes: Buffer.byteLength(frame) });
  };
  const connect = () => {
    pass(0);
    return feed({ type: 'opened' });
  };
  const closed = (reason = 'gone') => feed({ type: 'closed', reason, jitter });
  /** Signs the probe that was asked for; each has a number of its own. */
  let probes = 0;
  const probeSigned = () => feed({ type: 'probe_signed', event: probeEvent(probes++) });
  const authSigned = (challenge: string, events = [authEvent]) => feed({ type: 'auth_signed', challenge, events });
  return {
    log,
    feed,
    pass,
    text,
    connect,
    closed,
    authSigned,
    probeSigned,
    publish: (event: NostrEvent) => feed({ type: 'publish', event }),
    /** Time goes by, and nobody ticks. */
    sleep: (ms: number) => {
      now += ms;
    },
    now: () => now,
    deadline: () => deadline(state),
    see: () => snapshot(state),
  };
}

export function event(n: number, fields: Partial<NostrEvent> = {}): NostrEvent {
  return {
    id: n.toString(16).padStart(64, '0'),
    pubkey: '22'.repeat(32),
    created_at: start / 1000,
    kind: 24133,
    tags: [['p', ours]],
    content: 'ciphertext',
    sig: '33'.repeat(64),
    ...fields,
  };
}

/** What our own key says to itself. */
export function probeEvent(n: number): NostrEvent {
  return event(0xb0 + n, { pubkey: ours });
}

export const authEvent = event(0xa0, { kind: 22242, tags: [] });

export function sent(effects: readonly RelayEffect[]): unknown[] {
  return effects.filter((effect) => effect.type === 'send').map((effect): unknown => JSON.parse(effect.text));
}

export function subscriptionOf(effects: readonly RelayEffect[]): unknown {
  const request = sent(effects).find((message) => Array.isArray(message) && message[0] === 'REQ');
  return Array.isArray(request) ? request[1] : undefined;
}

export function endings(effects: readonly RelayEffect[]) {
  return effects.filter((effect) => effect.type === 'published');
}

export function statuses(effects: readonly RelayEffect[]): RelayStatus[] {
  return effects.filter((effect) => effect.type === 'status').map((effect) => effect.status);
}
