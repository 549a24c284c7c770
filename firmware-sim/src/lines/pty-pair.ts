/**
 * A raw pseudo-terminal from `@lydell/node-pty`'s undocumented `open()`: the master as a stream to read and a descriptor to
 * write, the slave as a path. Everything odd about that package and about terminals is handled here:
 *
 * - its own slave stream reads what the host should get, so it is destroyed before a byte can arrive;
 * - its descriptor of the slave stays open unseen; it is found and kept, because a master without any slave answers EIO
 *   between two openings by the host, and it is closed in the end, so that nothing leaks;
 * - its master stream would spin for ever on a host that does not read (libuv writes to a master as if it blocked), so the
 *   stream is only read and the writing is done on the descriptor, which does not block;
 * - a fresh terminal echoes, edits lines and turns CR into NL: serialport opens the slave once and leaves it raw.
 */
import { once } from 'node:events';
import { closeSync, constants, fstatSync, openSync, readdirSync, statSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { SerialPort } from 'serialport';
import { BAUD_RATE, messageOf } from './line.ts';

/** An open pair. `close` ends both sides: a host that has the slave open sees it unplugged. */
export type PtyPair = {
  readonly path: string;
  readonly master: Duplex;
  readonly masterFd: number;
  close(): Promise<void>;
};

/** Opens a raw pair, or says why this system has none (Windows, a platform without prebuilt binary, no /dev/pts). */
export async function openPtyPair(): Promise<PtyPair | { readonly reason: string }> {
  try {
    const opened = await openWithNodePty();
    const pair = keepOpen(opened);
    try {
      await makeRaw(pair.path);
      return pair;
    } catch (error) {
      await pair.close();
      throw error;
    }
  } catch (error) {
    return { reason: `This system has no pseudo-terminal for us: ${messageOf(error)}` };
  }
}

type Opened = { readonly path: string; readonly master: Duplex; readonly masterFd: number; readonly slave: Duplex };

/** Calls `open()`, which the package's types leave out, and checks at run time that it is what we know. */
async function openWithNodePty(): Promise<Opened> {
  const nodePty: object = await import('@lydell/node-pty');
  if (!('open' in nodePty) || typeof nodePty.open !== 'function') throw new Error('node-pty has no open()');
  const pair: unknown = nodePty.open({ encoding: null });
  if (typeof pair !== 'object' || pair === null) throw new Error('node-pty opened nothing');
  const path = '_pty' in pair ? pair._pty : null;
  const masterFd = '_fd' in pair ? pair._fd : null;
  const master = '_master' in pair ? pair._master : null;
  const slave = '_slave' in pair ? pair._slave : null;
  if (typeof path !== 'string' || typeof masterFd !== 'number') throw new Error('node-pty named no terminal');
  if (!(master instanceof Duplex) || !(slave instanceof Duplex)) throw new Error('node-pty brought no streams');
  return { path, masterFd, master, slave };
}

function keepOpen({ path, master, masterFd, slave }: Opened): PtyPair {
  slave.destroy();
  // The package's own handler calls methods of an object that was never constructed; it would throw instead of report.
  master.removeAllListeners('error');
  const left = descriptorsOf(path);
  const holders = left.length > 0 ? left : [openSync(path, constants.O_RDWR | constants.O_NOCTTY)];
  return {
    path,
    master,
    masterFd,
    async close() {
      if (!master.closed) {
        const gone = once(master, 'close');
        master.destroy();
        await gone;
      }
      for (const holder of holders.splice(0)) closeSync(holder);
    },
  };
}

/** Every descriptor of this process that is open on the terminal. */
function descriptorsOf(path: string): number[] {
  const terminal = statSync(path);
  return readdirSync('/dev/fd')
    .map(Number)
    .filter((fd) => {
      try {
        const { dev, ino } = fstatSync(fd);
        return dev === terminal.dev && ino === terminal.ino;
      } catch {
        return false; // the descriptor with which the directory itself was read
      }
    });
}

/** The settings outlive this opening because the pair stays open. Not `setRawMode`: libuv undoes that on close. */
function makeRaw(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const port = new SerialPort({ path, baudRate: BAUD_RATE, lock: false, autoOpen: false });
    port.open((error) => {
      if (error !== null) reject(error);
      else port.close((failed) => (failed === null ? resolve() : reject(failed)));
    });
  });
}
