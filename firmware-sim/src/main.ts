/**
 * The simulator as a program: a device that listens on a pseudo-terminal, a unix socket, a given tty or its own pipes.
 *
 *     sallyport-sim [--listen pty|stdio|fd:N|unix:PATH|tty:PATH] [--link PATH] [--flash FILE] [--demo [--demo-host KEY]]
 *                   [--board lcd240|oled128] [--face terminal|none] [--press approve|deny|FILE] [--control FD]
 *
 * What a person reads goes to stdout (the face) and stderr (everything else). Ends with 0 when it was told to, 2 for a wrong
 * call, 1 when the line could not be had or failed.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { type Key, prepareDemo, runBoard } from './board.ts';
import { type Control, controlOver } from './control.ts';
import { parseScript, type ScriptLine, scriptedHuman } from './faces/script.ts';
import { type TerminalFace, terminalFace } from './faces/terminal.ts';
import { LCD240, OLED128 } from './firmware/env.ts';
import { flashFile, flashInMemory } from './flash-file.ts';
import type { LineEvents, LineOpening } from './lines/line.ts';
import { openPtyLine } from './lines/pty-line.ts';
import { openStdioLine } from './lines/stdio-line.ts';
import { openTtyLine } from './lines/tty-line.ts';
import { openUnixLine } from './lines/unix-line.ts';

const options = {
  listen: { type: 'string', default: 'pty' },
  link: { type: 'string' },
  flash: { type: 'string' },
  demo: { type: 'boolean', default: false },
  'demo-host': { type: 'string' },
  board: { type: 'string', default: 'lcd240' },
  face: { type: 'string', default: 'terminal' },
  press: { type: 'string' },
  control: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

const usage = `sallyport-sim: a Sallyport device whose board is this computer

  --listen pty         a pseudo-terminal (default); also stdio, fd:N, unix:PATH, tty:PATH
  --link PATH          a symlink to the pseudo-terminal that keeps its name
  --flash FILE         the flash image; without it the device forgets everything at its end
  --demo               puts a throwaway key, marked DEMO, into an empty flash
  --demo-host KEY      with --demo: is paired with the computer of this key (64 hex digits) from the start
  --board lcd240       240×240 with joystick and three keys (default); oled128: 128×64 with two buttons
  --face terminal      shows the screen here and takes keys (default); none
  --press approve      presses its own keys: approve, deny, or a script file; never on a real tty
  --control FD         JSON lines on this file descriptor: screens out, keys in`;

/** Runs until it is told to end. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parse(argv);
  if (typeof parsed === 'string') return leave(2, `sallyport-sim: ${parsed}`);
  if (parsed.help) return leave(0, usage);
  const script = readScript(parsed.press, parsed.listen);
  if ('wrong' in script) return leave(2, `sallyport-sim: ${script.wrong}`);
  const board = parsed.board === 'lcd240' ? LCD240 : parsed.board === 'oled128' ? OLED128 : null;
  if (board === null) return leave(2, `sallyport-sim: no board is called ${parsed.board}`);
  const flash = parsed.flash === undefined ? flashInMemory() : flashFile(parsed.flash);
  const demoHost = parsed['demo-host'] ?? null;
  if (demoHost !== null && !(parsed.demo && /^[0-9a-f]{64}$/.test(demoHost))) {
    return leave(2, 'sallyport-sim: --demo-host takes 64 hex digits, and only together with --demo');
  }
  if (parsed.demo) prepareDemo(flash, demoHost === null ? null : Uint8Array.from(Buffer.from(demoHost, 'hex')));
  if (script.lines !== null)
    console.error('AUTO-PRESS: this simulator presses its own buttons. No human approves anything.');

  let face: TerminalFace | null = null;
  let control: Control | null = null;
  const opened = await open(parsed.listen, parsed.link, {
    bytes: (bytes) => running.bytes(bytes),
    peer: () => undefined, // the link finds out by itself who is there
    failed: (reason) => end(1, `sallyport-sim: the line failed: ${reason}`),
  });
  const { line } = opened;
  if (line === null) return leave(1, `sallyport-sim: ${opened.reason}`);

  const human = script.lines === null ? null : scriptedHuman(script.lines, (key) => running.press(key));
  const running = runBoard({
    board,
    flash,
    autoPress: human !== null,
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

  const press = (key: Key): void => running.press(key);
  if (parsed.face === 'terminal') {
    face = terminalFace({ input: process.stdin, output: process.stdout, press, quit: () => end(0) });
  }
  const note = (text: string): void => (face === null ? console.error(text) : face.note(text));
  if (parsed.control !== undefined) {
    const stream = new Socket({ fd: Number(parsed.control) });
    control = controlOver(stream, { press, note, quit: () => end(0) });
  }
  control?.say({ line: line.path, key: Buffer.from(running.channelKey()).toString('hex') });
  if (control === null) note(`The device listens on ${line.path}`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end(0));
  // The terminal was closed, or whoever read along is gone: nobody looks at this device any more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => end(0));
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: false }).values;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

/** A machine that presses the keys of a real port would be no signer at all. */
function readScript(
  press: string | undefined,
  listen: string,
): { lines: readonly ScriptLine[] | null } | { wrong: string } {
  if (press === undefined) return { lines: null };
  if (listen.startsWith('tty:')) return { wrong: '--press is for simulated lines, never for a real tty' };
  if (press === 'approve' || press === 'deny') return { lines: [[press]] };
  try {
    return parseScript(readFileSync(press, 'utf8'));
  } catch {
    return { wrong: `--press takes approve, deny or a script file, and ${press} cannot be read` };
  }
}

async function open(listen: string, link: string | undefined, events: LineEvents): Promise<LineOpening> {
  if (listen === 'pty') return openPtyLine(events, link === undefined ? {} : { link });
  if (listen === 'stdio') return openStdioLine(events);
  if (listen.startsWith('fd:')) {
    const stream = new Socket({ fd: Number(listen.slice(3)) });
    return openStdioLine(events, { input: stream, output: stream });
  }
  if (listen.startsWith('unix:')) return openUnixLine(listen.slice(5), events);
  if (listen.startsWith('tty:')) return openTtyLine(listen.slice(4), events);
  return { line: null, reason: `--listen takes pty, stdio, fd:N, unix:PATH or tty:PATH, not ${listen}` };
}

function leave(code: number, words?: string): void {
  if (words !== undefined) (code === 0 ? console.log : console.error)(words);
  process.exit(code);
}
