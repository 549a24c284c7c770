/**
 * What the firmware needs of a board. One small capability each; a board is a value of this type and nothing else.
 * Time is not here: it is an argument of every step, in milliseconds since the board started.
 */
import type { Dh } from '@sallyport/device-protocol';

/** Everything of the board. */
export type Env = {
  /** Cryptographically strong random bytes of the given length. */
  readonly random: (length: number) => Uint8Array;
  readonly crypto: Crypto;
  readonly flash: Flash;
  readonly board: Board;
  /**
   * 32 bytes that are this device's own: what a chip has in its fuses, outside of the flash that a thief can clip a programmer to.
   * Made once, at the factory, and the same for ever. What is sealed under it opens on this device only.
   */
  readonly deviceSecret: Uint8Array;
  /** Rounds of PBKDF2 that a PIN costs: as many as this board does while a human waits gladly. Kept with each vault, so it may change. */
  readonly pinRounds: number;
  /** Memory beyond the least. Absent: none, every block of an input is pulled when it is wanted and as often as it is read. */
  readonly spare?: Spare;
};

/** What a board with memory to spare does with it: fewer bytes cross the wire, and nothing else changes. */
export type Spare = {
  /** An input of at most so many bytes is kept, once it was read, for as long as its request is open; with the text in it, twice that. */
  readonly keptBytes: number;
  /** Blocks that are asked for beyond the one that is wanted (`chunksAheadMax` at most), so that the next ones come while that is worked on. */
  readonly blocksAhead: number;
  /** So many records that hold no secret are remembered as they lie in flash and as they were opened: some KiB each. */
  readonly openedRecords: number;
};

/**
 * The curve operations: secp256k1, and X25519 for the channel. A board may bring an accelerated one, held to the same vectors; the portable one uses
 * @noble/secp256k1. Secrets and results are 32 bytes unless said otherwise.
 */
export type Crypto = {
  /** The x-only public key of a secret (BIP-340). */
  readonly publicKey: (secret: Uint8Array) => Uint8Array;
  /** A 64-byte BIP-340 signature over a 32-byte hash, with 32 bytes of auxiliary randomness from the device itself. */
  readonly signSchnorr: (hash: Uint8Array, secret: Uint8Array, aux: Uint8Array) => Uint8Array;
  /** Whether a 64-byte signature holds for a 32-byte hash and an x-only public key (BIP-340). Anything that is no signature or no key is false. */
  readonly verifySchnorr: (sig: Uint8Array, hash: Uint8Array, pubkey: Uint8Array) => boolean;
  /** The x coordinate of secret × peer, or null when `peer` is not the x coordinate of a point. Never leaves the device. */
  readonly sharedX: (secret: Uint8Array, peer: Uint8Array) => Uint8Array | null;
  /** X25519, for the channel to the computer. */
  readonly x25519: Dh;
};

/**
 * Persistent memory, as named records. A write and a removal are atomic: after a power cut a record is the old or the new one, there
 * or gone. What returned is kept; what throws may or may not be. Names are ASCII, 64 characters at most.
 */
export type Flash = {
  readonly read: (name: string) => Uint8Array | null;
  readonly write: (name: string, value: Uint8Array) => void;
  /** Without effect when there is no such record. */
  readonly remove: (name: string) => void;
  /** All records, in any order. */
  readonly names: () => readonly string[];
};

/**
 * A screen and its keys. Cells are 8×16 pixels, so 240×240 has 30×15 and 128×64 has 16×4; wide characters take two cells.
 * The labels are what the last row calls each key.
 */
export type Board = {
  readonly name: 'lcd240' | 'oled128';
  readonly columns: number;
  readonly rows: number;
  readonly keys: { readonly approve: string; readonly deny: string; readonly next: string; readonly back: string };
};

/** 240×240 with joystick and three keys: the well-known Pi Zero LCD HAT. */
export const LCD240: Board = {
  name: 'lcd240',
  columns: 30,
  rows: 15,
  keys: { approve: 'KEY1', deny: 'KEY3', next: '▼', back: '▲' },
};

/** 128×64 with two buttons: a short press right turns the page (round and round), a long one approves, left denies. */
export const OLED128: Board = {
  name: 'oled128',
  columns: 16,
  rows: 4,
  keys: { approve: '●R', deny: 'L', next: 'R', back: '' },
};
