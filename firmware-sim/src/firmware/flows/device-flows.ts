/** Flows about the device as a whole: wiping, its name, its PIN, the backup, when it locks by itself. */

import { changeOpen, type OpenLife, openLife, setLife, wipeAll } from '../life/life.ts';
import { appendLog } from '../logging.ts';
import { readWords, writeSettings } from '../vault/accounts-store.ts';
import { changePin, protect } from '../vault/vault.ts';
import type { Flow, FlowEnd, Here, Part } from './flow.ts';
import { fact, line } from './page-rows.ts';
import { choose, newPin, question, tell, working } from './parts.ts';
import { confirmPin } from './unlock.ts';
import { checkAll } from './words.ts';

const denied: FlowEnd = { type: 'failed', error: 'denied' };

/** Forgets everything, after a hold. */
export function* wipeFlow(here: Here): Flow {
  const text = [
    line('Everything is forgotten: keys, accounts, computers, apps.'),
    line('Without your words the keys are gone for ever.'),
  ].join('');
  if (!(yield* question('Wipe device?', text, { hold: true, yes: 'wipe' }))) return denied;
  wipeAll(here.turn);
  return { type: 'done' };
}

/** The name that a computer proposes. */
export function* renameDeviceFlow(here: Here, name: string): Flow {
  const { life } = here.turn.state;
  if (life.phase !== 'open') return { type: 'failed', error: 'locked' };
  const shown = [fact('now', deviceName(life)), fact('then', name)].join('');
  if (!(yield* question('Rename device?', shown, { yes: 'rename' }))) return denied;
  appendLog(here.turn, { event: 'renamed' });
  changeSettings(here, { name });
  return { type: 'done' };
}

export function deviceName({ settings }: OpenLife): string {
  return settings.name === '' ? 'Sallyport' : settings.name;
}

/** The owner enters the words again; at the end they hear whether they were right. */
export function* backupFlow(here: Here): Flow {
  const { life } = here.turn.state;
  const entropy = life.phase === 'open' ? readWords(life.vault) : null;
  if (!(entropy instanceof Uint8Array)) return { type: 'failed', error: 'wrong_state' };
  try {
    const text = line('Take your paper. The device asks for every word, and says at the end whether all were right.');
    if (!(yield* question('Backup check', text, { yes: 'begin', no: 'leave' }))) return denied;
    const right = yield* checkAll(here, entropy);
    if (!right) {
      yield* tell('Not right', line('The words on your paper are not those of this device, or one was entered wrong.'));
      return denied;
    }
    appendLog(here.turn, { event: 'backup_checked' });
    changeSettings(here, { backupChecked: true });
    here.settled = { type: 'done' };
    yield* tell('All right', line('These are the words of this device. Keep them safe.'));
    return { type: 'done' };
  } finally {
    entropy.fill(0);
  }
}

/** The old PIN, then a new one twice. */
export function* changePinFlow(here: Here): Part<void> {
  if ((yield* confirmPin(here, 'Old PIN')) === null) return;
  const next = yield* newPin(here);
  if (next === null) return;
  yield* working('Writing…');
  const { life } = here.turn.state;
  if (life.phase !== 'open') return;
  changePin(here.turn.env, life.vault, next);
  appendLog(here.turn, { event: 'pin_changed' });
  yield* tell('PIN changed', line('From now on the new PIN unlocks.'));
}

/** Keys of a firmware that had no PIN get one. */
export function* protectFlow(here: Here): Flow {
  const text = line('The keys of this device have no PIN yet. They cannot be used before they have one.');
  if (!(yield* question('Set a PIN', text, { yes: 'begin', no: 'leave' }))) return denied;
  const pin = yield* newPin(here);
  if (pin === null) return denied;
  yield* working('Writing…');
  const { turn } = here;
  const vault = protect(turn.env, pin);
  if (vault === null) return { type: 'failed', error: 'storage' };
  appendLog(turn, { event: 'set_up' });
  setLife(turn, openLife(turn.env, vault, turn.now));
  return { type: 'done' };
}

const minutes = [1, 5, 15, 60, 240, 1_440, 0] as const;

/** After how long without use the device locks by itself. */
export function* autoLockFlow(here: Here): Part<void> {
  const { life } = here.turn.state;
  if (life.phase !== 'open') return;
  const now = minutes.map(Number).indexOf(life.settings.autoLockMinutes);
  const chosen = yield* choose('Auto-lock', minutes.map(minutesText), Math.max(0, now));
  const autoLockMinutes = chosen === null ? undefined : minutes[chosen];
  if (autoLockMinutes !== undefined) changeSettings(here, { autoLockMinutes });
}

function minutesText(count: number): string {
  if (count === 0) return 'never';
  if (count < 60) return count === 1 ? '1 minute' : `${count} minutes`;
  return count === 60 ? '1 hour' : `${count / 60} hours`;
}

function changeSettings(here: Here, change: Partial<OpenLife['settings']>): void {
  const { life } = here.turn.state;
  if (life.phase !== 'open') return;
  const settings = { ...life.settings, ...change };
  writeSettings(life.vault, settings);
  changeOpen(here.turn, (open) => ({ ...open, settings }));
}
