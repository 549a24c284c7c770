/** The log of a device as the host judges it: by the vectors of the protocol, and by what a lying device may say. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { schnorr } from '@noble/curves/secp256k1.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { encodeLogEntry, logEvents } from '../../firmware-sim/src/firmware/vault/log-entry.ts';
import {
  carried,
  judgeLog,
  type KeptHead,
  type LogHead,
  type LogVerdict,
  type RawEntry,
  readEntry,
} from '../../host/src/core/device/device-log.ts';
import type { ActivityRow } from '../../host/src/core/narrowing/activity.ts';
import { primitives } from '../../host/src/primitives/primitives.ts';

type Vectors = {
  readonly log_key: { readonly secret: string; readonly public: string };
  readonly entries: readonly { readonly number: number; readonly entry: string; readonly head: string }[];
  readonly signed: readonly {
    readonly number: number;
    readonly head: string;
    readonly nonce: string;
    readonly hash: string;
    readonly sig: string;
  }[];
  readonly other_chains: readonly {
    readonly name: string;
    readonly entries: readonly string[];
    readonly head: string;
  }[];
};
const vectors = JSON.parse(
  readFileSync(new URL('../../device-protocol/vectors/log.json', import.meta.url), 'utf8'),
) as Vectors;
const logKey = vectors.log_key.public;
const device = 'de'.repeat(32);
const newest = vectors.signed.at(-1);
if (newest === undefined) throw new Error('no signed head');
const nonce = hexToBytes(newest.nonce);
const whole: LogHead = { number: newest.number, head: newest.head, logKey, sig: newest.sig };

function keptAt(number: number): KeptHead {
  const head = number === 0 ? '00'.repeat(32) : (vectors.entries[number - 1]?.head ?? '');
  return { device, logKey, number, head };
}
const judge = (said: LogHead, entries: readonly RawEntry[], kept: KeptHead | null): LogVerdict =>
  judgeLog(said, nonce, entries, kept, primitives.verify);

test('every signed head of the vectors is one, and goes on from every earlier one', () => {
  for (const { number, head, sig, nonce: asked } of vectors.signed) {
    const said = { number, head, logKey, sig };
    const entries = vectors.entries.slice(0, number);
    const judged = (kept: KeptHead | null) => judgeLog(said, hexToBytes(asked), entries, kept, primitives.verify);
    expect(judged(null)).toBe('begun');
    for (let known = 0; known <= number; known++) expect(judged(keptAt(known))).toBe('sound');
    if (number < vectors.entries.length) expect(judged(keptAt(number + 1))).toBe('went_back');
  }
});

test.each(vectors.other_chains)('$name: what was known does not lead to that head', ({ entries, head }) => {
  const raw = entries.map((entry, at) => ({ number: at + 1, entry }));
  // The device signs what it says; only what was known before tells.
  const told = { number: raw.length, head, logKey };
  const sig = signed(told);
  const verdict = judge({ ...told, sig }, raw, keptAt(vectors.entries.length));
  expect(['changed', 'went_back']).toContain(verdict);
  const first = vectors.entries.slice(0, raw.length);
  if (first.length === raw.length) expect(judge({ ...told, sig }, first, null)).toBe('changed');
});

test('a signature over another nonce, another key, and a gap are told apart', () => {
  const zeros = new Uint8Array(32);
  expect(judgeLog(whole, zeros, vectors.entries, null, primitives.verify)).toBe('forged');
  expect(judge(whole, vectors.entries, { ...keptAt(2), logKey: 'ab'.repeat(32) })).toBe('another');
  expect(judge(whole, vectors.entries.slice(3), keptAt(2))).toBe('gap');
  expect(judge(whole, vectors.entries.slice(3, -1), keptAt(2))).toBe('changed');
  expect(judge(whole, [], keptAt(2))).toBe('changed');
  // Entries of the future and of the past are no part of it.
  expect(judge(whole, [...vectors.entries, { number: 7, entry: 'a10001' }], keptAt(2))).toBe('sound');
});

test('entries of our firmware are read, and those of others are unknown', () => {
  const who = hexToBytes('11'.repeat(32));
  for (const event of Object.keys(logEvents) as (keyof typeof logEvents)[]) {
    const entry = Buffer.from(
      encodeLogEntry({ event, account: 2, who, method: 'nip44_decrypt', kind: 7, why: 'granted', createdAt: 5 }, 9),
    ).toString('hex');
    expect(readEntry({ number: 3, entry })).toEqual({
      number: 3,
      event,
      uptimeMs: 9,
      account: 2,
      who: '11'.repeat(8),
      method: 'nip44_decrypt',
      kind: 7,
      why: 'granted',
      createdAt: 5,
    });
  }
  // No CBOR, another CBOR, a kind that is none, words that would move a cursor.
  for (const entry of ['ff', '01', 'a10063616263', 'a2001901000103'])
    expect(readEntry({ number: 1, entry })).toMatchObject({ number: 1, event: 'unknown' });
  expect(readEntry({ number: 1, entry: 'a20001051a00ffffff' })).toMatchObject({ kind: null });
  expect(readEntry({ number: 1, entry: 'a2000106651b5b324a41' })).toMatchObject({ event: 'signed', why: '[2JA' });
});

test('what this computer carried is found once for each row, whatever the clock of the app said', () => {
  const client = '11'.repeat(32);
  const use = (number: number, createdAt: number, over: object = {}) => ({
    ...readEntry({ number, entry: 'a10001' }),
    who: '11'.repeat(8),
    method: 'sign_event',
    kind: 1,
    createdAt,
    ...over,
  });
  const row = (at: number, relay: number | null): ActivityRow => ({
    id: 1,
    at,
    client,
    app: '',
    paired: true,
    method: 'sign_event',
    kind: 1,
    outcome: 'answered',
    why: '',
    ms: { relay, queue: 1, device: 2, total: 500 },
  });
  const here = (rows: readonly ActivityRow[], ...entries: Parameters<typeof carried>[0]) =>
    carried(entries, rows, 'c0'.repeat(32));
  // Arrived at 100.0 s, dated 99.
  const rows = [row(100_500, 1_000)];
  expect(here(rows, use(4, 99), use(3, 99), use(2, 98))).toEqual(['yes', 'no', 'before']);
  expect(here(rows, use(4, 99, { kind: 4 }), use(3, 99, { who: '22'.repeat(8) }))).toEqual(['no', 'no']);
  expect(here(rows, use(2, 99, { who: 'c0'.repeat(8) }), use(1, 99, { event: 'unlocked' }))).toEqual([null, null]);
  // Of an app whose clock is ahead; and one whose date was lost in a restart of the host.
  expect(here([row(90_500, 0)], use(2, 149), use(1, 150))).toEqual(['yes', 'no']);
  expect(here([row(700_500, null)], use(3, 760), use(2, 100), use(1, 99))).toEqual(['no', 'yes', 'before']);
  const repeated = rows.map((each) => ({ ...each, outcome: 'repeated' }));
  expect(carried([use(1, 99)], repeated, '')).toEqual(['no']);
  expect(carried([use(1, 99)], [], 'c0')).toEqual(['before']);
});

function signed({ number, head }: Pick<LogHead, 'number' | 'head'>): string {
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64BE(BigInt(number));
  const text = Buffer.concat([Buffer.from('sallyport log head'), eight, hexToBytes(head), nonce]);
  const digest = createHash('sha256').update(text).digest();
  return Buffer.from(schnorr.sign(digest, hexToBytes(vectors.log_key.secret))).toString('hex');
}
