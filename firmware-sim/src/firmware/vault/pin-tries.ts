/**
 * How many PINs were tried since the last right one. The count is in flash, read back, *before* a PIN is looked at: whoever cuts the
 * power when a try turns out wrong has still used it up. A count that cannot be read lets nobody try.
 *
 * Without a secure element flash has no memory of its own: a thief who can write the chip can put back an older count (SECURITY.md).
 */
import { limits } from '@sallyport/device-protocol';
import type { Env } from '../env.ts';
import { readForDevice, type Sealer, writeForDevice } from './sealed.ts';

/** Record `pin`: one byte. */
const record = 'pin';

/** The tries so far, or null: nobody may try. */
export function readTries(board: Pick<Env, 'flash' | 'deviceSecret'>): number | null {
  const bytes = readForDevice(board, record);
  if (!(bytes instanceof Uint8Array) || bytes.length !== 1) return null;
  const [tries = 0] = bytes;
  return tries <= limits.pinFailuresMax ? tries : null;
}

/** Keeps the number of tries; false when flash did not take it. */
export function writeTries(board: Sealer, tries: number): boolean {
  writeForDevice(board, record, Uint8Array.of(tries));
  return readTries(board) === tries;
}

export function forgetTries({ flash }: Pick<Env, 'flash'>): void {
  flash.remove(record);
}

/** A slip of the finger costs a second; the last of ten tries comes eight and a half minutes after the first. */
const waitFirstMs = 1_000;

/**
 * How long after a failure, or after the start of the device (it has no clock that runs without power), the next try may come.
 * Doubles with each failure.
 */
export function waitMs(failures: number): number {
  return failures === 0 ? 0 : waitFirstMs * 2 ** (failures - 1);
}
