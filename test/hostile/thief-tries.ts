/** A thief at the PIN: with the power in one hand and a programmer at the flash in the other. `looks` is how often a PIN was really looked at. */
import { expect } from 'vitest';
import {
  cutting,
  deviceOn,
  type Firmware,
  flashOn,
  openedBy,
  type Records,
  type Story,
  thing,
  untilCut,
  withVault,
} from './thief-stories.ts';

/** Counts how often a PIN was held against the wrapped key: thief.test.ts stands between it and the firmware. */
export const looks = { count: 0 };

function looksOf(act: () => void): number {
  const before = looks.count;
  act();
  return looks.count - before;
}

function lockedRecords(under: Firmware): Records {
  const records: Records = new Map();
  withVault(under, deviceOn(flashOn(records)));
  return records;
}

/** Far more than the device allows. */
const patience = 40;

const grinding: Story = {
  name: 'no power cut gives an eleventh look at a PIN, and ten looks end in a wiped device',
  tell: (under) => {
    for (const how of ['lost', 'done'] as const) {
      for (let at = 1; at <= 12; at++) {
        const records = lockedRecords(under);
        let looked = 0;
        for (let i = 0; i < patience && under.loadVault(deviceOn(flashOn(records))).phase === 'locked'; i++) {
          looked += looksOf(() => untilCut(() => void under.tryPin(deviceOn(cutting(records, at, how)), '0000')));
        }
        expect(looked).toBeLessThanOrEqual(10);
        const { phase } = under.loadVault(deviceOn(flashOn(records)));
        if (looked === 10) expect(phase).toBe('fresh');
        // Where no try was ever counted, none was made.
        if (phase === 'locked') expect(looked).toBe(0);
      }
    }
  },
};

const counting: Story = {
  name: 'whatever was looked at is counted after the power is back; the right PIN still opens',
  tell: (under) => {
    for (const how of ['lost', 'done'] as const) {
      for (let at = 1; ; at++) {
        const records = lockedRecords(under);
        const flash = cutting(records, at, how);
        const looked = looksOf(() => {
          untilCut(() => {
            for (const digits of ['0000', '1111', '3333']) under.tryPin(deviceOn(flash), digits);
          });
        });
        if (!flash.wasCut()) break;
        const found = under.loadVault(deviceOn(flashOn(records)));
        expect(found.phase === 'locked' && found.failures).toBeGreaterThanOrEqual(looked);
        expect(openedBy(under, deviceOn(flashOn(records))).read('thing')).toEqual(thing);
        expect(under.loadVault(deviceOn(flashOn(records)))).toMatchObject({ failures: 0 });
      }
    }
  },
};

const deafFlash: Story = {
  name: 'flash that does not take the count gives no look at all',
  tell: (under) => {
    const records = lockedRecords(under);
    const flash = { ...flashOn(records), write: () => undefined };
    const looked = looksOf(() => {
      for (let i = 0; i < patience; i++) under.tryPin(deviceOn(flash), '0000');
    });
    expect(looked).toBe(0);
  },
};

const lostCount: Story = {
  name: 'a count that was taken away or changed gives no look',
  tell: (under) => {
    for (const touch of [
      (records: Records) => records.delete('pin'),
      (records: Records) => records.set('pin', new Uint8Array()),
      (records: Records) =>
        records.set(
          'pin',
          (records.get('pin') ?? thing).map((byte) => byte ^ 1),
        ),
      (records: Records) => records.set('pin', records.get('key') ?? thing),
    ]) {
      const records = lockedRecords(under);
      touch(records);
      const device = deviceOn(flashOn(records));
      expect(under.loadVault(device).phase).toBe('unreadable');
      expect(looksOf(() => expect(under.tryPin(device, '2580').type).toBe('unreadable'))).toBe(0);
    }
  },
};

export const tryStories: readonly Story[] = [grinding, counting, deafFlash, lostCount];
