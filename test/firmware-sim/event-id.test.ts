/** The event id that the device builds is the one that clients build: nostr-tools on 10,000 generated events. */
import { getEventHash } from 'nostr-tools/pure';
import { expect, test } from 'vitest';
import { encodeUtf8 } from '../../device-protocol/src/utf8.ts';
import { eventId, eventIdWriter } from '../../firmware-sim/src/firmware/formats/event-id.ts';
import { type Sampler, sampler, someBytes, someText } from './sample.ts';

type Fields = Parameters<typeof eventId>[0];

function byNostrTools(fields: Fields): string {
  const tags = fields.tags.map((tag) => [...tag]);
  return getEventHash({ ...fields, tags, pubkey: Buffer.from(fields.pubkey).toString('hex') });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function someEvent(next: Sampler): Fields {
  return {
    pubkey: someBytes(next, 32),
    created_at: [0, 1, 1_735_787_045, 2 ** 32, Number.MAX_SAFE_INTEGER][next(5)] ?? 0,
    kind: next(2) === 0 ? next(10) : next(65_536),
    tags: Array.from({ length: next(5) }, () =>
      // Empty tags and empty items too; now and then one that is longer than the hashed block.
      Array.from({ length: next(4) }, () => someText(next, next(50) === 0 ? 5_000 : next(20))),
    ),
    content: next(20) === 0 ? '' : someText(next, next(100) === 0 ? 9_000 : next(60)),
  };
}

test('ids equal nostr-tools on 10,000 generated events', () => {
  const next = sampler(20_260_701);
  for (let i = 0; i < 10_000; i++) {
    const fields = someEvent(next);
    const id = hex(eventId(fields));
    if (id !== byNostrTools(fields)) expect.fail(`event ${i}: ${JSON.stringify(fields)}`);
  }
});

test('every character of the basic plane, alone', () => {
  const pubkey = new Uint8Array(32).fill(7);
  for (let code = 0; code < 0x10000; code += code < 0x300 ? 1 : 61) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const fields = { pubkey, created_at: 1, kind: 1, tags: [], content: String.fromCharCode(code) };
    expect(hex(eventId(fields)), `U+${code.toString(16)}`).toBe(byNostrTools(fields));
  }
});

test('UTF-8 pieces, cut anywhere, give the same id', () => {
  const next = sampler(5);
  for (let i = 0; i < 300; i++) {
    const fields = someEvent(next);
    const writer = eventIdWriter(fields.pubkey, fields.created_at, fields.kind);
    for (const tag of fields.tags) writer.tag(tag);
    const bytes = encodeUtf8(fields.content) ?? new Uint8Array();
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + next(7);
      writer.content(bytes.subarray(at, end));
      at = end;
    }
    expect(hex(writer.finish())).toBe(byNostrTools(fields));
  }
});

test('a mebibyte of content, of tags, of empty tags', () => {
  const base = { pubkey: new Uint8Array(32), created_at: 1, kind: 30023, tags: [], content: '' };
  const large: Fields[] = [
    { ...base, content: '漢\u0001"'.repeat(210_000) },
    { ...base, tags: [['x', 'y'.repeat(1024 * 1024)]] },
    { ...base, tags: Array.from({ length: 60_000 }, () => []) },
  ];
  for (const fields of large) expect(hex(eventId(fields))).toBe(byNostrTools(fields));
});

test('what cannot be serialized is a fault, not an id', () => {
  const good = { pubkey: new Uint8Array(32), created_at: 1, kind: 1, tags: [], content: '' };
  expect(() => eventId({ ...good, content: 'x\ud800' })).toThrow('lone surrogate');
  expect(() => eventId({ ...good, tags: [['\udc00']] })).toThrow('lone surrogate');
  expect(() => eventId({ ...good, created_at: 1.5 })).toThrow('count expected');
  expect(() => eventId({ ...good, created_at: 2 ** 53 })).toThrow('count expected');
  expect(() => eventId({ ...good, kind: -1 })).toThrow('count expected');
  expect(() => eventId({ ...good, pubkey: new Uint8Array(31) })).toThrow('32 bytes');
});

test('pieces out of order are a fault', () => {
  const writer = eventIdWriter(new Uint8Array(32), 1, 1);
  writer.contentText('a');
  expect(() => writer.tag(['p'])).toThrow('tag after content');
  writer.finish();
  expect(() => writer.contentText('b')).toThrow('after the end');
});
