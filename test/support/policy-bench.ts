/** A store of records in memory for the policy: it can lose its power at any write, and its records can be damaged. Apps and dates to go with it. */
import {
  type ClientRecord,
  type Clients,
  loadClients,
  pairClient,
} from '../../firmware-sim/src/firmware/policy/clients.ts';
import type { Store } from '../../firmware-sim/src/firmware/policy/ring.ts';

/** The power is gone: what follows was not written. */
export class PowerCut extends Error {}

export type BenchStore = Store & {
  readonly records: Map<string, Uint8Array | 'damaged'>;
  /** How many writes and removals there were, and the bytes of the last write. */
  readonly count: () => number;
  readonly lastBytes: () => number;
  /** The power goes before the write of this number. */
  readonly cutAt: (write: number | null) => void;
};

export function benchStore(): BenchStore {
  const records = new Map<string, Uint8Array | 'damaged'>();
  let count = 0;
  let bytes = 0;
  let cut: number | null = null;
  const change = (act: () => void): void => {
    if (cut !== null && count >= cut) throw new PowerCut();
    count += 1;
    act();
  };
  const read = (name: string): Uint8Array | null | 'damaged' => {
    const record = records.get(name) ?? null;
    return record instanceof Uint8Array ? record.slice() : record;
  };
  return {
    records,
    count: () => count,
    lastBytes: () => bytes,
    cutAt: (write) => {
      cut = write === null ? null : count + write;
    },
    read,
    readOften: read,
    write: (name, value) =>
      change(() => {
        bytes = value.length;
        records.set(name, value.slice());
      }),
    remove: (name) => change(() => void records.delete(name)),
    names: () => [...records.keys()],
  };
}

/** A key, an id: 32 bytes told apart by a number. */
export const key = (number: number): Uint8Array => {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
};

/** A usual date. */
export const today = 1_780_000_000;

/** An app of this number, paired today with the event of id 0. */
export function pairedApp(
  store: Store,
  clients: Clients = loadClients(store, 64),
  number = 1,
): { readonly clients: Clients; readonly record: ClientRecord } {
  const app = { client: key(number), remoteSigner: key(1_000), account: 0, name: `app ${number}`, createdAt: today };
  const after = pairClient(clients, store, { ...app, id: key(0) });
  if (typeof after === 'string') throw new Error(`pairing: ${after}`);
  const record = after.records.find(({ client }) => client[3] === number % 256);
  if (record === undefined) throw new Error('pairing made no record');
  return { clients: after, record };
}
