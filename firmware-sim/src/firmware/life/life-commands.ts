/**
 * What computers ask about the device as a whole. Taking away needs no button (lock); whatever gives, changes or destroys is a flow, and
 * the command is answered with its end.
 */
import type { CommandBy, DeviceError, Request } from '@sallyport/device-protocol';
import { computerOf } from '../channel/session.ts';
import { backupFlow, deviceName, renameDeviceFlow, wipeFlow } from '../flows/device-flows.ts';
import { type Flow, type Here, isBusy, isIdOfFlow, startFlow, takeOver } from '../flows/flow.ts';
import type { FlowCommand } from '../flows/owner.ts';
import { mixIntoPool } from '../flows/set-up.ts';
import { unlockFlow } from '../flows/unlock.ts';
import { isTooOften } from '../own-tries.ts';
import { type FirmwareState, say, type Turn } from '../turn.ts';
import { hasWords } from './accounts.ts';
import { type Life, lock, type OpenLife } from './life.ts';

export type HandlersOf<C extends CommandBy<'host'>> = { readonly [K in C]: (turn: Turn, request: Request<K>) => void };

type LifeCommand = 'lock' | 'unlock' | 'wipe' | 'mix_entropy' | 'rename_device' | 'backup_check';

export const lifeHandlers: HandlersOf<LifeCommand> = {
  lock: (turn, { id, command }) => {
    const { phase } = turn.state.life;
    const wrong =
      notPaired(turn) ?? (phase === 'fresh' ? 'fresh' : null) ?? (turn.state.marks.demo ? 'wrong_state' : null);
    if (wrong !== null) return refuse(turn, id, command, wrong);
    // First what was open hears of it, then who asked.
    lock(turn);
    say(turn, { type: 'reply', id, command, body: {} });
  },
  unlock: (turn, { id, command }) => {
    const { life } = turn.state;
    if (life.phase !== 'locked') return refuse(turn, id, command, notLocked[life.phase]);
    if (isIdKnown(turn.state, id)) return refuse(turn, id, command, 'duplicate_id');
    // The human is at it already: the computer waits for the same PIN.
    if (!takeOver(turn, { id, command })) begin(turn, id, command, 'Unlock', unlockFlow);
  },
  wipe: (turn, { id, command }) => {
    const wrong = notPaired(turn) ?? (turn.state.life.phase === 'fresh' ? 'fresh' : null);
    if (wrong !== null) return refuse(turn, id, command, wrong);
    begin(turn, id, command, 'Wipe device', wipeFlow);
  },
  mix_entropy: (turn, { id, command, body }) => {
    if (turn.state.life.phase !== 'fresh') return refuse(turn, id, command, 'wrong_state');
    turn.state = { ...turn.state, pool: mixIntoPool(turn.state.pool, body.entropy) };
    say(turn, { type: 'reply', id, command, body: {} });
  },
  rename_device: (turn, { id, command, body }) => {
    const life = openFor(turn, id, command);
    if (life !== null) begin(turn, id, command, 'Rename device', (here) => renameDeviceFlow(here, body.name));
  },
  backup_check: (turn, { id, command }) => {
    const life = openFor(turn, id, command);
    if (life === null) return;
    if (!hasWords(life)) return refuse(turn, id, command, 'wrong_state');
    begin(turn, id, command, 'Backup check', backupFlow);
  },
};

const notLocked = { fresh: 'fresh', unreadable: 'storage', open: 'wrong_state' } as const;

/** What `info` says the device is called. Its name is its owner's, and in the vault. */
export function nameOf(life: Life): string {
  return life.phase === 'open' ? deviceName(life) : 'Sallyport';
}

/** The open life for a paired computer; null: it was told why there is none. */
export function openFor(turn: Turn, id: number, command: CommandBy<'host'>): OpenLife | null {
  const { life } = turn.state;
  const unpaired = notPaired(turn);
  if (unpaired !== null) refuse(turn, id, command, unpaired);
  else if (life.phase !== 'open') refuse(turn, id, command, life.phase === 'unreadable' ? 'storage' : life.phase);
  else return life;
  return null;
}

/** Begins a flow that answers a command, or says that something else has the screen. */
export function begin(turn: Turn, id: number, command: FlowCommand, title: string, flow: (here: Here) => Flow): void {
  if (isIdKnown(turn.state, id)) return refuse(turn, id, command, 'duplicate_id');
  // What a PIN is asked for only the PIN gives.
  if (command !== 'unlock' && isTooOften(turn.state, turn.now)) return refuse(turn, id, command, 'rate_limited');
  if (isBusy(turn.state)) return refuse(turn, id, command, 'busy');
  startFlow(turn, { by: 'computer', host: computerOf(turn.state).host, id, command, claimBy: null }, title, flow);
}

/** An id is used once, until the device forgets it. */
function isIdKnown(state: FirmwareState, id: number): boolean {
  return isIdOfFlow(state, id) || [...state.jobs, ...state.results].some((one) => one.id === id);
}

export function notPaired(turn: Turn): DeviceError | null {
  return computerOf(turn.state).paired ? null : 'not_paired';
}

export function refuse(turn: Turn, id: number, command: CommandBy<'host'>, error: DeviceError, detail = ''): void {
  say(turn, { type: 'error', id, command, error, detail });
}
