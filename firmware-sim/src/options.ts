/** The command line of the simulator, parsed once into a closed type; what is wrong with it is said in one sentence. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseScript, type ScriptLine } from './faces/script.ts';
import { type Board, LCD240, OLED128 } from './firmware/env.ts';

export type Options = {
  readonly listen: string;
  readonly link: string | null;
  readonly flash: string | null;
  readonly demo: boolean;
  readonly board: Board;
  readonly face: 'terminal' | 'browser' | 'none';
  /** What a machine presses, or null: a human does. */
  readonly script: readonly ScriptLine[] | null;
  /** A descriptor, or `unix:` and a path. */
  readonly controls: readonly string[];
  readonly clock: 'real' | 'virtual';
  readonly seed: string | null;
};

const usage = `sallyport-sim: a Sallyport device whose board is this computer

  --listen pty         a pseudo-terminal (default); also stdio, fd:N, unix:PATH, tty:PATH
  --link PATH          a symlink to the pseudo-terminal that keeps its name
  --flash FILE         the flash image; without it the device forgets everything at its end
  --demo               puts a throwaway key, marked DEMO, into an empty flash
  --board lcd240       240×240 with joystick and three keys (default); oled128: 128×64 with two buttons
  --face terminal      shows the screen here and takes keys (default); browser (a page on 127.0.0.1); none
  --press approve      presses its own keys: approve, deny, or a script file; never on a real tty
  --control FD         JSON lines on this file descriptor, or on unix:PATH; several times if wanted
  --clock real         virtual: time stands until the control channel moves it
  --seed TEXT          randomness that follows from the text, for tests; never on a real tty`;

const flags = {
  listen: { type: 'string', default: 'pty' },
  link: { type: 'string' },
  flash: { type: 'string' },
  demo: { type: 'boolean', default: false },
  board: { type: 'string', default: 'lcd240' },
  face: { type: 'string', default: 'terminal' },
  press: { type: 'string' },
  control: { type: 'string', multiple: true },
  clock: { type: 'string', default: 'real' },
  seed: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

export type Parsed =
  | { readonly type: 'run'; readonly options: Options }
  | { readonly type: 'say'; readonly words: string }
  | { readonly type: 'wrong'; readonly words: string };

/** Parses the arguments after the program's name. */
export function parseOptions(argv: readonly string[]): Parsed {
  const values = readFlags(argv);
  if (typeof values === 'string') return wrong(values);
  if (values.help) return { type: 'say', words: usage };
  const { listen, link = null, flash = null, demo, face, control: controls = [], clock, seed = null } = values;
  const script = readScript(values.press, listen);
  if ('wrong' in script) return wrong(script.wrong);
  const board = values.board === 'lcd240' ? LCD240 : values.board === 'oled128' ? OLED128 : null;
  if (board === null) return wrong(`no board is called ${values.board}`);
  if (face !== 'terminal' && face !== 'browser' && face !== 'none') return wrong(`--face does not take ${face}`);
  if (clock !== 'real' && clock !== 'virtual') return wrong(`--clock does not take ${clock}`);
  const strange = controls.find((control) => !/^(\d{1,4}|unix:.+)$/.test(control));
  if (strange !== undefined) return wrong(`--control takes a file descriptor or unix:PATH, not ${strange}`);
  // A key that follows from a few letters, in a device that somebody takes for a signer.
  if (seed !== null && listen.startsWith('tty:')) return wrong('--seed is for simulated lines, never for a real tty');
  return {
    type: 'run',
    options: { listen, link, flash, demo, board, face, script: script.lines, controls, clock, seed },
  };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: false }).values;
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

function wrong(words: string): Parsed {
  return { type: 'wrong', words };
}
