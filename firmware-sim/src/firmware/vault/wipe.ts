/**
 * Wiping: everything that the owner ever put into the device is gone, and it is fresh again. It begins with a mark, so that a power cut
 * at any moment ends in a wiped device: the next start goes on. First goes the wrapped key, without which nothing else opens.
 *
 * Flash forgets at its own pace: what a chip keeps of removed records is sealed under keys that are gone.
 */
import type { Env } from '../env.ts';
import { keyRecord } from './wrapped-key.ts';

const wiping = 'wiping';

export function wipe({ flash }: Pick<Env, 'flash'>): void {
  flash.write(wiping, Uint8Array.of(1));
  finishWipe({ flash });
}

/** Goes on with a wipe that was begun; false when there was none. */
export function finishWipe({ flash }: Pick<Env, 'flash'>): boolean {
  const names = flash.names();
  if (!names.includes(wiping)) return false;
  flash.remove(keyRecord);
  for (const name of names) if (name !== wiping) flash.remove(name);
  flash.remove(wiping);
  return true;
}
