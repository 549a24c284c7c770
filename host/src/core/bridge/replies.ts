/** Answers, notes and rows as effects: the few shapes in which the bridge speaks. */

import type { AskedRow } from '../apps/store-rows.ts';
import { answerCreatedAt } from '../nip46/envelope.ts';
import type { NostrEvent } from '../nip46/event.ts';
import { type Refusal, refusalText } from '../nip46/refusal.ts';
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { AnswerEffect, BridgeEffect, NoteEffect, NoteOutcome, OpenRequest, Origin, Way } from './bridge-state.ts';

/** An answer to whoever asked. */
export function answer(origin: Origin, text: string, now: number): AnswerEffect {
  const { client, line, relays, encryption, createdAt } = origin;
  return { type: 'answer', client, line, relays, encryption, createdAt: answerCreatedAt(now, createdAt), text };
}

/** A line for the log; a refusal says why. */
export function note(
  client: string,
  method: string,
  kind: number | null,
  outcome: NoteOutcome | Refusal,
  way: Partial<Way> = {},
): NoteEffect {
  const [code, why] = typeof outcome === 'string' ? [outcome, ''] : [outcome.code, refusalText(outcome)];
  const passed = { createdAt: null, cameAt: null, sentAt: null, ...way };
  return { type: 'note', client, method, kind, outcome: code, why, way: passed };
}

/** A line for the log about a request that had been opened. */
export function noteOfOpen(open: OpenRequest, outcome: NoteOutcome | Refusal): NoteEffect {
  const { cameAt, sentAt, origin } = open;
  return note(origin.client, open.method, open.kind, outcome, { createdAt: origin.createdAt, cameAt, sentAt });
}

/**
 * On disk: this event was taken, also by the next host. `request` is the key of a request that a human is asked for, `asked` what the next
 * host has to know of one that the device is asked now.
 */
export function saveSeen(
  event: NostrEvent,
  request: string | null,
  now: number,
  asked: AskedRow | null = null,
): BridgeEffect {
  // An older event is stale; and for as long again a client may repeat the request in a new one.
  const forgetBefore = Math.floor((now - limits.endedMs) / 1000) - limits.freshnessSeconds;
  const seen = { id: event.id, client: event.pubkey, request, createdAt: event.created_at };
  return { type: 'save', row: { type: 'seen', seen, forgetBefore, asked } };
}

/** After the answer: a host that is cut off between the two answers once more, and none is lost. */
export function endOnDisk({ isKept, origin, key }: OpenRequest): readonly BridgeEffect[] {
  return isKept ? [{ type: 'save', row: { type: 'ended', client: origin.client, request: key } }] : [];
}
