/**
 * The thief: never a bricked device, never an extra try, never a lost confirmed thing, never a wrong record. The mutants are firmwares
 * with one thing wrong: each must fail one of the stories, or the stories prove nothing.
 */
import { describe, expect, test, vi } from 'vitest';
import { memoryFlash } from '../support/memory-flash.ts';
import { sealedComputer } from '../support/sealed-computer.ts';
import { appStories } from './thief-apps.ts';
import { editStories } from './thief-edits.ts';
import { mutants, seals } from './thief-mutants.ts';
import {
  cutting,
  deviceOn,
  firmware,
  flashOn,
  openedBy,
  powerStories,
  type Records,
  untilCut,
  withVault,
} from './thief-stories.ts';
import { looks, tryStories } from './thief-tries.ts';

vi.mock('../../firmware-sim/src/firmware/vault/wrapped-key.ts', async (original) => {
  const real = await original<typeof import('../../firmware-sim/src/firmware/vault/wrapped-key.ts')>();
  const unwrapKey: typeof real.unwrapKey = (...args) => {
    looks.count += 1;
    return real.unwrapKey(...args);
  };
  return { ...real, unwrapKey };
});

vi.mock('../../firmware-sim/src/firmware/vault/sealed.ts', async (original) => {
  const real = await original<typeof import('../../firmware-sim/src/firmware/vault/sealed.ts')>();
  const writeSealed: typeof real.writeSealed = ({ flash, random }, key, name, bytes) => {
    const write: typeof flash.write = (_, record) => flash.write(name, record);
    return real.writeSealed(
      { flash: seals.named ? flash : { ...flash, write }, random },
      key,
      seals.named ? name : '',
      bytes,
    );
  };
  const readSealed: typeof real.readSealed = (flash, key, name) =>
    seals.named ? real.readSealed(flash, key, name) : real.readSealed({ read: () => flash.read(name) }, key, '');
  const openSealed: typeof real.openSealed = (record, key, name) =>
    real.openSealed(record, key, seals.named ? name : '');
  return { ...real, writeSealed, readSealed, openSealed };
});

/** The derivation of an account takes 2,048 rounds, and these stories upgrade the same device some hundreds of times. */
vi.mock('../../firmware-sim/src/firmware/formats/keys.ts', async (original) => {
  const real = await original<typeof import('../../firmware-sim/src/firmware/formats/keys.ts')>();
  const known = new Map<string, Uint8Array>();
  const accountSecret: typeof real.accountSecret = (entropy, account) => {
    const name = `${Buffer.from(entropy).toString('hex')} ${account}`;
    const secret = known.get(name) ?? real.accountSecret(entropy, account);
    known.set(name, secret.slice());
    return secret;
  };
  return { ...real, accountSecret };
});

const stories = [...powerStories, ...appStories, ...tryStories, ...editStories];

test.each(stories)('$name', ({ tell }) => tell(firmware));

describe('the suite can fail', () => {
  test.each(Object.entries(mutants))('%s', (_, { under, caughtBy, unnamed = false }) => {
    const story = stories.find(({ name }) => name === caughtBy);
    if (story === undefined) throw new Error(`there is no story "${caughtBy}"`);
    seals.named = !unnamed;
    try {
      expect(() => story.tell(under)).toThrow();
    } finally {
      seals.named = true;
    }
  });
});

test('a computer that heard that it is paired is paired, whenever the power went', () => {
  for (const how of ['lost', 'done'] as const) {
    for (let at = 1; ; at++) {
      const records: Records = new Map();
      const flash = cutting(records, at, how);
      let heard = false;
      untilCut(() => {
        const computer = sealedComputer(flash);
        computer.establish();
        heard = computer.pair('a desk').some(({ type }) => type === 'reply');
      });
      if (!flash.wasCut()) break;
      const again = sealedComputer(flashOn(records));
      const [answer] = again.establish();
      const paired = answer?.type === 'reply' && answer.command === 'handshake_finish' && answer.body.paired;
      if (heard) expect(paired).toBe(true);
      // Not bricked: it can be paired now.
      expect(paired || again.pair('a desk').some(({ type }) => type === 'reply')).toBe(true);
    }
  }
});

/** What flash alone cannot prevent; SECURITY.md says it. A board with a counter that only goes up could. */
test('without a secure element an older count of tries can be put back, and an older PIN', () => {
  const flash = memoryFlash();
  const device = deviceOn(flash);
  withVault(firmware, device);
  const [count, key] = [flash.read('pin'), flash.read('key')];
  firmware.changePin(device, openedBy(firmware, device), '1111');
  for (let i = 0; i < 5; i++) firmware.tryPin(device, '0000');
  flash.write('pin', count ?? new Uint8Array());
  expect(firmware.loadVault(device)).toMatchObject({ failures: 0 });
  flash.write('key', key ?? new Uint8Array());
  openedBy(firmware, device, '2580');
});
