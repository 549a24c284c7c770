/** Memories that can be copied: flash as a map, and the apps in a map of their own, as a vault holds its keys and the names of its records. */
import type { Flash } from '../../../firmware-sim/src/firmware/env.ts';
import type { FirmwareState } from '../../../firmware-sim/src/firmware/firmware.ts';
import { loadClients } from '../../../firmware-sim/src/firmware/policy/clients.ts';

export type Memory = ReadonlyMap<string, Uint8Array>;

export function mapFlash(records: Map<string, Uint8Array>): Flash {
  return {
    read: (name) => records.get(name)?.slice() ?? null,
    write: (name, value) => void records.set(name, value.slice()),
    remove: (name) => void records.delete(name),
    names: () => [...records.keys()],
  };
}

/** The firmware with its apps in this memory; read from it as after a start, or as they are. */
export function withAppsIn(state: FirmwareState, records: Map<string, Uint8Array>, read = false): FirmwareState {
  if (state.apps === null) return state;
  const store = mapFlash(records);
  const { clients } = state.apps;
  return { ...state, apps: { store, clients: read ? loadClients(store, clients.max) : clients } };
}
