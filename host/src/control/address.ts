/**
 * Where the control API of a state directory is: a socket in that directory, which only its owner can enter. A path too long for a
 * socket is replaced by one in a private directory of the system's temporary one; Windows has a named pipe, and a token in a file.
 */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export type ControlAddress = {
  /** What to listen on and to connect to. */
  readonly path: string;
  /** The directory that must be private; null for a pipe. */
  readonly dir: string | null;
  /** The file of the token, where a token is needed. */
  readonly tokenFile: string | null;
};

/** The only Host that is served: no name that a browser could be led to. */
export const controlHost = 'sallyport';

/** `sun_path` has 104 bytes on macOS and 108 on Linux, the last of them zero. */
const pathMax = 103;

/** The address that belongs to a state directory. */
export function controlAddress(state: string, platform: NodeJS.Platform = process.platform): ControlAddress {
  const whole = resolve(state);
  const name = createHash('sha256').update(whole).digest('hex').slice(0, 24);
  if (platform === 'win32') {
    return { path: `\\\\.\\pipe\\sallyport-${name}`, dir: null, tokenFile: join(whole, 'control.token') };
  }
  const own = join(whole, 'control.sock');
  const path = Buffer.byteLength(own) <= pathMax ? own : join(tmpdir(), `sallyport-${name}`, 'control.sock');
  return { path, dir: dirname(path), tokenFile: null };
}
