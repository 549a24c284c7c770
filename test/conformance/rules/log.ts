/** Chapter 20: the log, its chain and its signed head. */
import { createHash, randomBytes } from 'node:crypto';
import { verifySchnorr } from 'tiny-secp256k1';
import { must, type Rule } from '../bench.ts';
import { newComputer, pair } from '../computers.ts';
import { nameOf, sameBytes, type Talk } from '../talk.ts';

const log = 4;

type Head = { readonly number: number; readonly head: Uint8Array; readonly logKey: Uint8Array };

function eightBytes(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

/** The head, whose signature must be over the nonce of this question. */
async function headOf(talk: Talk): Promise<Head> {
  const nonce = Uint8Array.from(randomBytes(32));
  const answer = await talk.ask('log_head', { nonce });
  must(answer.type === 'reply' && answer.command === 'log_head', `log_head: ${nameOf(answer)}`);
  const { number, head, logKey, sig } = answer.body;
  const hash = createHash('sha256').update('sallyport log head').update(eightBytes(number)).update(head).update(nonce);
  must(verifySchnorr(hash.digest(), logKey, sig), 'the head is not signed over this nonce by the log key');
  return { number, head, logKey };
}

/** All entries from this number on, page by page. */
async function entriesFrom(talk: Talk, from: number): Promise<readonly Uint8Array[]> {
  const entries: Uint8Array[] = [];
  for (;;) {
    const answer = await talk.ask('log_read', { from: from + entries.length });
    must(answer.type === 'reply' && answer.command === 'log_read', `log_read: ${nameOf(answer)}`);
    if (answer.body.entries.length === 0) return entries;
    for (const { number, entry } of answer.body.entries) {
      must(number === from + entries.length, `entry ${number}, and ${from + entries.length} was next`);
      entries.push(entry);
    }
  }
}

function chained(head: Uint8Array, number: number, entry: Uint8Array): Uint8Array {
  const hash = createHash('sha256').update('sallyport log').update(head).update(eightBytes(number)).update(entry);
  return Uint8Array.from(hash.digest());
}

export const logRules: readonly Rule[] = [
  {
    chapter: 20,
    name: 'a pairing is in the log: new entries lead from the head before to the head after, signed by the same key',
    computer: 'paired',
    capability: log,
    presses: 1,
    check: async (talk, computer) => {
      const before = await headOf(talk);
      const other = newComputer();
      await talk.greet();
      const { answer } = await pair(talk, await other.establish(talk));
      must(answer.type === 'reply', `pair_confirm: ${nameOf(answer)}`);
      await talk.greet();
      await computer.establish(talk);
      await talk.ask('revoke_host', { key: other.key });
      const after = await headOf(talk);
      must(sameBytes(before.logKey, after.logKey), 'another log key');
      must(after.number > before.number, 'nothing was written of a pairing');
      const entries = await entriesFrom(talk, before.number + 1);
      must(entries.length === after.number - before.number, `${entries.length} entries, and the numbers say otherwise`);
      const head = entries.reduce((last, entry, i) => chained(last, before.number + 1 + i, entry), before.head);
      must(sameBytes(head, after.head), 'the entries do not lead to the head');
    },
  },
  {
    chapter: 20,
    name: 'the log begins at the number that it says, and has nothing after its newest entry',
    computer: 'paired',
    capability: log,
    presses: 0,
    check: async (talk) => {
      const { number, head } = await headOf(talk);
      const answer = await talk.ask('log_read', { from: 0 });
      must(answer.type === 'reply' && answer.command === 'log_read', `log_read: ${nameOf(answer)}`);
      const { first } = answer.body;
      const entries = await entriesFrom(talk, first);
      must(
        first + entries.length - 1 === number,
        `entries from ${first}, ${entries.length} of them, and the head is ${number}`,
      );
      const from =
        first === 1 ? entries.reduce((last, entry, i) => chained(last, 1 + i, entry), new Uint8Array(32)) : head;
      must(sameBytes(from, head), 'the whole log does not lead to its head');
    },
  },
];
