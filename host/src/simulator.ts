/**
 * The simulated device of the demo: a process of its own, started here and reached by the real serialport over a pseudo-terminal,
 * or, where there is none, over a pipe. It owns the terminal: its screen stays at the bottom, and what the host has to say is
 * printed above it. Host and simulator know each other by wire and by control channel only, never by import.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import { BAUD_RATE } from './device/serial-port.ts';
import { serialWire } from './device/serial-wire.ts';
import { streamWire } from './device/stream-wire.ts';
import type { Wire, WireEvents } from './device/wire.ts';
import type { SimulatorOptions } from './options.ts';

export type Simulator = {
  readonly link: 'pty' | 'pipe';
  /** Its key is its owner's, or will be: it is no demo. */
  readonly owners: boolean;
  /** The static key of its channel, hex: what a pairing would have told. */
  readonly channelKey: string;
  readonly wire: (events: WireEvents) => Wire;
  /** Tells every address of its page, where it has one: the first, and the next when one was used. */
  readonly pages: (tell: (url: string) => void) => void;
  /** Prints above the screen. */
  readonly note: (text: string) => void;
  /** Settles when the simulator has ended: by Ctrl-C at its keys, by `stop`, or by itself. */
  readonly ended: Promise<{ readonly code: number | null }>;
  readonly stop: () => Promise<void>;
};

/** File descriptors of the child: the control channel, and the link where it is a pipe. */
const controlFd = 3;
const linkFd = 4;
/** Its flash image in the state directory, and the mark of a device that is its owner's. */
const flashName = 'simulated-device.flash';
const ownersName = 'simulated-device.owners';
/** The exit code of a simulator that was asked for a pseudo-terminal where the system has none. */
export const noPseudoTerminal = 3;
/** From spawn to the first line: the child loads its modules and stretches a seed. */
const startMs = 20_000;
/** From asking it to stop to insisting. */
const stopMs = 2_000;

/**
 * The simulator, or the code with which it ended at once: 2 for a wrong call (a press script, say), 3 when the system has no
 * pseudo-terminal. It has then said the reason itself, on the stderr that it shares with us.
 */
export type SimulatorStart =
  | { readonly simulator: Simulator }
  | { readonly simulator: null; readonly code: number | null };

/**
 * Starts the simulator, paired with the computer of this static key; rejects with words when it comes up in no way that it
 * should. `quiet`: its screen goes to stderr.
 */
export async function startSimulator(
  options: SimulatorOptions,
  state: string,
  quiet: boolean,
  computer: Uint8Array,
): Promise<SimulatorStart> {
  const owners = isOwners(options.fresh, state);
  const child = spawnSimulator(options, owners, state, quiet, computer);
  const ended = new Promise<{ code: number | null }>((resolve) => child.once('exit', (code) => resolve({ code })));
  const control = duplex(child, controlFd);
  let page: string | null = null;
  let tellPage = (_url: string): void => undefined;
  const first = await firstLine(control, ended, (url) => {
    page = url;
    tellPage(url);
  }).catch((problem: unknown) => {
    // One that says nothing would stay behind when the host gives up.
    child.kill('SIGKILL');
    throw problem;
  });
  if ('code' in first) return { simulator: null, code: first.code };
  const link = duplexOrNull(child, linkFd);
  const wire = (events: WireEvents): Wire =>
    link === null
      ? serialWire({ path: first.line, lines: 'leave', baudRate: BAUD_RATE }, events)
      : streamWire({ input: link, output: link }, events);
  const simulator: Simulator = {
    link: options.link,
    owners,
    channelKey: first.key,
    wire,
    pages: (tell) => {
      tellPage = tell;
      if (page !== null) tell(page);
    },
    ended,
    note: (text) => void control.write(`${JSON.stringify({ note: text })}\n`),
    stop: async () => {
      if (child.exitCode !== null) return;
      control.write('{"quit":true}\n');
      const insist = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await ended;
      clearTimeout(insist);
    },
  };
  return { simulator };
}

/**
 * Whether the device in this state directory is its owner's: one that was first started fresh stays so, or after a wipe the next start
 * would quietly make it a demo with a throwaway key.
 */
function isOwners(fresh: boolean, state: string): boolean {
  const mark = join(state, ownersName);
  if (fresh && !existsSync(join(state, flashName))) writeFileSync(mark, '', { mode: 0o600 });
  return fresh || existsSync(mark);
}

function spawnSimulator(
  options: SimulatorOptions,
  owners: boolean,
  state: string,
  quiet: boolean,
  computer: Uint8Array,
): ChildProcess {
  const listen = options.link === 'pipe' ? `fd:${linkFd}` : 'pty';
  const press = options.press === null ? [] : ['--press', options.press];
  const demo = owners ? [] : ['--demo'];
  const args = ['--listen', listen, ...demo, '--flash', join(state, flashName), '--crypto', options.crypto];
  const paired = ['--demo-host', Buffer.from(computer).toString('hex')];
  const rest = ['--board', options.board, '--face', options.face, '--control', String(controlFd), ...press];
  const pipes: 'pipe'[] = options.link === 'pipe' ? ['pipe', 'pipe'] : ['pipe'];
  return spawn(process.execPath, [...process.execArgv, simulatorProgram(), ...args, ...paired, ...rest], {
    stdio: ['inherit', quiet ? 2 : 'inherit', 'inherit', ...pipes],
  });
}

/** Where the simulator is installed. It is a program to be started, not a library to be imported. */
function simulatorProgram(): string {
  try {
    return createRequire(import.meta.url).resolve('@sallyport/firmware-sim/bin');
  } catch {
    throw new Error(
      'The simulated device is not installed. Install @sallyport/firmware-sim, or name a real one: --port PATH.',
    );
  }
}

type FirstLine = { readonly line: string; readonly key: string };

/**
 * The simulator's first word: where it listens, and who it is; or how it ended before it. Of what it says later only the addresses of
 * its page are read (`page`); screens are shown by the simulator itself.
 */
function firstLine(
  control: Duplex,
  ended: Simulator['ended'],
  page: (url: string) => void,
): Promise<FirstLine | { readonly code: number | null }> {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error('The simulated device does not start.')), startMs);
    let first: FirstLine | null = null;
    const lines = createInterface({ input: control });
    // It repeats the error of its input, which is dealt with there: a simulator that ends by Ctrl-C leaves notes unread, and resets.
    lines.on('error', () => lines.close());
    lines.on('line', (text) => {
      if (first !== null && !text.startsWith('{"page":')) return;
      const message = messageIn(text);
      if (typeof message['page'] === 'string') page(message['page']);
      if (first !== null) return;
      clearTimeout(patience);
      const { line, key } = message;
      if (typeof line !== 'string' || typeof key !== 'string')
        return reject(new Error('The simulated device says something else than where it listens.'));
      first = { line, key };
      resolve(first);
    });
    void ended.then(({ code }) => {
      clearTimeout(patience);
      resolve({ code });
    });
  });
}

function messageIn(text: string): Readonly<Record<string, unknown>> {
  const message: unknown = JSON.parse(text);
  return typeof message === 'object' && message !== null ? { ...message } : {};
}

function duplexOrNull(child: ChildProcess, fd: number): Duplex | null {
  const stream = child.stdio[fd];
  if (!(stream instanceof Duplex)) return null;
  // The child may be gone before the last write: its end is reported by `ended`.
  stream.on('error', () => stream.destroy());
  return stream;
}

function duplex(child: ChildProcess, fd: number): Duplex {
  const stream = duplexOrNull(child, fd);
  if (stream === null) throw new Error(`no channel to the simulator on descriptor ${fd}`);
  return stream;
}
