/**
 * A device with a PIN, its owner's hands, and a computer that asks by the functions of the protocol alone: for what is told of both, what
 * the screen asks and what the computer hears.
 */
import {
  decodeMessage,
  type Message,
  type Reply,
  type Request,
  type RequestOf,
  type Unreadable,
} from '@sallyport/device-protocol';
import type { Flash } from '../../firmware-sim/src/firmware/env.ts';
import {
  accountRecord,
  firstSettings,
  settingsRecordOf,
  wordsRecordOf,
} from '../../firmware-sim/src/firmware/vault/accounts-store.ts';
import { createVault } from '../../firmware-sim/src/firmware/vault/vault.ts';
import { fingers, type Key } from './fingers.ts';
import { memoryFlash, testChip } from './memory-flash.ts';
import { testAccount, testEntropy } from './open-life.ts';
import { bytesFrom, chance } from './random.ts';
import { sealedComputer } from './sealed-computer.ts';

export const pin = '4711';

/** Flash of a device that was set up long ago: the words of the tests, their first account, that PIN. */
export function settledFlash(flash: Flash = memoryFlash()): Flash {
  const secret = testAccount.secret.slice();
  createVault({ ...testChip, flash, random: bytesFrom(chance(99)) }, pin, [
    wordsRecordOf(testEntropy),
    accountRecord({ number: 0, name: 'Main', origin: 'derived', index: 0, secret }),
    settingsRecordOf(firstSettings),
  ]).close();
  return flash;
}

type Command = Request['command'];
type Heard = readonly (Message | Unreadable)[];

export function lifeBench(phase: 'fresh' | 'locked' | 'open', paired = true, flash = memoryFlash()) {
  if (paired) pairFresh(flash);
  if (phase !== 'fresh') settledFlash(flash);
  const computer = sealedComputer(flash, undefined, undefined, 'flash');
  let nextId = 100;
  const text = (): string => computer.screen().join('\n');
  const press = (key: Key, heldMs = 0): Heard => {
    const heard = computer.press(key, heldMs, 20);
    return [...heard, ...computer.advance(20)];
  };
  computer.establish();
  computer.advance(3_000);
  const hands = fingers(press, text);
  const bench = {
    ...computer,
    ...hands,
    press,
    text,
    unlock: () => {
      press('next');
      hands.pin(pin);
      computer.advance(20);
    },
    /** Asks, and gives the id under which the answer will come. The first page of a question is armed then. */
    ask: <C extends Command>(command: C, body: RequestOf<C>): number => {
      const id = nextId;
      nextId += 2;
      // A union indexed by its own name: each command comes with its own body.
      computer.say({ type: 'request', id, command, body } as Request);
      computer.advance(400);
      return id;
    },
    /** What was answered so far: `done`, an error's name, or null. More than one answer is a fault. */
    answer: (id: number): string | null => {
      const all = computer.said.map((bytes) => decodeMessage(bytes)).filter((one) => isAnswer(one, id));
      if (all.length > 1) throw new Error(`${all.length} answers to ${id}`);
      const [one] = all;
      return one === undefined ? null : one.type === 'error' ? one.error : 'done';
    },
    phase: () => computer.firmware().life.phase,
  };
  if (phase === 'open') bench.unlock();
  return bench;
}

/** Pairs the computer of these tests with a device that has no PIN yet: a locked one is paired with nobody. */
export function pairFresh(flash: Flash): void {
  const computer = sealedComputer(flash, undefined, undefined, 'flash');
  computer.establish();
  computer.pair('desk');
}

function isAnswer(message: Message | Unreadable, id: number): message is Reply | (Message & { type: 'error' }) {
  return (message.type === 'reply' || message.type === 'error') && message.id === id;
}
