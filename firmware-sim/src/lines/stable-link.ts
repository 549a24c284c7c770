/**
 * A symlink with a stable name for a terminal whose own name changes at every start, as udev makes one for a real device.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, readlinkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { messageOf } from './line.ts';

/** Points `link` at `target` in one step: there is no moment without it. Anything but a symlink is left alone. Null, or why not. */
export function placeLink(link: string, target: string): string | null {
  const temporary = `${link}.${randomBytes(6).toString('hex')}`;
  try {
    const existing = lstatSync(link, { throwIfNoEntry: false });
    if (existing !== undefined && !existing.isSymbolicLink()) return `${link} exists and is not a symlink.`;
    symlinkSync(target, temporary);
    renameSync(temporary, link);
    return null;
  } catch (error) {
    return `${link} cannot be made: ${messageOf(error)}`;
  }
}

/** Removes the link if it still points at `target`; another simulator may have taken the name since. */
export function removeLink(link: string, target: string): void {
  try {
    if (readlinkSync(link) === target) unlinkSync(link);
  } catch {
    // Gone already, replaced by a file, or not ours to remove: at worst a link to nowhere stays, and the next start replaces it.
  }
}
