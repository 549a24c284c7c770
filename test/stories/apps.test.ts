/** Stories of apps at the device: paired by a press, asked about, allowed for a while, never asked about again. */
import { verifyEvent } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { appBench, startS } from '../support/app-bench.ts';
import { conversationKeys, nip44Of, publicOf } from '../vectors/client-events.ts';

const hexOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

test('I pair Coracle, allow notes for an hour, and am not asked again until then', () => {
  const bench = appBench();
  const pairing = bench.connect('sign_event:1,sign_event:14');
  expect(bench.screen()).toContain('Pair an app');
  expect(bench.screen()).toContain('app▸Coracle');
  expect(bench.screen()).toContain('told by the app (signed)');
  bench.press('approve');
  bench.advance(500);
  // The kind that is never signed is no question.
  expect(bench.screen()).toContain('sign note (kind 1)');
  expect(bench.answerTo(pairing)).toBeUndefined();
  bench.press('deny');
  expect(bench.answerTo(pairing)).toMatchObject({ type: 'reply', body: { granted: 0 } });
  bench.advance(2_000);

  const first = bench.sign({ content: 'one' });
  expect(bench.screen()).toContain('the app signed this');
  bench.press('next');
  expect(bench.screen()).toContain('Ask no more about this?');
  bench.press('approve');
  bench.press('next');
  expect(bench.screen()).toContain('▸ for 1 hour');
  bench.press('approve');
  const signed = bench.result(first);
  if (typeof signed !== 'object') throw new Error(`no signature: ${signed}`);
  const event = { kind: 1, content: 'one', tags: [], created_at: startS, pubkey: hexOf(signed.pubkey) };
  expect(verifyEvent({ ...event, id: hexOf(signed.id), sig: hexOf(signed.sig) })).toBe(true);

  bench.advance(3_000);
  const second = bench.sign({ content: 'two' });
  expect(bench.result(second)).toMatchObject({ result: 'signature' });
  expect(bench.screen()).toContain('ready');
  const other = bench.sign({ kind: 7, content: '+' });
  expect(bench.result(other)).toBeUndefined();
  bench.press('deny');
  bench.advance(3_600_000);
  const late = bench.sign({ content: 'three' });
  expect(bench.result(late)).toBeUndefined();
  expect(bench.screen()).toContain('Sign note');
});

test('what an app may do passes the question that waits on the screen', () => {
  const bench = appBench();
  bench.connect('sign_event:1');
  bench.press('approve');
  bench.press('approve');
  bench.advance(3_000);
  const waits = bench.sign({ kind: 30_023, content: 'an article' });
  const silent = bench.sign({ kind: 1, content: 'a note' });
  expect(bench.result(silent)).toMatchObject({ result: 'signature' });
  expect(bench.result(waits)).toBeUndefined();
  expect(bench.screen()).toContain('Sign article');
  bench.press('approve');
  expect(bench.result(waits)).toMatchObject({ result: 'signature' });
});

test('on the device I look at an app, take away what it may, and then the app itself', () => {
  const bench = appBench();
  const choose = (line: string): void => {
    for (let i = 0; i < 20 && !bench.screen().includes(`> ${line}`); i++) bench.press('next');
    expect(bench.screen()).toContain(`> ${line}`);
    bench.press('approve');
  };
  const leave = (): void => {
    for (let i = 0; i < 3; i++) bench.press('deny');
    bench.advance(3_000);
  };
  bench.connect('sign_event:1');
  bench.press('approve');
  bench.press('approve');
  bench.advance(3_000);
  expect(bench.result(bench.sign())).toMatchObject({ result: 'signature' });
  bench.press('next');
  for (const line of ['Apps', 'Coracle', 'sign note']) choose(line);
  bench.press('approve');
  leave();
  const asked = bench.sign();
  expect(bench.screen()).toContain('Sign note');
  bench.press('deny');
  expect(bench.result(asked)).toBe('denied');
  bench.advance(3_000);
  bench.press('next');
  for (const line of ['Apps', 'Coracle', 'Revoke the app']) choose(line);
  bench.press('approve');
  bench.press('approve');
  leave();
  expect(bench.result(bench.sign())).toBe('unknown_client');
});

describe('a request of an app', () => {
  test('is refused when it comes again, and joins the open one when it was signed anew', () => {
    const bench = appBench();
    bench.paired();
    const body = bench.envelope({
      method: 'sign_event',
      params: [JSON.stringify({ kind: 1, content: 'x' })],
      id: 'same',
    });
    const first = bench.say({ command: 'nip46_request', body });
    const replay = bench.say({ command: 'nip46_request', body });
    expect(bench.result(replay)).toBe('replayed');
    const anew = bench.app({ method: 'sign_event', params: [JSON.stringify({ kind: 1, content: 'x' })], id: 'same' });
    const another = bench.app({
      method: 'sign_event',
      params: [JSON.stringify({ kind: 1, content: 'y' })],
      id: 'same',
    });
    bench.press('approve');
    expect(bench.result(first)).toMatchObject({ result: 'signature' });
    expect(bench.result(anew)).toEqual(bench.result(first));
    expect(bench.result(another)).toBeUndefined();
  });

  test('with a date that no device can keep is told so, and closes no second', () => {
    const bench = appBench();
    bench.paired();
    const ping = { method: 'ping', params: [] };
    for (const at of [2 ** 32, Date.UTC(2026, 0)]) {
      expect(bench.result(bench.app({ ...ping, at }))).toBe('invalid_params');
    }
    expect(bench.result(bench.app(ping))).toMatchObject({ result: 'ack' });
  });

  test('says nothing before it is verified: no screen, no write, one error', () => {
    const bench = appBench();
    bench.paired();
    const before = new Map(
      bench.computer.flash.names().map((name) => [name, hexOf(bench.computer.flash.read(name) ?? undefined)]),
    );
    const right = bench.envelope({ method: 'sign_event', params: [JSON.stringify({ kind: 1, content: 'x' })] });
    const screen = bench.screen();
    for (const lie of [
      { sig: right.sig.map((byte, i) => (i === 5 ? byte ^ 1 : byte)) },
      { createdAt: right.createdAt + 1 },
      { conversationKey: right.conversationKey.map((byte, i) => (i === 5 ? byte ^ 1 : byte)) },
      { tags: [...right.tags, ['t', 'x']] },
    ]) {
      const id = bench.say({ command: 'nip46_request', body: { ...right, ...lie } });
      expect(bench.result(id)).toBe('unauthenticated');
    }
    expect(bench.screen()).toBe(screen);
    const after = new Map(
      bench.computer.flash.names().map((name) => [name, hexOf(bench.computer.flash.read(name) ?? undefined)]),
    );
    expect(after).toEqual(before);
    expect(bench.result(bench.say({ command: 'nip46_request', body: right }))).toBeUndefined();
    expect(bench.screen()).toContain('Sign note');
  });

  test('get_public_key and ping ask nobody, and after logout the app is unknown', () => {
    const bench = appBench();
    bench.paired();
    expect(bench.result(bench.app({ method: 'get_public_key', params: [] }))).toMatchObject({ result: 'public_key' });
    expect(bench.result(bench.app({ method: 'ping', params: [], nip04: true }))).toEqual({ result: 'ack' });
    expect(bench.result(bench.app({ method: 'launch', params: [] }))).toBe('unsupported');
    expect(bench.result(bench.sign({ kind: 14 }))).toBe('forbidden_kind');
    expect(bench.result(bench.app({ method: 'logout', params: [] }))).toEqual({ result: 'ack' });
    expect(bench.result(bench.sign())).toBe('unknown_client');
  });

  test('that is denied for good is not asked again', () => {
    const bench = appBench();
    bench.paired();
    const first = bench.sign({ kind: 4 });
    bench.press('back');
    expect(bench.screen()).toContain('never again');
    bench.press('deny');
    expect(bench.result(first)).toBe('denied');
    bench.advance(3_000);
    expect(bench.result(bench.sign({ kind: 4 }))).toBe('forbidden');
    expect(bench.result(bench.sign({ kind: 1 }))).toBeUndefined();
  });

  test('with which it can do harm is allowed for good by a hold only', () => {
    const bench = appBench();
    bench.paired();
    const first = bench.sign({ kind: 10_002 });
    bench.press('back');
    bench.press('approve');
    expect(bench.screen()).toContain('hold the key');
    bench.press('approve');
    expect(bench.result(first)).toBeUndefined();
    bench.press('approve', 2_000);
    expect(bench.result(first)).toMatchObject({ result: 'signature' });
    bench.advance(3_000);
    expect(bench.result(bench.sign({ kind: 10_002, content: 'more' }))).toMatchObject({ result: 'signature' });
  });
});

test('a burst of decryptions is one question with the number in it, and a press answers exactly these', () => {
  const bench = appBench();
  bench.paired();
  const text = (n: number): string => nip44Of(`text ${n}`, conversationKeys('account', 'peer').nip44);
  const ids = [1, 2, 3].map((n) =>
    bench.app({ method: 'nip44_decrypt', params: [publicOf(n === 3 ? 'otherClient' : 'peer'), text(n)] }),
  );
  expect(bench.screen()).toContain('Decrypt 3 texts');
  bench.advance(1_000);
  const late = bench.app({ method: 'nip44_decrypt', params: [publicOf('peer'), text(4)] });
  expect(bench.screen()).toContain('Decrypt 3 texts');
  bench.press('approve');
  // The account of this bench is another one: the device tried, and that is what a press is for.
  expect(ids.map((id) => bench.result(id))).toEqual(['bad_payload', 'bad_payload', 'bad_payload']);
  expect(bench.result(late)).toBeUndefined();
  bench.advance(1_000);
  expect(bench.screen()).toContain('Decrypt NIP-44');
});

describe('an app that is to be paired', () => {
  test('is refused when nobody announced it, and asks ever more rarely', () => {
    const bench = appBench();
    expect(bench.answerTo(bench.connect('', 'Coracle', false))).toMatchObject({ error: 'not_announced' });
    for (let n = 0; n < 3; n++) {
      const id = bench.connect('', 'Coracle', true);
      bench.press('deny');
      expect(bench.answerTo(id)).toMatchObject({ error: 'denied' });
      bench.advance(2_000);
    }
    expect(bench.answerTo(bench.connect())).toMatchObject({ error: 'rate_limited' });
    bench.advance(60_000);
    expect(bench.answerTo(bench.connect())).toBeUndefined();
  });

  test('for which the computer speaks is marked so, and its wishes are given one by one', () => {
    const bench = appBench();
    const id = bench.say({
      command: 'client_introduce',
      body: {
        client: Uint8Array.from(Buffer.from(publicOf('client'), 'hex')),
        remoteSigner: Uint8Array.from(Buffer.from(publicOf('remoteSigner'), 'hex')),
        account: 0,
        name: 'noStrudel',
        perms: 'nip44_decrypt,sign_event:0,sign_event:1',
        announced: true,
        createdAt: startS,
      },
    });
    expect(bench.screen()).toContain('told by the computer');
    expect(bench.screen()).toContain('3 permissions');
    bench.press('approve');
    bench.advance(500);
    expect(bench.screen()).toContain('decrypt NIP-44');
    bench.press('approve');
    bench.advance(500);
    expect(bench.screen()).toContain('hold KEY1 give');
    bench.press('approve');
    expect(bench.screen()).toContain('sign profile (kind 0)');
    bench.press('deny');
    bench.advance(500);
    bench.press('approve');
    expect(bench.answerTo(id)).toMatchObject({ type: 'reply', body: { granted: 2 } });
    bench.advance(3_000);
    expect(bench.result(bench.sign({ kind: 1 }))).toMatchObject({ result: 'signature' });
    expect(bench.result(bench.sign({ kind: 0 }))).toBeUndefined();
  });
});

test('a computer that asks in its own name is asked about each time, whatever its app may do', () => {
  const bench = appBench();
  bench.connect('sign_event:1');
  bench.press('approve');
  bench.press('approve');
  bench.advance(3_000);
  bench.own('mine');
  expect(bench.screen()).toContain('asked by the computer');
  expect(bench.screen()).not.toContain('always');
  bench.press('next');
  expect(bench.screen()).toContain('asked by the computer');
});

test('grants that the computer proposes are each shown, and given by a press', () => {
  const bench = appBench();
  bench.paired();
  const grant = { id: 0, verdict: 'allow', method: 'sign_event' } as const;
  const id = bench.say({
    command: 'grants_propose',
    body: {
      client: Uint8Array.from(Buffer.from(publicOf('client'), 'hex')),
      remoteSigner: Uint8Array.from(Buffer.from(publicOf('remoteSigner'), 'hex')),
      grants: [
        { ...grant, kind: 1, uses: 2 },
        { ...grant, kind: 7 },
      ],
    },
  });
  expect(bench.screen()).toContain('2 times');
  expect(bench.screen()).toContain('told by the computer');
  bench.press('approve');
  bench.press('deny');
  expect(bench.answerTo(id)).toMatchObject({ type: 'reply', body: { given: [true, false] } });
  bench.advance(3_000);
  expect(bench.result(bench.sign({ content: 'a' }))).toMatchObject({ result: 'signature' });
  expect(bench.result(bench.sign({ content: 'b' }))).toMatchObject({ result: 'signature' });
  expect(bench.result(bench.sign({ content: 'c' }))).toBeUndefined();
});
