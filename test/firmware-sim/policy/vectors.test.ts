/** The vectors of freshness and grants against the firmware: what PROTOCOL.md says of chapters 17 and 19. */
import { hexToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import {
  type Clients,
  findClient,
  freshness,
  loadClients,
  markSeen,
  pairClient,
  revokeClient,
} from '../../../firmware-sim/src/firmware/policy/clients.ts';
import { decide, type Question, type Standing } from '../../../firmware-sim/src/firmware/policy/decide.ts';
import type { Grant } from '../../../firmware-sim/src/firmware/policy/grant.ts';
import { benchStore, key } from '../../support/policy-bench.ts';
import { freshnessVectors, type Step } from '../../vectors/freshness.ts';
import { type Decided, grantVectors, type VectorGrant } from '../../vectors/grants.ts';

const client = key(1);
const remoteSigner = key(2);

/** A device with one app. */
function device() {
  const store = benchStore();
  let clients: Clients = loadClients(store, 64);
  const pair = (createdAt: number, id: Uint8Array | null): string => {
    const after = pairClient(clients, store, { client, remoteSigner, account: 0, name: 'app', createdAt, id });
    if (typeof after === 'string') return after;
    clients = after;
    return 'paired';
  };
  const take = (createdAt: number, id: number): string => {
    const record = findClient(clients, client, remoteSigner);
    if (record === null) return 'unknown_client';
    const found = freshness(store, record, createdAt, key(id));
    if (found === 'misdated') return 'invalid_params';
    if (found !== 'fresh') return found;
    const after = markSeen(clients, store, record, createdAt, key(id));
    if (after === 'damaged') return after;
    clients = after;
    return 'taken';
  };
  return {
    results: (step: Step): readonly string[] => {
      if (step.do === 'pair') return [pair(step.createdAt, key(step.id))];
      if (step.do === 'introduce') return [pair(step.createdAt, null)];
      if (step.do === 'take') {
        const { createdAt, id, count = 1, step: seconds = 0 } = step;
        return Array.from({ length: count }, (_, i) => take(createdAt + i * seconds, id + i));
      }
      clients = step.do === 'revoke' ? revokeClient(clients, store, client, remoteSigner) : loadClients(store, 64);
      return [];
    },
  };
}

test.each(freshnessVectors().sequences)('freshness: $name', ({ steps }) => {
  const one = device();
  for (const [index, step] of steps.entries()) {
    const expected = 'result' in step ? step.result : 'paired';
    for (const result of one.results(step)) expect(`${index}: ${result}`).toBe(`${index}: ${expected}`);
  }
});

const now = 5_000_000;
const keyOf = (hex: string | undefined): Uint8Array | null => (hex === undefined ? null : hexToBytes(hex));

function grantOf(grant: VectorGrant): Grant {
  const { left, until, perMinute, used = 0, minuteAgo = 0 } = grant;
  return {
    id: grant.id,
    verdict: grant.verdict,
    method: grant.method,
    kind: grant.kind ?? null,
    peer: keyOf(grant.peer),
    uses: grant.uses ?? null,
    perMinute: perMinute ?? null,
    session: false,
    ends: left === undefined ? null : { uptime: now + left, ms: left, signed: until ?? null },
    recent: used === 0 ? [] : [{ from: now - minuteAgo, last: now - minuteAgo, used }],
  };
}

test.each(grantVectors().decided)('grants: $name', (vector: Decided) => {
  const { method, source, kind = null, peer, createdAt } = vector.question;
  const own = peer === grantVectors().account;
  const question: Question = { source, method, kind, peer: keyOf(peer), own, createdAt };
  const record: Standing | null =
    vector.app === 'unknown' ? null : { state: vector.app, grants: vector.grants.map(grantOf) };
  const { answer, why, grant } = vector;
  const expected = grant === undefined ? { answer, why } : { answer, why, grant };
  expect(decide(question, record, { now, suspended: vector.suspended })).toEqual(expected);
});
