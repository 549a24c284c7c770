/** A thief who writes the flash: changes, cuts, removes, exchanges and puts back records. Nothing wrong may ever come out of it. */
import { expect } from 'vitest';
import { append, loadLog } from '../../firmware-sim/src/firmware/vault/log.ts';
import { deviceOn, type Firmware, flashOn, pin, type Records, type Story, thing } from './thief-stories.ts';

const host = { key: new Uint8Array(32).fill(3), name: 'desk' };
const other = Uint8Array.of(9, 9);

/** A device as it is in use, and its records. */
function used(under: Firmware): { readonly records: Records; readonly secret: Uint8Array } {
  const records: Records = new Map();
  const device = deviceOn(flashOn(records));
  const { secret } = under.loadIdentity(device);
  under.writeHosts(device, [host]);
  under.createVault(device, pin, [
    ['thing', thing],
    ['other', other],
  ]);
  append(device, loadLog(device), thing);
  return { records, secret };
}

/** Whatever was done: the device starts, and what it gives out is right or said to be damaged. */
function nothingWrong(under: Firmware, records: Records, secret: Uint8Array): void {
  const device = deviceOn(flashOn(records), 6);
  const identity = under.loadIdentity(device);
  const same = Buffer.from(identity.secret).equals(secret);
  for (const known of identity.hosts) expect([same, known]).toEqual([true, host]);
  under.loadLog(device);
  if (under.loadVault(device).phase !== 'locked') return;
  const tried = under.tryPin(device, pin);
  expect(['open', 'unreadable']).toContain(tried.type);
  if (tried.type !== 'open') return;
  expect([thing, 'damaged']).toContainEqual(tried.vault.read('thing'));
  expect([other, 'damaged']).toContainEqual(tried.vault.read('other'));
  expect(under.tryPin(device, '0000')).toEqual({ type: 'wrong', left: 9 });
}

const changed: Story = {
  name: 'a changed, cut or removed record is damaged and never wrong',
  tell: (under) => {
    const { records, secret } = used(under);
    for (const [name, bytes] of records) {
      for (let at = 0; at < bytes.length; at += 1 + (at >> 3)) {
        nothingWrong(
          under,
          new Map(records).set(
            name,
            bytes.map((byte, i) => (i === at ? byte ^ 0x40 : byte)),
          ),
          secret,
        );
        nothingWrong(under, new Map(records).set(name, bytes.slice(0, at)), secret);
      }
      const without = new Map(records);
      without.delete(name);
      nothingWrong(under, without, secret);
    }
  },
};

const exchanged: Story = {
  name: 'a record under the name of another one is damaged and never wrong',
  tell: (under) => {
    const { records, secret } = used(under);
    for (const name of records.keys()) {
      for (const bytes of records.values()) nothingWrong(under, new Map(records).set(name, bytes), secret);
    }
  },
};

const putBack: Story = {
  name: 'a record that was removed cannot be put back',
  tell: (under) => {
    const { records } = used(under);
    const before = new Map(records);
    const device = deviceOn(flashOn(records));
    const tried = under.tryPin(device, pin);
    if (tried.type === 'open') tried.vault.remove('thing');
    for (const [name, bytes] of before) if (name.startsWith('v/')) records.set(name, bytes);
    const again = under.tryPin(device, pin);
    expect(again.type === 'open' && again.vault.read('thing')).toBeNull();
  },
};

const moved: Story = {
  name: 'the flash of one device is nothing in another, nor mixed into it',
  tell: (under) => {
    const mine = used(under);
    const device = { ...deviceOn(flashOn(mine.records)), deviceSecret: new Uint8Array(32).fill(1) };
    expect(under.loadIdentity(device).hosts).toEqual([]);
    expect(under.loadVault(device)).toEqual({ phase: 'unreadable', why: 'damaged' });
    // The thief's own vault, of which the PIN is known, on the same device: its key opens nothing of mine.
    const theirs: Records = new Map();
    under.createVault({ ...deviceOn(flashOn(theirs)), random: (length) => new Uint8Array(length).fill(7) }, '0000');
    const again = used(under);
    for (const name of ['key', 'pin']) again.records.set(name, theirs.get(name) ?? thing);
    expect(under.tryPin(deviceOn(flashOn(again.records)), '0000')).toMatchObject({ type: 'unreadable' });
  },
};

export const editStories: readonly Story[] = [changed, exchanged, putBack, moved];
