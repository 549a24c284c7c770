/**
 * The simulator as a program: a device that listens on a pseudo-terminal, a unix socket, a given tty or its own pipes. What its
 * options mean is in options.ts; what can be done with it while it runs is in the README beside the package.
 *
 * What a person reads goes to stdout (the face) and stderr (everything else). Ends with 0 when it was told to, 2 for a wrong
 * call, 3 when this system has no pseudo-terminal, 1 when something else could not be had or failed.
 */
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import { acceleratedCrypto } from './accelerated-crypto.ts';
import { pairInAdvance, prepareDemo } from './board.ts';
import { chipBeside, deviceSecretBytes, deviceSecretIn, simulatorPinRounds, simulatorSpare } from './chip.ts';
import { machineRandom, type Randomness, realClock, seededRandom, virtualClock } from './clock-and-chance.ts';
import { type ControlActions, controlOnSocket, controlOver } from './control.ts';
import { type BrowserFace, browserFace } from './faces/browser.ts';
import { actOn, scriptedHuman } from './faces/script.ts';
import { terminalFace } from './faces/terminal.ts';
import { portableCryptoIn, spareRoom } from './firmware/portable-crypto.ts';
import { FlashFault, flashFile, flashInMemory, type SimulatedFlash } from './flash-file.ts';
import { type LineEvents, type LineOpening, messageOf, noLine } from './lines/line.ts';
import { openPtyLine } from './lines/pty-line.ts';
import { openStdioLine } from './lines/stdio-line.ts';
import { openTtyLine } from './lines/tty-line.ts';
import { openUnixLine } from './lines/unix-line.ts';
import { type ControlDoor, type Listen, type Options, parseOptions } from './options.ts';
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
  const deviceSecret = takeDeviceSecret(options);
  if (typeof deviceSecret === 'string') return leave(1, `sallyport-sim: ${deviceSecret}`);
  const flash = openFlash(options, { random, deviceSecret });
  if (typeof flash === 'string') return leave(1, `sallyport-sim: ${flash}`);
  const doors = takeDoors(options.controls);
  if (typeof doors === 'string') return leave(1, `sallyport-sim: ${doors}`);
  const { listen, presser } = options;

  const cleanUps: CleanUps = [];
  let device: SimulatedDevice | null = null;
  const end = (code: number, words?: string): void => {
    for (const cleanUp of cleanUps.splice(0)) cleanUp();
    const closing = device?.close() ?? Promise.resolve();
    void closing.finally(() => leave(code, words));
  };
  const started = await startDevice({
    board: options.board,
    crypto: options.crypto === 'portable' ? portableCryptoIn(spareRoom) : acceleratedCrypto,
    flash,
    deviceSecret,
    pinRounds: simulatorPinRounds,
    spare: simulatorSpare,
    random,
    autoPress: presser.type !== 'human',
    clock: options.clock === 'virtual' ? virtualClock() : realClock(),
    open: (events) => open(listen, events),
    canReopen: listen.type !== 'stdio' && listen.type !== 'fd',
    real: listen.type === 'tty',
    failed: (reason) => end(1, `sallyport-sim: the line failed: ${reason}`),
  });
  if ('refused' in started) return leave(started.unsupported ? 3 : 1, `sallyport-sim: ${started.refused}`);
  device = started;
  warn(options);
  const human = presser.type === 'script' ? scriptedHuman(presser.lines, (act) => actOn(started, act)) : null;
  // The machine that presses looks last: what it does comes after what everybody saw.
  const quit = (): void => end(0);
  const note = startTerminal(started, options, quit, cleanUps);
  const page = await startPage(started, options, note, cleanUps);
  const actions: ControlActions = {
    device: started,
    page,
    presses: presser.type === 'control',
    movesClock: presser.type !== 'human' || options.clock === 'virtual',
    note,
    quit,
  };
  const reason = await startControls(doors, actions, cleanUps);
  if (reason !== null) return end(1, `sallyport-sim: ${reason}`);
  if (human !== null) started.watch(({ waiting, questions }) => human(waiting, questions));
  if (doors.length === 0) note(`The device listens on ${started.path()}`);
  process.once('uncaughtException', (problem) => {
    if (problem instanceof FlashFault) return end(1, `sallyport-sim: ${problem.message}`);
    console.error(problem);
    end(1);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, quit);
  // The terminal was closed, or whoever read along is gone: nobody looks at this device any more.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', quit);
}

/** What nobody may overlook. */
function warn({ presser, seed }: Options): void {
  if (presser.type !== 'human')
    console.error('AUTO-PRESS: this simulator presses its own buttons. No human approves anything.');
  if (seed !== null) console.error('SEED: whoever knows the seed knows every key that this simulator makes.');
}

/** The screen in the terminal, and where notes go: above it, or to stderr, or to stdout where a browser shows the screen. */
function startTerminal(
  device: SimulatedDevice,
  { faces }: Options,
  quit: () => void,
  cleanUps: CleanUps,
): (text: string) => void {
  if (!faces.includes('terminal')) {
    const print = faces.includes('browser') ? console.log : console.error;
    return (text) => print(text);
  }
  const { press, hold, now } = device;
  const terminal = terminalFace({ input: process.stdin, output: process.stdout, press, hold, now, quit });
  const see = ({ screen }: DeviceView): void => {
    if (screen === null) terminal.note('○ the device is unplugged');
    else terminal.screen(screen);
  };
  device.watch(see);
  if (device.view().count > 0) see(device.view());
  cleanUps.push(terminal.close);
  return terminal.note;
}

/** The page in a browser. Its addresses are printed, but where a parent holds a descriptor: it is told them there. */
async function startPage(
  device: SimulatedDevice,
  { faces, controls }: Options,
  note: (text: string) => void,
  cleanUps: CleanUps,
): Promise<BrowserFace | null> {
  if (!faces.includes('browser')) return null;
  const page = await browserFace(device);
  cleanUps.push(page.close);
  if (controls.some(({ type }) => type === 'fd')) return page;
  const print = (url: string): void => note(`The device can be seen at ${url}`);
  print(page.url());
  page.watch(print);
  return page;
}

/** The flash, or why it cannot be had: a device must not run for a day and then find that it cannot write. */
function openFlash(
  { flash: path, demo, demoHost }: Options,
  chip: { readonly random: Randomness; readonly deviceSecret: Uint8Array },
): SimulatedFlash | string {
  try {
    const flash = path === null ? flashInMemory() : flashFile(path);
    if (demo) prepareDemo({ ...chip, flash }, demoHost);
    else if (demoHost !== null) pairInAdvance({ ...chip, flash }, demoHost);
    return flash;
  } catch (problem) {
    return `The flash image cannot be used: ${messageOf(problem)}.`;
  }
}

/** What a chip has in its fuses: a file of its own beside the flash image, or as short-lived as the flash. */
function takeDeviceSecret({ flash, chip, seed }: Options): Uint8Array | string {
  const random = seed === null ? machineRandom : seededRandom(`${seed}\nthe chip`);
  const path = chip ?? (flash === null ? null : chipBeside(flash));
  if (path === null) return random(deviceSecretBytes);
  for (const [file, what] of [
    [flash, 'flash image'],
    [path, 'secret of the device'],
  ] as const) {
    if (file !== null && !existsSync(dirname(file))) return `There is no directory ${dirname(file)} for the ${what}.`;
  }
  try {
    return deviceSecretIn(path, flash, random);
  } catch (problem) {
    return `The secret of the device cannot be used: ${messageOf(problem)}.`;
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

/** A mistyped path must not leave directories behind. */
function missingDirectory(path: string): string | null {
  return existsSync(dirname(path)) ? null : `There is no directory ${dirname(path)}.`;
}

/** The streams of descriptors and the paths of sockets, or why one of them cannot be had. */
function takeDoors(controls: readonly ControlDoor[]): readonly (Socket | { readonly path: string })[] | string {
  const doors: (Socket | { readonly path: string })[] = [];
  for (const control of controls) {
    const door = control.type === 'fd' ? socketOn(control.fd) : (missingDirectory(control.path) ?? control);
    if (typeof door === 'string') return door;
    doors.push(door);
  }
  return doors;
}

/** Opens the control channels; why one could not be had, or null. Who holds a descriptor is our parent: we end with it. */
async function startControls(
  doors: readonly (Socket | { readonly path: string })[],
  actions: ControlActions,
  cleanUps: CleanUps,
): Promise<string | null> {
  for (const door of doors) {
    if (door instanceof Socket) controlOver(door, actions, actions.quit);
    else {
      const opened = await controlOnSocket(door.path, actions);
      if ('refused' in opened) return opened.refused;
      cleanUps.push(opened.close);
    }
  }
  return null;
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
    case 'unix': {
      const missing = missingDirectory(listen.path);
      return missing === null ? openUnixLine(listen.path, events) : noLine(missing);
    }
    case 'tty':
      return openTtyLine(listen.path, events);
  }
}

function leave(code: number, words?: string): void {
  if (words !== undefined) (code === 0 ? console.log : console.error)(words);
  process.exit(code);
}
