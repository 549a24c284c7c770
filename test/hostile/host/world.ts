/**
 * The state that the attacks begin in: a device, a computer paired with it that is now in the attacker's hands, and apps with live grants.
 * And the judge of what came out.
 *
 *     alice  at signer       identity 0   may sign kind 1, kind 7 five times, kind 6 three times a minute, kind 30023 for an hour; may
 *                                         decrypt from friend; may never sign kind 4
 *     bob    at signer       identity 1   may sign kind 1
 *     alice  at otherSigner  identity 1   nothing
 *     stranger               was paired, and is revoked
 */
import { closedLink } from '@sallyport/device-protocol';
import { acceleratedCrypto } from '../../../firmware-sim/src/accelerated-crypto.ts';
import { appsOf } from '../../../firmware-sim/src/firmware/apps/apps.ts';
import { type Env, LCD240 } from '../../../firmware-sim/src/firmware/env.ts';
import { bootWith, type FirmwareState } from '../../../firmware-sim/src/firmware/firmware.ts';
import { accountOfStored } from '../../../firmware-sim/src/firmware/life/account.ts';
import {
  type Clients,
  findClient,
  loadClients,
  pairClient,
  revokeClient,
  type Store,
} from '../../../firmware-sim/src/firmware/policy/clients.ts';
import { giveGrant, grantOfWish, type NewGrant } from '../../../firmware-sim/src/firmware/policy/grants.ts';
import { cheapDh } from '../../support/cheap-dh.ts';
import { pairedBefore, testChip } from '../../support/memory-flash.ts';
import { testAccount, testLife } from '../../support/open-life.ts';
import { bytesFrom, type Chance, chance } from '../../support/random.ts';
import { alice, bob, friend, type Holder, holder, otherSigner, signer, stranger, toHex } from './apps.ts';
import { Breach, type Captive, captive, type Moment, type World } from './captive-device.ts';
import { mapFlash, withClients } from './moment.ts';

/** When the apps were paired, and what they take for now. */
export const pairedAt = 1_780_000_000;
export const today = pairedAt + 1_000;
export const hourMs = 3_600_000;

/** The static secrets of the paired computer, and of another one. */
export const computerSecret = new Uint8Array(32).fill(5);
export const otherComputer = new Uint8Array(32).fill(6);

/** The two identities of the device. */
export const user: Holder = { secret: testAccount.secret, key: testAccount.pubkey, hex: toHex(testAccount.pubkey) };

export const otherUser: Holder = holder(0x31);

/** What an attempt is made with. */
export type Attempt = { readonly device: Captive; readonly draw: Chance };

const world: World = {
  board: { ...testChip, crypto: { ...acceleratedCrypto, x25519: cheapDh }, board: LCD240 },
  boot: (env: Env): FirmwareState => {
    const marks = { simulator: true, autoPress: false, demo: true };
    const life = testLife(env);
    const second = {
      number: 1,
      name: 'second',
      origin: 'derived',
      index: 1,
      secret: otherUser.secret.slice(),
    } as const;
    const accounts = [...life.accounts, accountOfStored(second, acceleratedCrypto)];
    const [state] = bootWith({ ...life, accounts }, env, { marks, model: 'captive', resetReason: 'power' });
    return state;
  },
};

const note: NewGrant = grantOfWish({ method: 'sign_event', kind: 1, peer: null });
/** Of alice's app. */
const grants: readonly NewGrant[] = [
  note,
  { ...note, kind: 7, uses: 5 },
  { ...note, kind: 6, perMinute: 3 },
  { ...note, kind: 30_023, ms: hourMs },
  { ...note, kind: 4, verdict: 'deny' },
  grantOfWish({ method: 'nip44_decrypt', kind: null, peer: null }),
];

/** Pairs the apps and gives the grants, as presses did before. */
function pairApps(store: Store, uptime: number): Clients {
  let clients = loadClients(store, 64);
  const keep = (after: Clients | string): void => {
    if (typeof after === 'string') throw new Error(after);
    clients = after;
  };
  const pair = (app: Holder, to: Holder, account: number, name: string): void => {
    const id = app.key.map((byte) => byte ^ account);
    keep(pairClient(clients, store, { client: app.key, remoteSigner: to.key, account, name, createdAt: pairedAt, id }));
  };
  const give = (app: Holder, grant: NewGrant): void => {
    const record = findClient(clients, app.key, signer.key);
    if (record !== null) keep(giveGrant(clients, store, record, grant, uptime, pairedAt));
  };
  pair(alice, signer, 0, 'Alice’s app');
  pair(bob, signer, 1, 'Bob’s app');
  pair(alice, otherSigner, 1, 'Alice’s other app');
  pair(stranger, signer, 0, 'An app of long ago');
  clients = revokeClient(clients, store, stranger.key, signer.key);
  for (const grant of grants) give(alice, grant.method === 'nip44_decrypt' ? { ...grant, peer: friend.key } : grant);
  give(bob, note);
  return clients;
}

/** The moment after the handshake of the attacker's computer, made once. */
let begun: Moment | undefined;
function beginning(): Moment {
  if (begun !== undefined) return begun;
  const draw = chance(1);
  const random = bytesFrom(draw);
  const memory = new Map<string, Uint8Array>();
  const appMemory = new Map<string, Uint8Array>();
  const flash = mapFlash(memory);
  pairedBefore(flash, fixedFirst(random), cheapDh);
  const uptime = 5_000;
  const store = mapFlash(appMemory);
  const booted = world.boot({ ...world.board, random, flash });
  const firmware = withClients(booted, appMemory, pairApps(store, uptime));
  const device = captive({ firmware, link: closedLink, channel: null, memory, appMemory, uptime }, world, draw);
  device.greet(computerSecret);
  if (!device.isSealed()) throw new Error('the attacker’s computer is not let in');
  device.wait(1_000);
  begun = device.moment();
  return begun;
}

/** The first 32 bytes that are drawn for a pairing are the computer's secret. */
function fixedFirst(random: (length: number) => Uint8Array): (length: number) => Uint8Array {
  let first = true;
  return (length) => {
    const fixed = first;
    first = false;
    return fixed ? computerSecret : random(length);
  };
}

/** An attempt from the beginning on. */
export function attempt(seed: number): Attempt {
  const draw = chance(seed);
  return { device: captive(beginning(), world, draw), draw };
}

/** Who may do what: apps, their grants with what is left of them, computers. */
function powerOf(firmware: FirmwareState): ReadonlyMap<string, number> {
  const power = new Map<string, number>();
  for (const { client, remoteSigner, account, state, grants: given } of appsOf(firmware)?.clients.records ?? []) {
    if (state !== 'paired') continue;
    const app = `${toHex(client)} ${toHex(remoteSigner)} ${account}`;
    power.set(app, 1);
    for (const { id, verdict, uses } of given) if (verdict === 'allow') power.set(`${app} ${id}`, uses ?? 1e9);
  }
  for (const { key } of firmware.identity.hosts) power.set(`host ${toHex(key)}`, 1);
  if (firmware.life.phase === 'open') {
    for (const { number, pubkey } of firmware.life.accounts) power.set(`account ${number} ${toHex(pubkey)}`, 1);
  }
  return power;
}

/** Throws a Breach unless all that came out was owed or pressed for, each once, and nobody may do more than before. */
export function judge({ device }: Attempt, pressedFor: readonly string[]): void {
  const left = new Map(device.owed);
  for (const what of pressedFor) left.set(what, (left.get(what) ?? 0) + 1);
  const pay = (what: string): boolean => {
    const count = left.get(what) ?? 0;
    left.set(what, count - 1);
    return count > 0;
  };
  for (const hash of device.signatures) if (!pay(hash)) throw new Breach(`signed ${hash}`);
  // The same answer again, after a glitch, is the same answer.
  const answered = new Set<number>();
  for (const message of device.heard) {
    if (message.type !== 'reply' || answered.has(message.id)) continue;
    if (!('output' in message.body) || message.body.output === undefined) continue;
    answered.add(message.id);
    const text = Buffer.from(message.body.output.head).toString('utf8');
    if (!pay(text)) throw new Breach(`${message.command} gave out “${text.slice(0, 60)}”`);
  }
  if (device.firmware().life.phase !== 'open') throw new Breach('the device was wiped');
  const before = powerOf(beginning().firmware);
  for (const [what, now] of powerOf(device.firmware())) {
    if (now > (before.get(what) ?? 0)) throw new Breach(`more power than before: ${what}`);
  }
}
