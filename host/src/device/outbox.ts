/**
 * The bytes of one connection that wait to be written. Bounded in size and in time: when the other side stops taking bytes,
 * the connection is reported as stuck once, instead of filling memory or waiting for ever. Every byte is copied once.
 */
import type { After } from './wire.ts';

/** Twice a full window of the largest frames (2 × 32 × 4 KiB): the link never has more under way unless nobody reads. */
export const OUTBOX_BYTES_MAX = 256 * 1024;

/** One write. Small, so that its progress can be told within seconds on a slow line; large enough to cost nothing. */
export const PIECE_BYTES_MAX = 4096;

/** A piece may take this long: at 9,600 baud, the slowest line worth supporting, 4 KiB take 4.3 s; twice that and some. */
export const PIECE_MS_MAX = 10_000;

/** `push` appends, `clear` forgets everything and stays silent from then on. */
export type Outbox = { push(bytes: Uint8Array): void; clear(): void };

/**
 * An outbox that hands out one piece at a time. `send` must call `done` later than it returns, or never (then the piece runs
 * into its time limit). `stuck` is called at most once and may call `clear`.
 */
export function outbox(
  send: (piece: Uint8Array, done: () => void) => void,
  stuck: (reason: string) => void,
  after: After,
): Outbox {
  let waiting: Uint8Array[] = [];
  let batch: Uint8Array = new Uint8Array(0);
  let taken = 0;
  let size = 0;
  let writing = false;
  let over = false;
  let cancelLimit: (() => void) | null = null;

  const fail = (reason: string): void => {
    over = true;
    cancelLimit?.();
    stuck(reason);
  };

  const sendNext = (): void => {
    if (taken === batch.length) {
      batch = Buffer.concat(waiting);
      waiting = [];
      taken = 0;
    }
    writing = batch.length > 0;
    if (!writing) return;
    const piece = batch.subarray(taken, taken + PIECE_BYTES_MAX);
    taken += piece.length;
    cancelLimit = after(PIECE_MS_MAX, () => fail(`The device took no bytes for ${PIECE_MS_MAX / 1000} s.`));
    send(piece, () => {
      if (over) return;
      cancelLimit?.();
      size -= piece.length;
      sendNext();
    });
  };

  return {
    push(bytes) {
      if (over || bytes.length === 0) return;
      if (size + bytes.length > OUTBOX_BYTES_MAX) {
        fail(`More than ${OUTBOX_BYTES_MAX} bytes wait to be sent: the device does not take them.`);
        return;
      }
      size += bytes.length;
      waiting.push(bytes);
      if (!writing) sendNext();
    },
    clear() {
      over = true;
      cancelLimit?.();
    },
  };
}
