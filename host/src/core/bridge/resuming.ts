/**
 * What a host before this one had asked the device when it was cut off (a crash, a power cut). The device is asked what became of it, not
 * its human: it goes on where it is still open, its answer comes once more where it ended, and it is sent where it never arrived.
 *
 * Promises: nobody is asked a second time; who repeats such a request waits for it like for any other; what cannot be gone on with ends,
 * and is off the disk.
 */
import { appAt, appAtUser } from '../apps/line-keys.ts';
import { connectQuestion } from '../apps/pairing.ts';
import type { AskedRow } from '../apps/store-rows.ts';
import { resumedAtUser } from '../apps/to-user.ts';
import { parseRequest, resultText } from '../nip46/nip46-text.ts';
import { kindOf } from './asking.ts';
import { bridgeLimits as limits } from './bridge-limits.ts';
import type { BridgeEffect, BridgeState, Origin, Step } from './bridge-state.ts';
import { lineOf, userOf } from './door.ts';
import { forgetEnded } from './ended.ts';
import { answer } from './replies.ts';
import { resumedQuestion } from './requests.ts';

/** Goes on with these, oldest first. */
export function resume(before: BridgeState, asked: readonly AskedRow[], now: number): Step {
  let state = before;
  const effects: BridgeEffect[] = [];
  for (const row of asked) {
    const resumed = resumeOne(state, row, now) ?? [state, [ended(row)]];
    state = resumed[0];
    effects.push(...resumed[1]);
  }
  return [state, effects];
}

/** Off the disk. */
function ended({ event, request }: AskedRow): BridgeEffect {
  return { type: 'save', row: { type: 'ended', client: event.pubkey, request } };
}

/** Null: there is nothing to go on with. */
function resumeOne(state: BridgeState, row: AskedRow, now: number): Step | null {
  const { event, request: key, relay, cameAt } = row;
  // Whoever asked gave up long ago.
  if (now - cameAt > limits.lifeMs || state.open.size >= limits.openMax) return null;
  const line = lineOf(state, event);
  if (line === null) {
    const account = userOf(state, event);
    const app = account === undefined ? undefined : appAtUser(state.sessions, event.pubkey, account.pubkey);
    return account === undefined ? null : resumedAtUser(state, { account, app }, event, row);
  }
  const opened = state.signer.at(line).open(event);
  if (opened.type === 'undecryptable') return null;
  const parsed = parseRequest(opened.text);
  if (parsed.type === 'refused') return null;
  const { request } = parsed;
  const { pubkey: client, created_at: createdAt } = event;
  const origin: Origin = { client, line, relays: [relay], encryption: opened.encryption, createdAt };
  const app = appAt(state.sessions, client, line);
  const question =
    request.method === 'connect'
      ? connectQuestion(state, origin, request, event, now)
      : app === undefined
        ? null
        : resumedQuestion(state, app, origin, request, event);
  // The device paired it, and so it was written down; what may be missing is the last word.
  if (question === null && request.method === 'connect' && app !== undefined) {
    return [state, [answer(origin, resultText(request.id, 'ack'), now), ended(row)]];
  }
  if (question === null) return null;
  const [ask, wants] = question;
  const job = state.nextJob;
  const { id, method } = request;
  const chars = event.content.length;
  // A human may have seen it, as far as is known here.
  const open = { id, key, origin, cameAt, sentAt: now, chars, method, kind: kindOf(request), isKept: true, wants };
  const goesOn = forgetEnded(state.ended, client, key);
  return [
    { ...state, nextJob: job + 1, open: new Map(state.open).set(job, open), ended: goesOn },
    [{ type: 'ask', job, client, ask, resumed: true }],
  ];
}
