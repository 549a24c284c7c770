/**
 * Auth challenges on disk, and what the next host makes of them: the page that a person was sent to is there again after a crash, and
 * what they had the device asked goes on where it was, without a second question.
 */

import type { ChallengeRow } from '../apps/store-rows.ts';
import { carriedBy, kindOf, save } from '../bridge/asking.ts';
import type { BridgeEffect, BridgeState, OpenRequest, Origin, Step } from '../bridge/bridge-state.ts';
import { parseRequest, requestDigest } from '../nip46/nip46-text.ts';
import { refusalText, refuse } from '../nip46/refusal.ts';
import { type Challenge, challengeLimits as limits, withChallenge } from './challenge.ts';

/** It is kept as it is now. */
export function keepChallenge(
  { token, event, origin, since }: Challenge,
  asking: ChallengeRow['asking'],
): BridgeEffect {
  const [relay = ''] = origin.relays;
  return save({ type: 'challenge', challenge: { token, event, relay, since, asking } });
}

/** It has ended, or the next host can do nothing with it. */
export function dropChallenge({ token }: Pick<Challenge, 'token'>): BridgeEffect {
  return save({ type: 'challenge_ended', token });
}

/** Those of the host before this one, oldest first; before the device is there. */
export function recallChallenges(before: BridgeState, rows: readonly ChallengeRow[], now: number): Step {
  let state = before;
  const effects: BridgeEffect[] = [];
  for (const row of rows) {
    const recalled = recall(state, row, now) ?? [state, [dropChallenge(row)]];
    state = recalled[0];
    effects.push(...recalled[1]);
  }
  return [state, effects];
}

/** Null: whoever asked gave up long ago, or there is nothing to be read. */
function recall(state: BridgeState, row: ChallengeRow, now: number): Step | null {
  const { token, event, relay, since, asking } = row;
  if (now - since > limits.recallMs || state.challenges.size >= limits.openMax) return null;
  const opened = state.signer.open(event);
  const parsed = opened.type === 'opened' ? parseRequest(opened.text) : null;
  if (opened.type !== 'opened' || parsed?.type !== 'request') return null;
  const { request } = parsed;
  if (request.method !== 'connect' && request.method !== 'create_account') return null;
  const { pubkey: client, created_at: createdAt } = event;
  const origin: Origin = { client, line: '', relays: [relay], encryption: opened.encryption, createdAt };
  const key = requestDigest(request, state.signer);
  const words = asking === null ? '' : refusalText(startedAnew);
  const one: Challenge = { token, key, origin, request, event, since, stage: { type: 'waiting', words } };
  // Only what the app signed is known to the device by an id that this host finds again.
  if (asking === null || request.method !== 'connect') {
    return [{ ...state, challenges: withChallenge(state.challenges, one, now) }, []];
  }
  const { account, secretHash } = asking;
  const { id, method, metadata, perms } = request;
  const job = state.nextJob;
  const wants = { type: 'pairing', metadata, perms, secretHash, told: 'ack' } as const;
  const came = { cameAt: since, sentAt: now, chars: event.content.length };
  // A human may have seen it, as far as is known here.
  const open: OpenRequest = { id, key, origin, ...came, method, kind: kindOf(request), isKept: true, wants };
  const stage = { type: 'asking', job, secretHash, account: null } as const;
  const next: BridgeState = {
    ...state,
    nextJob: job + 1,
    open: new Map(state.open).set(job, open),
    challenges: withChallenge(state.challenges, { ...one, stage }, now),
  };
  const carried = carriedBy(state, origin, account, event);
  return [
    next,
    [{ type: 'ask', job, client, ask: { method: 'client_connect', carried, announced: false }, resumed: true }],
  ];
}

const startedAnew = refuse(
  'interrupted',
  'The signer was started anew while the device was asked.',
  'Look at the device, then click again.',
);
