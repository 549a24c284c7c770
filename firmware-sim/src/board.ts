/**
 * The board that is a computer: runs the pure firmware over a line, with the machine's clock and randomness or with simulated
 * ones. It performs what the firmware says and decides nothing. The keys are pressed by whoever calls `press`: a terminal, a
 * script, a test.
 */
import type { BoardClock, Randomness } from './clock-and-chance.ts';
import { loadIdentity, withHost, writeHosts } from './firmware/channel/hosts.ts';
import { isComparing } from './firmware/channel/pairing.ts';
import type { Board, Env, Flash, Spare } from './firmware/env.ts';
import {
  type BootOptions,
  boot,
  type FirmwareEffect,
  type FirmwareInput,
  type FirmwareState,
  firmwareDeadline,
  step,
} from './firmware/firmware.ts';
import { accountSecret } from './firmware/formats/keys.ts';
import type { Screen } from './firmware/screen/screens.ts';
import { accountRecord, firstSettings, settingsRecordOf, wordsRecordOf } from './firmware/vault/accounts-store.ts';
import { createVault, loadVault } from './firmware/vault/vault.ts';
import type { Keeping } from './flash-file.ts';

export type Key = 'approve' | 'deny' | 'next' | 'back';

/** In place of a request's id: a pairing waits for a decision. */
export const pairingWaits = -1;

/**
 * What is asked: by the request that waits for a decision, if one does; how many questions there were, as a request may bring several
 * (the pairing of an app does with its wishes); and whether a yes to this one takes a hold.
 */
export type Asked = { readonly waiting: number | null; readonly questions: number; readonly hold: boolean };

/** What a face gets to see. */
export type Face = (screen: Screen, asked: Asked) => void;

export type RunningBoard = {
  readonly bytes: (bytes: Uint8Array) => void;
  /** `began`: when the press began, by the clock that the board was given; now, unless the caller knows better. */
  readonly press: (key: Key, began?: number) => void;
  /** The same key is still down, since `began`, and long enough to be held. */
  readonly hold: (key: Key, began: number) => void;
  readonly screen: () => Screen;
  /** The static key of the device, which the computer pins. */
  readonly channelKey: () => Uint8Array;
  /** Lets time pass at once: everything that falls due on the way happens in its order. */
  readonly advance: (ms: number) => void;
  readonly stop: () => void;
};

export type BoardOptions = {
  /** What it keeps is kept before anybody learns of what it did. */
  readonly flash: Flash & Keeping;
  readonly board: Board;
  readonly crypto: Env['crypto'];
  readonly autoPress: boolean;
  readonly clock: BoardClock;
  readonly random: Randomness;
  readonly deviceSecret: Uint8Array;
  readonly pinRounds: number;
  readonly spare?: Spare;
  readonly resetReason: BootOptions['resetReason'];
  readonly write: (bytes: Uint8Array) => void;
  readonly face: Face;
};

/** A day of deadlines, ten a second. */
const ticksMax = 1_000_000;

/** Powers the board on. */
export function runBoard(options: BoardOptions): RunningBoard {
  const { board, flash, crypto, autoPress, clock, random, resetReason, deviceSecret, pinRounds } = options;
  const memory = options.spare === undefined ? {} : { spare: options.spare };
  const env: Env = { board, flash, crypto, random, deviceSecret, pinRounds, ...memory };
  const started = clock.now();
  // The firmware counts from its own start.
  const now = (): number => clock.now() - started;
  let stopped = false;
  let questions = 0;
  let lastAsked: object | string | number | null = null;
  const marks = { simulator: true, autoPress };
  let [state, first] = boot(env, { marks, model: `simulator ${board.name}`, resetReason });

  function feed(input: FirmwareInput): void {
    const [next, effects] = step(state, input, now(), env);
    state = next;
    // A screen is for a human, whose keys count from now on: it waits for the disk here. What goes to the computer can follow.
    if (effects.some(({ type }) => type === 'screen')) flash.keepNow();
    if (effects.length > 0) flash.whenKept(() => perform(effects));
    plan();
  }

  function perform(effects: readonly FirmwareEffect[]): void {
    // What follows each other onto the line leaves at once: each write wakes the computer.
    let frames: Uint8Array[] = [];
    const leave = (): void => {
      if (frames.length > 0) options.write(frames.length === 1 && frames[0] !== undefined ? frames[0] : joined(frames));
      frames = [];
    };
    for (const effect of effects) {
      if (stopped) return;
      if (effect.type === 'write') frames.push(effect.bytes);
      else {
        leave();
        look(effect.screen);
      }
    }
    leave();
  }

  function look(screen: Screen): void {
    const waiting = waitingRequest(state);
    const asked = waiting === null ? null : (questionOf(state) ?? waiting);
    if (asked !== null && asked !== lastAsked) questions++;
    lastAsked = asked;
    options.face(screen, { waiting, questions, hold: takesHold(state) });
  }

  function plan(): void {
    const due = firmwareDeadline(state);
    clock.wake(due === null || stopped ? null : started + due, () => feed({ type: 'tick' }));
  }

  function advance(ms: number): void {
    const end = now() + ms;
    let ticks = 0;
    for (let due = firmwareDeadline(state); due !== null && due <= end; due = firmwareDeadline(state)) {
      if (++ticks > ticksMax) throw new Error('board: a deadline that does not pass');
      clock.jump(Math.max(due - now(), 0));
      feed({ type: 'tick' });
    }
    clock.jump(Math.max(end - now(), 0));
    plan();
  }

  // The first screen is shown when the caller has its board in hand.
  queueMicrotask(() => {
    flash.keepNow();
    perform(first);
  });
  plan();
  return {
    bytes: (bytes) => feed({ type: 'bytes', bytes }),
    // A press from before this start is from before everything that can be on the screen.
    press: (key, began) => feed({ type: 'press', key, at: began === undefined ? now() : began - started }),
    hold: (key, began) => feed({ type: 'hold', key, at: began - started }),
    screen: () => state.screen,
    channelKey: () => crypto.x25519.publicKey(state.identity.secret),
    advance,
    stop: () => {
      stopped = true;
      clock.wake(null, () => undefined);
      first = [];
    },
  };
}

/** Pairs the device with the computer whose program started it: both ends are one program, and nobody could compare digits for it. */
export function pairInAdvance(chip: Pick<Env, 'flash' | 'random' | 'deviceSecret'>, computer: Uint8Array): void {
  const { hosts } = loadIdentity(chip);
  writeHosts(chip, withHost(hosts, { key: computer, name: 'the demo' }));
}

/**
 * Puts a throwaway key, marked DEMO, into a flash that has none, and pairs it with the computer whose demo it is.
 */
export function prepareDemo(chip: Pick<Env, 'flash' | 'random' | 'deviceSecret'>, computer: Uint8Array | null): void {
  const { random } = chip;
  if (computer !== null) pairInAdvance(chip, computer);
  const board = { ...chip, pinRounds: 1 };
  if (loadVault(board).phase !== 'fresh') return;
  const entropy = random(32);
  const secret = accountSecret(entropy, 0);
  createVault(board, null, [
    wordsRecordOf(entropy),
    accountRecord({ number: 0, name: 'account 0', origin: 'derived', index: 0, secret }),
    settingsRecordOf(firstSettings),
  ]).close();
  entropy.fill(0);
  secret.fill(0);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function waitingRequest(state: FirmwareState): number | null {
  if (isComparing(state)) return pairingWaits;
  if (state.flow?.owner.by === 'computer') return state.flow.owner.id;
  return reviewed(state)?.id ?? null;
}

/** What tells one question of a request from its next one. While a flow works, nothing new is asked. */
function questionOf(state: FirmwareState): object | string | null {
  const { flow } = state;
  if (flow?.owner.by !== 'computer') return reviewed(state)?.prompt ?? null;
  return flow.page.type === 'wait' ? null : `${flow.owner.id} ${flow.page.title}`;
}

/** Whether a yes to what is on the screen takes a hold. */
export function takesHold(state: FirmwareState): boolean {
  const { flow } = state;
  if (isComparing(state)) return true;
  if (flow !== null) return flow.page.type === 'question' && flow.page.hold;
  return reviewed(state)?.shown.layout.review.hold ?? false;
}

function reviewed({ jobs }: FirmwareState) {
  return jobs.find((job) => job.phase === 'reviewing');
}
