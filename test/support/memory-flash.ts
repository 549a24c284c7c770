/** Flash in memory: what a board keeps while it has no power, for as long as the test holds on to it. */

import { loadIdentity, withHost, writeHosts } from '../../firmware-sim/src/firmware/channel/hosts.ts';
import type { Env, Flash } from '../../firmware-sim/src/firmware/env.ts';
import type { HostIdentity } from '../../host/src/core/device/device-session.ts';

/** The chip of the devices of tests: a PIN costs next to nothing there. */
export const testChip: Pick<Env, 'deviceSecret' | 'pinRounds'> = {
  deviceSecret: new Uint8Array(32).fill(0x5e),
  pinRounds: 2,
};

export function memoryFlash(): Flash {
  const records = new Map<string, Uint8Array>();
  return {
    read: (name) => records.get(name)?.slice() ?? null,
    write: (name, value) => void records.set(name, value.slice()),
    remove: (name) => void records.delete(name),
    names: () => [...records.keys()],
  };
}

/** Makes a computer and a device that were paired before the test began; gives the computer. */
export function pairedBefore(
  flash: Flash,
  random: (length: number) => Uint8Array,
  dh: HostIdentity['dh'],
  deviceSecret = testChip.deviceSecret,
): HostIdentity {
  const secret = random(32);
  const board = { flash, random, deviceSecret };
  const identity = loadIdentity(board);
  writeHosts(board, withHost(identity.hosts, { key: dh.publicKey(secret), name: 'the test' }));
  return { dh, secret, name: 'the test', pin: Buffer.from(dh.publicKey(identity.secret)).toString('hex') };
}
