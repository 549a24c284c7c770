/**
 * A device that is locked: what waits for its keys waits until a human has typed the PIN on it.
 *
 * Promises: the device is asked to ask for its PIN once for all that waits, and not again for a while when nobody typed it; what a
 * human was shown is never sent again after the lock, and nothing is sent a third time; whoever waited in vain is told why.
 * Part of device-session.ts.
 */
import type { ErrorMessage, Reply } from '@sallyport/device-protocol';
import { unlockPauseMs } from '../nip46/limits.ts';
import { pairingNotUnlocked } from './device-pairing.ts';
import { toRefusal } from './device-refusal.ts';
import { answer, askInfo, type Open, remove, replace, say, send, type Turn, takeId } from './device-turn.ts';

/** Whether nothing may be sent because the device has no keys at the moment; asks for the PIN where something waits for it. */
export function isLocked(turn: Turn): boolean {
  const { life, open, unlock, pairing } = turn.state;
  if (life !== 'locked') return false;
  const waits = pairing?.step === 'locked' || open.some((entry) => entry.phase === 'waiting');
  if (!waits || unlock.id !== null) return true;
  if (turn.now < unlock.notBefore) refuseWaiting(turn);
  else {
    const id = takeId(turn);
    turn.state = { ...turn.state, unlock: { ...unlock, id } };
    send(turn, { type: 'request', id, command: 'unlock', body: {} });
    say(turn, { state: 'unlocking' });
  }
  return true;
}

/** Takes the answer to our asking for the PIN; false when it is another's. */
export function takeUnlock(turn: Turn, message: Reply | ErrorMessage): boolean {
  const { id, notBefore } = turn.state.unlock;
  if (id === null || message.id !== id) return false;
  if (message.type === 'reply') {
    if (message.command !== 'unlock') return false;
    turn.state = { ...turn.state, life: 'ready', unlock: { id: null, notBefore } };
    askInfo(turn);
    return true;
  }
  turn.state = { ...turn.state, unlock: { id: null, notBefore: turn.now + unlockPauseMs } };
  refuseWaiting(turn);
  // What is said next shall be what the device is now, not that it asks.
  askInfo(turn);
  return true;
}

/** True when a request that met a locked device was put back to wait for the PIN. */
export function waitsForPin(turn: Turn, entry: Open, message: ErrorMessage): boolean {
  if (message.error !== 'locked') return false;
  turn.state = { ...turn.state, life: 'locked' };
  if (entry.phase !== 'sent' || entry.shown || entry.wasLocked) return false;
  const { job, client, ask } = entry;
  replace(turn, { job, client, ask, output: [], outputLength: 0, wasLocked: true, phase: 'waiting' });
  return true;
}

function refuseWaiting(turn: Turn): void {
  pairingNotUnlocked(turn);
  for (const entry of turn.state.open) {
    if (entry.phase !== 'waiting') continue;
    remove(turn, entry);
    answer(turn, entry.job, { type: 'refused', refusal: toRefusal('locked') });
  }
}
