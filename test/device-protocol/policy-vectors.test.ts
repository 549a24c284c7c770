/** The histories of grants.json, and log.json, beside the firmware: what the vectors say by hand, it does. */
import { verifySchnorr } from 'tiny-secp256k1';
import { describe, expect, test } from 'vitest';
import {
  type Clients,
  findClient,
  loadClients,
  pairClient,
  suspend,
} from '../../firmware-sim/src/firmware/policy/clients.ts';
import type { Question } from '../../firmware-sim/src/firmware/policy/decide.ts';
import { giveGrant, grantOfBody, resolve } from '../../firmware-sim/src/firmware/policy/grants.ts';
import { append, headHash, loadLog } from '../../firmware-sim/src/firmware/vault/log.ts';
import { memoryFlash, testChip } from '../support/memory-flash.ts';
import { benchStore, key } from '../support/policy-bench.ts';
import { bytesFrom, chance } from '../support/random.ts';
import { bytesOf, hexOf } from '../vectors/diagnostic.ts';
import { type GrantQuestion, grantHistories } from '../vectors/grant-histories.ts';
import { accountKey } from '../vectors/grants.ts';
import { logVectors } from '../vectors/log.ts';

const app = { client: key(1), remoteSigner: key(2), account: 0, name: 'app' };

function recordIn(clients: Clients) {
  const record = findClient(clients, app.client, app.remoteSigner);
  if (record === null) throw new Error('the app is gone');
  return record;
}

describe('histories of grants.json', () => {
  const account = accountKey;

  function questionOf({ source = 'app', method, kind, peer }: GrantQuestion, createdAt: number): Question {
    const bytes = peer === undefined ? null : bytesOf(peer);
    return { source, method, kind: kind ?? null, peer: bytes, own: peer === account, createdAt };
  }

  test.each(grantHistories())('$name', ({ steps }) => {
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
  });
});
