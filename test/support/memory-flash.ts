/** Flash in memory: what a board keeps while it has no power, for as long as the test holds on to it. */
import type { Flash } from '../../firmware-sim/src/firmware/env.ts';
import { loadIdentity, withHost, writeHosts } from '../../firmware-sim/src/firmware/hosts.ts';
import type { HostIdentity } from '../../host/src/core/device-session.ts';

export function memoryFlash(): Flash {
  const records = new Map<string, Uint8Array>();
  return {
    read: (name) => records.get(name)?.slice() ?? null,
    write: (name, value) => void records.set(name, value.slice()),
  };
}

/** Makes a computer and a device that were paired before the test began; gives the computer. */
export function pairedBefore(
  flash: Flash,
  random: (length: number) => Uint8Array,
  dh: HostIdentity['dh'],
): HostIdentity {
  const secret = random(32);
  const identity = loadIdentity(flash, random);
  writeHosts(flash, withHost(identity.hosts, { key: dh.publicKey(secret), name: 'the test' }));
  return { dh, secret, name: 'the test', pin: Buffer.from(dh.publicKey(identity.secret)).toString('hex') };
}
