/** The JSON-RPC text: every form in which clients write requests (what clients do on the wire), and everything that must not get through. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  errorText,
  type Nip46Request,
  type ParsedRequest,
  parseRequest,
  requestDigest,
  resultText,
} from '../../host/src/core/nip46/nip46-text.ts';
import { refuse } from '../../host/src/core/nip46/refusal.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';

const peer = 'ab'.repeat(32);
const base = { kind: 1, content: 'hello', tags: [['t', 'x']], created_at: 1_700_000_000 };

function parse(value: unknown): ParsedRequest {
  return parseRequest(JSON.stringify(value));
}

function request(value: unknown): Nip46Request {
  const parsed = parse(value);
  if (parsed.type !== 'request') throw new Error(`refused: ${parsed.refusal.words}`);
  return parsed.request;
}

function refusalOf(value: unknown): string {
  const parsed = typeof value === 'string' ? parseRequest(value) : parse(value);
  return parsed.type === 'refused' ? parsed.refusal.code : 'accepted';
}

function template(param: unknown): unknown {
  const parsed = request({ id: '1', method: 'sign_event', params: [param] });
  return parsed.method === 'sign_event' ? parsed.template : null;
}

describe('ids are echoed exactly', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['{"id":"abc","method":"ping"}', '{"id":"abc","result":"pong"}'],
    ['{"id":"","method":"ping"}', '{"id":"","result":"pong"}'],
    ['{"id":7,"method":"ping"}', '{"id":7,"result":"pong"}'],
    ['{"id":0.25,"method":"ping"}', '{"id":0.25,"result":"pong"}'],
    ['{"id":null,"method":"ping"}', '{"id":null,"result":"pong"}'],
    ['{"method":"ping"}', '{"result":"pong"}'],
    ['{"id":"7","method":"ping"}', '{"id":"7","result":"pong"}'],
    ['{"id":"\\ud800\\"\\n","method":"ping"}', '{"id":"\\ud800\\"\\n","result":"pong"}'],
    // A Rust client's u64: as a JavaScript number it would come back as …6000.
    ['{"params":[{"id":1}],"id":18446744073709551615,"method":"ping"}', '{"id":18446744073709551615,"result":"pong"}'],
    ['{"id":1e999,"method":"ping"}', '{"id":1e999,"result":"pong"}'],
    [
      ' { "a\\"b" : "id\\":1" , "\\u0069d" : 18446744073709551615 , "method" : "ping" } ',
      '{"id":18446744073709551615,"result":"pong"}',
    ],
    ['{"id":"x","method":"ping","id":1e999}', '{"id":1e999,"result":"pong"}'],
    ['{"method":"ping","params":["{\\"id\\":5}",{"id":6}],"id":-1e999}', '{"id":-1e999,"result":"pong"}'],
    [`{"id":1e999,"method":"ping","${'x'.repeat(63)}\\"":1}`, '{"id":1e999,"result":"pong"}'],
  ];
  test.each(rows)('%s', (text, answer) => {
    const parsed = parseRequest(text);
    if (parsed.type !== 'request') throw new Error('refused');
    expect(resultText(parsed.request.id, 'pong')).toBe(answer);
  });
});

test('a number that would lose digits costs no more than the text around it', () => {
  const text = `{"id":1e400,"method":"x","params":[${'1,'.repeat(2_000_000)}1]}`;
  const parses = vi.spyOn(JSON, 'parse');
  onTestFinished(() => parses.mockRestore());
  const parsed = parseRequest(text);
  // A reviver that is told the source takes seconds for these two million numbers.
  expect(parses.mock.calls.filter(([, reviver]) => reviver !== undefined)).toEqual([]);
  expect(parses.mock.calls.reduce((sum, [read]) => sum + read.length, 0)).toBeLessThan(2 * text.length);
  expect(parsed).toMatchObject({ id: '1e400', refusal: { code: 'too_large' } });
});

describe('answers', () => {
  test('success has no error key, failure has result "error" and the words', () => {
    expect(Object.keys(JSON.parse(resultText('"a"', 'x')))).toEqual(['id', 'result']);
    const refusal = refuse('busy', 'Words.', 'Advice.');
    expect(JSON.parse(errorText('5', refusal))).toEqual({ id: 5, result: 'error', error: 'Words. Advice.' });
  });
});

describe('forms that clients use', () => {
  test('missing and null params, unknown fields, error: "" in a request', () => {
    expect(request({ id: '1', method: 'ping' }).method).toBe('ping');
    expect(request({ id: '1', method: 'ping', params: null, jsonrpc: '2.0', error: '' }).method).toBe('ping');
    expect(request({ id: '1', method: 'get_public_key', params: [null] }).method).toBe('get_public_key');
  });

  test('disconnect is logout', () => {
    expect(request({ id: '1', method: 'disconnect', params: [] }).method).toBe('logout');
  });

  const full = { ...base, pubkey: null };
  test.each([
    ['a JSON string', JSON.stringify(base), full],
    ['an object', base, full],
    ['id and sig along', { ...base, id: 'f'.repeat(64), sig: 'x' }, full],
    ['a pubkey', { ...base, pubkey: peer }, { ...base, pubkey: peer }],
    ['an empty pubkey', { ...base, pubkey: '' }, full],
    [
      'no created_at',
      { kind: 1, content: '', tags: [] },
      { kind: 1, content: '', tags: [], created_at: null, pubkey: null },
    ],
    [
      'no tags',
      { kind: 1, content: '', created_at: 0 },
      { kind: 1, content: '', tags: [], created_at: 0, pubkey: null },
    ],
    [
      'nulls',
      { kind: 1, content: '', created_at: null, tags: null, pubkey: null },
      { kind: 1, content: '', tags: [], created_at: null, pubkey: null },
    ],
  ])('sign_event with %s', (_name, param, expected) => {
    expect(template(param)).toEqual(expected);
  });

  test('content and tags come through untouched', () => {
    const odd = { kind: 65_535, content: '\u0000\u202e\t"\\ 👩‍🚀', tags: [[], [''], ['a', '']], created_at: 1 };
    expect(template(odd)).toEqual({ ...odd, pubkey: null });
  });

  test('connect takes what is there', () => {
    const metadata = { name: 'A\u202e\u0007pp\n  two', url: 'https://a.example' };
    const parsed = request({ id: 1, method: 'connect', params: ['', 's3cret', 'ping', JSON.stringify(metadata)] });
    expect(parsed).toEqual({
      id: '1',
      method: 'connect',
      user: '',
      secret: 's3cret',
      perms: 'ping',
      metadata: { name: 'A pp two', url: 'https://a.example' },
    });
    for (const params of [
      undefined,
      null,
      [],
      [null, null, null, null],
      [peer, 5, {}, '{"name":'],
      ['x', '', '', '[]'],
    ]) {
      expect(request({ id: 1, method: 'connect', params })).toMatchObject({
        secret: '',
        metadata: { name: '', url: '' },
      });
    }
    const long = request({ id: 1, method: 'connect', params: ['', '', '', { name: '🦊'.repeat(100_000) }] });
    expect(long).toMatchObject({ metadata: { name: '🦊'.repeat(64) } });
  });

  test('uppercase peers are read', () => {
    const parsed = request({ id: 1, method: 'nip44_encrypt', params: [peer.toUpperCase(), 'x'] });
    expect(parsed).toMatchObject({ peer, text: 'x' });
  });
});

describe('refusals', () => {
  const sign = (param: unknown) => ({ id: 'x', method: 'sign_event', params: [param] });
  const text = (method: string, ...params: unknown[]) => ({ id: 'x', method, params });
  test.each<readonly [string, unknown, string]>([
    ['not JSON', '{"id":"x"', 'malformed'],
    ['empty', '', 'malformed'],
    ['a list', [], 'malformed'],
    ['a string', '"ping"', 'malformed'],
    ['null', 'null', 'malformed'],
    ['no method', { id: 'x' }, 'malformed'],
    ['method is a number', { id: 'x', method: 5 }, 'malformed'],
    ['params an object', { id: 'x', method: 'ping', params: {} }, 'malformed'],
    ['id an object', { id: {}, method: 'ping' }, 'malformed'],
    ['id huge', { id: 'x'.repeat(2000), method: 'ping' }, 'malformed'],
    ['nested too deep', `{"id":1,"method":"ping","params":${'['.repeat(1e6)}${']'.repeat(1e6)}}`, 'malformed'],
    ['unknown method', text('nip99_levitate'), 'unknown_method'],
    ['method __proto__', text('__proto__'), 'unknown_method'],
    ['method constructor', text('constructor'), 'unknown_method'],
    ['method toString', text('toString'), 'unknown_method'],
    ['id and method by __proto__', '{"__proto__":{"id":"x","method":"ping"}}', 'malformed'],
    [
      'template by __proto__',
      '{"id":1,"method":"sign_event","params":[{"__proto__":{"kind":1,"content":""}}]}',
      'malformed',
    ],
    ['no template', text('sign_event'), 'malformed'],
    ['template not JSON', sign('{"kind":1'), 'malformed'],
    ['template a list', sign([]), 'malformed'],
    ['template deep', sign(`{"kind":1,"content":"","x":${'['.repeat(50_000)}${']'.repeat(50_000)}}`), 'malformed'],
    ['kind missing', sign({ content: '' }), 'malformed'],
    ['kind a string', sign({ ...base, kind: '1' }), 'malformed'],
    ['kind negative', sign({ ...base, kind: -1 }), 'malformed'],
    ['kind 65536', sign({ ...base, kind: 65_536 }), 'malformed'],
    ['kind 1.5', sign({ ...base, kind: 1.5 }), 'malformed'],
    ['content missing', sign({ kind: 1 }), 'malformed'],
    ['content a number', sign({ ...base, content: 5 }), 'malformed'],
    ['created_at a float', sign({ ...base, created_at: 1.5 }), 'malformed'],
    ['created_at negative', sign({ ...base, created_at: -1 }), 'malformed'],
    ['created_at unsafe', sign({ ...base, created_at: 2 ** 53 }), 'malformed'],
    ['created_at a string', sign({ ...base, created_at: '1700000000' }), 'malformed'],
    ['tags an object', sign({ ...base, tags: {} }), 'malformed'],
    ['tag a string', sign({ ...base, tags: ['x'] }), 'malformed'],
    ['tag of numbers', sign({ ...base, tags: [[1]] }), 'malformed'],
    ['tag of null', sign({ ...base, tags: [['e', null]] }), 'malformed'],
    ['pubkey no hex', sign({ ...base, pubkey: 'npub1' }), 'malformed'],
    ['lone surrogate in content', sign({ ...base, content: 'a\ud800' }), 'malformed'],
    ['lone surrogate in a tag', sign({ ...base, tags: [['\udfff']] }), 'malformed'],
    ['kind 14', sign({ ...base, kind: 14 }), 'forbidden_kind'],
    ['kind 15', sign({ ...base, kind: 15 }), 'forbidden_kind'],
    ['kind 24133', sign({ ...base, kind: 24_133 }), 'forbidden_kind'],
    ['event over 1 MiB', sign({ ...base, content: 'x'.repeat(1024 * 1024) }), 'too_large'],
    ['event over 1 MiB in UTF-8', sign({ ...base, content: 'ü'.repeat(600_000) }), 'too_large'],
    ['event over 1 MiB by tags', sign({ ...base, tags: Array(110_000).fill(['a', 'bcd']) }), 'too_large'],
    ['peer no hex', text('nip44_encrypt', 'zz'.repeat(32), 'x'), 'malformed'],
    ['peer missing', text('nip04_decrypt'), 'malformed'],
    ['text missing', text('nip04_encrypt', peer), 'malformed'],
    ['text an object', text('nip44_encrypt', peer, {}), 'malformed'],
    ['text with a lone surrogate', text('nip44_encrypt', peer, '\udc00'), 'malformed'],
    ['text over 1 MiB', text('nip44_encrypt', peer, 'x'.repeat(1024 * 1024 + 1)), 'too_large'],
    ['text over 1 MiB in UTF-8', text('nip04_encrypt', peer, 'ü'.repeat(600_000)), 'too_large'],
    ['ciphertext over what 1 MiB becomes', text('nip44_decrypt', peer, 'x'.repeat(2_000_000)), 'too_large'],
  ])('%s', (_name, value, code) => {
    expect(refusalOf(value)).toBe(code);
  });

  test('a ciphertext of the largest text is taken', () => {
    expect(request(text('nip44_decrypt', peer, 'x'.repeat(1_500_000))).method).toBe('nip44_decrypt');
    expect(request(text('nip44_encrypt', peer, 'x'.repeat(1024 * 1024))).method).toBe('nip44_encrypt');
  });

  test('the id is kept whenever it can be read', () => {
    expect(parse({ id: 'x', method: 5 })).toMatchObject({ type: 'refused', id: '"x"' });
    expect(parse(sign({ kind: 14, content: '' }))).toMatchObject({ type: 'refused', id: '"x"', method: 'sign_event' });
    expect(parseRequest('nonsense')).toMatchObject({ type: 'refused', id: '' });
  });

  describe('a request of very many values is refused in words, and not read', () => {
    const many = { ...base, tags: Array(60_000).fill([]) };
    test.each([
      ['an event', sign(many), '"x"', ''],
      ['an event in a string', sign(JSON.stringify(many)), '"x"', 'sign_event'],
      ['unknown fields', { id: 'x', method: 'ping', other: Array(110_000).fill(0) }, '"x"', ''],
      ['the id after them', { method: 'ping', other: Array(110_000).fill(0), id: 7 }, '7', ''],
      ['an id that is none', { id: [1], method: 'ping', other: Array(110_000).fill(0) }, '', ''],
      ['an id too long to be echoed', { id: 'x'.repeat(2_000), other: Array(110_000).fill(0) }, '', ''],
    ])('%s', (_name, value, id, method) => {
      expect(parse(value)).toMatchObject({ type: 'refused', id, method, refusal: { code: 'too_large' } });
    });

    test('also where it is no JSON at all', () => {
      const rest = `${'[],'.repeat(60_000)}`;
      expect(parseRequest(`{"\\x":1,"id":"x","a":[${rest}`)).toMatchObject({
        id: '"x"',
        refusal: { code: 'too_large' },
      });
      expect(parseRequest(`{"id":"\\x","a":[${rest}`)).toMatchObject({ id: '', refusal: { code: 'too_large' } });
    });

    test('the longest list of follows is none of these', () => {
      const tags = Array(13_000).fill(['p', peer, '', '']);
      expect(request(sign({ ...base, kind: 3, tags })).method).toBe('sign_event');
      expect(request(sign(JSON.stringify({ ...base, kind: 3, tags }))).method).toBe('sign_event');
    });
  });

  test('refusals never quote what was sent', () => {
    const parsed = parse({ id: 'x', method: 'my-private-words', params: ['my-private-words'] });
    expect(JSON.stringify(parsed)).not.toContain('private');
  });
});

describe('the digest of a request', () => {
  const digest = (value: unknown) => requestDigest(request(value), primitives);
  test('does not depend on the form, but on id, method and every parameter', () => {
    const event = { id: 'a', method: 'sign_event', params: [base] };
    expect(digest({ ...event, params: [JSON.stringify({ ...base, sig: 'x' })] })).toBe(digest(event));
    const others = [
      { ...event, id: 'b' },
      { ...event, params: [{ ...base, content: 'hello!' }] },
      { ...event, params: [{ ...base, created_at: undefined }] },
      { ...event, params: [{ ...base, pubkey: peer }] },
      { id: 'a', method: 'nip44_encrypt', params: [peer, 'x'] },
      { id: 'a', method: 'nip04_encrypt', params: [peer, 'x'] },
      { id: 'a', method: 'nip04_encrypt', params: [peer, 'y'] },
      { id: 'a', method: 'get_public_key' },
      { id: 1, method: 'get_public_key' },
      { id: '1', method: 'get_public_key' },
      { method: 'get_public_key', account: 0 },
      { id: 'a', method: 'connect', params: ['', 's'] },
      { id: 'a', method: 'connect', params: ['', 't'] },
    ];
    const digests = [event, ...others].map(digest);
    expect(new Set(digests).size).toBe(digests.length);
  });
});
