/**
 * What the host makes of the device that is there: what the bridge has to know of it, and which keys it is asked for. A device that
 * is not ready is asked for none: a PIN is asked for when an app waits, not because a cable was plugged in.
 */
import type { KnownDevice } from '../bridge/bridge-state.ts';
import type { DeviceAccount, DeviceAnswer, DeviceAsk } from './device-port.ts';
import type { DeviceStatus } from './device-turn.ts';

/** What a status says of the device; null when none is there, undefined when it says nothing new of that. */
export function knownDevice(status: DeviceStatus): KnownDevice | null | undefined {
  if (status.state === 'ready') return { life: status.info.state, knowsApps: status.knowsApps };
  // While a device is greeted, and while it asks for its PIN, it is the one that it was.
  return status.state === 'greeting' || status.state === 'unlocking' ? undefined : null;
}

/** What the host asks in its own interest. */
export function ownQuestion(status: DeviceStatus): DeviceAsk | null {
  if (status.state !== 'ready' || status.info.state !== 'ready') return null;
  return status.knowsAccounts ? { method: 'accounts' } : { method: 'get_public_key', account: 0 };
}

/** The accounts that an answer to it tells; null when it tells none. */
export function accountsIn(answer: DeviceAnswer): readonly DeviceAccount[] | null {
  if (answer.type === 'accounts') return answer.accounts;
  return answer.type === 'public_key' ? [{ account: 0, name: '', pubkey: answer.pubkey }] : null;
}
