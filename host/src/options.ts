/** The command line of the host, parsed once into a closed type; what is wrong with it is said in one sentence. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import envPaths from 'env-paths';
import { relaysMax } from './core/limits.ts';
import { parseRelayUrl } from './relays/relay-url.ts';

export type Options = {
  /** The port of a real device, or null: a simulated one is started. */
  readonly port: string | null;
  readonly lines: 'leave' | 'both-low' | 'both-high';
  /** Relays, normalized; none means the embedded one. */
  readonly relays: readonly string[];
  /** Where state lives; null: a fresh directory that is removed at the end. */
  readonly state: string | null;
  readonly json: boolean;
  readonly simulator: SimulatorOptions;
};

/** How the simulated device is started. */
export type SimulatorOptions = {
  readonly press: string | null;
  readonly board: 'lcd240' | 'oled128';
  /** Where its screen is shown. */
  readonly face: 'terminal' | 'browser';
  /** `pipe` where there is no pseudo-terminal. */
  readonly link: 'pty' | 'pipe';
};

export const usage = `Sallyport: a NIP-46 remote signer whose user key lives on a plug-in device

Without options it starts a simulated device with a throwaway key and an embedded relay on this machine.

  --port PATH          the serial port of a real device (on Linux best its link below /dev/serial/by-id)
  --lines leave        what to do with DTR and RTS when the port opens: leave (default), both-low, both-high
  --relay URL          a relay, several times if wanted; without it an embedded relay on 127.0.0.1 is used
  --state DIR          where the remote-signer key, the paired apps and the simulated device live
                       (default with --port: the user's data directory; otherwise a fresh one that is removed at the end)
  --board lcd240       the simulated screen: lcd240 (240×240, default) or oled128 (128×64)
  --sim-press approve  the simulator presses its own buttons: approve, deny, or a script file. Never on a real port
  --sim-face terminal  where the simulator shows its screen: terminal (default) or browser (it prints the address)
  --sim-link pty       how the simulator is linked: pty (default) or pipe
  --json               one JSON object a line on stdout, the first with the key "bunker"; everything else on stderr
  --version, --help`;

const flags = {
  port: { type: 'string' },
  lines: { type: 'string', default: 'leave' },
  relay: { type: 'string', multiple: true },
  state: { type: 'string' },
  board: { type: 'string', default: 'lcd240' },
  'sim-press': { type: 'string' },
  'sim-face': { type: 'string', default: 'terminal' },
  'sim-link': { type: 'string', default: 'pty' },
  json: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
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
  if (values.version) return { type: 'say', words: `sallyport ${version()} on Node ${process.versions.node}` };
  const { port = null, lines, board, 'sim-press': press = null, 'sim-link': link } = values;
  if (lines !== 'leave' && lines !== 'both-low' && lines !== 'both-high')
    return wrong(`--lines does not take "${lines}"`);
  if (board !== 'lcd240' && board !== 'oled128') return wrong(`--board does not take "${board}"`);
  const face = values['sim-face'];
  if (face !== 'terminal' && face !== 'browser') return wrong(`--sim-face does not take "${face}"`);
  if (link !== 'pty' && link !== 'pipe') return wrong(`--sim-link does not take "${link}"`);
  if (port !== null && press !== null) return wrong('--sim-press is for the simulated device; a real one has a human');
  const relays: string[] = [];
  for (const text of values.relay ?? []) {
    const url = parseRelayUrl(text);
    if (url === null) return wrong(`"${text}" is no relay address; one looks like wss://relay.example.com`);
    if (!relays.includes(url)) relays.push(url);
  }
  if (relays.length > relaysMax) return wrong(`--relay can be given ${relaysMax} times at most`);
  const state = values.state ?? (port === null ? null : envPaths('sallyport', { suffix: '' }).data);
  const simulator: SimulatorOptions = { press, board, face, link };
  return { type: 'run', options: { port, lines, relays, state, json: values.json, simulator } };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: false }).values;
  } catch (problem) {
    return problem instanceof Error ? problem.message : String(problem);
  }
}

function version(): string {
  const text: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : 'unknown';
}

function wrong(words: string): Parsed {
  return { type: 'wrong', words: `${words}. --help lists the options.` };
}
