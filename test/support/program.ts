/**
 * A program of ours in a process of its own, which speaks in JSON lines. A test waits for what it says, never for time to pass;
 * every wait has a deadline, and fails with all that the program wrote.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Program<Line> = {
  /** What it has said so far, oldest first. */
  readonly lines: readonly Line[];
  readonly stderr: () => string;
  /** The first thing, from line `from` on, in which `find` finds something; it may have been said already. */
  readonly until: <T>(find: (line: Line) => T | null | undefined, what: string, from?: number) => Promise<T>;
  readonly untilStderr: (text: RegExp) => Promise<void>;
  /** Writes a JSON line to the descriptor on which it speaks. */
  readonly say: (line: object) => void;
  /** Writes a line to its stdin. */
  readonly tell: (line: object) => void;
  /** Closes this end of the channel on which it speaks. */
  readonly stopReading: () => void;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Settles when it and every process that it started are gone: children inherit its stderr, which is then at its end. */
  readonly gone: () => Promise<Ended>;
};

export type ProgramOptions = {
  /** The descriptor of its JSON lines: its stdout, or a channel of its own that goes both ways. */
  readonly linesFd: 1 | 3;
  readonly env?: Readonly<Record<string, string>>;
  /** A descriptor that gets its stdout, where that is not what it speaks on. */
  readonly stdout?: number;
  /** `closed`: a pipe that is closed at once. `lines`: what `tell` says goes there. */
  readonly stdin?: 'ignore' | 'closed' | 'lines';
  /** As it is published, out of `dist/`: its source brings a compiler along, which takes 20 MB and has no part in the product. */
  readonly built?: boolean;
};

/** Nothing here takes longer than a few seconds; with both processors busy it may take several times that. */
const patienceMs = 25_000;

/** Starts a script of this repository, from its source unless the built one is asked for. */
export function startProgram<Line>(script: string, args: readonly string[], options: ProgramOptions): Program<Line> {
  const { linesFd, env = {}, stdout = 'ignore', stdin = 'ignore', built = false } = options;
  const conditions = built ? [] : ['--conditions=sallyport-source'];
  const path = fileURLToPath(new URL(`../../${script}`, import.meta.url));
  const child = spawn(process.execPath, [...conditions, path, ...args], {
    stdio: [stdin === 'ignore' ? 'ignore' : 'pipe', linesFd === 1 ? 'pipe' : stdout, 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  if (stdin === 'closed') child.stdin?.end();
  const channel = child.stdio[linesFd];
  // What is written to a program that was just killed goes nowhere, and its end is reported by `gone`.
  channel?.on('error', () => channel.destroy());
  const lines: Line[] = [];
  let stderr = '';
  let ended: Ended | null = null;
  let changed = Promise.withResolvers<void>();
  const change = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  eachLine(channel, (line) => {
    lines.push(JSON.parse(line));
    change();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    change();
  });
  child.once('close', (code, signal) => {
    ended = { code, signal };
    change();
  });

  /** Asks again at every change; an ended program says nothing more. */
  async function wait<T>(look: () => T | null | undefined, what: string, mayEnd: boolean): Promise<T> {
    const late = Promise.withResolvers<never>();
    const fail = (why: string): void => late.reject(new Error(`${why}: ${what}\n${account(script, lines, stderr)}`));
    const patience = setTimeout(() => fail(`not within ${patienceMs / 1000} s`), patienceMs);
    try {
      for (;;) {
        const found = look();
        if (found !== null && found !== undefined) return found;
        if (ended !== null && !mayEnd) fail(`the program ended (${JSON.stringify(ended)}) before`);
        await Promise.race([changed.promise, late.promise]);
      }
    } finally {
      clearTimeout(patience);
    }
  }

  return {
    lines,
    stderr: () => stderr,
    until: (find, what, from = 0) => {
      let next = from;
      return wait(
        () => {
          while (next < lines.length) {
            const line = lines[next++];
            const found = line === undefined ? null : find(line);
            if (found !== null && found !== undefined) return found;
          }
          return null;
        },
        what,
        false,
      );
    },
    untilStderr: async (text) => {
      await wait(() => text.test(stderr) || null, `${text} on stderr`, false);
    },
    say: (line) => writeTo(child, linesFd, line),
    tell: (line) => writeTo(child, 0, line),
    stopReading: () => void channel?.destroy(),
    signal: (signal) => void child.kill(signal),
    gone: () => wait(() => ended, 'the end of the program and of its children', true),
  };
}

/** What a program said, for the report of a failure. */
export function account(name: string, lines: readonly unknown[], stderr: string): string {
  const said = lines.slice(-12).map((line) => JSON.stringify(line).slice(0, 400));
  return [`--- ${name}, its last lines:`, ...said, '--- its stderr:', stderr.slice(-4_000), '---'].join('\n');
}

function writeTo(child: ChildProcess, fd: number, line: object): void {
  const stream = child.stdio[fd];
  if (stream !== null && stream !== undefined && 'write' in stream) stream.write(`${JSON.stringify(line)}\n`);
}

function eachLine(stream: ChildProcess['stdio'][number] | undefined, take: (line: string) => void): void {
  if (stream === null || stream === undefined || !('read' in stream))
    throw new Error('the program has no such channel');
  const readable: Readable = stream;
  let rest = '';
  readable.setEncoding('utf8').on('data', (text: string) => {
    const pieces = (rest + text).split('\n');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) take(piece);
  });
}
