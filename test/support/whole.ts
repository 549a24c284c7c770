/**
 * The whole over its real edges: the simulator in its own process on a pseudo-terminal, the host in another, which opens that
 * terminal with the real serialport and brings its own relay. Each can be killed and started again; nothing is left behind.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { x25519 } from '@sallyport/device-protocol';
import { privateKeyFromSeedWords } from 'nostr-tools/nip06';
import { getPublicKey } from 'nostr-tools/pure';
import { chipBeside, deviceSecretIn } from '../../firmware-sim/src/chip.ts';
import { generateMnemonic, writeKeys } from '../../firmware-sim/src/firmware/formats/keys.ts';
import { flashFile } from '../../firmware-sim/src/flash-file.ts';
import { channelKeyFileName } from '../../host/src/store/channel-key.ts';
import { openStore } from '../../host/src/store/store.ts';
import { pairedBefore } from './memory-flash.ts';
import { account, type Program, type ProgramOptions, startProgram } from './program.ts';

/** One line of `--json`; exactly one of these is there. */
export type HostLine = {
  readonly bunker?: string;
  readonly relays?: readonly string[];
  readonly relay?: { readonly url: string; readonly state: string; readonly reason?: string };
  readonly device?: {
    readonly state: string;
    readonly unanswered?: number;
    readonly channel?: string;
    readonly why?: string;
  };
  readonly pairing?: { readonly state: string; readonly code?: string; readonly reason?: string };
  readonly port?: string;
  readonly web?: string;
  readonly simulator?: { readonly page: string };
  readonly account?: string;
  readonly request?: {
    readonly client: string;
    readonly method: string;
    readonly kind?: number;
    readonly outcome: string;
  };
  readonly warning?: string;
};

/** One line of the simulator's control channel. */
export type DeviceLine = {
  readonly line?: string;
  readonly key?: string;
  readonly screen?: readonly string[];
  readonly waiting?: number | null;
};

export type Key = 'approve' | 'deny' | 'next' | 'back';
export type HostProgram = Program<HostLine>;

/** A running simulator, with a human in front of it. */
export type Device = Program<DeviceLine> & {
  readonly press: (key: Key) => void;
  readonly hold: (key: Key) => void;
  /** Waits for the next request on the screen, and gives its first page. Each request is given once. */
  readonly prompt: () => Promise<readonly string[]>;
  /** Pages through the request that is on the screen, from its first page, and gives all of them. */
  readonly pages: () => Promise<readonly (readonly string[])[]>;
  /** Waits for the next request, presses, and gives the page on which it pressed. */
  readonly answer: (key: 'approve' | 'deny') => Promise<readonly string[]>;
  /** How many requests were put on the screen so far, seen or not. */
  readonly prompts: () => number;
  /** The first screens of the apps that were to be paired; the human says yes to each by itself. */
  readonly pairings: () => readonly (readonly string[])[];
};

export type WholeOptions = {
  readonly board?: 'lcd240' | 'oled128';
  readonly plugged?: boolean;
  readonly relay?: string;
  /** Whether host and device were paired before; they were, where nothing else is said. */
  readonly paired?: boolean;
};

export type Whole = {
  readonly dir: string;
  /** The name of the port, there or not. */
  readonly port: string;
  readonly device: () => Device;
  readonly host: () => HostProgram;
  /** The bunker line of the host that runs now. */
  readonly bunker: () => string;
  readonly plug: () => Promise<Device>;
  /** kill -9: whatever the device was doing, it does no more. */
  readonly unplug: () => Promise<void>;
  readonly startHost: (args?: readonly string[]) => Promise<void>;
  readonly killHost: () => Promise<void>;
  /** Settles with the promise, or fails with what both programs wrote. */
  readonly within: <T>(promise: Promise<T>, what: string) => Promise<T>;
  readonly close: () => Promise<void>;
};

/** The key in the flash of every device here: its screens are golden files. */
const entropy = new Uint8Array(32).fill(7);

/** The public key of that device, by nostr-tools. */
export const devicePubkey = getPublicKey(privateKeyFromSeedWords(generateMnemonic(entropy)));

/** An answer that takes longer than this does not come. */
const patienceMs = 30_000;

const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));

/** Starts simulator and host, and waits until they have found each other; with `plugged: false` only the host. */
export async function startWhole(options: WholeOptions = {}): Promise<Whole> {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-story-'));
  const port = join(dir, 'device');
  const flash = join(dir, 'flash');
  const chip = deviceSecretIn(chipBeside(flash), null, random);
  writeKeys(flashFile(flash), { entropy, demo: true });
  if (options.paired !== false) pairInAdvance(flash, chip, join(dir, 'state'));
  let device: Device | null = null;
  let host: HostProgram | null = null;
  let bunker = '';
  const theDevice = (): Device => device ?? missing('device');
  const theHost = (): HostProgram => host ?? missing('host');
  const accounts = (): string =>
    [host, device]
      .map((program) => (program === null ? '' : account('a program', program.lines, program.stderr())))
      .join('\n');

  const whole: Whole = {
    dir,
    port,
    device: theDevice,
    host: theHost,
    bunker: () => bunker,
    plug: async () => {
      device = await startDevice(port, ['--flash', flash, '--board', options.board ?? 'lcd240']);
      return device;
    },
    unplug: async () => {
      // As udev does. A link that stays would soon lead to somebody else's terminal: their names are used again at once.
      rmSync(port, { force: true });
      await kill(theDevice());
      device = null;
    },
    startHost: async (args = []) => {
      const relays = options.relay === undefined ? [] : ['--relay', options.relay];
      host = startHost(['--port', port, '--state', join(dir, 'state'), ...relays, ...args], { stdin: 'lines' });
      bunker = await host.until((line) => line.bunker, 'the bunker line');
      if (device !== null) await ready(host);
    },
    killHost: async () => {
      await kill(theHost());
      host = null;
    },
    within: (promise, what) => within(promise, () => `${what}: no answer within ${patienceMs / 1000} s\n${accounts()}`),
    close: async () => {
      if (host !== null) await kill(host);
      if (device !== null) await kill(device);
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    if (options.plugged !== false) await whole.plug();
    await whole.startHost();
  } catch (problem) {
    await whole.close();
    throw problem;
  }
  return whole;
}

/** Puts into both stores what a pairing would have left there. */
function pairInAdvance(flash: string, chip: Uint8Array, state: string): void {
  const { pin, secret } = pairedBefore(flashFile(flash), random, x25519, chip);
  const store = openStore(state);
  if (store.type === 'refused' || pin === null) throw new Error('the state directory cannot be prepared');
  store.savePin(pin, 0);
  store.close();
  writeFileSync(join(state, channelKeyFileName), `${Buffer.from(secret).toString('hex')}\n`, { mode: 0o600 });
}

/** Starts the host as `npm start -- --json …` does. */
export function startHost(args: readonly string[], options: Partial<ProgramOptions> = {}): HostProgram {
  return startProgram<HostLine>('host/bin/sallyport.js', ['--json', ...args], { linesFd: 1, ...options });
}

/** Waits until the host knows who signs, counted from line `from`. */
export function ready(host: HostProgram, from = 0): Promise<string> {
  return host.until((line) => line.account, 'the account of the device', from);
}

/** Kills a program and waits until it is gone. */
export async function kill<Line>(program: Program<Line>): Promise<void> {
  program.signal('SIGKILL');
  await program.gone();
}

/** Starts a simulator that is reached at `link`. */
export async function startDevice(link: string, args: readonly string[] = []): Promise<Device> {
  const listen = [
    '--listen',
    'pty',
    '--link',
    link,
    '--demo',
    '--face',
    'none',
    '--control',
    '3',
    '--press',
    'control',
  ];
  const options = { linesFd: 3 } as const;
  const program = startProgram<DeviceLine>('firmware-sim/bin/sallyport-sim.js', [...listen, ...args], options);
  await program.until((line) => line.line, 'where the device listens');
  const press = (key: Key): void => program.say({ press: key });
  const hold = (key: Key): void => program.say({ hold: key });
  const pairings = new Map<number, readonly string[]>();
  void pairApps();
  let heard = 0;
  let last: number | null = null;

  /** An app on the screen that nobody has seen yet is paired; ends with the program. */
  async function pairApps(): Promise<void> {
    for (let from = 0; ; ) {
      const look = ({ screen, waiting: id = null }: DeviceLine): (() => void) | null => {
        from++;
        if (screen?.[0]?.startsWith('Pair an app') !== true || id === null || pairings.has(id)) return null;
        return () => pairings.set(id, screen);
      };
      try {
        (await program.until(look, 'an app to pair', from))();
        press('approve');
      } catch (problem) {
        if (!String(problem).includes('not within')) return; // the program is gone
      }
    }
  }

  async function prompt(): Promise<readonly string[]> {
    const { screen, id } = await program.until(
      (line) => {
        heard++;
        const id = line.waiting ?? null;
        return line.screen === undefined || id === null || id === last || isPairing(line)
          ? null
          : { screen: line.screen, id };
      },
      'a request on the screen',
      heard,
    );
    last = id;
    return screen;
  }

  async function pages(): Promise<readonly (readonly string[])[]> {
    const shown = program.lines.findLast((line) => line.screen !== undefined)?.screen ?? [];
    const all = [shown];
    const count = Number(/ 1\/(\d+)$/.exec(shown[0] ?? '')?.[1]);
    for (let page = 2; page <= count; page++) {
      const from = program.lines.length;
      press('next');
      const end = ` ${page}/${count}`;
      all.push(await program.until(({ screen }) => (screen?.[0]?.endsWith(end) ? screen : null), `page${end}`, from));
    }
    return all;
  }

  return {
    ...program,
    press,
    hold,
    prompt,
    pages,
    answer: async (key) => {
      const screen = await prompt();
      press(key);
      return screen;
    },
    prompts: () => {
      const shown = program.lines.filter((line) => !isPairing(line)).map((line) => line.waiting ?? null);
      return new Set(shown.filter((id) => id !== null && !pairings.has(id))).size;
    },
    pairings: () => [...pairings.values()],
  };
}

function isPairing({ screen }: DeviceLine): boolean {
  return screen?.[0]?.startsWith('Pair an app') === true;
}

async function within<T>(promise: Promise<T>, words: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const patience = setTimeout(() => late.reject(new Error(words())), patienceMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(patience);
  }
}

function missing(what: string): never {
  throw new Error(`there is no ${what} running`);
}
