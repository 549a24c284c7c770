/** What the user says to the host while it runs: what is let through from now on, and whose session is over. */

import { revokeAll } from '../apps/revoking.ts';
import { unpair } from '../apps/sessions.ts';
import { closeBudget } from '../bridge/app-budgets.ts';
import { kindOf, save } from '../bridge/asking.ts';
import type { BridgeEffect, BridgeState, Step } from '../bridge/bridge-state.ts';
import { forgetClient } from '../bridge/ended.ts';
import { answer, note, noteOfOpen } from '../bridge/replies.ts';
import { endAll } from '../bridge/settle.ts';
import { errorText, type Nip46Request } from '../nip46/nip46-text.ts';
import { type Refusal, refuse } from '../nip46/refusal.ts';
import { dropChallenges } from '../web/challenge-ending.ts';
import { type Narrowing, narrowed } from './narrowing.ts';

/** Takes what is let through from now on; what is open and is refused by it ends at once. */
export function narrow(state: BridgeState, narrowing: Narrowing, now: number): Step {
  return endAll({ ...state, narrowing }, now, ({ origin, method, kind }) =>
    narrowed(narrowing, { client: origin.client, method, kind }, now),
  );
}

/** Why a request that came is refused; null when it goes on. */
export function narrowedBy(state: BridgeState, client: string, request: Nip46Request, now: number): Refusal | null {
  return narrowed(state.narrowing, { client, method: request.method, kind: kindOf(request) }, now);
}

/** The user refuses one open request: the device stops asking, and whoever repeats it hears the same. */
export function reject(state: BridgeState, job: number, now: number): Step {
  const open = state.open.get(job);
  return open === undefined ? [state, []] : endAll(state, now, (each) => (each === open ? rejected : null));
}

/** The user ends the session of an app. */
export function revoke(state: BridgeState, client: string, now: number): Step {
  if (!state.sessions.apps.has(client)) return [state, []];
  const [next, effects] = endSession(state, client, revoked, now);
  return [next, [...effects, note(client, 'revoke', null, 'unpaired')]];
}

/** Ends a session: on disk first, then every open request of the app gets its ending. */
export function endSession(before: BridgeState, client: string, why: Refusal, now: number): Step {
  const [state, dropped] = dropChallenges(before, client, why, now);
  const [sessions, rows] = unpair(state.sessions, client);
  const effects: BridgeEffect[] = [...rows.map(save), ...dropped];
  const open = new Map(state.open);
  for (const [job, each] of state.open) {
    if (each.origin.client !== client) continue;
    open.delete(job);
    // What was addressed to the user key nobody here can answer.
    const told = each.wants.type === 'to_user' ? [] : [answer(each.origin, errorText(each.id, why), now)];
    effects.push({ type: 'cancel', job }, ...told, noteOfOpen(each, why));
  }
  const [ended, budgets] = [forgetClient(state.ended, client), closeBudget(state.budgets, client)];
  const [next, revoking] = revokeAll({ ...state, sessions, open, ended, budgets });
  return [next, [...effects, ...revoking]];
}

const rejected = refuse('denied', 'The user refused this at the computer.', '');

const revoked = refuse(
  'cancelled',
  'The user ended the session of this app.',
  'Ask them for a new bunker line and pair it again.',
);
