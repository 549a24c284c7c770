/**
 * The simulator's control channel: JSON lines to and from whoever started it, or who may open its socket. It is not the device
 * protocol and no device has it: through it a test or a demo sees the screen, presses keys, moves the clock, pulls the plug.
 *
 *     out  {"line": path, "key": hex} once: where it listens, and the static key of its channel; with a page in a browser also "page"
 *          {"page": url} whenever the address before it was used
 *          {"screen": [rows] or null, "waiting": id or null} at each change (null: no power); -1 while a pairing waits
 *     in   one command a line, as in firmware-sim/README.md; commands of one channel are carried out one after another
 *     out  {"done": id, …} or {"refused": id, "why": text} for every command that has an "id"
 *
 * Whoever holds it holds the device, but for its keys: it is handed to a child, or is a socket that only this user can open. Keys are
 * pressed from here only where the simulator was told so (`--press control`), and then every screen says AUTO-PRESS. Where a human
 * presses, real time is not moved from here either: a human has the time that the firmware gives. Who holds the address of the page
 * can press there, as whoever sits at it; so a program that must not do that is not given one (`--face terminal`).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { type Command, type Parsed, parseCommand } from './control-command.ts';
import type { BrowserFace } from './faces/browser.ts';
import { writePrivate } from './flash-file.ts';
import { messageOf } from './lines/line.ts';
import { openPrivateSocket } from './lines/private-socket.ts';
import { enlarged, picture } from './picture.ts';
import { encodePng } from './png.ts';
import { holdKey, type Refused, type SimulatedDevice } from './simulated-device.ts';

export type ControlActions = {
  readonly device: SimulatedDevice;
  /** The device on a page, where there is one. */
  readonly page: Pick<BrowserFace, 'url' | 'watch'> | null;
  /** The keys are for these channels too. */
  readonly presses: boolean;
  /** So is time. */
  readonly movesClock: boolean;
  readonly note: (text: string) => void;
  readonly quit: () => void;
};

/** A QR code with its words is the longest note; beyond this the sender has lost its way. */
const lineMax = 64 * 1024;
/** Commands that wait behind one that takes its time. */
const waitingMax = 1_000;
/** Programs that steer the same device: one does, a second one looks. */
const connectionsMax = 4;

/** Speaks on the stream until it ends; then `gone` is called, and called once. */
export function controlOver(stream: Duplex, actions: ControlActions, gone: () => void): void {
  const { device, page } = actions;
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
  let over = false;
  const say = (message: object): void => void (over || stream.write(`${JSON.stringify(message)}\n`));
  const unwatch = device.watch((view) => say({ screen: view.screen?.rows ?? null, waiting: view.waiting }));
  const unwatchPage = page?.watch((url) => say({ page: url }));

  function end(): void {
    if (over) return;
    over = true;
    unwatch();
    unwatchPage?.();
    stream.destroy();
    gone();
  }

  function take(line: string): void {
    const parsed = parseCommand(line);
    // Not behind a command that waits: the end is never late.
    if ('command' in parsed && parsed.command.type === 'quit') return actions.quit();
    if (waiting >= waitingMax) return end();
    waiting += 1;
    queue = queue.then(async () => {
      const answer = await answerTo(parsed, actions);
      waiting -= 1;
      if (parsed.id !== null) say(answer);
    });
  }

  stream.on('data', (chunk: Buffer) => {
    rest += decoder.write(chunk);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineMax) return end();
    for (const line of lines) if (line.trim() !== '') take(line);
  });
  stream.on('end', end);
  stream.on('error', end);
  stream.on('close', end);
  const key = device.channelKey();
  const known = key === null ? {} : { key: Buffer.from(key).toString('hex') };
  say({ line: device.path(), ...known, ...(page === null ? {} : { page: page.url() }) });
  const { screen, waiting: request, count } = device.view();
  // A socket is opened at any time: whoever comes sees what there is to see.
  if (count > 0) say({ screen: screen?.rows ?? null, waiting: request });
}

/** The same for everybody who connects to a unix socket (0600). A caller who leaves takes nothing along. */
export async function controlOnSocket(
  path: string,
  actions: ControlActions,
): Promise<{ readonly close: () => void } | Refused> {
  const streams = new Set<Duplex>();
  const opened = await openPrivateSocket(path);
  if ('refused' in opened) return opened;
  opened.server.on('connection', (stream) => {
    if (streams.size >= connectionsMax) stream.destroy();
    else {
      streams.add(stream);
      controlOver(stream, actions, () => streams.delete(stream));
    }
  });
  return {
    close: () => {
      opened.server.close();
      for (const stream of streams) stream.destroy();
    },
  };
}

async function answerTo(parsed: Parsed, actions: ControlActions): Promise<object> {
  if ('wrong' in parsed) return { refused: parsed.id, why: parsed.wrong };
  try {
    const result = await obey(parsed.command, actions);
    return 'refused' in result ? { refused: parsed.id, why: result.refused } : { done: parsed.id, ...result };
  } catch (problem) {
    // A path that cannot be written, an image that is none.
    return { refused: parsed.id, why: messageOf(problem) };
  }
}

/** Carries a command out, and gives what its answer says besides. */
async function obey(command: Command, actions: ControlActions): Promise<object | Refused> {
  const { device, note, quit } = actions;
  switch (command.type) {
    case 'press':
      if (!actions.presses) return { refused: 'The keys are not for this channel: start with --press control.' };
      device.press(command.key);
      return {};
    case 'hold':
      if (!actions.presses) return { refused: 'The keys are not for this channel: start with --press control.' };
      if (!actions.movesClock) return { refused: 'Time is not for this channel, and a hold takes some.' };
      holdKey(device, command.key);
      return {};
    case 'note':
      // What is printed above the screen may hold lines, but nothing that moves the cursor onto it.
      note(command.text.replace(/[^\P{C}\n]/gu, ''));
      return {};
    case 'quit':
      quit();
      return {};
    case 'wait':
      return untilScreen(device, command.holds, command.withinMs);
    case 'screenshot':
      return screenshot(device, command.path, command.scale);
    case 'clock':
      if (!actions.movesClock)
        return { refused: 'A human presses here, in real time: start with --clock virtual or with --press.' };
      device.advance(command.ms);
      return {};
    case 'seed':
      return device.seed(command.seed) ?? {};
    case 'dump':
      writePrivate(command.path, device.image());
      return {};
    case 'load':
      device.load(new Uint8Array(readFileSync(command.path)));
      return {};
    case 'unplug':
      return (await device.unplug()) ?? {};
    case 'plug':
      return (await device.plug()) ?? { line: device.path() };
    case 'reboot':
      return device.reboot(command.reason) ?? {};
    case 'boot_noise':
      device.bootNoise(command.bytes);
      return {};
  }
}

function screenshot(device: SimulatedDevice, path: string | null, scale: number): object {
  const { screen } = device.view();
  if (path === null) return { screen: screen?.rows ?? null };
  writeFileSync(path, encodePng(enlarged(picture(screen, device.board), scale)), { mode: 0o600 });
  return { path };
}

/** Waits in the time of this computer, whatever the device's clock does: what changes the screen comes from outside. */
function untilScreen(
  device: SimulatedDevice,
  holds: (text: string) => boolean,
  withinMs: number,
): Promise<object | Refused> {
  return new Promise((resolve) => {
    const look = (): boolean => {
      const rows = device.view().screen?.rows ?? [];
      if (!holds(rows.join('\n'))) return false;
      unwatch();
      clearTimeout(patience);
      resolve({ screen: rows });
      return true;
    };
    const unwatch = device.watch(look);
    const patience = setTimeout(() => {
      unwatch();
      resolve({ refused: 'No such screen came.' });
    }, withinMs);
    look();
  });
}
