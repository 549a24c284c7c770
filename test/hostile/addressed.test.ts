/**
 * What whoever owns the computer tries with a key that answers apps by itself: to have it open what is none of theirs, to have it sign once
 * more, and to be answered after it was forbidden.
 */
import { deviceErrors, limits } from '@sallyport/device-protocol';
import { nip44 } from 'nostr-tools';
import { describe, expect, test } from 'vitest';
import { acceleratedCrypto } from '../../firmware-sim/src/accelerated-crypto.ts';
import type { Job } from '../../firmware-sim/src/firmware/jobs/job.ts';
import { logEvents } from '../../firmware-sim/src/firmware/vault/log-entry.ts';
import {
  addressedBench,
  allowed,
  keyWith,
  ready,
  secretHash,
  startS,
  template,
  user,
} from '../support/addressed-bench.ts';
import { testAccount } from '../support/open-life.ts';
import { envelopeOf, nip04Of, publicOf, secrets } from '../vectors/client-events.ts';
import { bytesOf } from '../vectors/diagnostic.ts';

type Bench = ReturnType<typeof ready>;

const peerShared = acceleratedCrypto.sharedX(secrets.peer, testAccount.pubkey) ?? new Uint8Array(32);
const sign = { method: 'sign_event', params: [template()] };
/** A map whose first key is 0, the event: here one of two bytes. */
const newest = (bench: Bench): number | undefined => bench.log().at(-1)?.[3];
const forget = (bench: Bench, account = 0): readonly string[] =>
  bench.ended(bench.say({ command: 'account_address', body: { account, addressed: false } }));

/** Nothing was shown, said, written or sealed because of it. */
function mustDoNothing(bench: Bench, act: () => number, error: string): void {
  const before = [bench.screen(), bench.log().length, bench.seals()];
  const writes = flashOf(bench);
  const id = act();
  expect(bench.ended(id)).toEqual([error]);
  const [answer] = bench.answers(id);
  expect(answer?.type === 'error' ? answer.detail : undefined).toBeUndefined();
  expect([bench.screen(), bench.log().length, bench.seals()]).toEqual(before);
  expect(flashOf(bench)).toEqual(writes);
  const progress = bench.heard.filter(
    (one) => one.type === 'notice' && one.notice === 'progress' && one.body.request === id,
  );
  expect(progress).toEqual([]);
}

function flashOf(bench: Bench): readonly (readonly [string, Uint8Array | null])[] {
  const { flash } = bench.computer;
  return flash.names().map((name) => [name, flash.read(name)]);
}

describe('an account whose owner did not allow it', () => {
  test('opens nothing, also for an app that is paired with that key', () => {
    const bench = addressedBench();
    mustDoNothing(bench, () => bench.ask(sign), 'wrong_state');
    mustDoNothing(bench, () => bench.ask({ method: 'connect', params: [user] }, { announced: true }), 'wrong_state');
    bench.allow();
    bench.pair();
    expect(forget(bench)).toEqual(['done']);
    mustDoNothing(bench, () => bench.ask(sign), 'wrong_state');
    mustDoNothing(bench, () => bench.ask({ tags: [['p', publicOf('peer')]] }), 'wrong_state');
    mustDoNothing(bench, () => bench.ask({ method: 'connect', params: [user] }, { announced: true }), 'wrong_state');
  });

  test('and a number that is none says so', () => {
    const bench = ready();
    mustDoNothing(bench, () => bench.ask(sign, { account: 3 }), 'unknown_account');
  });
});

describe('what is no request that an app sent to this key', () => {
  const dm = nip44.v2.encrypt('a secret letter', keyWith('peer'));
  const oldDm = nip04Of('a secret letter', peerShared);
  const request = JSON.stringify({ id: 'x', method: 'ping', params: [] });
  const wrong: Readonly<Record<string, Parameters<Bench['ask']>[0]>> = {
    'a letter of somebody to the user': { content: dm },
    'an old letter of somebody to the user': { content: oldDm },
    'a request of another app': { content: nip44.v2.encrypt(request, keyWith('otherClient')) },
    'a response': { text: JSON.stringify({ id: 'x', result: 'ack' }) },
    'a response, as old apps encrypt it': { text: JSON.stringify({ id: 'x', result: 'ack' }), nip04: true },
    'a letter of the app itself': { text: 'hello' },
    'what an old app encrypted and is no request': { text: 'hello', nip04: true },
    'no base64': { content: 'not a payload' },
    'another p tag': { tags: [['p', publicOf('remoteSigner')]] },
    'two p tags': {
      tags: [
        ['p', user],
        ['p', user],
      ],
    },
    'no p tag': { tags: [['t', user]] },
  };
  test.each(Object.entries(wrong))('%s is one and the same refusal', (_, wish) => {
    const bench = ready();
    mustDoNothing(bench, () => bench.ask(wish), 'unauthenticated');
    // A stranger who is expected learns no more.
    const secretsTold = { secrets: [secretHash('once')] };
    mustDoNothing(bench, () => bench.ask({ ...wish, who: 'stranger' }, secretsTold), 'unauthenticated');
  });

  test('nor is what was changed on its way', () => {
    const bench = ready();
    const event = bench.signed(sign);
    const flipped = bytesOf(event.sig).map((byte, i) => (i === 40 ? byte ^ 1 : byte));
    mustDoNothing(bench, () => bench.bring(event, { sig: flipped }), 'unauthenticated');
    mustDoNothing(bench, () => bench.bring(event, { createdAt: event.created_at + 1 }), 'unauthenticated');
    const other = bench.signed({ ...sign, who: 'otherClient' });
    mustDoNothing(bench, () => bench.bring({ ...event, content: other.content }), 'unauthenticated');
    mustDoNothing(bench, () => bench.bring({ ...other, pubkey: event.pubkey }), 'unauthenticated');
  });
});

describe('a stranger', () => {
  const connect = { method: 'connect', params: [user, 'once'], who: 'stranger' } as const;

  test('gets nothing that bears the signature of the user', () => {
    const bench = allowed();
    const known = { secrets: [secretHash('another')] };
    mustDoNothing(bench, () => bench.ask(connect), 'unknown_client');
    mustDoNothing(bench, () => bench.ask({ who: 'stranger' }, { announced: true }), 'unknown_client');
    mustDoNothing(bench, () => bench.ask({ ...sign, who: 'stranger' }, known), 'unknown_client');
    mustDoNothing(bench, () => bench.ask({ method: 'launch', who: 'stranger' }, known), 'unknown_client');
    mustDoNothing(bench, () => bench.ask(connect, known), 'not_announced');
    for (const secret of ['', undefined, 7, 'x'.repeat(300)]) {
      mustDoNothing(
        bench,
        () => bench.ask({ ...connect, params: [user, secret] }, { secrets: [secretHash('')] }),
        'not_announced',
      );
    }
    expect(bench.computer.firmware().life).toMatchObject({ clients: { records: [] } });
  });

  test('is put before the human only so often, and is told so by nobody’s signature', () => {
    const bench = allowed();
    for (let i = 0; i < 3; i++) {
      bench.ask(connect, { announced: true });
      bench.press('deny');
      bench.advance(3_000);
    }
    const before = bench.seals();
    mustDoNothing(bench, () => bench.ask(connect, { announced: true }), 'rate_limited');
    expect(bench.seals()).toBe(before);
  });
});

describe('an event that was seen', () => {
  test('is replayed: no second question, no second signature, nothing sealed', () => {
    const bench = ready();
    for (const wish of [sign, { method: 'ping' }, { method: 'connect', params: [user] }]) {
      const event = bench.signed(wish);
      bench.bring(event);
      bench.press('approve');
      bench.advance(3_000);
      mustDoNothing(bench, () => bench.bring(event, { answerAt: startS + 9_000 }), 'replayed');
    }
  });

  test.each([
    ['an unknown method', { method: 'launch' }],
    ['a kind that is never signed', { method: 'sign_event', params: [template({ kind: 14 })] }],
    ['wrong params', { method: 'sign_event', params: ['hello'] }],
    ['what is too large', { method: 'sign_event', params: [template({ content: 'x'.repeat(9_000) })] }],
  ])('also where its answer was an error: %s', (_, wish) => {
    const bench = ready();
    const event = bench.signed(wish);
    expect(bench.ended(bench.bring(event))).toEqual(['sealed']);
    mustDoNothing(bench, () => bench.bring(event, { answerAt: startS + 9_000 }), 'replayed');
  });

  test('also the connect of a newcomer, whatever it was told', () => {
    const bench = allowed();
    const event = bench.signed({ method: 'connect', params: [user, 'once'] });
    const told = { secrets: [secretHash('once')] };
    const denied = bench.bring(event, told);
    bench.press('deny');
    bench.advance(3_000);
    expect(bench.answer(denied).reply.error).toBe(deviceErrors.denied.code);
    mustDoNothing(bench, () => bench.bring(event, told), 'replayed');
    const again = bench.bring(bench.signed({ method: 'connect', params: [user, 'once'] }), told);
    bench.press('approve');
    bench.advance(3_000);
    expect(bench.answer(again).said.result).toBe('ack');
  });

  test('by either way: the same app may ask both as the computer decrypts it and as the device does', () => {
    const bench = ready();
    const event = bench.signed({ method: 'ping' });
    bench.bring(event);
    const body = carried(event);
    const id = bench.say({ command: 'nip46_request', body });
    expect(bench.ended(id)).toEqual(['replayed']);
  });
});

/** The same event as the computer brings it when it knows what opens it: as whoever has the key of the app does. */
const carried = (event: ReturnType<Bench['signed']>) => envelopeOf(event, keyWith('client'), limits.headMax);

describe('an app whose key the computer has', () => {
  const wish = { ...sign, id: 'same' };
  const large = { method: 'nip44_encrypt', params: [publicOf('peer'), 'x'.repeat(1_950)], id: 'same' };

  test.each([
    ['a note', wish],
    ['a text whose answer is large', large],
  ])('asks for the same in both ways at once: each is answered as it was asked: %s', (_, same) => {
    for (const first of ['user_request', 'nip46_request']) {
      const bench = ready();
      const events = [bench.signed(same), bench.signed(same)] as const;
      const ways = [
        () => bench.bring(events[0]),
        () => bench.say({ command: 'nip46_request', body: carried(events[1]) }),
      ];
      const ids = (first === 'user_request' ? ways : ways.toReversed()).map((way) => way());
      for (let i = 0; i < 2; i++) {
        bench.press('approve');
        bench.advance(3_000);
      }
      expect(ids.map((id) => bench.ended(id))).toEqual(
        first === 'user_request' ? [['sealed'], ['done']] : [['done'], ['sealed']],
      );
    }
  });
});

describe('a door that is closed', () => {
  test('while a request is on the screen, waits, had joined, or is half read: they end, and nothing is sealed', () => {
    const bench = ready();
    const before = bench.seals();
    const same = { ...sign, id: 'same' };
    const ids = [bench.ask(same), bench.ask(same), bench.ask({ ...sign, id: 'waits' })];
    bench.wire.serves = false;
    ids.push(bench.ask({ method: 'sign_event', params: [template({ content: 'x'.repeat(3_000) })] }));
    bench.advance(1_000);
    expect(forget(bench)).toEqual(['done']);
    expect(newest(bench)).toBe(logEvents.not_addressed);
    expect(ids.map((id) => bench.ended(id))).toEqual(ids.map(() => ['wrong_state']));
    expect([bench.computer.firmware().jobs, bench.seals()]).toEqual([[], before]);
    expect(bench.screen()).not.toContain('sign');
  });

  test('while what a newcomer would like is asked about: it is paired, and hears nothing', () => {
    const bench = allowed();
    const before = bench.seals();
    const id = bench.ask({ method: 'connect', params: [user, 'once', 'sign_event:1'] }, { announced: true });
    bench.press('approve');
    bench.advance(1_000);
    expect(bench.ended(id)).toEqual([]);
    forget(bench);
    expect([bench.ended(id), bench.seals()]).toEqual([['wrong_state'], before]);
    expect(bench.computer.firmware().jobs).toEqual([]);
  });

  test('while an answer is pushed: no more of it leaves, and it is not to be had again', () => {
    const bench = ready();
    const id = bench.ask({ method: 'nip44_encrypt', params: [publicOf('peer'), 'x'.repeat(1_950)] });
    bench.wire.serves = false;
    bench.press('approve');
    expect(bench.heard.at(-1)).toMatchObject({ type: 'request', command: 'chunk_put' });
    forget(bench);
    expect(bench.ended(id)).toEqual(['wrong_state']);
    bench.wire.serves = true;
    const pushes = (): number =>
      bench.heard.filter((one) => one.type === 'request' && one.command === 'chunk_put').length;
    const pushed = pushes();
    bench.say({ command: 'get_result', body: { request: id } });
    expect([pushes(), bench.opened(id)]).toEqual([pushed, []]);
  });
});

describe('an app that is taken away', () => {
  const revoke = (bench: Bench): number =>
    bench.say({
      command: 'client_revoke',
      body: { client: bytesOf(publicOf('client')), remoteSigner: testAccount.pubkey },
    });

  test('while its request is on the screen, or its answer is pushed, is not answered', () => {
    const bench = ready();
    const before = bench.seals();
    const shown = bench.ask(sign);
    bench.advance(1_000);
    revoke(bench);
    bench.advance(1_000);
    expect(bench.ended(shown)).toEqual(['unknown_client']);
    bench.pair();
    const pushed = bench.ask({ method: 'nip44_encrypt', params: [publicOf('peer'), 'x'.repeat(1_950)] });
    bench.wire.serves = false;
    bench.press('approve');
    revoke(bench);
    const put = bench.heard.findLast((one) => one.type === 'request' && one.command === 'chunk_put');
    if (put?.type !== 'request') throw new Error('nothing was pushed');
    bench.hear(bench.computer.say({ type: 'reply', id: put.id, command: 'chunk_put', body: {} }));
    bench.advance(20_000);
    bench.say({ command: 'get_result', body: { request: pushed } });
    expect(bench.ended(pushed)).toEqual(['unknown_client']);
    expect([bench.seals(), bench.computer.firmware().jobs]).toEqual([before + 1, []]);
  });

  test('after the press, while its turn to be read has not come: it is not answered either', () => {
    const bench = ready();
    const before = bench.seals();
    const id = bench.ask(sign);
    bench.advance(1_000);
    bench.wire.serves = false;
    // Another one is being read, and waits for its next piece.
    bench.ask({ method: 'sign_event', params: [template({ content: 'x'.repeat(3_000) })], id: 'slow' });
    bench.press('approve');
    expect(bench.ended(id)).toEqual([]);
    revoke(bench);
    bench.advance(20_000);
    expect(bench.ended(id)).toEqual(['unknown_client']);
    expect([bench.seals(), bench.computer.firmware().jobs]).toEqual([before, []]);
  });
});

describe('the answers that wait to be taken', () => {
  const isHeld = ({ phase, ...job }: Job): boolean =>
    phase === 'sending' || ('task' in job && job.task?.type === 'send');

  /** The computer takes what it left so far. */
  function takeAll(bench: Bench): void {
    const put = bench.heard.findLast((one) => one.type === 'request' && one.command === 'chunk_put');
    if (put?.type !== 'request') throw new Error('nothing was pushed');
    bench.wire.serves = true;
    bench.hear([put]);
  }

  test('are not all held at once, and all come', () => {
    const bench = ready();
    bench.ask({ method: 'nip44_encrypt', params: [publicOf('peer'), 'first'] });
    bench.always();
    bench.wire.serves = false;
    const params = [publicOf('peer'), 'x'.repeat(1_950)];
    const ids = Array.from({ length: 6 }, (_, i) => bench.ask({ method: 'nip44_encrypt', params, id: `n${i}` }));
    const { jobs } = bench.computer.firmware();
    expect([jobs.length, jobs.filter(isHeld).length]).toEqual([6, 1]);
    takeAll(bench);
    expect(ids.map((id) => bench.ended(id))).toEqual(ids.map(() => ['sealed']));
  });

  test('nor are those of requests that had joined', () => {
    const bench = ready();
    const content = '"'.repeat(900);
    const same = { method: 'sign_event', params: [{ kind: 1, content, tags: [], created_at: startS }], id: 'same' };
    const ids = Array.from({ length: 5 }, () => bench.ask(same));
    bench.wire.serves = false;
    bench.advance(1_000);
    bench.press('approve');
    const { jobs } = bench.computer.firmware();
    expect([jobs.length, jobs.filter(isHeld).length]).toEqual([5, 1]);
    takeAll(bench);
    expect(ids.map((id) => JSON.parse(bench.answer(id).said.result).content)).toEqual(ids.map(() => content));
  });
});

test('what changes when it is read once more for the answer ends it: nothing is sealed', () => {
  const bench = ready();
  const before = bench.seals();
  const id = bench.ask({ method: 'sign_event', params: [template({ content: 'x'.repeat(3_500) })] });
  bench.advance(1_000);
  bench.wire.serves = false;
  bench.press('approve');
  expect(bench.screen()).not.toContain('Decrypting');
  const pull = bench.heard.findLast((one) => one.type === 'request' && one.command === 'chunk_get');
  if (pull?.type !== 'request') throw new Error('nothing is read');
  bench.wire.serves = true;
  bench.wire.change = (bytes) => bytes.map((byte, i) => (i === 9 ? byte ^ 1 : byte));
  bench.hear([pull]);
  expect([bench.ended(id), bench.seals()]).toEqual([['stream_integrity'], before]);
  expect(bench.computer.firmware().jobs).toEqual([]);
});
