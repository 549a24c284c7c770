/** The log: its chain, its ring, what a damaged block does to it, and how a paired computer reads it. */
import { createHash } from 'node:crypto';
import { schnorr } from '@noble/curves/secp256k1.js';
import { decodeCbor, limits } from '@sallyport/device-protocol';
import { expect, test } from 'vitest';
import {
  append,
  blocksKept,
  type Log,
  loadLog,
  perBlock,
  readLog,
} from '../../../firmware-sim/src/firmware/vault/log.ts';
import { encodeLogEntry, logEvents } from '../../../firmware-sim/src/firmware/vault/log-entry.ts';
import type { Sealer } from '../../../firmware-sim/src/firmware/vault/sealed.ts';
import { memoryFlash, testChip } from '../../support/memory-flash.ts';
import { bytesFrom, chance } from '../../support/random.ts';
import { sealedComputer } from '../../support/sealed-computer.ts';

const board = (): Sealer => ({ ...testChip, flash: memoryFlash(), random: bytesFrom(chance(3)) });
const entryOf = (i: number): Uint8Array => encodeLogEntry({ event: 'signed', account: 0, kind: i }, i);

function grown(device: Sealer, count: number, log: Log = loadLog(device)): Log {
  let now = log;
  for (let i = 0; i < count; i++) now = append(device, now, entryOf(now.number + 1));
  return now;
}

/** The chain of PROTOCOL.md, by Node. */
function chain(head: Uint8Array, number: number, entry: Uint8Array): Uint8Array {
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64BE(BigInt(number));
  return createHash('sha256').update('sallyport log').update(head).update(eight).update(entry).digest();
}

test('entries are numbered from 1, and the head is the chain over all of them', () => {
  const device = board();
  expect(loadLog(device)).toMatchObject({ number: 0, first: 1, head: new Uint8Array(32) });
  const log = grown(device, 60);
  let head: Uint8Array = new Uint8Array(32);
  for (let i = 1; i <= 60; i++) head = chain(head, i, entryOf(i));
  expect(log).toMatchObject({ number: 60, first: 1 });
  expect(Buffer.from(log.head).equals(head)).toBe(true);
});

test('after any number of entries it is found as it was, and the oldest ones make room', () => {
  const device = board();
  let log = loadLog(device);
  const all = perBlock * (blocksKept + 2) + 5;
  for (let i = 1; i <= all; i++) {
    log = grown(device, 1, log);
    if (i % 7 === 0 || i > all - 3) expect(loadLog(device)).toEqual(log);
  }
  expect(device.flash.names()).toHaveLength(blocksKept);
  expect(log).toMatchObject({ number: all, first: perBlock * 3 + 1 });
  const page = readLog(device, log, 1, limits.listMax);
  expect(page.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, i) => log.first + i));
  expect(readLog(device, log, all - 1, 12).map(({ entry }) => entry)).toEqual([entryOf(all - 1), entryOf(all)]);
  expect(readLog(device, log, all + 1, 12)).toEqual([]);
});

test('the chain leads from any kept entry on to the head', () => {
  const device = board();
  let log = grown(device, 30);
  let { head, number } = log;
  log = grown(device, 400, log);
  while (number < log.number) {
    for (const next of readLog(device, log, number + 1, 12)) {
      head = chain(head, next.number, next.entry);
      number = next.number;
    }
  }
  expect(Buffer.from(head)).toEqual(Buffer.from(log.head));
});

test('a damaged block is a gap: no number is used twice, and the chain does not pretend', () => {
  const device = board();
  const before = grown(device, perBlock * 3 + 2);
  const record = device.flash.read('log/3') ?? new Uint8Array();
  record[20] = (record[20] ?? 0) ^ 1;
  device.flash.write('log/3', record);
  const log = loadLog(device);
  expect(log.number).toBeGreaterThanOrEqual(before.number);
  expect(log.head).toEqual(new Uint8Array(32));
  const after = grown(device, 2, log);
  expect(readLog(device, after, 1, 12).map(({ number }) => number)).toEqual([log.number + 1, log.number + 2]);
  expect(loadLog(device)).toEqual(after);
});

test('an entry is small and has no content: a method, a kind, the first half of half a key', () => {
  const who = new Uint8Array(32).fill(0xee);
  const entry = encodeLogEntry(
    {
      event: 'refused',
      account: 15,
      who,
      method: 'nip44_decrypt',
      kind: 65535,
      why: 'x'.repeat(99),
      createdAt: 2 ** 32,
    },
    2 ** 45,
  );
  expect(entry.length).toBeLessThanOrEqual(80);
  const decoded = decodeCbor(entry);
  expect('value' in decoded && decoded.value instanceof Map && [...decoded.value]).toEqual([
    [0, 5],
    [1, 2 ** 45],
    [2, 15],
    [3, who.slice(0, 8)],
    [4, 3],
    [5, 65535],
    [6, 'x'.repeat(32)],
    [7, 2 ** 32],
  ]);
  expect(new Set(Object.values(logEvents)).size).toBe(Object.keys(logEvents).length);
});

test('a paired computer reads it, and nobody else; its head is signed over the nonce', () => {
  const computer = sealedComputer();
  const nonce = new Uint8Array(32).fill(8);
  const read = () => computer.say({ type: 'request', id: 60, command: 'log_read', body: { from: 1 } });
  const head = () => computer.say({ type: 'request', id: 62, command: 'log_head', body: { nonce } });
  expect(read()).toMatchObject([{ type: 'error', error: 'not_paired' }]);
  computer.establish();
  expect(head()).toMatchObject([{ type: 'error', error: 'not_paired' }]);
  computer.pair('a desk');
  const [page] = read();
  if (page?.type !== 'reply' || page.command !== 'log_read') throw new Error('no log');
  expect(page.body.first).toBe(1);
  const [entry = { number: 0, entry: new Uint8Array() }] = page.body.entries;
  const decoded = decodeCbor(entry.entry);
  const told = 'value' in decoded && decoded.value instanceof Map ? decoded.value : new Map();
  expect([told.get(0), told.get(3)]).toEqual([logEvents.computer_paired, computer.key.slice(0, 8)]);
  const [said] = head();
  if (said?.type !== 'reply' || said.command !== 'log_head') throw new Error('no head');
  const { number, logKey, sig } = said.body;
  expect(Buffer.from(said.body.head)).toEqual(Buffer.from(chain(new Uint8Array(32), 1, entry.entry)));
  const eight = Buffer.alloc(8);
  eight.writeBigUInt64BE(BigInt(number));
  const hash = createHash('sha256')
    .update('sallyport log head')
    .update(eight)
    .update(said.body.head)
    .update(nonce)
    .digest();
  expect(schnorr.verify(sig, Uint8Array.from(hash), logKey)).toBe(true);
});
