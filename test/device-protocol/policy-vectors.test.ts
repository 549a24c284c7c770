/** freshness.json, grants.json and log.json beside the firmware: what the vectors say by hand, it does. */
import { createHash } from 'node:crypto';
import { verifySchnorr } from 'tiny-secp256k1';
import { describe, expect, test } from 'vitest';
import {
  type Clients,
  findClient,
  freshness,
  loadClients,
  markSeen,
  pairClient,
  revokeClient,
  suspend,
} from '../../firmware-sim/src/firmware/policy/clients.ts';
import type { Question } from '../../firmware-sim/src/firmware/policy/decide.ts';
import { giveGrant, grantOfBody, resolve } from '../../firmware-sim/src/firmware/policy/grants.ts';
import { append, headHash, loadLog } from '../../firmware-sim/src/firmware/vault/log.ts';
import { memoryFlash, testChip } from '../support/memory-flash.ts';
import { benchStore, key } from '../support/policy-bench.ts';
import { bytesFrom, chance } from '../support/random.ts';
import { bytesOf, hexOf } from '../vectors/diagnostic.ts';
import { freshnessId, freshnessVectors } from '../vectors/freshness.ts';
import { type GrantQuestion, grantVectors } from '../vectors/grants.ts';
import { logVectors } from '../vectors/log.ts';

const app = { client: key(1), remoteSigner: key(2), account: 0, name: 'app' };

function recordIn(clients: Clients) {
  const record = findClient(clients, app.client, app.remoteSigner);
  if (record === null) throw new Error('the app is gone');
  return record;
}

function pairedBy(clients: Clients, store: ReturnType<typeof benchStore>, number: number, createdAt: number) {
  return pairClient(clients, store, { ...app, createdAt, id: bytesOf(freshnessId(number)) });
}

describe('freshness.json', () => {
  const { sequences, paired_at } = freshnessVectors();

  test.each(sequences)('$name', ({ steps }) => {
    const store = benchStore();
    const begun = pairedBy(loadClients(store, 64), store, 0, paired_at);
    if (typeof begun === 'string') throw new Error(begun);
    let clients = begun;
    const take = (number: number, createdAt: number): string => {
      const id = bytesOf(freshnessId(number));
      const fresh = freshness(store, recordIn(clients), createdAt, id);
      if (fresh === 'misdated') return 'invalid_params';
      if (fresh !== 'fresh') return fresh;
      const after = markSeen(clients, store, recordIn(clients), createdAt, id);
      if (after === 'damaged') return after;
      clients = after;
      return 'accepted';
    };
    for (const [at, step] of steps.entries()) {
      if ('revoked' in step) clients = revokeClient(clients, store, app.client, app.remoteSigner);
      else if ('paired' in step) {
        const after = pairedBy(clients, store, step.paired, step.created_at);
        expect(typeof after === 'string' ? after : 'accepted', `step ${at}`).toBe(step.verdict);
        if (typeof after !== 'string') clients = after;
      } else if ('count' in step) {
        for (let i = 0; i < step.count; i++)
          expect(take(step.from + i, step.created_at + i * step.every), `step ${at}, event ${i}`).toBe(step.verdict);
      } else expect(take(step.event, step.created_at), `step ${at}`).toBe(step.verdict);
    }
  });
});

describe('grants.json', () => {
  const { rows, account } = grantVectors();

  function questionOf({ source = 'app', method, kind, peer }: GrantQuestion, createdAt: number): Question {
    const bytes = peer === undefined ? null : bytesOf(peer);
    return { source, method, kind: kind ?? null, peer: bytes, own: peer === account, createdAt };
  }

  test.each(rows)('$name', ({ steps }) => {
    const store = benchStore();
    const begun = pairClient(loadClients(store, 64), store, { ...app, createdAt: 1_600_000_000, id: null });
    if (typeof begun === 'string') throw new Error(begun);
    let clients = begun;
    for (const [at, step] of steps.entries()) {
      if ('suspended' in step) clients = suspend(clients, store, step.suspended);
      else if ('give' in step) {
        const { peer, ...grant } = step.give;
        const body = grantOfBody({ ...grant, ...(peer === undefined ? {} : { peer: bytesOf(peer) }) });
        if (body === null) throw new Error(`step ${at}: no grant`);
        const after = giveGrant(clients, store, recordIn(clients), body, step.at, step.created_at);
        if (typeof after === 'string') throw new Error(`step ${at}: ${after}`);
        clients = after;
      } else {
        const question = questionOf(step.ask, step.created_at);
        const record = question.source === 'app' ? recordIn(clients) : null;
        const decided = resolve(clients, store, record, question, step.at, {});
        const { answer, why } = step;
        if ('clients' in decided) {
          clients = decided.clients;
          expect({ answer, why, grant: step.grant }, `step ${at}`).toEqual({
            answer: 'allow',
            why: 'granted',
            grant: decided.use.grant,
          });
        } else {
          const expected = { answer, why, ...(step.grant === undefined ? {} : { grant: step.grant }) };
          expect(decided.verdict, `step ${at}`).toEqual(expected);
        }
      }
    }
  });

  test('every answer and every reason why is there', () => {
    const whys = new Set(rows.flatMap(({ steps }) => steps.flatMap((step) => ('ask' in step ? [step.why] : []))));
    expect([...whys].sort()).toEqual(
      [
        ...['always_ask', 'computer', 'denied', 'free', 'granted', 'never_signed', 'no_grant', 'own', 'rate'],
        ...['suspended', 'unknown_computer', 'unknown_method'],
      ].sort(),
    );
  });
});

describe('log.json', () => {
  const { entries, signed, log_key, other_chains } = logVectors();

  test('the firmware’s chain has these heads, and what is signed is this', () => {
    const board = { flash: memoryFlash(), random: bytesFrom(chance(1)), ...testChip };
    let log = loadLog(board);
    const heads = [log];
    for (const { entry, head, number } of entries) {
      log = append(board, log, bytesOf(entry));
      heads.push(log);
      expect([log.number, hexOf(log.head)]).toEqual([number, head]);
    }
    for (const { number, head, nonce, hash, sig } of signed) {
      const at = heads[number];
      if (at === undefined) throw new Error('no head');
      expect([hexOf(at.head), hexOf(headHash(at, bytesOf(nonce)))]).toEqual([head, hash]);
      expect(verifySchnorr(bytesOf(hash), bytesOf(log_key.public), bytesOf(sig))).toBe(true);
    }
  });

  test('whatever is done to a log, its head is another one', () => {
    const heads = [entries.at(-1)?.head, ...other_chains.map(({ head }) => head)];
    expect(new Set(heads).size).toBe(heads.length);
    expect(createHash('sha256').update('event 1').digest('hex')).toBe(freshnessId(1));
  });
});
