/**
 * Apps that logged out are taken off the device as well: at once when it is there, otherwise when it comes. What is to be forgotten is
 * on disk until the device said that it is.
 */
import type { BridgeEffect, BridgeState, Step } from '../bridge/bridge-state.ts';
import type { DeviceAnswer } from '../device/device-port.ts';
import { revoked } from './sessions.ts';

/** Asks the device to forget what it has to, if it is there and is not being asked already. */
export function revokeAll(state: BridgeState): Step {
  if (state.device?.life !== 'ready' || !state.device.knowsApps || state.stopping) return [state, []];
  const asked = new Set(state.revoking.values());
  const revoking = new Map(state.revoking);
  const effects: BridgeEffect[] = [];
  let { nextJob } = state;
  for (const { client, remoteSigner } of state.sessions.revocations.values()) {
    if (asked.has(client)) continue;
    revoking.set(nextJob, client);
    effects.push({ type: 'ask', job: nextJob, client, ask: { method: 'client_revoke', client, remoteSigner } });
    nextJob++;
  }
  return [{ ...state, revoking, nextJob }, effects];
}

/** Takes an answer to one of these; null when it is none. What was refused is tried again when the device comes the next time. */
export function revocationAnswered(state: BridgeState, job: number, said: DeviceAnswer): Step | null {
  const client = state.revoking.get(job);
  if (client === undefined) return null;
  const revoking = new Map(state.revoking);
  revoking.delete(job);
  if (said.type !== 'done') return [{ ...state, revoking }, []];
  const [sessions, rows] = revoked(state.sessions, client);
  return [{ ...state, revoking, sessions }, rows.map((row) => ({ type: 'save', row }))];
}

/** An app that pairs again is not to be forgotten any more: what was asked before is taken back, or is done before it pairs. */
export function keepPaired(state: BridgeState, client: string): Step {
  const jobs = [...state.revoking].filter(([, each]) => each === client).map(([job]) => job);
  if (jobs.length === 0) return [state, []];
  const revoking = new Map(state.revoking);
  for (const job of jobs) revoking.delete(job);
  return [{ ...state, revoking }, jobs.map((job) => ({ type: 'cancel', job }))];
}
