/** Firmwares with one thing wrong, and the story that finds each out. */
import type { Flash } from '../../firmware-sim/src/firmware/env.ts';
import { openRecords, writeEmptyIndex } from '../../firmware-sim/src/firmware/vault/open-vault.ts';
import { readTries, writeTries } from '../../firmware-sim/src/firmware/vault/pin-tries.ts';
import { type PinTried, type VaultBoard, wipe } from '../../firmware-sim/src/firmware/vault/vault.ts';
import { readWrappedKey, unwrapKey, writeWrappedKey } from '../../firmware-sim/src/firmware/vault/wrapped-key.ts';
import { type Firmware, firmware } from './thief-stories.ts';

type Mutant = {
  readonly under: Firmware;
  readonly caughtBy: string;
  /** What is wrong below the functions: records are bound to no name. */
  readonly unnamed?: true;
};

/** thief.test.ts stands between the vault and its seals. */
export const seals = { named: true };

const broken = (part: Partial<Firmware>): Firmware => ({ ...firmware, ...part });
const { tryPin, createVault, loadVault, changePin, loadIdentity, writeHosts, loadLog, append } = firmware;

/** A try as the firmware makes it, with the parts that a mutant gets wrong as arguments. */
function tryWith(
  board: VaultBoard,
  pin: string,
  {
    before,
    after,
    wiping = wipe,
  }: Record<'before' | 'after', (board: VaultBoard, count: number) => void> & { wiping?: (board: VaultBoard) => void },
  count = readTries(board),
): PinTried {
  const found = readWrappedKey(board);
  if (found === null || typeof found === 'string' || count === null) return { type: 'unreadable', why: 'tries' };
  before(board, count + 1);
  const key = unwrapKey(board, pin, found);
  after(board, count + 1);
  if (key === null) {
    if (count + 1 < 10) return { type: 'wrong', left: 9 - count };
    wiping(board);
    return { type: 'wiped' };
  }
  writeTries(board, 0);
  const vault = openRecords(board, key, false);
  return vault === null ? { type: 'unreadable', why: 'damaged' } : { type: 'open', vault };
}

const nothing = (): void => undefined;
const counts = (board: VaultBoard, count: number): void => void writeTries(board, count);

/** The flash of a firmware whose write is a removal and a write. */
function inTwoSteps(flash: Flash): Flash {
  return {
    ...flash,
    write: (name, value) => {
      flash.remove(name);
      flash.write(name, value);
    },
  };
}

export const mutants: Readonly<Record<string, Mutant>> = {
  'counts after it has looked': {
    under: broken({ tryPin: (board, pin) => tryWith(board, pin, { before: nothing, after: counts }) }),
    caughtBy: 'no power cut gives an eleventh look at a PIN, and ten looks end in a wiped device',
  },
  'counts wrong PINs only, after it has looked': {
    under: broken({
      tryPin: (board, pin) =>
        tryWith(board, pin, {
          before: nothing,
          after: (one, count) => (pin === '2580' ? undefined : counts(one, count)),
        }),
    }),
    caughtBy: 'whatever was looked at is counted after the power is back; the right PIN still opens',
  },
  'does not read the count back': {
    under: broken({ tryPin: (board, pin) => tryWith(board, pin, { before: counts, after: nothing }) }),
    caughtBy: 'flash that does not take the count gives no look at all',
  },
  'takes a count that is gone for zero': {
    under: broken({
      tryPin: (board, pin) => tryWith(board, pin, { before: counts, after: nothing }, readTries(board) ?? 0),
    }),
    caughtBy: 'a count that was taken away or changed gives no look',
  },
  'starts with ten tries used up as if nothing was': {
    under: broken({
      loadVault: (board) =>
        readTries(board) === 10 ? { phase: 'locked', failures: 10, demo: false } : loadVault(board),
    }),
    caughtBy: 'the tenth wrong PIN wipes, whatever the power does',
  },
  'wipes without a mark, the key last': {
    under: broken({
      wipe: (board) => {
        const names = board.flash.names();
        for (const name of names) if (name !== 'key') board.flash.remove(name);
        board.flash.remove('key');
      },
    }),
    caughtBy: 'a wipe that began ends in a fresh device, and nothing of before is left',
  },
  'changes the PIN in two steps': {
    under: broken({
      changePin: (board, vault, pin) => changePin({ ...board, flash: inTwoSteps(board.flash) }, vault, pin),
    }),
    caughtBy: 'a change of PIN is the old or the new one',
  },
  'wraps the key before the records are there': {
    under: broken({
      createVault: (board, pin, records = []) => {
        if (pin === null) return createVault(board, pin, records);
        const key = board.random(32);
        writeWrappedKey(board, pin, key);
        writeTries(board, 0);
        writeEmptyIndex(board, key);
        const vault = openRecords(board, key, false);
        if (vault === null) throw new Error('no vault');
        for (const [name, bytes] of records) vault.write(name, bytes);
        return vault;
      },
    }),
    caughtBy: 'a vault is created wholly or not at all',
  },
  'writes the list of computers in two steps': {
    under: broken({ writeHosts: (board, hosts) => writeHosts({ ...board, flash: inTwoSteps(board.flash) }, hosts) }),
    caughtBy: 'paired computers stay',
  },
  'forgets the list of computers when its key is gone, but keeps old ones': {
    under: broken({
      loadIdentity: (board) => {
        const kept = board.flash.read('computers');
        const made = loadIdentity(board);
        if (kept === null || made.hosts.length > 0) return made;
        board.flash.write('computers', kept);
        return loadIdentity(board);
      },
    }),
    caughtBy: 'a changed, cut or removed record is damaged and never wrong',
  },
  'writes the records of the vault in two steps': {
    under: broken({ tryPin: (board, pin) => tryPin({ ...board, flash: inTwoSteps(board.flash) }, pin) }),
    caughtBy: 'an app is paired, granted something, uses it, is denied something, loses it and is revoked',
  },
  'appends to the log in two steps': {
    under: broken({ append: (board, log, entry) => append({ ...board, flash: inTwoSteps(board.flash) }, log, entry) }),
    caughtBy: 'log entries are numbered one after the other, and the chain holds',
  },
  'keeps a log entry in memory until the next one': {
    under: broken({
      append: (board, log, entry) => append({ ...board, flash: { ...board.flash, write: nothing } }, log, entry),
      loadLog,
    }),
    caughtBy: 'log entries are numbered one after the other, and the chain holds',
  },
  'lets records be put back that it does not list': {
    under: broken({
      tryPin: (board, pin) => {
        const tried = tryPin({ ...board, flash: { ...board.flash, remove: nothing } }, pin);
        if (tried.type !== 'open') return tried;
        const { vault } = tried;
        // A vault without a list: what is removed goes from its place only.
        return { type: 'open', vault: { ...vault, remove: () => undefined } };
      },
    }),
    caughtBy: 'a record that was removed cannot be put back',
  },
  'binds no record to its name': {
    under: firmware,
    unnamed: true,
    caughtBy: 'a record under the name of another one is damaged and never wrong',
  },
  'forgets the old keys before the new ones are there': {
    under: broken({
      loadVault: (board) => {
        const old = board.flash.read('keys');
        if (old === null) return loadVault(board);
        board.flash.remove('keys');
        const read = (name: string) => (name === 'keys' ? old : board.flash.read(name));
        return loadVault({ ...board, flash: { ...board.flash, read } });
      },
    }),
    caughtBy: 'a device of version 1 is upgraded, whenever the power goes',
  },
};
