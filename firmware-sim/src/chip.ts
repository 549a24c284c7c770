/**
 * What a real device has in the fuses of its chip, outside of the flash: here a file of its own beside the flash image, `<image>.chip`,
 * 0600. Whoever takes the image alone has taken what a programmer reads off a flash chip, and no more.
 */
import { existsSync } from 'node:fs';
import type { Randomness } from './clock-and-chance.ts';
import { readPrivate, writePrivate } from './flash-file.ts';

export const deviceSecretBytes = 32;

/** What half a second buys in Node on a small server, with the SHA-512 of @noble/hashes. */
export const simulatorPinRounds = 40_000;

/** The secret of the device whose flash image this is; made at the first start. Throws with words for the user. */
export function deviceSecretBeside(image: string, random: Randomness): Uint8Array {
  const path = `${image}.chip`;
  if (existsSync(path)) {
    const secret = Uint8Array.from(readPrivate(path));
    if (secret.length !== deviceSecretBytes) throw new Error(`${path} does not hold ${deviceSecretBytes} bytes`);
    return secret;
  }
  const secret = random(deviceSecretBytes);
  writePrivate(path, secret);
  return secret;
}
