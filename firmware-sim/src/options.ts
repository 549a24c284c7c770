/** The command line of the simulator, parsed once into a closed type; what is wrong with it is said in one sentence. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseScript, type ScriptLine } from './faces/script.ts';
import { type Board, LCD240, OLED128 } from './firmware/env.ts';

/** What it listens on. `link`: a symlink that keeps its name. */
export type Listen =
  | { readonly type: 'pty'; readonly link: string | null }
  | { readonly type: 'stdio' }
  | { readonly type: 'fd'; readonly fd: number }
  | { readonly type: 'unix' | 'tty'; readonly path: string };

/** Who presses the keys: a human at a face, the control channels besides, or a script. All but the first are auto-press. */
export type Presser =
  | { readonly type: 'human' }
  | { readonly type: 'control' }
  | { readonly type: 'script'; readonly lines: readonly ScriptLine[] };

/** A control channel: on a descriptor that was handed over, or on a socket of its own. */
export type ControlDoor =
  | { readonly type: 'fd'; readonly fd: number }
  | { readonly type: 'unix'; readonly path: string };

export type Face = 'terminal' | 'browser';

export type Options = {
  readonly listen: Listen;
  /** The flash image, or null: everything is forgotten at the end. */
  readonly flash: string | null;
  /** The secret of the device, or null: beside the flash image. */
  readonly chip: string | null;
  readonly demo: boolean;
  /** The computer that the device is paired with from the start. */
  readonly demoHost: Uint8Array | null;
  readonly board: Board;
  /** Who computes on the curve: native code, as on a real board, or JavaScript alone. */
  readonly crypto: 'accelerated' | 'portable';
  /** Where a person sees and presses it. */
  readonly faces: readonly Face[];
  readonly presser: Presser;
  readonly controls: readonly ControlDoor[];
  readonly clock: 'real' | 'virtual';
  /** What randomness follows from, or null: it is the machine's. */
  readonly seed: string | null;
};

export const usage = `sallyport-sim: a Sallyport device whose board is this computer

  --listen pty         a pseudo-terminal (default); also stdio, fd:N, unix:PATH, tty:PATH
  --link PATH          a symlink to the pseudo-terminal that keeps its name
  --flash FILE         the flash image; without it the device forgets everything at its end
  --chip FILE          the secret of the device, which opens its flash image; without it FILE.chip beside the image
  --demo               puts a throwaway key, marked DEMO, into an empty flash
  --demo-host KEY      is paired with the computer of this key (64 hex digits) from the start; never on a real tty
  --board lcd240       240×240 with joystick and three keys (default); oled128: 128×64 with two buttons
  --crypto accelerated  the curve in native code, as a real board has it (default); portable: in JavaScript alone
  --face terminal      shows the screen here and takes keys (default); browser (a page on 127.0.0.1); terminal,browser; none
  --press approve      presses its own keys: approve (held where the screen asks for that), deny, a script file, or control
                       (the keys come by --control); never on a real tty
  --control FD         JSON lines on this file descriptor, or on unix:PATH; several times if wanted: screens out, notes,
                       the cable and, where it is told so, keys in
  --clock real         virtual: time stands until a control channel moves it; never on a real tty
  --seed TEXT          randomness that follows from the text, for tests; never on a real tty`;

const flags = {
  listen: { type: 'string', default: 'pty' },
  link: { type: 'string' },
  flash: { type: 'string' },
  chip: { type: 'string' },
  demo: { type: 'boolean', default: false },
  'demo-host': { type: 'string' },
  board: { type: 'string', default: 'lcd240' },
  crypto: { type: 'string', default: 'accelerated' },
  face: { type: 'string', default: 'terminal' },
  press: { type: 'string' },
  control: { type: 'string', multiple: true },
  clock: { type: 'string', default: 'real' },
  seed: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

const facesOf: ReadonlyMap<string, readonly Face[]> = new Map([
  ['terminal', ['terminal']],
  ['browser', ['browser']],
  ['terminal,browser', ['terminal', 'browser']],
  ['none', []],
]);

export type Parsed =
  | { readonly type: 'run'; readonly options: Options }
  | { readonly type: 'say'; readonly words: string }
  | { readonly type: 'wrong'; readonly words: string };

/** Parses the arguments after the program's name. */
export function parseOptions(argv: readonly string[]): Parsed {
  const values = readFlags(argv);
  if (typeof values === 'string') return wrong(values);
  if (values.help) return { type: 'say', words: usage };
  const empty = Object.entries(values).find(([, value]) => value === '');
  if (empty !== undefined) return wrong(`--${empty[0]} needs a value`);
  const { demo, flash = null, chip = null, clock, seed = null } = values;
  const listen = readListen(values.listen, values.link ?? null);
  if (typeof listen === 'string') return wrong(listen);
  const board = values.board === 'lcd240' ? LCD240 : values.board === 'oled128' ? OLED128 : null;
  if (board === null) return wrong(`--board does not take "${values.board}"; it takes lcd240 or oled128`);
  const { crypto } = values;
  if (crypto !== 'accelerated' && crypto !== 'portable')
    return wrong(`--crypto does not take "${crypto}"; it takes accelerated or portable`);
  const faces = facesOf.get(values.face);
  if (faces === undefined)
    return wrong(`--face does not take "${values.face}"; it takes terminal, browser, terminal,browser or none`);
  if (clock !== 'real' && clock !== 'virtual')
    return wrong(`--clock does not take "${clock}"; it takes real or virtual`);
  const controls = readControls(values.control ?? []);
  if (typeof controls === 'string') return wrong(controls);
  const hostKey = values['demo-host'];
  if (hostKey !== undefined && !/^[0-9a-f]{64}$/.test(hostKey)) return wrong('--demo-host takes 64 hex digits');
  if (hostKey !== undefined && listen.type === 'tty')
    return wrong('--demo-host is for simulated lines, never for a real tty');
  const demoHost = hostKey === undefined ? null : Uint8Array.from(Buffer.from(hostKey, 'hex'));
  const presser = readPresser(values.press, listen);
  if (typeof presser === 'string') return wrong(presser);
  if (presser.type === 'control' && controls.length === 0) return wrong('--press control needs --control');
  // A key that follows from a few letters, or time that somebody moves, in a device that is taken for a signer.
  if (listen.type === 'tty' && seed !== null) return wrong('--seed is for simulated lines, never for a real tty');
  if (listen.type === 'tty' && clock === 'virtual')
    return wrong('--clock is for simulated lines, never for a real tty');
  return {
    type: 'run',
    options: { listen, flash, chip, demo, demoHost, board, crypto, faces, presser, controls, clock, seed },
  };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: false }).values;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

function readListen(text: string, link: string | null): Listen | string {
  if (text === 'pty') return { type: 'pty', link };
  if (link !== null) return '--link is for a pseudo-terminal only';
  if (text === 'stdio') return { type: 'stdio' };
  const [, type, rest = ''] = /^(fd|unix|tty):(.+)$/s.exec(text) ?? [];
  if (type === 'unix' || type === 'tty') return { type, path: rest };
  if (type === 'fd' && !Number.isNaN(readDescriptor(rest))) return { type, fd: readDescriptor(rest) };
  return `--listen does not take "${text}"; it takes pty, stdio, fd:N, unix:PATH or tty:PATH`;
}

function readControls(texts: readonly string[]): readonly ControlDoor[] | string {
  const doors: ControlDoor[] = [];
  for (const text of texts) {
    const fd = readDescriptor(text);
    if (text.startsWith('unix:') && text !== 'unix:') doors.push({ type: 'unix', path: text.slice('unix:'.length) });
    else if (Number.isNaN(fd))
      return `--control does not take "${text}"; it takes the number of a descriptor or unix:PATH`;
    else doors.push({ type: 'fd', fd });
  }
  return doors;
}

/** The number of a descriptor, or NaN. */
function readDescriptor(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}

/** A machine that presses the keys of a real port would be no signer at all. */
function readPresser(press: string | undefined, listen: Listen): Presser | string {
  if (press === undefined) return { type: 'human' };
  if (listen.type === 'tty') return '--press is for simulated lines, never for a real tty';
  if (press === 'control') return { type: 'control' };
  if (press === 'approve') return { type: 'script', lines: [['yes']] };
  if (press === 'deny') return { type: 'script', lines: [[press]] };
  let text: string;
  try {
    text = readFileSync(press, 'utf8');
  } catch {
    return `what presses the keys is approve, deny or a script file, and ${press} cannot be read`;
  }
  const script = parseScript(text);
  return 'wrong' in script ? `the press script ${press}: ${script.wrong}` : { type: 'script', lines: script.lines };
}

function wrong(words: string): Parsed {
  return { type: 'wrong', words: `${words}.` };
}
