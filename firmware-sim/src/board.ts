/**
 * The board that is a computer: runs the pure firmware over a line, with the machine's clock and randomness. It performs what
 * the firmware says and decides nothing. The keys are pressed by whoever calls `press`: a terminal, a script, a test.
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Board, Env, Flash } from './firmware/env.ts';
import {
  boot,
  type FirmwareEffect,
  type FirmwareInput,
  type FirmwareState,
  firmwareDeadline,
  step,
} from './firmware/firmware.ts';
import { loadIdentity, withHost, writeHosts } from './firmware/hosts.ts';
import { readKeys, writeKeys } from './firmware/keys.ts';
import { isComparing } from './firmware/pairing.ts';
import { portableCrypto } from './firmware/portable-crypto.ts';
import type { Screen } from './firmware/screens.ts';

export type Key = 'approve' | 'deny' | 'next' | 'back';

/** In place of a request's id: a pairing waits for a decision. */
export const pairingWaits = -1;

/** What a face gets to see: the screen, and the request that waits for a decision, if one does. */
export type Face = (screen: Screen, waiting: number | null) => void;

export type RunningBoard = {
  readonly bytes: (bytes: Uint8Array) => void;
  /** `began`: when the press began, by this board's clock; now, unless the caller knows better. */
  readonly press: (key: Key, began?: number) => void;
  /** The board's clock: whole milliseconds since the start. */
  readonly now: () => number;
  readonly screen: () => Screen;
  /** The static key of the device, which the computer pins. */
  readonly channelKey: () => Uint8Array;
  readonly stop: () => void;
};

export type BoardOptions = {
  readonly flash: Flash;
  readonly board: Board;
  readonly autoPress: boolean;
  readonly write: (bytes: Uint8Array) => void;
  readonly face: Face;
};

/** Powers the board on. */
export function runBoard(options: BoardOptions): RunningBoard {
  const { board, flash, autoPress } = options;
  const env: Env = { board, flash, crypto: portableCrypto, random: (length) => Uint8Array.from(randomBytes(length)) };
  const started = performance.now();
  // Whole milliseconds: the firmware's time goes onto the wire, where there are no fractions.
  const now = (): number => Math.floor(performance.now() - started);
  let timer: NodeJS.Timeout | null = null;
  const marks = { simulator: true, autoPress };
  let [state, first] = boot(env, { marks, model: `simulator ${board.name}`, resetReason: 'power' });

  function feed(input: FirmwareInput): void {
    const [next, effects] = step(state, input, now(), env);
    state = next;
    perform(effects);
    plan();
  }

  function perform(effects: readonly FirmwareEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'write') options.write(effect.bytes);
      else options.face(effect.screen, waitingRequest(state));
    }
  }

  function plan(): void {
    if (timer !== null) clearTimeout(timer);
    const due = firmwareDeadline(state);
    timer = due === null ? null : setTimeout(() => feed({ type: 'tick' }), Math.max(0, due - now()));
  }

  // The first screen is shown when the caller has its board in hand.
  queueMicrotask(() => perform(first));
  plan();
  return {
    bytes: (bytes) => feed({ type: 'bytes', bytes }),
    press: (key, began) => feed({ type: 'press', key, at: began ?? now() }),
    now,
    screen: () => state.screen,
    channelKey: () => portableCrypto.x25519.publicKey(state.identity.secret),
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      first = [];
    },
  };
}

/**
 * Puts a throwaway key, marked DEMO, into a flash that has none, and pairs it with the computer whose demo it is: both ends of a
 * demo are made by one program, and there is nobody to compare digits for.
 */
export function prepareDemo(flash: Flash, computer: Uint8Array | null): void {
  if (computer !== null) {
    const { hosts } = loadIdentity(flash, (length) => Uint8Array.from(randomBytes(length)));
    writeHosts(flash, withHost(hosts, { key: computer, name: 'the demo' }));
  }
  if (readKeys(flash).type !== 'none') return;
  const entropy = Uint8Array.from(randomBytes(32));
  writeKeys(flash, { entropy, demo: true });
  entropy.fill(0);
}

function waitingRequest(state: FirmwareState): number | null {
  if (isComparing(state)) return pairingWaits;
  return state.jobs.find((job) => job.phase === 'reviewing')?.id ?? null;
}
