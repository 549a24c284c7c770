/** Apps and their grants in a vault, with the power going at every write: what was confirmed holds, what was taken away stays away, no use comes twice. */
import { expect } from 'vitest';
import {
  type ClientRecord,
  type Clients,
  findClient,
  freshness,
  loadClients,
  markSeen,
  pairClient,
  revokeClient,
} from '../../firmware-sim/src/firmware/policy/clients.ts';
import type { Question } from '../../firmware-sim/src/firmware/policy/decide.ts';
import { giveGrant, type NewGrant, resolve, revokeGrant } from '../../firmware-sim/src/firmware/policy/grants.ts';
import type { OpenVault, VaultBoard } from '../../firmware-sim/src/firmware/vault/vault.ts';
import { atEveryWrite, type Firmware, openedBy, type Story, steps, withVault } from './thief-stories.ts';

const client = new Uint8Array(32).fill(0xc1);
const remoteSigner = new Uint8Array(32).fill(0x55);
const at = 1_700_000_000;
const idOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const app = { client, remoteSigner, account: 0, name: 'app', createdAt: at, id: idOf(0) };
const grant = (verdict: 'allow' | 'deny', kind: number, uses: number | null): NewGrant => ({
  verdict,
  method: 'sign_event',
  kind,
  peer: null,
  uses,
  perMinute: null,
  session: false,
  ms: null,
});
const note: Question = { source: 'app', method: 'sign_event', kind: 1, peer: null, own: false, createdAt: at + 1 };

type Change = (clients: Clients, vault: OpenVault, record: ClientRecord | null) => unknown;

/** One step of an unlocked device: what it does must succeed. */
function step(change: Change): (device: VaultBoard, under: Firmware) => void {
  return (device, under) => {
    const vault = openedBy(under, device);
    const clients = loadClients(vault, 8);
    const after = change(clients, vault, findClient(clients, client, remoteSigner));
    if (typeof after === 'string') throw new Error(after);
  };
}

const known = (record: ClientRecord | null): ClientRecord => {
  if (record === null) throw new Error('the app is not known');
  return record;
};

/** What can be seen of it: a revoked app has its deny rules only, and one whose pairing was cut off is none. */
function seen(device: VaultBoard, under: Firmware): unknown {
  const vault = openedBy(under, device);
  const record = findClient(loadClients(vault, 8), client, remoteSigner);
  if (record === null || record.state === 'damaged') return 'no app';
  const grants = record.grants.filter(({ verdict }) => record.state === 'paired' || verdict === 'deny');
  return {
    state: record.state,
    grants: grants.map(({ id, verdict, kind, uses }) => [id, verdict, kind, uses]),
    requests: [0, 1, 2, 3].map((byte) => freshness(vault, record, at + byte, idOf(byte))),
  };
}

const life = steps(
  'an app is paired, granted something, uses it, is denied something, loses it and is revoked',
  'vault',
  [
    step((clients, vault) => pairClient(clients, vault, app)),
    step((clients, vault, record) => giveGrant(clients, vault, known(record), grant('allow', 1, 3), 0, at)),
    step((clients, vault, record) => markSeen(clients, vault, known(record), at + 1, idOf(1))),
    step((clients, vault, record) => {
      if (!('use' in resolve(clients, vault, record, note, 5, {}))) throw new Error('the grant allows nothing');
    }),
    step((clients, vault, record) => markSeen(clients, vault, known(record), at + 2, idOf(2))),
    step((clients, vault, record) => giveGrant(clients, vault, known(record), grant('deny', 7, null), 0, at)),
    step((clients, vault, record) => revokeGrant(clients, vault, known(record), 1, 'computer')),
    step((clients, vault) => revokeClient(clients, vault, client, remoteSigner)),
  ],
  seen,
);

const pairing: Story = {
  name: 'a pairing of an app that was cut off can be made again',
  tell: (under) =>
    atEveryWrite({
      under,
      prepare: (device) => withVault(under, device),
      act: (device, confirm) => {
        const vault = openedBy(under, device);
        pairClient(loadClients(vault, 8), vault, app);
        confirm('paired');
      },
      holds: (device, confirmed) => {
        const vault = openedBy(under, device);
        const clients = loadClients(vault, 8);
        const record = findClient(clients, client, remoteSigner);
        if (confirmed.length > 0) expect(record?.state).toBe('paired');
        if (record?.state === 'paired') return;
        const again = pairClient(clients, vault, { ...app, createdAt: at + 60, id: idOf(9) });
        if (typeof again === 'string') throw new Error(again);
        expect(findClient(loadClients(vault, 8), client, remoteSigner)?.state).toBe('paired');
      },
    }),
};

export const appStories: readonly Story[] = [life, pairing];
