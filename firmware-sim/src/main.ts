/**
 * The simulator as a program: a device that listens on a pseudo-terminal, a unix socket, a given tty or its own pipes. What its
 * options mean is in options.ts; what can be done with it while it runs is in the README beside the package.
 *
 * What a person reads goes to stdout (the face) and stderr (everything else). Ends with 0 when it was told to, 2 for a wrong
 * call, 1 when the line could not be had or failed.
 */
import { Socket } from 'node:net';
import { prepareDemo } from './board.ts';
import { machineRandom, realClock, seededRandom, virtualClock } from './clock-and-chance.ts';
import { type ControlActions, controlOnSocket, controlOver } from './control.ts';
import { browserFace } from './faces/browser.ts';
import { scriptedHuman } from './faces/script.ts';
import { terminalFace } from './faces/terminal.ts';
import { flashFile, flashInMemory } from './flash-file.ts';
import type { LineEvents, LineOpening } from './lines/line.ts';
import { openPtyLine } from './lines/pty-line.ts';
import { openStdioLine } from './lines/stdio-line.ts';
import { openTtyLine } from './lines/tty-line.ts';
import { openUnixLine } from './lines/unix-line.ts';
import { type Options, parseOptions } from './options.ts';
import { type DeviceView, type SimulatedDevice, startDevice } from './simulated-device.ts';

/** What is undone at the end, whatever way it comes. */
type CleanUps = (() => void)[];

/** Runs until it is told to end. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseOptions(argv);
  if (parsed.type === 'say') return leave(0, parsed.words);
  if (parsed.type === 'wrong') return leave(2, `sallyport-sim: ${parsed.words}`);
  const { options } = parsed;
  const random = options.seed === null ? machineRandom : seededRandom(options.seed);
  const flash = options.flash === null ? flashInMemory() : flashFile(options.flash);
  if (options.demo) prepareDemo(flash, random);
  warn(options);

  const cleanUps: CleanUps = [];
  let device: SimulatedDevice | null = null;
  const end = (code: number, words?: string): void => {
    for (const cleanUp of cleanUps.splice(0)) cleanUp();
    const closing = device?.close() ?? Promise.resolve();
    void closing.finally(() => leave(code, words));
  };
  const started = await startDevice({
    board: options.board,
    flash,
    random,
    autoPress: options.script !== null,
    clock: options.clock === 'virtual' ? virtualClock() : realClock(),
    open: (events) => open(options, events),
    canReopen: options.listen !== 'stdio' && !options.listen.startsWith('fd:'),
    real: options.listen.startsWith('tty:'),
    failed: (reason) => end(1, `sallyport-sim: the line failed: ${reason}`),
  });
  if ('refused' in started) return leave(1, `sallyport-sim: ${started.refused}`);
  device = started;
  const human = options.script === null ? null : scriptedHuman(options.script, started.press);
  // The machine that presses looks last: what it does comes after what everybody saw.
  const quit = (): void => end(0);
  const note = startTerminal(started, options, quit, cleanUps);
  const reason = await startControls(options.controls, { device: started, note, quit }, cleanUps);
  if (reason !== null) return end(1, `sallyport-sim: ${reason}`);
  if (options.face === 'browser') {
    const face = await browserFace({ device: started, address: (url) => note(`The device can be seen at ${url}`) });
    cleanUps.push(face.close);
  }
  if (human !== null) started.watch(({ waiting }) => human(waiting));
  if (options.controls.length === 0) note(`The device listens on ${started.path()}`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, quit);
  // The terminal was closed, or whoever read along is gone: nobody looks at this device any more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', quit);
}

/** What nobody may overlook. */
function warn({ script, seed }: Options): void {
  if (script !== null) console.error('AUTO-PRESS: this simulator presses its own buttons. No human approves anything.');
  if (seed !== null) console.error('SEED: whoever knows the seed knows every key that this simulator makes.');
}

/** The screen in the terminal, and where notes go: above it, or to stderr, or to stdout where a browser shows the screen. */
function startTerminal(
  device: SimulatedDevice,
  { face }: Options,
  quit: () => void,
  cleanUps: CleanUps,
): (text: string) => void {
  if (face === 'browser') return (text) => console.log(text);
  if (face === 'none') return (text) => console.error(text);
  const terminal = terminalFace({ input: process.stdin, output: process.stdout, press: device.press, quit });
  const see = ({ screen }: DeviceView): void => {
    if (screen === null) terminal.note('○ the device is unplugged');
    else terminal.screen(screen);
  };
  device.watch(see);
  if (device.view().count > 0) see(device.view());
  cleanUps.push(terminal.close);
  return terminal.note;
}

/** Opens the control channels; why one could not be had, or null. Who holds a descriptor is our parent: we end with it. */
async function startControls(
  controls: readonly string[],
  actions: ControlActions,
  cleanUps: CleanUps,
): Promise<string | null> {
  for (const control of controls) {
    if (control.startsWith('unix:')) {
      const opened = await controlOnSocket(control.slice(5), actions);
      if ('refused' in opened) return opened.refused;
      cleanUps.push(opened.close);
    } else controlOver(new Socket({ fd: Number(control) }), actions, actions.quit);
  }
  return null;
}

async function open({ listen, link }: Options, events: LineEvents): Promise<LineOpening> {
  if (listen === 'pty') return openPtyLine(events, link === null ? {} : { link });
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
