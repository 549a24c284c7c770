/**
 * Directories and files that nobody else on this computer may read. What is already there is never silently chmod-ed: a state
 * directory that others can open is refused with words, because it may be somebody's /tmp, or others may have read it already.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** "No", as words for the user: what is wrong and what to do. Nothing secret in it; paths are the user's own. */
export type StoreRefused = { readonly type: 'refused'; readonly words: string };

/** Makes the directory with mode 0700 when it is not there. Null when it is private, or why it cannot be used. */
export function privateDirectory(dir: string): StoreRefused | null {
  try {
    makeDirectory(dir);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { type: 'refused', words: `The directory '${dir}' cannot be made (${why}). Choose another one.` };
  }
  if (!statSync(dir).isDirectory()) return { type: 'refused', words: `${dir} is not a directory. Choose another one.` };
  const others = othersMay(dir);
  return others === null ? null : { type: 'refused', words: `${others} Run: chmod 700 '${dir}'` };
}

/**
 * Null when this user alone may read and write the file or directory, or a sentence that says so. One that is another user's is
 * theirs to open whatever its mode: whoever can write to the temporary directory could make ours beforehand. Windows has no such modes.
 */
export function othersMay(path: string, me = process.getuid?.()): string | null {
  if (process.platform === 'win32') return null;
  const { mode: whole, uid } = statSync(path);
  // Root reads everything anyway, and may act for the user whose state it is.
  if (uid !== me && me !== 0) return `${path} belongs to another user of this computer.`;
  const mode = whole & 0o777;
  return (mode & 0o077) === 0 ? null : `Other users of this computer may open ${path} (mode ${mode.toString(8)}).`;
}

/** Writes a 0600 file so that a crash at any point leaves no file or the whole one: temporary file, fsync, rename, fsync. */
export function writePrivately(path: string, content: string | Uint8Array): void {
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  const file = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Makes the file with mode 0600 when it is not there: SQLite would take the umask, and its side files take the mode of this. */
export function touchPrivately(path: string): void {
  closeSync(openSync(path, 'a', 0o600));
  // An existing file in a private directory: narrowing it can surprise nobody.
  chmodSync(path, 0o600);
}

/** Makes it and what is missing above it. Not `recursive`: below a file system without directories to make (/proc) that never returns. */
function makeDirectory(dir: string): void {
  if (existsSync(dir)) return;
  const parent = dirname(dir);
  if (parent !== dir) makeDirectory(parent);
  mkdirSync(dir, { mode: 0o700 });
}

/** A rename is on disk when its directory is. Windows cannot open directories, and needs no such thing. */
function syncDirectory(dir: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(dir, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
