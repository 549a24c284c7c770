/** What the doctor looks at of this computer. It looks and changes nothing; tests give it a computer of their own. */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { othersMay } from '../store/private-files.ts';

export type Machine = {
  /** The runtime that runs now. */
  readonly runtime: { readonly version: string; readonly path: string };
  readonly exists: (path: string) => boolean;
  /** The text of a file; null when it cannot be read. */
  readonly read: (path: string) => string | null;
  /** A sentence when others may open this; null when it is private. */
  readonly othersMay: (path: string) => string | null;
  /** The names of the programs that run. */
  readonly programs: () => readonly string[];
  /** The serial ports, and whether this user may open each. */
  readonly ports: () => readonly { readonly path: string; readonly mayOpen: boolean }[];
  readonly now: () => number;
  /** The time that the server of a relay says it is, ms Unix time; null when it says none. */
  readonly clockOf: (relay: string) => Promise<number | null>;
};

/** A person waits for the doctor. It asks all relays at once, and one that takes longer has told no time. */
const reachMs = 4_000;

/** The computer that this runs on. */
export const thisMachine: Machine = {
  runtime: { version: process.versions.node, path: process.execPath },
  exists: existsSync,
  read: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return null; // Gone, or not ours: the caller says what that means.
    }
  },
  othersMay,
  programs: () =>
    process.platform === 'linux'
      ? readdirSync('/proc')
          .filter((name) => /^\d+$/.test(name))
          // A process may end while it is looked at: that one has no name.
          .map((pid) => thisMachine.read(`/proc/${pid}/comm`)?.trim() ?? '')
      : [],
  ports: () =>
    process.platform === 'linux'
      ? readdirSync('/dev')
          .filter((name) => /^tty(ACM|USB)\d+$/.test(name))
          .map((name) => ({ path: `/dev/${name}`, mayOpen: mayOpen(`/dev/${name}`) }))
      : [],
  now: Date.now,
  clockOf: async (relay) => {
    const url = relay.replace(/^ws/, 'http');
    const asked = { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(reachMs) } as const;
    try {
      const time = Date.parse((await fetch(url, asked)).headers.get('date') ?? '');
      return Number.isNaN(time) ? null : time;
    } catch {
      return null; // Whether the relay is there is said by how it listens.
    }
  },
};

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
