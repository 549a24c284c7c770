/** Requests read from streams: against JSON.parse, nostr-tools and the in-memory path, for every order, cut, escape and lie. */
import fc from 'fast-check';
import { getEventHash } from 'nostr-tools/pure';
import { describe, expect, test } from 'vitest';
import { encodeCbor } from '../../device-protocol/src/index.ts';
import { authenticate } from '../../firmware-sim/src/firmware/stream/client-event.ts';
import { readEvent, readOwnEvent, type StreamEvent } from '../../firmware-sim/src/firmware/stream/event.ts';
import { isRefused, orRefused, type Reading, type Refused } from '../../firmware-sim/src/firmware/stream/reading.ts';
import { type ClientRequest, readRequest, shortParam } from '../../firmware-sim/src/firmware/stream/request.ts';
import { walkText } from '../../firmware-sim/src/firmware/stream/walk.ts';
import { someText } from '../support/some-text.ts';
import { accountPublic, around, drive, hex, noCurve, realCurve, type Sent, sealed, signed } from './stream.ts';

const account = { pubkey: accountPublic, columns: 30 };

type Env = Parameters<typeof authenticate>[1];

/** Authenticates, reads, and goes on. */
function* requestOf({ event }: Sent, env: Env): Reading<ClientRequest | Refused> {
  const authentic = yield* authenticate(event, env);
  return isRefused(authentic) ? authentic : yield* readRequest(authentic);
}

function* eventOf(sent: Sent, env: Env): Reading<StreamEvent | Refused> {
  const request = yield* requestOf(sent, env);
  return isRefused(request) ? request : yield* readEvent(request, account, 77);
}

function must<T extends object>(result: T | Refused): T {
  if (isRefused(result)) throw new Error(`refused: ${result.error}`);
  return result;
}

function textOf(text: StreamEvent['content'], content: Uint8Array): string {
  const pieces: number[] = [];
  drive(
    walkText(text, (bytes, from, to) => pieces.push(...bytes.subarray(from, to))),
    content,
  );
  return Buffer.from(pieces).toString('utf8');
}

const template = {
  kind: 1,
  created_at: 1_760_000_001,
  tags: [['t', 'ä"\\'], [], ['', '😀']],
  content: 'Hi 😀\n"\\/\u0001',
};
const idOf = (fields: typeof template): string => getEventHash({ ...fields, pubkey: hex(accountPublic) });
const rpc = (params: unknown, id: unknown = 'a1'): string => JSON.stringify({ id, method: 'sign_event', params });

describe.each(['nip44', 'nip04'] as const)('%s', (scheme) => {
  test('a signed request is verified, read and its event hashed; a short one is asked for once', () => {
    const sent = signed(sealed(rpc([JSON.stringify(template)]), scheme));
    const { result, asked } = drive(eventOf(sent, realCurve), sent.content);
    const event = must(result);
    expect(hex(event.id)).toBe(idOf(template));
    expect(textOf(event.content, sent.content)).toBe(template.content);
    expect(event.tagSummary).toBe('3 (1 t, 2 other)');
    expect(asked).toBe(1);
    const request = must(drive(requestOf(sent, realCurve), sent.content).result);
    expect(request).toMatchObject({ id: { text: 'a1', json: '"a1"' }, method: 'sign_event' });
  });

  test('the id of the outer event is the one that the client signed', () => {
    const sent = signed(sealed(rpc([JSON.stringify(template)]), scheme));
    const authentic = must(drive(authenticate(sent.event, realCurve), sent.content).result);
    expect(hex(authentic.eventId)).toBe(sent.id);
    expect(authentic.scheme).toBe(scheme);
    for (const changed of [{ createdAt: 1 }, { tags: [] }, { client: accountPublic }, { sig: new Uint8Array(64) }]) {
      const lie = { ...sent, event: { ...sent.event, ...changed } };
      expect(drive(authenticate(lie.event, realCurve), sent.content).result).toEqual({ error: 'unauthenticated' });
    }
  });

  test('another key opens nothing', () => {
    const sent = signed(sealed(rpc([JSON.stringify(template)]), scheme), new Uint8Array(32).fill(1));
    expect(drive(requestOf(sent, realCurve), sent.content).result).toEqual({ error: 'unauthenticated' });
  });

  test.each([1_000, 4_000, 120_000])('an event of %i bytes, its parts in any order', (size) => {
    const fields = {
      ...template,
      content: 'ä"\n😀x'.repeat(size / 9),
      tags: [
        ['e', 'y'.repeat(size / 10)],
        ['p', 'z'],
      ],
    };
    const orders = [
      ['content', 'tags', 'kind', 'created_at'],
      ['tags', 'created_at', 'content', 'kind'],
    ] as const;
    for (const order of orders) {
      const json = JSON.stringify(Object.fromEntries(order.map((name) => [name, fields[name]])));
      for (const params of [[json], [JSON.parse(json)]]) {
        const sent = around(
          sealed(JSON.stringify({ params, method: 'sign_event', extra: { a: [1, null] }, id: 7 }), scheme),
        );
        const event = must(drive(eventOf(sent, noCurve), sent.content).result);
        expect(hex(event.id)).toBe(idOf(fields));
        expect(textOf(event.content, sent.content) === fields.content).toBe(true);
      }
    }
  });

  test('a block that changes after it was authenticated ends the request', () => {
    const sent = around(sealed(rpc([JSON.stringify({ ...template, content: 'x'.repeat(9_000) })]), scheme));
    const whole = drive(eventOf(sent, noCurve), sent.content).asked;
    const blocks = Math.ceil(sent.content.length / 3_584);
    expect(whole).toBeGreaterThanOrEqual(3 * blocks - 2);
    for (let lie = blocks; lie < whole; lie++) {
      const { result } = drive(eventOf(sent, noCurve), sent.content, (bytes, asked) => {
        if (asked === lie) bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        return bytes;
      });
      expect(result, `lie ${lie}`).toEqual({ error: 'stream_integrity' });
    }
  });
});

test('ids, params and their absence, as clients write them', () => {
  const read = (text: string) => {
    const sent = around(sealed(text, 'nip44'));
    return drive(requestOf(sent, noCurve), sent.content).result;
  };
  expect(read('{"method":"ping","id":12}')).toMatchObject({ id: { text: '12', json: '12' }, params: [] });
  expect(read(' {"params":null , "id":"\\u00e9\\ud83d\\ude00","method":"ping"}\n')).toMatchObject({
    id: { text: 'é😀' },
  });
  for (const wrong of [
    '{"id":"a","method":"ping","id":"a"}',
    '{"id":"a","params":[]}',
    '{"id":{},"method":"ping"}',
    '{"id":"a","method":"ping","params":{}}',
    '{"id":"a","method":"ping","params":[]} x',
    '{"id":"a","method":"ping","params":[1,]}',
    '{"id":"a","method":"pi\\ud800ng"}',
    '[]',
    '"a"',
    '{"id":"a","method":"ping"',
    `{"id":"a","method":"ping","x":${'['.repeat(40)}${']'.repeat(40)}}`,
  ]) {
    expect(read(wrong), wrong).toEqual({ error: 'invalid_params' });
  }
});

test.each<readonly [string, number, (count: number) => string]>([
  ['bytes of an id', 128, (count) => JSON.stringify({ id: 'x'.repeat(count), method: 'ping' })],
  ['bytes of a method', 64, (count) => JSON.stringify({ id: 'a', method: 'x'.repeat(count) })],
  ['params', 16, (count) => JSON.stringify({ id: 'a', method: 'ping', params: Array(count).fill(1) })],
  [
    'keys',
    16,
    (count) => `{"id":"a","method":"ping"${Array.from({ length: count - 2 }, (_, i) => `,"${i}":1`).join('')}}`,
  ],
])('as many %s as PROTOCOL says, and no more: %i', (_, most, text) => {
  const read = (count: number) => {
    const sent = around(sealed(text(count), 'nip44'));
    return drive(requestOf(sent, noCurve), sent.content).result;
  };
  expect(read(most)).toHaveProperty('method');
  expect(read(most + 1)).toEqual({ error: 'invalid_params' });
});

test('templates: what lacks is filled, what is wrong is refused', () => {
  const read = (fields: unknown) => {
    const sent = around(sealed(rpc([JSON.stringify(fields)]), 'nip44'));
    return drive(eventOf(sent, noCurve), sent.content).result;
  };
  const bare = must(read({ kind: 1, content: '' }));
  expect(hex(bare.id)).toBe(idOf({ kind: 1, content: '', tags: [], created_at: 77 }));
  expect(must(read({ kind: 1, content: '', tags: null, created_at: null, pubkey: '', id: 3, sig: [] })).id).toEqual(
    bare.id,
  );
  expect(must(read({ ...template, pubkey: hex(accountPublic) })).created_at).toBe(template.created_at);
  const login = must(
    read({
      kind: 22242,
      content: '',
      tags: [
        ['relay', 'wss://a'],
        ['challenge', 'b'],
      ],
    }),
  );
  expect(login.places).toEqual([
    ['relay', 'wss://a'],
    ['challenge', 'b'],
  ]);
  for (const wrong of [
    { ...template, pubkey: '00'.repeat(32) },
    { ...template, kind: 65_536 },
    { ...template, kind: -1 },
    { ...template, kind: null },
    { ...template, kind: '1' },
    { ...template, created_at: 1.5 },
    { ...template, created_at: true },
    { ...template, content: null },
    { ...template, tags: [['a', 1]] },
    { ...template, tags: ['a'] },
    { ...template, tags: {} },
    { kind: 1 },
    [],
  ]) {
    expect(read(wrong), JSON.stringify(wrong)).toEqual({ error: 'invalid_params' });
  }
  for (const kind of [14, 15, 24133]) expect(read({ ...template, kind })).toEqual({ error: 'forbidden_kind' });
});

test('no content that is cut off is read', () => {
  for (const scheme of ['nip44', 'nip04'] as const) {
    const payload = sealed(rpc([JSON.stringify(template)]), scheme);
    for (let length = 0; length < payload.length; length++) {
      const sent = around(payload.slice(0, length));
      expect(drive(requestOf(sent, noCurve), sent.content).result, `${length}`).toEqual({ error: 'unauthenticated' });
    }
  }
});

/** Any JSON text of a value: any escapes, any white space. */
const written = fc.tuple(
  fc.record({ kind: fc.nat(13), created_at: fc.nat(), content: someText({ maxLength: 60 }) }),
  fc.array(fc.array(someText({ maxLength: 12 }), { maxLength: 4 }), { maxLength: 5 }),
  fc.nat(0xffff_ffff),
);

function escaped(text: string, seed: number): string {
  const code = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replace(/(?<!\\)[g-z\u0080-\ud7ff\ue000-\uffff]|[\ud800-\udbff][\udc00-\udfff]/g, (units, at: number) =>
    ((seed >>> (at % 31)) & 1) === 1 ? [...units.split('')].map(code).join('') : units,
  );
}

test('any event in any JSON: the same id as nostr-tools', () => {
  fc.assert(
    fc.property(written, fc.boolean(), ([fields, tags, seed], asObject) => {
      const event = { ...fields, tags };
      const strings = (value: unknown): string =>
        typeof value === 'string' ? escaped(JSON.stringify(value), seed) : JSON.stringify(value);
      const list = `[ ${tags.map((tag) => `[${tag.map(strings).join(' ,')}]`).join(',\t')}]`;
      const json = `{"content" :${strings(event.content)}, "tags":${list},\r\n"kind":${event.kind},"created_at":${event.created_at}}`;
      const param = asObject ? json : escaped(JSON.stringify(json), seed >>> 3);
      const sent = around(sealed(`{"id":"x","method":"sign_event","params":[${param}]}`, 'nip44'));
      const read = must(drive(eventOf(sent, noCurve), sent.content).result);
      expect(hex(read.id)).toBe(idOf(event));
      expect(textOf(read.content, sent.content)).toBe(event.content);
    }),
    { numRuns: 400 },
  );
});

test('the host’s own events: the same id, whatever is in them; nothing else is read', () => {
  fc.assert(
    fc.property(written, ([fields, tags]) => {
      const input = encodeCbor([fields.created_at, fields.kind, tags, fields.content]);
      const event = must(drive(readOwnEvent(input.length, account, noCurve), input).result);
      expect(hex(event.id)).toBe(idOf({ ...fields, tags }));
      expect(textOf(event.content, input)).toBe(fields.content);
      for (let length = 0; length < input.length; length++) {
        const cut = input.slice(0, length);
        const { result } = drive(readOwnEvent(length, account, noCurve), cut);
        expect(result).toEqual({ error: 'invalid_params' });
      }
    }),
    { numRuns: 100 },
  );
});

test('short parameters are read whole, longer ones and others are not', () => {
  const sent = around(
    sealed(JSON.stringify({ id: '1', method: 'nip44_encrypt', params: ['ké"y', 'x'.repeat(9_000), 3] }), 'nip44'),
  );
  const { result } = drive(
    orRefused(
      (function* () {
        const request = must(yield* requestOf(sent, noCurve));
        return [
          yield* shortParam(request, 0, 64),
          yield* shortParam(request, 1, 64),
          yield* shortParam(request, 2, 64),
        ];
      })(),
    ),
    sent.content,
  );
  expect(result).toEqual(['ké"y', null, null]);
});
