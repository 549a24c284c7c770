/** The host in a real pseudo-terminal, as a person starts it: what is on the screen is read, keys are typed. */
import { fileURLToPath } from 'node:url';

export type Terminal = {
  /** Everything that was written so far. */
  readonly text: () => string;
  /** The first match in what was written from `from` on. */
  readonly until: (text: RegExp, from?: number) => Promise<RegExpExecArray>;
  readonly type: (keys: string) => void;
  /** The exit code, when it ends. */
  readonly gone: () => Promise<number>;
  readonly kill: () => void;
};

/** Wide enough for the QR code and high enough for the panel. */
const size = { cols: 120, rows: 60 };
const patienceMs = 25_000;

/** Null where this system has pseudo-terminals, otherwise why not. */
export async function terminalMissing(): Promise<string | null> {
  try {
    const { spawn } = await import('@lydell/node-pty');
    spawn(process.execPath, ['--version'], size);
    return null;
  } catch (problem) {
    return `no pseudo-terminal: ${problem instanceof Error ? problem.message : problem}`;
  }
}

/** `npm start -- …` in a terminal. */
export async function startTerminal(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Terminal> {
  const { spawn } = await import('@lydell/node-pty');
  const script = fileURLToPath(new URL('../../host/bin/sallyport.js', import.meta.url));
  const program = spawn(process.execPath, ['--conditions=sallyport-source', script, ...args], {
    ...size,
    env: { ...process.env, ...env },
  });
  let text = '';
  let code: number | null = null;
  let changed = Promise.withResolvers<void>();
  const change = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  program.onData((data) => {
    text += data;
    change();
  });
  program.onExit(({ exitCode }) => {
    code = exitCode;
    change();
  });

  async function wait<T>(look: () => T | null, what: string): Promise<T> {
    const late = Promise.withResolvers<never>();
    const fail = (): void =>
      late.reject(new Error(`not within ${patienceMs / 1000} s: ${what}\n${text.slice(-6_000)}`));
    const patience = setTimeout(fail, patienceMs);
    try {
      for (let found = look(); ; found = look()) {
        if (found !== null) return found;
        await Promise.race([changed.promise, late.promise]);
      }
    } finally {
      clearTimeout(patience);
    }
  }

  return {
    text: () => text,
    until: (wanted, from = 0) => wait(() => wanted.exec(text.slice(from)), String(wanted)),
    type: (keys) => program.write(keys),
    gone: () => wait(() => code, 'the end of the program'),
    kill: () => {
      if (code === null) program.kill('SIGKILL');
    },
  };
}
