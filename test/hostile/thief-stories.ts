/**
 * What a thief, or bad luck, does to the flash of a device: the power goes at every write that there is, once with the write lost and once
 * with it done, and goes again at every write of the start that follows. Each story takes the firmware's functions as an argument, so that
 * broken ones can be told the same stories (thief-mutants.ts).
 */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { loadIdentity, writeHosts } from '../../firmware-sim/src/firmware/channel/hosts.ts';
import type { Flash } from '../../firmware-sim/src/firmware/env.ts';
import {
  readAccounts,
  readWords,
  removeAccount,
  type StoredAccount,
  writeAccount,
} from '../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { append, loadLog, perBlock, readLog } from '../../firmware-sim/src/firmware/vault/log.ts';
import {
  changePin,
  createVault,
  loadVault,
  type OpenVault,
  openDemo,
  protect,
  tryPin,
  type VaultBoard,
  wipe,
} from '../../firmware-sim/src/firmware/vault/vault.ts';
import { flashInMemory } from '../../firmware-sim/src/flash-file.ts';
import { testChip } from '../support/memory-flash.ts';
import { bytesFrom, chance } from '../support/random.ts';

/** The functions under attack. */
export const firmware = {
  loadIdentity,
  writeHosts,
  loadLog,
  append,
  loadVault,
  createVault,
  tryPin,
  changePin,
  protect,
  openDemo,
  wipe,
};
export type Firmware = typeof firmware;

export type Story = { readonly name: string; readonly tell: (under: Firmware) => void };
export type Records = Map<string, Uint8Array>;
type How = 'lost' | 'done';

export class PowerCut extends Error {}

export function flashOn(records: Records): Flash {
  return {
    read: (name) => records.get(name)?.slice() ?? null,
    write: (name, value) => void records.set(name, value.slice()),
    remove: (name) => void records.delete(name),
    names: () => [...records.keys()],
  };
}

/** Flash whose power goes at the change number `at`, before it or after it, and stays away. */
export function cutting(records: Records, at: number, how: How): Flash & { readonly wasCut: () => boolean } {
  const whole = flashOn(records);
  let changes = 0;
  function change(act: () => void): void {
    changes += 1;
    if (changes < at || (changes === at && how === 'done')) act();
    if (changes >= at) throw new PowerCut();
  }
  return {
    ...whole,
    write: (name, value) => change(() => whole.write(name, value)),
    remove: (name) => (records.has(name) ? change(() => whole.remove(name)) : undefined),
    wasCut: () => changes >= at,
  };
}

export const deviceOn = (flash: Flash, seed = 5): VaultBoard => ({
  ...testChip,
  flash,
  random: bytesFrom(chance(seed)),
});

/** What every start does. */
function boot(under: Firmware, device: VaultBoard) {
  const vault = under.loadVault(device);
  return { vault, identity: under.loadIdentity(device), log: under.loadLog(device) };
}

/** Runs until the power goes; true when it went. */
export function untilCut(act: () => void): boolean {
  try {
    act();
    return false;
  } catch (problem) {
    if (problem instanceof PowerCut) return true;
    throw problem;
  }
}

type Cut = {
  readonly under: Firmware;
  readonly prepare: (device: VaultBoard) => void;
  /** Says what was confirmed to somebody. */
  readonly act: (device: VaultBoard, confirm: (what: string) => void) => void;
  /** After the power is back. */
  readonly holds: (device: VaultBoard, confirmed: readonly string[]) => void;
};

export function atEveryWrite({ under, prepare, act, holds }: Cut): void {
  let cuts = 0;
  for (const how of ['lost', 'done'] as const) {
    for (let at = 1; ; at++) {
      const records: Records = new Map();
      prepare(deviceOn(flashOn(records)));
      const confirmed: string[] = [];
      const flash = cutting(records, at, how);
      untilCut(() => act(deviceOn(flash), (what) => confirmed.push(what)));
      if (!flash.wasCut()) break;
      cuts += 1;
      // Every cut of the next start for the first ones, and ever fewer: a start that goes on repeats itself.
      for (let again = 1; ; again += 1 + (again >> 2)) {
        const later: Records = new Map(records);
        const second = cutting(later, again, how);
        untilCut(() => boot(under, deviceOn(second)));
        holds(deviceOn(flashOn(later)), confirmed);
        if (!second.wasCut()) break;
      }
    }
  }
  expect(cuts).toBeGreaterThan(1);
}

export const pin = '2580';
export const thing = Uint8Array.of(1, 2, 3);

/** A device with a vault in it that holds `thing`. */
export function withVault(under: Firmware, device: VaultBoard): void {
  boot(under, device);
  under.createVault(device, pin, [['thing', thing]]).close();
}

export function openedBy(under: Firmware, device: VaultBoard, digits = pin): OpenVault {
  const tried = under.tryPin(device, digits);
  if (tried.type !== 'open') throw new Error(`the vault is ${tried.type}`);
  return tried.vault;
}

const creation: Story = {
  name: 'a vault is created wholly or not at all',
  tell: (under) =>
    atEveryWrite({
      under,
      prepare: (device) => void boot(under, device),
      act: (device, confirm) => {
        under.createVault(device, pin, [
          ['words', thing],
          ['account/0', thing],
        ]);
        confirm('vault');
      },
      holds: (device, confirmed) => {
        const found = under.loadVault(device).phase;
        if (found === 'fresh')
          under.createVault(device, pin, [
            ['words', thing],
            ['account/0', thing],
          ]);
        expect(found).toBe(confirmed.length > 0 ? 'locked' : found === 'fresh' ? 'fresh' : 'locked');
        expect(openedBy(under, device).names()).toEqual(['account/0', 'words']);
      },
    }),
};

const change: Story = {
  name: 'a change of PIN is the old or the new one',
  tell: (under) =>
    atEveryWrite({
      under,
      prepare: (device) => withVault(under, device),
      act: (device, confirm) => {
        under.changePin(device, openedBy(under, device), '1111');
        confirm('new');
      },
      holds: (device, confirmed) => {
        expect(under.loadVault(device).phase).toBe('locked');
        const opens = ['2580', '1111'].filter((digits) => under.tryPin(device, digits).type === 'open');
        expect(opens).toHaveLength(1);
        if (confirmed.length > 0) expect(opens).toEqual(['1111']);
        expect(openedBy(under, device, opens[0]).read('thing')).toEqual(thing);
      },
    }),
};

const wiping: Story = {
  name: 'a wipe that began ends in a fresh device, and nothing of before is left',
  tell: (under) =>
    atEveryWrite({
      under,
      prepare: (device) => withVault(under, device),
      act: (device, confirm) => {
        under.wipe(device);
        confirm('wiped');
      },
      holds: (device, confirmed) => {
        const { vault } = boot(under, device);
        if (vault.phase === 'locked') expect(confirmed).toEqual([]);
        if (vault.phase === 'locked') return expect(openedBy(under, device).read('thing')).toEqual(thing);
        expect(vault.phase).toBe('fresh');
        expect(device.flash.names().toSorted()).toEqual(['computers', 'identity']);
        withVault(under, device);
        openedBy(under, device);
      },
    }),
};

const lastTry: Story = {
  name: 'the tenth wrong PIN wipes, whatever the power does',
  tell: (under) =>
    atEveryWrite({
      under,
      prepare: (device) => {
        withVault(under, device);
        for (let i = 0; i < 9; i++) under.tryPin(device, '0000');
      },
      act: (device, confirm) => {
        expect(under.tryPin(device, '0000')).toEqual({ type: 'wiped' });
        confirm('wiped');
      },
      holds: (device, confirmed) => {
        const found = under.loadVault(device);
        // Only a try that was not counted was none.
        if (found.phase === 'locked') expect([found.failures, confirmed]).toEqual([9, []]);
        else expect(found).toEqual({ phase: 'fresh' });
      },
    }),
};

/** A list of steps, each confirmed: afterwards the device is as after the last confirmed one, or one step further. */
export function steps(
  name: string,
  prepare: Cut['prepare'] | 'vault',
  list: readonly ((device: VaultBoard, under: Firmware) => void)[],
  state: (device: VaultBoard, under: Firmware) => unknown,
): Story {
  const prepared = (under: Firmware) =>
    prepare === 'vault' ? (device: VaultBoard) => withVault(under, device) : prepare;
  const expected = (under: Firmware): readonly unknown[] => {
    const device = deviceOn(flashOn(new Map()));
    prepared(under)(device);
    boot(under, device);
    const after = (step: (typeof list)[number]): unknown => {
      step(device, under);
      return state(device, under);
    };
    return [state(device, under), ...list.map(after)];
  };
  const tell = (under: Firmware): void => {
    const states = expected(under);
    atEveryWrite({
      under,
      prepare: (device) => {
        prepared(under)(device);
        boot(under, device);
      },
      act: (device, confirm) => {
        for (const [i, step] of list.entries()) {
          step(device, under);
          confirm(`${i}`);
        }
      },
      holds: (device, { length }) => {
        boot(under, device);
        const found = state(device, under);
        expect([states[length], states[length + 1]]).toContainEqual(found);
      },
    });
  };
  return { name, tell };
}

const someAccount: StoredAccount = { number: 3, name: 'x', secret: new Uint8Array(32).fill(9), origin: 'imported' };
const accounts = steps(
  'accounts come, are renamed and go, one after the other',
  'vault',
  [
    (device, under) => writeAccount(openedBy(under, device), someAccount),
    (device, under) => writeAccount(openedBy(under, device), { ...someAccount, name: 'y' }),
    (device, under) => writeAccount(openedBy(under, device), { ...someAccount, number: 4 }),
    (device, under) => removeAccount(openedBy(under, device), 3),
  ],
  (device, under) => readAccounts(openedBy(under, device)),
);

const computer = (byte: number) => ({ key: new Uint8Array(32).fill(byte), name: `${byte}` });
const computers = steps(
  'paired computers stay',
  () => undefined,
  [
    (device, under) => under.writeHosts(device, [computer(1)]),
    (device, under) => under.writeHosts(device, [computer(1), computer(2)]),
    (device, under) => under.writeHosts(device, [computer(2)]),
  ],
  (device, under) => under.loadIdentity(device),
);

const log = steps(
  'log entries are numbered one after the other, and the chain holds',
  (device) => {
    let grown = loadLog(device);
    for (let i = 0; i < perBlock - 2; i++) grown = append(device, grown, Uint8Array.of(i));
  },
  [1, 2, 3, 4].map((i) => (device, under) => under.append(device, under.loadLog(device), Uint8Array.of(0xaa, i))),
  (device, under) => [under.loadLog(device), readLog(device, under.loadLog(device), perBlock - 2, 12)],
);

const entropy = new Uint8Array(32).fill(7);
function asVersionOne(name: string): (device: VaultBoard) => void {
  const hex = readFileSync(new URL(`../firmware-sim/images/${name}.hex`, import.meta.url), 'utf8');
  const flash = flashInMemory();
  flash.load(Uint8Array.from(Buffer.from(hex.replaceAll('\n', ''), 'hex')));
  return (device) => {
    for (const one of flash.names()) device.flash.write(one, flash.read(one) ?? thing);
  };
}

const upgrade: Story = {
  name: 'a device of version 1 is upgraded, whenever the power goes',
  tell: (under) =>
    atEveryWrite({
      under,
      prepare: asVersionOne('1-demo-paired'),
      act: (device) => void boot(under, device),
      holds: (device) => {
        const { identity } = boot(under, device);
        expect([identity.hosts.length, Buffer.from(identity.secret).toString('hex', 0, 4)]).toEqual([2, '22c38aa4']);
        const vault = under.openDemo(device);
        expect(vault && readWords(vault)).toEqual(entropy);
        expect(vault && readAccounts(vault).accounts).toHaveLength(1);
        expect(device.flash.names()).not.toContain('keys');
      },
    }),
};

const protection: Story = {
  name: 'a key of version 1 is put under a PIN wholly or not at all',
  tell: (under) =>
    atEveryWrite({
      under,
      prepare: (device) => {
        asVersionOne('1-own-key')(device);
        boot(under, device);
      },
      act: (device, confirm) => {
        under.protect(device, pin);
        confirm('protected');
      },
      holds: (device, confirmed) => {
        const { vault } = boot(under, device);
        if (confirmed.length > 0) expect(vault.phase).toBe('locked');
        if (vault.phase !== 'locked') expect(vault).toEqual({ phase: 'unreadable', why: 'no_pin' });
        if (vault.phase !== 'locked') under.protect(device, pin);
        expect(readWords(openedBy(under, device))).toEqual(entropy);
      },
    }),
};

export const powerStories: readonly Story[] = [
  creation,
  change,
  wiping,
  lastTry,
  accounts,
  computers,
  log,
  upgrade,
  protection,
];
