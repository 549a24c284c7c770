/** The apps of an open device, as every part of a step finds and changes them: the records in memory, and the store that they lie in. */
import { changeOpen } from '../life/life.ts';
import type { Clients, Store } from '../policy/clients.ts';
import type { FirmwareState, Turn } from '../turn.ts';

export type Apps = { readonly store: Store; readonly clients: Clients };

/** The apps; null while nothing is open. */
export function appsOf({ life }: FirmwareState): Apps | null {
  return life.phase === 'open' ? { store: life.vault, clients: life.clients } : null;
}

/** Puts the apps in place of their former selves; the policy has written them already. */
export function setClients(turn: Turn, clients: Clients): void {
  changeOpen(turn, (life) => ({ ...life, clients }));
}
