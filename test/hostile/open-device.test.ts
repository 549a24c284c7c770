/** A device that lies open: a computer must not keep it so. */
import { closedLink, encodeCbor, encodeMessage, stepHostLink } from '@sallyport/device-protocol';
import { expect, test } from 'vitest';
import { LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import { bootWith, type FirmwareInput, firmwareDeadline, step } from '../../firmware-sim/src/firmware/firmware.ts';
import { openLife } from '../../firmware-sim/src/firmware/life/life.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';
import {
  accountRecord,
  firstSettings,
  settingsRecordOf,
} from '../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { createVault } from '../../firmware-sim/src/firmware/vault/vault.ts';
import { memoryFlash, testChip } from '../support/memory-flash.ts';
import { bytesFrom, chance } from '../support/random.ts';

function openDevice() {
  const random = bytesFrom(chance(3));
  const env = { ...testChip, random, crypto: portableCrypto, flash: memoryFlash(), board: LCD240 };
  const secret = new Uint8Array(32).fill(9);
  const account = accountRecord({ number: 0, name: 'me', origin: 'imported', secret });
  const vault = createVault(env, '1234', [account, settingsRecordOf(firstSettings)]);
  const marks = { simulator: true, autoPress: false };
  const options = { marks, model: 'open', resetReason: 'power' } as const;
  let now = 1;
  let [state] = bootWith(openLife(env, vault, now), env, options);
  let link = closedLink;
  const feed = (input: FirmwareInput): void => {
    const [next, effects] = step(state, input, now, env);
    state = next;
    for (const effect of effects) if (effect.type === 'write') host({ type: 'bytes', bytes: effect.bytes });
  };
  function host(input: Parameters<typeof stepHostLink>[1]): void {
    const [next, effects] = stepHostLink(link, input, now, random);
    link = next;
    for (const effect of effects) if (effect.type === 'write') feed({ type: 'bytes', bytes: effect.bytes });
  }
  host({ type: 'wire_opened' });
  let id = 2;
  const device = {
    state: () => state,
    /** A stranger asks for a signature: of an event, or of what is none. */
    ask: (event: boolean): void => {
      const head = event ? encodeCbor([1, 1, [], 'hello']) : encodeCbor([]);
      const body = { account: 0, label: 'x', input: { length: head.length, head } };
      id += 2;
      const message = encodeMessage({ type: 'request', id, command: 'sign_event', body });
      host({ type: 'send', message, sealed: false });
    },
    wait: (ms: number): void => {
      const end = now + ms;
      for (let due = firmwareDeadline(state); due !== null && due <= end; due = firmwareDeadline(state)) {
        now = Math.max(now, due);
        feed({ type: 'tick' });
      }
      now = end;
    },
  };
  return device;
}

test.each([false, true])('questions of a computer do not keep it from locking (shown: %s)', (event) => {
  const device = openDevice();
  for (let i = 0; i < 40 && device.state().life.phase === 'open'; i++) {
    device.ask(event);
    device.wait(30_000);
  }
  expect(device.state().life.phase).toBe('locked');
});
