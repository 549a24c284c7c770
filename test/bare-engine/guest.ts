/**
 * The program inside the bare engine: the firmware core and nothing else. Everything it has of a board comes from `env`, an object
 * of functions that the other side of the engine's wall gives it; bytes cross that wall as hex, those of the wire as they are. `bundle.ts`
 * makes it one file.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Env } from '../../firmware-sim/src/firmware/env.ts';
import { LCD240 } from '../../firmware-sim/src/firmware/env.ts';
import {
  boot,
  type FirmwareEffect,
  type FirmwareInput,
  type FirmwareState,
  firmwareDeadline,
  step,
} from '../../firmware-sim/src/firmware/firmware.ts';
import { portableCrypto } from '../../firmware-sim/src/firmware/portable-crypto.ts';

/** What the wall lets through: the wire and the screen; the board of env.ts in hex; the curve is null when the portable one is to be used. */
export type HexBoard = {
  readonly wire: (frame: ArrayBufferLike) => void;
  /** Its rows, a line each. */
  readonly screen: (rows: string) => void;
  readonly random: (length: number) => string;
  readonly read: (name: string) => string | null;
  readonly write: (name: string, value: string) => void;
  readonly remove: (name: string) => void;
  /** All names, a line each. */
  readonly names: () => string;
  readonly curve: {
    readonly publicKey: (secret: string) => string;
    readonly signSchnorr: (hash: string, secret: string, aux: string) => string;
    readonly verifySchnorr: (sig: string, hash: string, pubkey: string) => boolean;
    readonly sharedX: (secret: string, peer: string) => string | null;
    readonly x25519PublicKey: (secret: string) => string;
    readonly x25519Shared: (secret: string, peer: string) => string | null;
  } | null;
};

/**
 * The engine's own `Uint8Array.from` makes a list of all the bytes before it copies them, eight bytes for each; noble copies every message in
 * this way. Copying bytes needs no list.
 */
const listed = Uint8Array.from;
Object.assign(Uint8Array, {
  from: (...args: Parameters<typeof listed>) =>
    args.length === 1 && args[0] instanceof Uint8Array ? new Uint8Array(args[0]) : listed.apply(Uint8Array, args),
});

/** Powers the firmware on; what comes back takes bytes, presses and ticks, and says when the next tick is due. */
export function start(board: HexBoard) {
  const env = envOf(board);
  const marks = { simulator: true, autoPress: false };
  const [booted, first] = boot(env, { marks, model: 'bare engine', resetReason: 'power' });
  let state = booted;
  perform(board, state, first);
  const feed = (input: FirmwareInput, now: number): number | null => {
    const [next, effects] = step(state, input, now, env);
    state = next;
    perform(board, state, effects);
    return firmwareDeadline(state);
  };
  return {
    bytes: (frame: ArrayBuffer, now: number) => feed({ type: 'bytes', bytes: new Uint8Array(frame) }, now),
    press: (key: 'approve' | 'deny' | 'next' | 'back', now: number) => feed({ type: 'press', key, at: now }, now),
    tick: (now: number) => feed({ type: 'tick' }, now),
  };
}

/** What this engine offers beside the language; a bare one offers none of it. */
export function platform(): readonly string[] {
  const names = ['process', 'Buffer', 'TextEncoder', 'TextDecoder', 'setTimeout', 'console', 'crypto', 'Intl', 'atob'];
  return names.filter((name) => name in globalThis);
}

function envOf({ random, read, write, remove, names, curve }: HexBoard): Env {
  const bytesOrNull = (hex: string | null): Uint8Array | null => (hex === null ? null : hexToBytes(hex));
  return {
    board: LCD240,
    random: (length) => hexToBytes(random(length)),
    // This engine has no fuses: its secret is public, as its flash is of the tests.
    deviceSecret: new Uint8Array(32).fill(0x5e),
    pinRounds: 2,
    flash: {
      read: (name) => bytesOrNull(read(name)),
      write: (name, value) => write(name, bytesToHex(value)),
      remove,
      names: () =>
        names()
          .split('\n')
          .filter((name) => name !== ''),
    },
    crypto:
      curve === null
        ? portableCrypto
        : {
            publicKey: (secret) => hexToBytes(curve.publicKey(bytesToHex(secret))),
            signSchnorr: (hash, secret, aux) =>
              hexToBytes(curve.signSchnorr(bytesToHex(hash), bytesToHex(secret), bytesToHex(aux))),
            verifySchnorr: (sig, hash, pubkey) =>
              curve.verifySchnorr(bytesToHex(sig), bytesToHex(hash), bytesToHex(pubkey)),
            x25519: {
              publicKey: (secret) => hexToBytes(curve.x25519PublicKey(bytesToHex(secret))),
              shared: (secret, peer) => bytesOrNull(curve.x25519Shared(bytesToHex(secret), bytesToHex(peer))),
            },
            sharedX: (secret, peer) => bytesOrNull(curve.sharedX(bytesToHex(secret), bytesToHex(peer))),
          },
  };
}

function perform(board: HexBoard, state: FirmwareState, effects: readonly FirmwareEffect[]): void {
  for (const effect of effects) if (effect.type === 'write') board.wire(effect.bytes.slice().buffer);
  if (effects.some(({ type }) => type === 'screen')) board.screen(state.screen.rows.join('\n'));
}
