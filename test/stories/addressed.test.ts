/**
 * Apps of early 2024, which know no remote-signer key and ask the user key itself: told on the real firmware, what it seals opened by
 * nostr-tools with the key of the app.
 */
import { type DeviceError, deviceErrors } from '@sallyport/device-protocol';
import { nip04, nip44 } from 'nostr-tools';
import { verifyEvent } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import {
  addressedBench,
  allowed,
  answerAt,
  keyWith,
  ready,
  secretHash,
  startS,
  template,
  user,
} from '../support/addressed-bench.ts';
import { publicOf, secrets } from '../vectors/client-events.ts';

const friend = { pubkey: publicOf('peer'), nip44: keyWith('peer') };
const wordsOf = (error: DeviceError): string => deviceErrors[error].words;
const codeOf = (error: DeviceError): number => deviceErrors[error].code;

describe('the owner', () => {
  test('allows it by a hold, on a screen that says what it means', () => {
    const bench = addressedBench();
    const id = bench.say({ command: 'account_address', body: { account: 0, addressed: true } });
    bench.advance(1_000);
    const read = bench.hands.read().join('\n');
    expect(read).toContain('Answer at this key?');
    expect(read).toContain('name▸account 0');
    expect(read.replace(/\s+/g, ' ')).toContain(
      'Old apps ask this key itself. The device will open what they ask, and sign its answers with this key. ' +
        'On relays everybody sees that this key uses a signer, when, and with which app keys.',
    );
    expect(read).toContain('HOLD KEY1 answer');
    bench.press('approve');
    expect([bench.ended(id), bench.computer.firmware().life]).toMatchObject([[], { addressed: [] }]);
    bench.press('approve', 1_600);
    expect([bench.ended(id), bench.computer.firmware().life]).toMatchObject([['done'], { addressed: [0] }]);
  });

  test('says no: nothing is allowed', () => {
    const bench = addressedBench();
    const id = bench.say({ command: 'account_address', body: { account: 0, addressed: true } });
    bench.press('deny');
    expect([bench.ended(id), bench.computer.firmware().life]).toMatchObject([['denied'], { addressed: [] }]);
  });

  test('sees in the lists which are allowed, takes it back without a press, and nobody is asked about what is so already', () => {
    const bench = allowed();
    const listed = (): unknown => {
      const ids = [bench.say({ command: 'accounts', body: {} }), bench.say({ command: 'info', body: {} })] as const;
      const [accounts, info] = ids.map((id) => bench.answers(id)[0]);
      if (accounts?.type !== 'reply' || accounts.command !== 'accounts') throw new Error('no list');
      if (info?.type !== 'reply' || info.command !== 'info') throw new Error('no info');
      return [accounts.body.accounts.map(({ addressed }) => addressed), info.body.addressed];
    };
    const set = (addressed: boolean): readonly string[] =>
      bench.ended(bench.say({ command: 'account_address', body: { account: 0, addressed } }));
    expect(listed()).toEqual([[true], 1]);
    expect(set(true)).toEqual(['done']);
    expect(set(false)).toEqual(['done']);
    expect(listed()).toEqual([[false], undefined]);
    expect(set(false)).toEqual(['done']);
  });
});

describe.each(['NIP-44', 'NIP-04'])('an app that speaks %s', (scheme) => {
  const speaks = { nip04: scheme === 'NIP-04' };
  const isSpoken = (content: string): boolean => content.includes('?iv=') === speaks.nip04;

  test('is paired by the one-time secret of its line, and the human is asked', () => {
    const bench = allowed();
    const wish = { method: 'connect', params: [user, 'once', '', '{"name":"Old app"}'], ...speaks };
    const id = bench.ask(wish, { secrets: [secretHash('another'), secretHash('once')] });
    bench.advance(1_000);
    expect(bench.screen()).toContain('Old app');
    bench.press('approve');
    const { reply, event, said } = bench.answer(id);
    expect(reply).toMatchObject({ about: 'pair', secret: secretHash('once'), name: 'Old app', createdAt: answerAt });
    expect([reply.kind, reply.error, said.result, said.error]).toEqual([undefined, undefined, 'ack', undefined]);
    expect(isSpoken(event.content)).toBe(true);
  });

  test('has a note signed by a press; then by a grant, and nobody is asked', () => {
    const bench = ready();
    const tags = [
      ['t', 'straße "x"'],
      ['p', friend.pubkey, ''],
    ];
    const wish = { method: 'sign_event', params: [template({ tags, content: 'a\n\u0001 ✨' })], ...speaks };
    const pressed = bench.ask(wish);
    bench.advance(1_000);
    expect(bench.screen()).toContain('the app signed this');
    bench.always();
    const granted = bench.ask(wish);
    for (const id of [pressed, granted]) {
      const { reply, event, said } = bench.answer(id);
      expect(reply).toMatchObject({ about: 'sign_event', kind: 1 });
      const note = JSON.parse(said.result);
      expect(verifyEvent({ ...note })).toBe(true);
      expect(note).toMatchObject({ kind: 1, pubkey: user, created_at: startS, tags, content: 'a\n\u0001 ✨' });
      expect(Object.keys(note)).toEqual(['id', 'pubkey', 'created_at', 'kind', 'tags', 'content', 'sig']);
      expect(isSpoken(event.content)).toBe(true);
    }
    expect(bench.computer.firmware().jobs).toEqual([]);
  });

  test('has the four texts made, each by a press', () => {
    const bench = ready();
    const does = (method: string, text: string): string => {
      const id = bench.ask({ method, params: [friend.pubkey, text], ...speaks });
      bench.press('approve');
      bench.advance(3_000);
      const { reply, said } = bench.answer(id);
      expect(reply.about).toBe(method);
      return said.result;
    };
    expect(nip44.v2.decrypt(does('nip44_encrypt', 'hé "o"'), friend.nip44)).toBe('hé "o"');
    expect(nip04.decrypt(secrets.peer, user, does('nip04_encrypt', 'hé "o"'))).toBe('hé "o"');
    expect(does('nip44_decrypt', nip44.v2.encrypt('hé\n"o"', friend.nip44))).toBe('hé\n"o"');
    expect(does('nip04_decrypt', nip04.encrypt(secrets.peer, user, 'hé\n"o"'))).toBe('hé\n"o"');
  });

  test('asks what needs nobody, and leaves', () => {
    const bench = ready();
    const told = (method: string): unknown => {
      const { reply, said } = bench.answer(bench.ask({ method, ...speaks }));
      return [reply.about, said.result, said.error];
    };
    expect(told('ping')).toEqual(['ping', 'pong', undefined]);
    expect(told('get_public_key')).toEqual(['get_public_key', user, undefined]);
    expect(told('connect')).toEqual(['connect', 'ack', undefined]);
    expect(told('launch')).toEqual(['other', 'error', wordsOf('unsupported')]);
    expect(told('logout')).toEqual(['logout', 'ack', undefined]);
    expect(bench.ended(bench.ask({ method: 'ping', ...speaks }))).toEqual(['unknown_client']);
  });
});

describe('what the app hears of a refusal', () => {
  const cases: readonly (readonly [DeviceError, string, readonly unknown[]])[] = [
    ['unsupported', 'launch', []],
    ['invalid_params', 'sign_event', ['hello']],
    ['invalid_params', 'nip44_encrypt', ['nobody', 'hello']],
    ['forbidden_kind', 'sign_event', [template({ kind: 24133 })]],
    ['forbidden_kind', 'sign_event', [template({ kind: 14 })]],
  ];
  test.each(cases)('%s, of %s', (error, method, params) => {
    const bench = ready();
    const { reply, said } = bench.answer(bench.ask({ method, params, id: 7 }));
    expect(said).toEqual({ id: 7, result: 'error', error: wordsOf(error) });
    expect(reply.error).toBe(codeOf(error));
  });

  test('denied, timed out, forbidden from then on, and what does not open', () => {
    const bench = ready();
    const sign = (kind = 1): number => bench.ask({ method: 'sign_event', params: [template({ kind })] });
    const told = (id: number): unknown => [bench.answer(id).said.error, bench.answer(id).reply.error];
    const denied = sign();
    bench.press('deny');
    bench.advance(3_000);
    const late = sign();
    bench.advance(70_000);
    const never = sign(6);
    bench.press('back');
    bench.press('deny');
    bench.advance(3_000);
    const forbidden = sign(6);
    const payload = nip44.v2.encrypt('x', keyWith('otherClient', user)).slice(0, -4);
    const broken = bench.ask({ method: 'nip44_decrypt', params: [friend.pubkey, `${payload}AAAA`] });
    bench.press('approve');
    bench.advance(3_000);
    const errors = ['denied', 'timed_out', 'denied', 'forbidden', 'bad_payload'] as const;
    expect([denied, late, never, forbidden, broken].map(told)).toEqual(
      errors.map((one) => [wordsOf(one), codeOf(one)]),
    );
  });
});

test('the id stays what the app wrote, a number or a text', () => {
  const bench = ready();
  const ids = [0, 12_345, '12345', 'ü "quoted"', ''];
  expect(ids.map((id) => bench.answer(bench.ask({ id })).said.id)).toEqual(ids);
  const raw = bench.ask({ text: '{"id": 1e3, "method": "ping", "params": []}' });
  expect(bench.answer(raw).said.id).toBe(1_000);
});

test('an answer is as young as the newer of the two clocks', () => {
  const bench = ready();
  const dated = (at: number, computers: number): number =>
    bench.answer(bench.ask({ at }, { answerAt: computers })).event.created_at;
  expect(dated(startS + 100, startS + 200)).toBe(startS + 200);
  expect(dated(startS + 300, startS + 200)).toBe(startS + 300);
  expect(dated(startS + 301, 0)).toBe(startS + 301);
});

test('a request that the app repeats while it waits is asked once, and each of them is answered', () => {
  const bench = ready();
  const wish = { method: 'sign_event', params: [template()], id: 'again' };
  const ids = [bench.ask(wish), bench.ask(wish), bench.ask(wish)];
  expect(bench.computer.firmware().jobs.map(({ phase }) => phase)).toEqual(['reviewing', 'joined', 'joined']);
  bench.press('approve');
  const [first, ...others] = ids.map((id) => bench.answer(id));
  for (const one of others) expect(one.said).toEqual(first?.said);
  expect(new Set(ids.map((id) => bench.answer(id).event.id)).size).toBe(3);
});

test('after a glitch the computer gets the very same answer, and nobody is asked again', () => {
  const bench = ready();
  const wish = { method: 'sign_event', params: [template()] };
  const id = bench.ask(wish);
  bench.press('approve');
  const before = bench.answer(id);
  const log = bench.log().length;
  bench.computer.replug();
  bench.computer.establish();
  bench.say({ command: 'get_result', body: { request: id } });
  const [, again] = bench.opened(id);
  expect(again).toEqual(before);
  expect([bench.computer.firmware().jobs, bench.log().length]).toEqual([[], log]);
});

test('a glitch while it is asked: the computer claims the question, and one press answers it once', () => {
  const bench = ready();
  const id = bench.ask({ method: 'sign_event', params: [template()] });
  bench.advance(1_000);
  bench.computer.replug();
  bench.computer.establish();
  bench.press('approve');
  bench.advance(1_000);
  expect(bench.ended(id)).toEqual([]);
  bench.say({ command: 'get_result', body: { request: id } });
  bench.advance(1_000);
  bench.say({ command: 'get_result', body: { request: id } });
  const [one, two] = bench.opened(id);
  expect(one).toBeDefined();
  expect(two).toEqual(one);
});

test('a stranger is let in without a secret where “Pair an app” was opened on the device', () => {
  const bench = allowed();
  const connect = { method: 'connect', params: [user] };
  expect(bench.ended(bench.ask(connect))).toEqual(['unknown_client']);
  bench.press('approve');
  bench.hands.choose('Pair an app');
  bench.press('approve');
  bench.press('deny');
  bench.press('deny');
  const id = bench.ask(connect);
  bench.press('approve');
  const { reply, said } = bench.answer(id);
  expect([reply.about, reply.secret, said.result]).toEqual(['pair', undefined, 'ack']);
});
