/** The apps of an open device, as every part of a step finds and changes them: the records in memory, and the store that they lie in. */
import { limits } from '@sallyport/device-protocol';
import type { Flash } from './env.ts';
import { type Clients, loadClients, type Store } from './policy/clients.ts';
import type { FirmwareState, Turn } from './turn.ts';

export type Apps = { readonly store: Store; readonly clients: Clients };

/** The apps; null while the device has no key, or none that it will use. */
export function appsOf(state: FirmwareState): Apps | null {
  return state.apps;
}

/** Puts the apps in place of their former selves; the policy has written them already. */
export function setClients(turn: Turn, clients: Clients): void {
  const { apps } = turn.state;
  if (apps !== null) turn.state = { ...turn.state, apps: { ...apps, clients } };
}

/** Opens the apps of a device whose flash is not sealed. */
export function openApps(flash: Flash): Apps {
  return { store: flash, clients: loadClients(flash, limits.clientsMax) };
}
