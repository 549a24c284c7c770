/**
 * Whether a question still stands. While it waits for the screen, or is on it, the app may be taken away or paired for another account,
 * and the human may have said "never again" to the same thing: then nobody is asked any more.
 */
import type { DeviceError } from '@sallyport/device-protocol';
import type { Prompt } from '../jobs/prompt.ts';
import { latest } from '../policy/clients.ts';
import { decide } from '../policy/decide.ts';
import type { FirmwareState } from '../turn.ts';
import { appsOf } from './apps.ts';

/** Why it has fallen; null while it stands. */
export function whyFallen(state: FirmwareState, prompt: Prompt, now: number): DeviceError | null {
  const known = prompt.about === 'use' ? prompt.app?.record : prompt.about === 'grant' ? prompt.record : undefined;
  if (known === undefined) return null;
  const apps = appsOf(state);
  if (apps === null) return 'locked';
  const record = latest(apps.clients, known);
  if (record.state === 'revoked' || record.account !== known.account) return 'unknown_client';
  if (record.state === 'damaged') return 'storage';
  if (prompt.about !== 'use' || prompt.app === null) return null;
  const { answer } = decide(prompt.app.question, record, { now, suspended: apps.clients.suspended });
  return answer === 'never' ? 'forbidden' : null;
}
