/**
 * Apps that logged out are taken off the device as well: at once when it is there, otherwise when it comes. What is to be forgotten is
 * on disk until the device said that it is.
 */
import type { BridgeEffect, BridgeState, Step } from '../bridge/bridge-state.ts';
import type { DeviceAnswer } from '../device/device-port.ts';
import { pairOf, revoked } from './sessions.ts';
import type { Revocation } from './store-rows.ts';

/** Asks the device to forget what it has to, if it is there and is not being asked already. */
export function revokeAll(state: BridgeState): Step {
  if (state.device?.life !== 'ready' || !state.device.knowsApps || state.stopping) return [state, []];
  const asked = new Set(state.revoking.values());
  const revoking = new Map(state.revoking);
  const effects: BridgeEffect[] = [];
  let { nextJob } = state;
  for (const [pair, { client, remoteSigner }] of state.sessions.revocations) {
    if (asked.has(pair)) continue;
    revoking.set(nextJob, pair);
    effects.push({ type: 'ask', job: nextJob, client, ask: { method: 'client_revoke', client, remoteSigner } });
    nextJob++;
  }
  return [{ ...state, revoking, nextJob }, effects];
}

/** Takes an answer to one of these; null when it is none. What was refused is tried again when the device comes the next time. */
export function revocationAnswered(state: BridgeState, job: number, said: DeviceAnswer): Step | null {
  const pair = state.revoking.get(job);
  if (pair === undefined) return null;
  const revoking = new Map(state.revoking);
  revoking.delete(job);
  const revocation = state.sessions.revocations.get(pair);
  if (said.type !== 'done' || revocation === undefined) return [{ ...state, revoking }, []];
  const [sessions, rows] = revoked(state.sessions, revocation);
  return [{ ...state, revoking, sessions }, rows.map((row) => ({ type: 'save', row }))];
}

/** An app that pairs again is not to be forgotten any more: what was asked before is taken back, or is done before it pairs. */
export function keepPaired(state: BridgeState, app: Revocation): Step {
  const jobs = [...state.revoking].filter(([, each]) => each === pairOf(app)).map(([job]) => job);
  if (jobs.length === 0) return [state, []];
  const revoking = new Map(state.revoking);
  for (const job of jobs) revoking.delete(job);
  return [{ ...state, revoking }, jobs.map((job) => ({ type: 'cancel', job }))];
}
