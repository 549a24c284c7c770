/** Starts `pty-child.ts` and talks to it: a device on a pseudo-terminal that can be stopped and pulled out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openPtyLine } from '../../firmware-sim/src/lines/pty-line.ts';

/** What the child prints, one field at a time. */
type Report = { readonly ready?: string; readonly refused?: string; readonly done?: string };

export type PtyDevice = {
  readonly path: string;
  /** Sends a command and waits until the child has carried it out. */
  tell(command: string): Promise<void>;
  /** Stops the process: it reads nothing from now on. */
  freeze(): void;
  /** Pulls the plug and waits until the process is gone. */
  unplug(): Promise<void>;
};

/** Null where this system has pseudo-terminals, otherwise why not. */
export async function ptyMissing(): Promise<string | null> {
  const silent = { bytes: () => undefined, peer: () => undefined, failed: () => undefined };
  const opening = await openPtyLine(silent);
  if (opening.line === null) return opening.reason;
  await opening.line.close();
  return null;
}

/** A device in its own process, reachable under `link`. */
export async function startPtyDevice(link: string): Promise<PtyDevice> {
  const script = fileURLToPath(new URL('./pty-child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=sallyport-source', script, link], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const reports: Report[] = [];
  let waiters: (() => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    reports.push(JSON.parse(line));
    const due = waiters;
    waiters = [];
    for (const wake of due) wake();
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise<void>((resolve) => waiters.push(resolve));
  };
  await until(() => reports.some((report) => 'ready' in report || 'refused' in report));
  return {
    path: link,
    async tell(command) {
      const before = reports.length;
      child.stdin.write(`${command}\n`);
      await until(() => reports.slice(before).some((report) => report.done === command));
    },
    freeze: () => void child.kill('SIGSTOP'),
    unplug: () => {
      // As udev does. A link that stays would soon lead to somebody else's terminal: their names are used again at once.
      rmSync(link, { force: true });
      return kill(child);
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}
