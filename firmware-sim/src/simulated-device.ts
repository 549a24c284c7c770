/**
 * A simulated device as a thing in the hand: a board, its flash, its cable and its power. It can be pressed, unplugged, plugged in,
 * reset, opened, and its time can be moved. It is powered by its cable: unplugged, it is dark and forgets what it had not saved.
 *
 * Whatever cannot be done now is said in words (`Refused`) and changes nothing.
 */
import { type Asked, type Key, type RunningBoard, runBoard } from './board.ts';
import { type BoardClock, machineRandom, type Randomness, seededRandom } from './clock-and-chance.ts';
import type { Board, Env, Spare } from './firmware/env.ts';
import type { BootOptions } from './firmware/firmware.ts';
import { holdMs } from './firmware/jobs/reviewing.ts';
import type { Screen } from './firmware/screen/screens.ts';
import type { SimulatedFlash } from './flash-file.ts';
import type { Line, LineEvents, LineOpening } from './lines/line.ts';

/** What one sees of it: no screen when it has no power; `count` grows with every view, `questions` with every question since power came. */
export type DeviceView = Asked & { readonly screen: Screen | null; readonly count: number };

export type ResetReason = BootOptions['resetReason'];

/** Why something was not done. */
export type Refused = { readonly refused: string };

export type SimulatedDevice = {
  readonly board: Board;
  readonly path: () => string;
  /** The static key of its channel, which computers pin; null while it has no power. */
  readonly channelKey: () => Uint8Array | null;
  readonly view: () => DeviceView;
  /** Calls at every new view, until the answer is called. */
  readonly watch: (see: (view: DeviceView) => void) => () => void;
  /** `began`: when the press began, by `now`. */
  readonly press: (key: Key, began?: number) => void;
  /** The same key is still down, since `began`, and long enough to be held. */
  readonly hold: (key: Key, began: number) => void;
  /** The device's clock, which goes on over resets. */
  readonly now: () => number;
  readonly advance: (ms: number) => void;
  /** Randomness follows from the seed from now on. */
  readonly seed: (seed: string) => Refused | null;
  readonly image: () => Uint8Array;
  /** Replaces the flash and starts anew with it. */
  readonly load: (image: Uint8Array) => void;
  readonly reboot: (reason: ResetReason) => Refused | null;
  /** What a boot ROM would print onto the line at each start from now on. */
  readonly bootNoise: (bytes: Uint8Array) => void;
  readonly unplug: () => Promise<Refused | null>;
  readonly plug: () => Promise<Refused | null>;
  readonly close: () => Promise<void>;
};

export type DeviceOptions = {
  readonly board: Board;
  readonly crypto: Env['crypto'];
  readonly flash: SimulatedFlash;
  /** What the chip has in its fuses, and what a PIN costs there. */
  readonly deviceSecret: Uint8Array;
  readonly pinRounds: number;
  /** Memory beyond the least; absent: none. */
  readonly spare?: Spare;
  readonly autoPress: boolean;
  readonly clock: BoardClock;
  readonly random?: Randomness;
  /** Opens the line; once more at each plugging in. */
  readonly open: (events: LineEvents) => Promise<LineOpening>;
  /** Pipes that were handed over by the parent cannot be had again. */
  readonly canReopen: boolean;
  /** The line is a real port, and who is there takes this for a signer. */
  readonly real: boolean;
  /** The line is dead, and not by unplugging. */
  readonly failed: (reason: string) => void;
};

/** Plugs a device in for the first time; refuses when there is no line (`unsupported`: this system has none of its kind). */
export async function startDevice(
  options: DeviceOptions,
): Promise<SimulatedDevice | (Refused & { readonly unsupported: boolean })> {
  const { board, flash, clock } = options;
  let random = options.random ?? machineRandom;
  let running: RunningBoard | null = null;
  let noise = new Uint8Array();
  let moving = false;
  const { view, see, watch } = makeGlass();

  const opened = await options.open(events());
  if (opened.line === null) return { refused: opened.reason, unsupported: opened.unsupported };
  let line: Line | null = opened.line;
  let { path } = opened.line;

  function events(): LineEvents {
    return {
      bytes: (bytes) => running?.bytes(bytes),
      peer: () => undefined, // the link finds out by itself who is there
      failed: options.failed,
    };
  }

  function powerOn(resetReason: ResetReason): void {
    running?.stop();
    if (noise.length > 0) line?.write(noise);
    running = runBoard({
      board,
      flash,
      deviceSecret: options.deviceSecret,
      pinRounds: options.pinRounds,
      ...(options.spare === undefined ? {} : { spare: options.spare }),
      clock,
      resetReason,
      crypto: options.crypto,
      autoPress: options.autoPress,
      random: (length) => random(length),
      write: (bytes) => line?.write(bytes),
      face: see,
    });
  }

  function powerOff(): void {
    running?.stop();
    running = null;
    see(null, nothingAsked);
  }

  /** One movement of the cable at a time: the line takes a moment to close and to open. */
  async function move(from: 'plugged' | 'unplugged', act: () => Promise<Refused | null>): Promise<Refused | null> {
    if (moving || (line === null) !== (from === 'unplugged'))
      return { refused: moving ? 'The cable is being moved.' : `The device is not ${from}.` };
    if (!options.canReopen) return { refused: 'This line cannot be opened again.' };
    moving = true;
    return act().finally(() => {
      moving = false;
    });
  }

  powerOn('power');
  return {
    board,
    path: () => path,
    channelKey: () => running?.channelKey() ?? null,
    view,
    watch,
    press: (key, began) => running?.press(key, began),
    hold: (key, began) => running?.hold(key, began),
    now: clock.now,
    advance: (ms) => (running === null ? clock.jump(ms) : running.advance(ms)),
    seed: (seed) => {
      if (options.real) return { refused: 'A real port gets real randomness.' };
      random = seededRandom(seed);
      return null;
    },
    image: flash.image,
    load: (image) => {
      flash.load(image);
      if (running !== null) powerOn('power');
    },
    reboot: (reason) => {
      if (running === null) return { refused: 'The device is not plugged.' };
      powerOn(reason);
      return null;
    },
    bootNoise: (bytes) => {
      noise = Uint8Array.from(bytes);
    },
    unplug: () =>
      move('plugged', async () => {
        const old = line;
        line = null;
        powerOff();
        await old?.close();
        return null;
      }),
    plug: () =>
      move('unplugged', async () => {
        const again = await options.open(events());
        if (again.line === null) return { refused: again.reason };
        line = again.line;
        path = again.line.path;
        powerOn('power');
        return null;
      }),
    close: async () => {
      running?.stop();
      running = null;
      await line?.close();
    },
  };
}

/** Holds a key for as long as a hold takes by the device's clock, which is moved on. */
export function holdKey({ now, press, advance, hold }: SimulatedDevice, key: Key): void {
  const began = now();
  press(key, began);
  advance(holdMs);
  hold(key, began);
}

const nothingAsked: Asked = { waiting: null, questions: 0, hold: false };

/** What can be seen, and who looks at it. */
function makeGlass() {
  let view: DeviceView = { screen: null, ...nothingAsked, count: 0 };
  const watchers = new Set<(view: DeviceView) => void>();
  return {
    view: () => view,
    see: (screen: Screen | null, asked: Asked): void => {
      view = { screen, ...asked, count: view.count + 1 };
      for (const watcher of [...watchers]) watcher(view);
    },
    watch: (watcher: (view: DeviceView) => void) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
  };
}
