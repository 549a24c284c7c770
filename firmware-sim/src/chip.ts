/**
 * What a real device has in the fuses of its chip, outside of the flash: here a file of its own beside the flash image, `<image>.chip`,
 * 0600. Whoever takes the image alone has taken what a programmer reads off a flash chip, and no more.
 */
import { existsSync } from 'node:fs';
import type { Randomness } from './clock-and-chance.ts';
import type { Spare } from './firmware/env.ts';
import { readPrivate, writePrivate } from './flash-file.ts';
import { isJournal } from './flash-image.ts';

export const deviceSecretBytes = 32;

/** A fifth of a second in Node on a small server, with the SHA-512 of @noble/hashes; a busy one takes a second, and the link waits that long. */
export const simulatorPinRounds = 40_000;

/**
 * Memory as a chip with external RAM has it (an ESP32-S3 with PSRAM, a Pi Zero), of which the device may use 8 MiB and a little: eight open requests, each
 * of twice what is kept. Four blocks under way fill the window of the link. The newest requests of an app are five records of 1.5 KB: those of
 * a dozen apps, twice each, are 200 KB more.
 */
export const simulatorSpare: Spare = { keptBytes: 512 * 1024, blocksAhead: 3, openedRecords: 64 };

/** The secret in this file; made at the first start, before anything is sealed under it. Throws with words for the user. */
export function deviceSecretIn(path: string, image: string | null, random: Randomness): Uint8Array {
  if (existsSync(path)) {
    const secret = Uint8Array.from(readPrivate(path));
    if (secret.length !== deviceSecretBytes) throw new Error(`${path} does not hold ${deviceSecretBytes} bytes`);
    return secret;
  }
  if (image !== null && isSealed(image)) throw new Error(`${path} is gone, and without it ${image} cannot be opened`);
  const secret = random(deviceSecretBytes);
  writePrivate(path, secret);
  return secret;
}

/** Where the secret of a flash image is when nobody says otherwise. */
export const chipBeside = (image: string): string => `${image}.chip`;

/** Whether there is an image that this firmware wrote: older ones hold nothing that is sealed. */
function isSealed(image: string): boolean {
  return existsSync(image) && isJournal(readPrivate(image));
}
