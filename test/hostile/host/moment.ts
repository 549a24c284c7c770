/** Memories that can be copied: flash as a map, and the apps in a map of their own, as a vault holds its keys and the names of its records. */

import { appsOf } from '../../../firmware-sim/src/firmware/apps/apps.ts';
import type { Flash } from '../../../firmware-sim/src/firmware/env.ts';
import type { FirmwareState } from '../../../firmware-sim/src/firmware/firmware.ts';
import { type Clients, findClient, loadClients, markSeen } from '../../../firmware-sim/src/firmware/policy/clients.ts';
import type { Store } from '../../../firmware-sim/src/firmware/policy/ring.ts';
import { alice, signer } from './apps.ts';

export type Memory = ReadonlyMap<string, Uint8Array>;

export function mapFlash(records: Map<string, Uint8Array>): Flash & Pick<Store, 'readOften'> {
  const read = (name: string): Uint8Array | null => records.get(name)?.slice() ?? null;
  return {
    read,
    readOften: read,
    write: (name, value) => void records.set(name, value.slice()),
    remove: (name) => void records.delete(name),
    names: () => [...records.keys()],
  };
}

/** The firmware with these apps, in this memory. */
export function withClients(state: FirmwareState, records: Map<string, Uint8Array>, clients: Clients): FirmwareState {
  const { life } = state;
  if (life.phase !== 'open') throw new Error('the device is not open');
  return { ...state, life: { ...life, vault: { ...life.vault, ...mapFlash(records) }, clients } };
}

/** The firmware with its apps in this memory; read from it as after a start, or as they are. */
export function withAppsIn(state: FirmwareState, records: Map<string, Uint8Array>, read = false): FirmwareState {
  const apps = appsOf(state);
  if (apps === null) return state;
  return withClients(state, records, read ? loadClients(mapFlash(records), apps.clients.max) : apps.clients);
}

/** So many requests of alice's app later, each a second after the other: its ring has other ones in it by then. */
export function aged(
  state: FirmwareState,
  records: Map<string, Uint8Array>,
  from: number,
  count: number,
): FirmwareState {
  const apps = appsOf(state);
  if (apps === null) return state;
  let { clients } = apps;
  for (let i = 0; i < count; i++) {
    const record = findClient(clients, alice.key, signer.key);
    const id = new Uint8Array(32).fill(0xee);
    new DataView(id.buffer).setUint32(0, i);
    const after = record === null ? 'damaged' : markSeen(clients, mapFlash(records), record, from + i, id);
    if (typeof after === 'string') return state;
    clients = after;
  }
  return withClients(state, records, clients);
}
