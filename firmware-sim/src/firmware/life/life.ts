/**
 * The life of the device: fresh, locked, open, or unreadable, and what goes from one to the other.
 *
 *     fresh ──set-up──▶ open ⇄ locked        wipe, or the tenth wrong PIN: fresh        unreadable: nothing but wipe
 *
 * Promises: a locked device holds no secret of its owner in memory, and no request goes on; what is open closes by itself when
 * nobody was there for as long as the owner set; computers hear of each change.
 */
import { limits } from '@sallyport/device-protocol';
import { loadIdentity } from '../channel/hosts.ts';
import { endPairing } from '../channel/pairing.ts';
import type { Env } from '../env.ts';
import { endFlow } from '../flows/flow.ts';
import { end } from '../jobs/ending.ts';
import { forgetWhere } from '../jobs/results.ts';
import { appendLog } from '../logging.ts';
import { type Clients, loadClients } from '../policy/clients.ts';
import type { View } from '../screen/screens.ts';
import { type FirmwareState, say, stateName, type Turn } from '../turn.ts';
import { readAccounts, readSettings, type Settings } from '../vault/accounts-store.ts';
import { readAddressed } from '../vault/addressed.ts';
import { loadLog } from '../vault/log.ts';
import { loadVault, type OpenVault, openDemo, type VaultFault, waitMs, wipe } from '../vault/vault.ts';
import { type Account, accountOfStored } from './account.ts';

export type Life =
  | { readonly phase: 'fresh' }
  | { readonly phase: 'unreadable'; readonly why: VaultFault }
  | { readonly phase: 'locked'; readonly wrongPins: WrongPins }
  | OpenLife;

/** Wrong PINs since the last right one; the next one is taken from `notBefore` on. */
export type WrongPins = { readonly failures: number; readonly notBefore: number };

export const noWrongPins: WrongPins = { failures: 0, notBefore: 0 };

export type OpenLife = {
  readonly phase: 'open';
  readonly vault: OpenVault;
  /** By number. */
  readonly accounts: readonly Account[];
  readonly clients: Clients;
  /** The numbers of those whose own key may be asked by apps. */
  readonly addressed: readonly number[];
  readonly settings: Settings;
  /** They count where an open device asks for its PIN, too, and locking takes none of them back. */
  readonly wrongPins: WrongPins;
  /** When the owner, or an app of theirs, last had something done. */
  readonly usedAt: number;
};

/** What is in flash at a start, or after a wipe. The wait for a PIN begins anew: a device without power has no clock. */
export function loadLife(env: Env, now: number): Life {
  const found = loadVault(env);
  if (found.phase !== 'locked') return found;
  if (!found.demo) {
    const { failures } = found;
    return { phase: 'locked', wrongPins: { failures, notBefore: now + waitMs(failures) } };
  }
  const vault = openDemo(env);
  return vault === null ? { phase: 'unreadable', why: 'damaged' } : openLife(env, vault, now);
}

/** What an open vault holds, in memory. */
export function openLife(env: Env, vault: OpenVault, now: number): OpenLife {
  const { accounts } = readAccounts(vault);
  return {
    phase: 'open',
    vault,
    accounts: accounts.map((stored) => accountOfStored(stored, env.crypto)),
    clients: loadClients(vault, limits.clientsMax),
    addressed: readAddressed(vault),
    settings: readSettings(vault),
    wrongPins: noWrongPins,
    usedAt: now,
  };
}

/** Goes over to another life, and says so. */
export function setLife(turn: Turn, life: Life): void {
  const before = stateName(turn.state.life);
  const demo = life.phase === 'open' && life.vault.demo;
  turn.state = { ...turn.state, life, marks: { ...turn.state.marks, demo } };
  if (stateName(life) !== before) sayState(turn);
}

/** Says the state of the device, as at the start of each session. */
export function sayState(turn: Turn): void {
  say(turn, { type: 'notice', notice: 'state', body: { state: stateName(turn.state.life) } });
}

/** Changes what is open; without effect when nothing is. */
export function changeOpen(turn: Turn, change: (life: OpenLife) => OpenLife): void {
  const { life } = turn.state;
  if (life.phase === 'open') turn.state = { ...turn.state, life: change(life) };
}

/** Locks: secrets leave the memory, and whatever was open ends. A vault without a PIN stays open: nothing could open it again. */
export function lock(turn: Turn): void {
  const { life } = turn.state;
  if (life.phase !== 'open' || life.vault.demo) return;
  appendLog(turn, { event: 'locked' });
  letGo(turn);
  setLife(turn, { phase: 'locked', wrongPins: life.wrongPins });
}

/** Forgets everything, in flash and in memory. The channel of this session stays, for the answer. */
export function wipeAll(turn: Turn): void {
  letGo(turn);
  wipe(turn.env);
  startAnew(turn);
}

/** After a wipe: another device, as it were. */
export function startAnew(turn: Turn): void {
  const { env, now } = turn;
  letGo(turn);
  turn.state = { ...turn.state, identity: loadIdentity(env), log: loadLog(env), pool: new Uint8Array(32) };
  setLife(turn, loadLife(env, now));
}

/** Ends what is open, and zeroes what is secret. */
function letGo(turn: Turn): void {
  const { life } = turn.state;
  for (const { id } of turn.state.jobs) {
    // One may have ended with another one.
    const job = turn.state.jobs.find((one) => one.id === id);
    if (job !== undefined) end(turn, job, 'locked');
  }
  const { pairing } = turn.state;
  if (pairing?.step === 'comparing' && pairing.confirm !== null) {
    say(turn, { type: 'error', id: pairing.confirm, command: 'pair_confirm', error: 'locked' });
  }
  endPairing(turn);
  endFlow(turn, 'locked');
  // What was decrypted a moment ago is not for whoever comes next.
  forgetWhere(turn, () => true);
  turn.state = { ...turn.state, outcomeUntil: null };
  if (life.phase !== 'open') return;
  for (const account of life.accounts) account.forget();
  life.vault.close();
}

/** Somebody is there. */
export function touch(turn: Turn): void {
  changeOpen(turn, (life) => ({ ...life, usedAt: turn.now }));
}

/**
 * When the device locks by itself; null: it does not. Not while the owner is at it. What is on the screen for a computer puts it off by as
 * long as the owner has for an answer, once: whoever owns a computer must not keep a device open by asking.
 */
export function autoLockAt({ life, jobs, flow, pairing }: FirmwareState): number | null {
  if (life.phase !== 'open' || life.vault.demo || life.settings.autoLockMinutes === 0) return null;
  if (flow?.owner.by === 'device') return null;
  const asks = flow !== null || pairing?.step === 'comparing' || jobs.some(({ phase }) => phase === 'reviewing');
  return life.usedAt + life.settings.autoLockMinutes * 60_000 + (asks ? limits.approvalMs : 0);
}

/** What time brings. A menu of the device counts as use until its end. */
export function tickLife(turn: Turn): void {
  if (turn.state.flow?.owner.by === 'device') touch(turn);
  const due = autoLockAt(turn.state);
  if (due !== null && turn.now >= due) lock(turn);
}

/** What the screen says while nobody asks anything. */
export function restingView({ life, marks }: Pick<FirmwareState, 'life' | 'marks'>): View {
  switch (life.phase) {
    case 'fresh':
      return { type: 'resting', title: 'Sallyport', text: 'This device has no key yet.', does: 'set up' };
    case 'unreadable':
      return { type: 'resting', title: 'Memory fault', text: 'Keys cannot be read. Nothing is signed.', does: 'more' };
    case 'locked':
      return { type: 'resting', title: 'Sallyport', text: 'Locked', does: 'unlock' };
    case 'open': {
      const [first] = life.accounts;
      if (first === undefined) return { type: 'notice', title: 'Memory fault', text: 'No account can be read.' };
      const { accounts, clients } = life;
      const { name, pubkey, index } = first;
      return {
        type: 'idle',
        account: name,
        pubkey,
        imported: index === null,
        demo: marks.demo,
        more: accounts.length - 1,
        suspended: clients.suspended,
      };
    }
  }
}
