/**
 * A computer and an app in one hand, which do at random whatever they can about requests to a user key, with a human who presses at random:
 * the device never fails, seals one answer for one event, and comes to rest.
 */

import { nip44 } from 'nostr-tools';
import { expect, test } from 'vitest';
import { simulatorSpare } from '../../firmware-sim/src/chip.ts';
import {
  type addressedBench,
  keyWith,
  ofComputer,
  secretHash,
  template,
  user,
  type Wish,
} from '../support/addressed-bench.ts';
import { testAccount } from '../support/open-life.ts';
import { chance } from '../support/random.ts';
import { sealedComputer } from '../support/sealed-computer.ts';
import { publicOf } from '../vectors/client-events.ts';
import { bytesOf } from '../vectors/diagnostic.ts';

type Bench = ReturnType<typeof addressedBench>;
type Signed = ReturnType<Bench['signed']>;

const steps = 120;
const seeds = 3;
const peer = publicOf('peer');
const client = bytesOf(publicOf('client'));

function storm(seed: number) {
  const draw = chance(seed);
  const below = (n: number): number => Math.floor(draw() * n);
  const pick = <T>(from: readonly T[]): T => {
    const one = from[below(from.length)];
    if (one === undefined) throw new Error('nothing to pick from');
    return one;
  };
  const memory = below(2) === 0 ? {} : { spare: simulatorSpare };
  const bench = ofComputer(sealedComputer(undefined, undefined, undefined, undefined, memory), true);
  const events: Signed[] = [];
  const asked = new Map<number, string>();

  function wish(): Wish {
    const size = pick([5, 1_900, 3_000, 9_000]);
    const id = pick(['a', 'b', 3]);
    const text = pick(['x', '"', '\u0001', '✨']).repeat(size / 3);
    const method = pick([
      'sign_event',
      'sign_event',
      'nip44_encrypt',
      'nip04_encrypt',
      'nip44_decrypt',
      'ping',
      'logout',
      'connect',
      'launch',
    ]);
    const params =
      method === 'sign_event'
        ? [pick([template({ content: text }), template({ kind: 14 }), 'no event'])]
        : method === 'connect'
          ? [user, 'once', pick(['', 'sign_event:1,nip44_encrypt'])]
          : [peer, method === 'nip44_decrypt' ? nip44.v2.encrypt(text, keyWith('peer')) : text];
    return { method, params, id, nip04: below(3) === 0, who: pick(['client', 'client', 'client', 'stranger']) };
  }
  const rarely = (act: () => unknown): unknown => (below(3) === 0 ? act() : ask());
  function ask(): void {
    const event = events.length > 0 && below(4) === 0 ? pick(events) : bench.signed(wish());
    events.push(event);
    const id = bench.bring(event, { announced: below(2) === 0, secrets: below(2) === 0 ? [secretHash('once')] : [] });
    asked.set(id, event.id);
  }
  function asOthersDo(): void {
    const event = bench.signed({ ...wish(), who: 'client' });
    const content = Uint8Array.from(Buffer.from(event.content, 'utf8'));
    const input = { length: content.length, head: content.slice(0, 3_584) };
    const told = { account: 0, client, createdAt: event.created_at, tags: event.tags, sig: bytesOf(event.sig) };
    bench.gives(content);
    bench.say({ command: 'nip46_request', body: { ...told, conversationKey: keyWith('client'), input } });
  }
  const acts: readonly (() => unknown)[] = [
    ...[ask, ask, ask, ask, ask, ask, asOthersDo],
    () => bench.press('approve'),
    () => bench.press('approve'),
    () => bench.press('approve', 1_600),
    () => bench.press('deny'),
    () => bench.press(pick(['next', 'back'])),
    () => bench.advance(pick([100, 1_000, 3_000, 20_000, 70_000])),
    () => bench.say({ command: 'get_result', body: { request: pick([...asked.keys(), 2]) } }),
    () => bench.hear(bench.computer.say({ type: 'cancel', id: pick([...asked.keys(), 2]), command: 'user_request' })),
    () => rarely(() => bench.say({ command: 'client_revoke', body: { client, remoteSigner: testAccount.pubkey } })),
    () => bench.pair(),
    () => rarely(() => bench.say({ command: 'account_address', body: { account: 0, addressed: false } })),
    () => rarely(() => bench.allow()),
    () => {
      bench.wire.serves = below(4) > 0;
    },
    () => {
      const lies = below(8) === 0;
      bench.wire.change = (bytes) => (lies ? bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte)) : bytes);
    },
    () => {
      bench.computer.replug();
      bench.computer.establish();
    },
  ];
  bench.allow();
  bench.pair();
  for (let i = 0; i < steps; i++) pick(acts)();
  return { bench, asked };
}

test.each(Array.from({ length: seeds }, (_, i) => i + 1))('storm %i', (seed) => {
  const { bench, asked } = storm(seed);
  bench.advance(600_000);
  expect(bench.computer.firmware().jobs.map(({ phase }) => phase)).toEqual([]);
  const sealed = new Map<string, Set<string>>();
  for (const [id, event] of asked) {
    for (const answer of bench.answers(id)) {
      if (answer.type !== 'reply' || answer.command !== 'user_request') continue;
      const ids = sealed.get(event) ?? new Set();
      sealed.set(event, ids.add(Buffer.from(answer.body.id).toString('hex')));
    }
  }
  expect(sealed.size).toBeGreaterThan(0);
  expect([...sealed.values()].filter(({ size }) => size > 1)).toEqual([]);
});
