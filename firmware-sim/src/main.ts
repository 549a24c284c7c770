/**
 * The simulator as a program: a device that listens on a pseudo-terminal, a unix socket, a given tty or its own pipes. Its options
 * are in options.ts.
 *
 * What a person reads goes to stdout (the face) and stderr (everything else). Ends with 0 when it was told to, 2 for a wrong
 * call, 3 when this system has no pseudo-terminal, 1 when something else could not be had or failed.
 */
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { type Key, prepareDemo, runBoard } from './board.ts';
import { type Control, controlOver } from './control.ts';
import { scriptedHuman } from './faces/script.ts';
import { type TerminalFace, terminalFace } from './faces/terminal.ts';
import type { Flash } from './firmware/env.ts';
import { flashFile, flashInMemory } from './flash-file.ts';
import { type LineEvents, type LineOpening, messageOf, noLine } from './lines/line.ts';
import { openPtyLine } from './lines/pty-line.ts';
import { openStdioLine } from './lines/stdio-line.ts';
import { openTtyLine } from './lines/tty-line.ts';
import { openUnixLine } from './lines/unix-line.ts';
import { type Listen, parseOptions } from './options.ts';

/** Runs until it is told to end. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseOptions(argv);
  if (parsed.type === 'say') return leave(0, parsed.words);
  if (parsed.type === 'wrong') return leave(2, `sallyport-sim: ${parsed.words}`);
  const { options } = parsed;
  const flash = openFlash(options.flash, options.demo, options.demoHost);
  if (typeof flash === 'string') return leave(1, `sallyport-sim: ${flash}`);
  const channel = options.control === null ? null : socketOn(options.control);
  if (typeof channel === 'string') return leave(1, `sallyport-sim: ${channel}`);
  const { presser } = options;
  const autoPress = presser.type !== 'human';
  let face: TerminalFace | null = null;
  let control: Control | null = null;
  const opened = await open(options.listen, {
    bytes: (bytes) => running.bytes(bytes),
    peer: () => undefined, // the link finds out by itself who is there
    failed: (reason) => end(1, `sallyport-sim: the line failed: ${reason}`),
  });
  const { line } = opened;
  if (line === null) return leave(opened.unsupported ? 3 : 1, `sallyport-sim: ${opened.reason}`);

  if (autoPress) console.error('AUTO-PRESS: this simulator presses its own buttons. No human approves anything.');

  const human = presser.type === 'script' ? scriptedHuman(presser.lines, (key) => running.press(key)) : null;
  const running = runBoard({
    board: options.board,
    flash,
    autoPress,
    write: (bytes) => line.write(bytes),
    face: (screen, waiting) => {
      face?.screen(screen);
      control?.say({ screen: screen.rows, waiting });
      human?.(waiting);
    },
  });

  function end(code: number, words?: string): void {
    face?.close();
    running.stop();
    void line?.close().finally(() => leave(code, words));
  }

  const press = (key: Key, began?: number): void => running.press(key, began);
  if (options.face === 'terminal') {
    const { now } = running;
    face = terminalFace({ input: process.stdin, output: process.stdout, press, now, quit: () => end(0) });
  }
  const note = (text: string): void => (face === null ? console.error(text) : face.note(text));
  if (channel !== null) {
    control = controlOver(channel, { press: presser.type === 'control' ? press : null, note, quit: () => end(0) });
  }
  control?.say({ line: line.path, key: Buffer.from(running.channelKey()).toString('hex') });
  if (control === null) note(`The device listens on ${line.path}`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end(0));
  // The terminal was closed, or whoever read along is gone: nobody looks at this device any more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => end(0));
}

/** The flash, or why it cannot be had: a device must not run for a day and then find that it cannot write. */
function openFlash(path: string | null, demo: boolean, demoHost: Uint8Array | null): Flash | string {
  if (path !== null && !existsSync(dirname(path))) return `There is no directory ${dirname(path)} for the flash image.`;
  try {
    const flash = path === null ? flashInMemory() : flashFile(path);
    if (demo) prepareDemo(flash, demoHost);
    return flash;
  } catch (problem) {
    return `The flash image cannot be used: ${messageOf(problem)}.`;
  }
}

/** The stream on a descriptor that whoever started us left open, or why there is none. */
function socketOn(fd: number): Socket | string {
  try {
    return new Socket({ fd });
  } catch {
    return `Descriptor ${fd} is no open pipe or socket.`;
  }
}

async function open(listen: Listen, events: LineEvents): Promise<LineOpening> {
  switch (listen.type) {
    case 'pty':
      return openPtyLine(events, listen.link === null ? {} : { link: listen.link });
    case 'stdio':
      return openStdioLine(events);
    case 'fd': {
      const stream = socketOn(listen.fd);
      return typeof stream === 'string' ? noLine(stream) : openStdioLine(events, { input: stream, output: stream });
    }
    case 'unix':
      // A mistyped path must not leave directories behind.
      if (!existsSync(dirname(listen.path))) return noLine(`There is no directory ${dirname(listen.path)}.`);
      return openUnixLine(listen.path, events);
    case 'tty':
      return openTtyLine(listen.path, events);
  }
}

function leave(code: number, words?: string): void {
  if (words !== undefined) (code === 0 ? console.log : console.error)(words);
  process.exit(code);
}
