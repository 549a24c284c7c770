/** Flash of a device that has been in use: two accounts, three apps with what they may do, two computers. */
import { loadIdentity, writeHosts } from '../../firmware-sim/src/firmware/channel/hosts.ts';
import type { Flash } from '../../firmware-sim/src/firmware/env.ts';
import { findClient, loadClients, pairClient } from '../../firmware-sim/src/firmware/policy/clients.ts';
import { giveGrant, type NewGrant } from '../../firmware-sim/src/firmware/policy/grants.ts';
import { writeAccount } from '../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { type OpenVault, tryPin } from '../../firmware-sim/src/firmware/vault/vault.ts';
import { pin, settledFlash } from './life-bench.ts';
import { memoryFlash, testChip } from './memory-flash.ts';
import { bytesFrom, chance } from './random.ts';

const forEver = { uses: null, perMinute: null, session: false, ms: null } as const;
const signs = (verdict: 'allow' | 'deny', kind: number): NewGrant => ({
  ...forEver,
  verdict,
  method: 'sign_event',
  kind,
  peer: null,
});
const peer = new Uint8Array(32).fill(0x9a);

const apps = [
  {
    name: 'Coracle',
    account: 0,
    claims: 'app',
    grants: [
      { ...signs('allow', 1), uses: 12, perMinute: 3 },
      { ...signs('allow', 0), method: 'nip44_decrypt', kind: null, peer },
      signs('deny', 4),
    ],
  },
  // A name that would like to be two, and read from the right.
  { name: 'Amethyst\nCoracle\u202e', account: 1, claims: 'computer', grants: [signs('allow', 7)] },
  { name: '', account: 0, claims: 'app', grants: [] },
] as const satisfies readonly {
  readonly name: string;
  readonly account: number;
  readonly claims: 'app' | 'computer';
  readonly grants: readonly NewGrant[];
}[];

export function usedFlash(flash: Flash = memoryFlash()): Flash {
  settledFlash(flash);
  const board = { ...testChip, flash, random: bytesFrom(chance(98)) };
  const tried = tryPin(board, pin);
  if (tried.type !== 'open') throw new Error(`the vault is ${tried.type}`);
  const { vault } = tried;
  writeAccount(vault, { number: 1, name: 'Spare', origin: 'imported', secret: new Uint8Array(32).fill(8) });
  for (const n of apps.keys()) pairApp(vault, n);
  vault.close();
  // A device that never started has no key that it could be known by.
  const { hosts } = loadIdentity(board);
  writeHosts(board, [
    ...hosts,
    { key: new Uint8Array(32).fill(0xc1), name: 'desk' },
    { key: new Uint8Array(32).fill(0xc2), name: 'laptop \u202e(verified)' },
  ]);
  return flash;
}

function pairApp(vault: OpenVault, n: number): void {
  const app = apps[n];
  if (app === undefined) throw new Error('there is no such app');
  const [client, remoteSigner] = [new Uint8Array(32).fill(0xa0 + n), new Uint8Array(32).fill(5)];
  const { name, account, claims, grants } = app;
  const id = claims === 'app' ? new Uint8Array(32).fill(n) : null;
  const told = { client, remoteSigner, account, name, createdAt: 1_700_000_000, id };
  let clients = pairClient(loadClients(vault, 8), vault, told);
  for (const grant of grants) {
    const record = typeof clients === 'string' ? null : findClient(clients, client, remoteSigner);
    if (typeof clients === 'string' || record === null) throw new Error('it was not paired');
    const given = giveGrant(clients, vault, record, grant, 0, null);
    if (typeof given === 'string') throw new Error(`a grant is ${given}`);
    clients = given;
  }
}
