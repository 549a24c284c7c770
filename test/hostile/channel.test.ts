/**
 * Somebody on the line between a paired computer and its device: another program with the port open, a cable that changes bytes.
 * It knows the protocol, sees every frame and may write its own; it has neither of the two static keys.
 */
import {
  closedLink,
  decodeMessage,
  encodeFrame,
  encodeMessage,
  type Frame,
  type Hello,
  type HostLinkState,
  hello,
  limits,
  type Message,
  parseFrame,
  stepHostLink,
} from '@sallyport/device-protocol';
import { describe, expect, test } from 'vitest';
import { frameFlags } from '../../device-protocol/src/link/frame.ts';
import { type PairingBench, pairingBench, someEvent } from '../support/pairing-bench.ts';
import { bytesFrom, chance } from '../support/random.ts';

const signs = { method: 'sign_event', account: 0, label: 'Coracle', event: someEvent } as const;
type To = 'host' | 'device';

/** A paired bench; what it takes to pair has been done honestly. */
function paired(seed = 1): PairingBench {
  const bench = pairingBench(seed);
  bench.pair();
  bench.clock.advance(3_000);
  expect(bench.trust()).toBe('paired');
  return bench;
}

function frameOf(bytes: Uint8Array): Frame {
  const frame = parseFrame(bytes.slice(1, -1));
  if (typeof frame === 'string') throw new Error(`not a frame: ${frame}`);
  return frame;
}

/** Replaces the first frame that `pick` picks, with a CRC that is right: the channel has to notice, not the link. */
function once(bench: PairingBench, pick: (frame: Frame, to: To) => Frame | null): () => boolean {
  let done = false;
  bench.tamper = (bytes, to) => {
    if (done || bytes.length === 0) return bytes;
    const changed = pick(frameOf(bytes), to);
    if (changed === null) return bytes;
    done = true;
    return encodeFrame(changed);
  };
  return () => done;
}

const isSealed = (frame: Frame): boolean => frame.type === 'data' && (frame.flags & frameFlags.sealed) !== 0;

describe.each<To>(['device', 'host'])('one sealed message on its way to the %s', (victim) => {
  test.each<[string, (frame: Frame) => Frame]>([
    ['a changed bit', (frame) => ({ ...frame, payload: frame.payload.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) })],
    [
      'a changed tag',
      (frame) => ({ ...frame, payload: frame.payload.map((b, i, all) => (i === all.length - 1 ? b ^ 1 : b)) }),
    ],
    ['cut', (frame) => ({ ...frame, payload: frame.payload.slice(0, -1) })],
    ['nothing left', (frame) => ({ ...frame, payload: new Uint8Array(0) })],
    ['longer', (frame) => ({ ...frame, payload: Uint8Array.from([...frame.payload, 0]) })],
    ['without its flag', (frame) => ({ ...frame, flags: frame.flags & ~frameFlags.sealed })],
  ])('%s: the session ends without a word, and the next one brings the one answer', (_, change) => {
    const bench = paired();
    const session = sessionOf(bench);
    const struck = once(bench, (frame, to) => (to === victim && isSealed(frame) ? change(frame) : null));
    bench.ask(signs);
    expect(struck()).toBe(true);
    bench.clock.advance(limits.helloMs * 2);
    expect(sessionOf(bench)).not.toBe(session);
    expect(bench.trust()).toBe('paired');
    expect(bench.firmware().jobs.length).toBe(1);
    bench.press('approve');
    bench.clock.advance(3_000);
    expect(bench.answers).toMatchObject([{ type: 'signature' }]);
  });

  test('repeated under the next number of the link, or put in place of a later one: the session ends', () => {
    const bench = paired();
    let first: Frame | null = null;
    const session = sessionOf(bench);
    const struck = once(bench, (frame, to) => {
      if (to !== victim || !isSealed(frame)) return null;
      if (first === null) {
        first = frame;
        return null;
      }
      return { ...first, sequence: frame.sequence };
    });
    bench.ask(signs);
    bench.clock.advance(30_000);
    expect(struck()).toBe(true);
    expect(sessionOf(bench)).not.toBe(session);
    expect(bench.trust()).toBe('paired');
  });
});

describe('the hello', () => {
  const altered = (change: (body: Hello) => Hello) => (frame: Frame, to: To) => {
    const body = frame.type === 'hello' && to === 'host' ? hello.decode(frame.payload) : null;
    return body === null ? null : { ...frame, payload: hello.encode(change(body)) };
  };

  test.each<[string, (body: Hello) => Hello]>([
    ['another boot id', (body) => ({ ...body, bootId: new Uint8Array(8) })],
    ['another model', (body) => ({ ...body, model: 'a better one' })],
    ['fewer requests', (body) => ({ ...body, requestsMax: 1 })],
    ['another limit', (body) => ({ ...body, streamMax: 1024 })],
  ])('altered (%s): the handshake fails at the computer, which says nothing of itself', (_, change) => {
    const bench = paired();
    bench.unplug();
    const struck = once(bench, altered(change));
    bench.plug();
    expect(struck()).toBe(true);
    expect(bench.statuses.at(-1)).toEqual({ state: 'refused', why: 'broken' });
    expect(bench.firmware().channel.phase).toBe('shaking');
    bench.clock.advance(limits.helloMs + 500);
    expect(bench.trust()).toBe('paired');
  });

  test('without the channel in it: refused, for as long as it stays so', () => {
    const bench = paired();
    bench.unplug();
    once(
      bench,
      altered((body) => ({ ...body, capabilities: [] })),
    );
    bench.plug();
    expect(bench.statuses.at(-1)).toEqual({ state: 'refused', why: 'no_channel' });
    bench.ask(signs);
    bench.clock.advance(10_000);
    expect(bench.answers).toMatchObject([{ type: 'refused' }]);
    expect(bench.firmware().jobs).toEqual([]);
  });
});

describe('another program that writes to the port', () => {
  test('speaks in the running session, with the right number: nobody is asked, and the session ends', () => {
    const bench = paired();
    const { session, sequence } = nextToDevice(bench);
    const message: Message = { type: 'request', id: 0x100, command: 'info', body: {} };
    const flags = frameFlags.first | frameFlags.last;
    bench.raw(encodeFrame({ type: 'data', flags, sequence, session, payload: encodeMessage(message) }), 'device');
    expect(bench.firmware().channel.phase).toBe('closed');
    bench.clock.advance(20_000);
    expect(bench.trust()).toBe('paired');
  });

  test('answers in the place of the device: the computer believes nothing', () => {
    const bench = paired();
    bench.ask(signs);
    const { link } = bench.session();
    if (link.phase !== 'open') throw new Error('no session');
    const [open] = bench.session().open;
    if (open?.phase !== 'sent') throw new Error('nothing was sent');
    const body = { id: new Uint8Array(32), sig: new Uint8Array(64), pubkey: new Uint8Array(32) };
    const message: Message = { type: 'reply', id: open.request.id, command: 'sign_event', body };
    const flags = frameFlags.first | frameFlags.last;
    const { expected: sequence, terms } = link.arq;
    const frame = { type: 'data', flags, sequence, session: terms.session, payload: encodeMessage(message) } as const;
    bench.raw(encodeFrame(frame), 'host');
    expect(bench.answers).toEqual([]);
    expect(bench.statuses.at(-1)).toEqual({ state: 'refused', why: 'broken' });
    bench.clock.advance(5_000);
    bench.press('approve');
    bench.clock.advance(5_000);
    expect(bench.answers).toMatchObject([{ type: 'signature' }]);
  });

  test('reads along: nothing of the request, the label or the answer is on the wire', () => {
    const bench = paired();
    const wire: number[] = [];
    bench.tamper = (bytes) => {
      wire.push(...bytes);
      return bytes;
    };
    const content = 'a secret that is long enough to be found';
    bench.ask({ ...signs, label: 'an app with a name', event: { ...someEvent, content } });
    bench.press('approve');
    expect(bench.answers).toMatchObject([{ type: 'signature' }]);
    const text = Buffer.from(wire).toString('latin1');
    expect(text.length).toBeGreaterThan(200);
    for (const piece of ['a secret', 'long enough', 'an app', 'a name']) expect(text).not.toContain(piece);
  });

  test('opens a session of its own while a request is on the screen: it learns nothing of it and gets no answer', () => {
    const bench = paired();
    bench.ask(signs);
    const [job] = bench.firmware().jobs;
    if (job === undefined) throw new Error('nothing is on the screen');
    const intruder = intrude(bench);
    for (const command of ['info', 'hosts'] as const) intruder.say({ type: 'request', id: 0x200, command, body: {} });
    intruder.say({ type: 'request', id: 0x202, command: 'get_result', body: { request: job.id } });
    intruder.say({ type: 'cancel', id: job.id, command: 'sign_event' });
    expect(intruder.heard).toContainEqual({
      type: 'reply',
      id: 0x202,
      command: 'get_result',
      body: { request: job.id, state: 'unknown' },
    });
    expect(intruder.heard).toContainEqual(expect.objectContaining({ type: 'error', error: 'not_paired' }));
    expect(bench.firmware().jobs.length).toBe(1);
    bench.press('approve');
    expect(intruder.heard.some((message) => 'id' in message && message.id === job.id)).toBe(false);
    intruder.leave();
    bench.unplug();
    bench.plug();
    bench.clock.advance(1_000);
    expect(bench.answers).toMatchObject([{ type: 'signature' }]);
  });

  test('asks for itself: the screen says who asks before anything else, and pairing needs a channel', () => {
    const bench = paired();
    const intruder = intrude(bench);
    const input = { length: 11, head: Uint8Array.from(Buffer.from('841a6553f1000180626869', 'hex')) };
    intruder.say({ type: 'request', id: 0x300, command: 'pair', body: { name: 'desk' } });
    intruder.say({ type: 'request', id: 0x302, command: 'revoke_host', body: { key: new Uint8Array(32) } });
    intruder.say({ type: 'request', id: 0x304, command: 'sign_event', body: { account: 0, label: 'Coracle', input } });
    expect(intruder.heard.flatMap((message) => (message.type === 'error' ? [message.error] : []))).toEqual([
      'invalid_params',
      'not_paired',
    ]);
    expect(bench.firmware().screen.rows[1]).toContain('unknown computer');
    expect(bench.firmware().identity.hosts.length).toBe(1);
  });
});

function sessionOf(bench: PairingBench): number | null {
  const { link } = bench.session();
  return link.phase === 'open' ? link.arq.terms.session : null;
}

/** What the next data frame to the device would carry; everybody on the wire can count. */
function nextToDevice(bench: PairingBench): { readonly session: number; readonly sequence: number } {
  const { arq } = bench.firmware().link;
  if (arq === null) throw new Error('no session');
  return { session: arq.terms.session, sequence: arq.expected };
}

/** A program that has the port for itself for a while: the computer hears and says nothing. */
function intrude(bench: PairingBench) {
  const random = bytesFrom(chance(99));
  const heard: Message[] = [];
  let link: HostLinkState = closedLink;

  function feed(input: Parameters<typeof stepHostLink>[1]): void {
    const [next, effects] = stepHostLink(link, input, bench.clock.now(), random);
    link = next;
    for (const effect of effects) {
      if (effect.type === 'write') bench.raw(effect.bytes, 'device');
      else if (effect.type === 'message') {
        expect(effect.sealed).toBe(false);
        const message = decodeMessage(effect.bytes);
        if (message.type !== 'unreadable') heard.push(message);
      }
    }
  }

  bench.tamper = (bytes, to) => {
    if (to === 'host') feed({ type: 'bytes', bytes });
    return new Uint8Array(0);
  };
  feed({ type: 'wire_opened' });
  bench.clock.advance(100);
  return {
    heard,
    say: (message: Message): void => {
      feed({ type: 'send', message: encodeMessage(message) });
      bench.clock.advance(100);
    },
    leave: (): void => {
      bench.tamper = (bytes) => bytes;
    },
  };
}
