/** The command line of the host, parsed once into a closed type; what is wrong with it is said in one sentence. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { limits as deviceLimits } from '@sallyport/device-protocol';
import envPaths from 'env-paths';
import { activityLimits } from './core/narrowing/activity.ts';
import { relaysMax } from './core/nip46/limits.ts';
import type { UsbIdentity } from './device/serial-wire.ts';
import { parseRelayUrl } from './relays/relay-url.ts';
import type { WebOptions } from './web/server.ts';

export type Options = {
  /** Where the device is, or null: a simulated one is started. */
  readonly device: DeviceAddress | null;
  readonly lines: 'leave' | 'both-low' | 'both-high';
  /** Relays, normalized; none means the embedded one. */
  readonly relays: readonly string[];
  /** Where state lives; null: a fresh directory that is removed at the end. */
  readonly state: string | null;
  readonly json: boolean;
  /** Where the structured log goes: a file, `-` for stderr, null for nowhere. */
  readonly log: string | null;
  /** How many days rows of the activity log are kept. */
  readonly keepDays: number;
  /** The account of the device that the first bunker line is for. */
  readonly account: number;
  /** Pair with a device that is not paired, also where nobody sits at a terminal. */
  readonly pair: boolean;
  /** Pair whatever device is there in place of the one before. */
  readonly replaceDevice: boolean;
  /** New lines and apps get a remote-signer key of their own. */
  readonly keyPerApp: boolean;
  /** The listener for browsers and apps elsewhere; null: there is none. */
  readonly web: WebOptions | null;
  /** The port of the dashboard on 127.0.0.1; null: there is none. */
  readonly dashboard: number | null;
  readonly simulator: SimulatorOptions;
};

/** A serial port by its name or by its USB identity, or the unix socket on which a simulator listens. */
export type DeviceAddress =
  | { readonly type: 'path'; readonly path: string }
  | { readonly type: 'usb'; readonly usb: UsbIdentity }
  | { readonly type: 'unix'; readonly path: string };

/** How the simulated device is started. */
export type SimulatorOptions = {
  readonly press: string | null;
  readonly board: 'lcd240' | 'oled128';
  /** Starts without a key, for a human to set it up. */
  readonly fresh: boolean;
  /** Where its screen is shown. */
  readonly face: (typeof faces)[number];
  /** `pipe` where there is no pseudo-terminal. */
  readonly link: 'pty' | 'pipe';
  /** The curve of its board: in native code, or in JavaScript alone. */
  readonly crypto: 'accelerated' | 'portable';
};

const faces = ['terminal,browser', 'terminal', 'browser'] as const;

export const usage = `Sallyport: a NIP-46 remote signer whose user key lives on a plug-in device

Without options it starts a simulated device with a throwaway key and an embedded relay on this machine.

  --port PATH          the serial port of a real device (on Linux best its link below /dev/serial/by-id), or unix:PATH,
                       the socket of a simulator that was started by itself
  --usb VVVV:PPPP      the real device by its USB identity (hex), with its serial number where there are several of them:
                       VVVV:PPPP:SERIAL
  --lines leave        what to do with DTR and RTS when the port opens: leave (default), both-low, both-high
  --relay URL          a relay, several times if wanted; without it an embedded relay on 127.0.0.1 is used
  --state DIR          where the remote-signer key, the paired apps and the simulated device live
                       (default with --port or --usb: the user's data directory; otherwise a fresh one that is removed at the end)
  --account 0          the account of the device that the bunker line is for, by its number
  --pair               pair with the device: on a terminal that is asked anyway, with --json the code is a line
                       {"pairing":…} and the answer {"pair":"yes"} a line on stdin
  --replace-device     pair another device in place of the one before
  --fresh              the simulated device starts without a key: it is set up by its own keys, as a new one is
  --board lcd240       the simulated screen: lcd240 (240×240, default) or oled128 (128×64)
  --sim-press approve  the simulator presses its own buttons: approve, deny, or a script file. Never on a real port
  --sim-face terminal  where the simulator shows its screen: terminal, browser (it prints the address), or both
                       (terminal,browser: default)
  --sim-link pty       how the simulator is linked: pty (default) or pipe
  --sim-crypto accelerated  the curve of its board: accelerated (native code, default) or portable
  --dashboard 0        the port of the dashboard on 127.0.0.1 (0, the default: another at each start, which nobody could take before;
                       another, too, where the one named is taken), or off
  --key-per-app        each new bunker line, and each app of a nostrconnect line, gets a remote-signer key of its own
  --web PORT           serves names (/.well-known/nostr.json) and, with --web-logins, the pages on which people let apps in, on
                       127.0.0.1:PORT (0: whichever is free); off unless asked for
  --web-url URL        the address that a reverse proxy gives it, as https://signer.example.com
  --web-logins         apps may ask without a bunker line: a person is sent to a page of --web, then the device asks
  --json               one JSON object a line on stdout, the first with the key "bunker"; everything else on stderr
  --log PATH           a structured log (JSON lines without texts and secrets) to a file, or to stderr with -
  --keep-days ${activityLimits.daysMax}      how many days the activity log keeps (${activityLimits.rowsMax.toLocaleString('en')} rows at most); 0 keeps nothing of earlier runs
  --version, --help

While it runs: sallyport dashboard, tray, status, pair, connect, grants, sign, names, announce, apps, accounts, user-key, app, requests, log, why, relays, device, pause, resume, kill, rules, dry-run, watch, export,
diagnostics, metrics, each with --help and --state. And: demo-app, backup, restore, service, udev, doctor, completion.`;

const flags = {
  port: { type: 'string' },
  usb: { type: 'string' },
  lines: { type: 'string', default: 'leave' },
  relay: { type: 'string', multiple: true },
  state: { type: 'string' },
  account: { type: 'string', default: '0' },
  fresh: { type: 'boolean', default: false },
  board: { type: 'string', default: 'lcd240' },
  'sim-press': { type: 'string' },
  'sim-face': { type: 'string', default: faces[0] },
  'sim-link': { type: 'string', default: 'pty' },
  'sim-crypto': { type: 'string', default: 'accelerated' },
  dashboard: { type: 'string', default: '0' },
  'key-per-app': { type: 'boolean', default: false },
  web: { type: 'string' },
  'web-url': { type: 'string' },
  'web-logins': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  log: { type: 'string' },
  'keep-days': { type: 'string', default: `${activityLimits.daysMax}` },
  pair: { type: 'boolean', default: false },
  'replace-device': { type: 'boolean', default: false },
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
  const empty = Object.entries(values).find(([, value]) => value === '');
  if (empty !== undefined) return wrong(`--${empty[0]} needs a value`);
  const { lines, board, 'sim-press': press = null, 'sim-link': link } = values;
  if (lines !== 'leave' && lines !== 'both-low' && lines !== 'both-high')
    return wrong(`--lines does not take "${lines}"; it takes leave, both-low or both-high`);
  if (board !== 'lcd240' && board !== 'oled128')
    return wrong(`--board does not take "${board}"; it takes lcd240 or oled128`);
  const face = faces.find((one) => one === values['sim-face']);
  if (face === undefined)
    return wrong(`--sim-face does not take "${values['sim-face']}"; it takes terminal, browser or terminal,browser`);
  if (link !== 'pty' && link !== 'pipe') return wrong(`--sim-link does not take "${link}"; it takes pty or pipe`);
  const crypto = values['sim-crypto'];
  if (crypto !== 'accelerated' && crypto !== 'portable')
    return wrong(`--sim-crypto does not take "${crypto}"; it takes accelerated or portable`);
  // The simulator's own word for a channel that this program does not lend to anybody.
  if (press === 'control') return wrong('--sim-press takes approve, deny or a script file');
  const device = addressOf(values.port, values.usb);
  if (typeof device === 'string') return wrong(device);
  if (device !== null && press !== null)
    return wrong('--sim-press is for the simulated device; a real one has a human');
  const replaceDevice = values['replace-device'];
  const pairing = replaceDevice ? '--replace-device' : values.pair ? '--pair' : null;
  if (device === null && pairing !== null) return wrong(`${pairing} is for a real port; the demo is paired`);
  if (device !== null && values.fresh) return wrong('--fresh is for the simulated device');
  if (!/^\d{1,2}$/.test(values.account) || Number(values.account) >= deviceLimits.accountsMax)
    return wrong(`--account does not take "${values.account}"; it takes 0 to ${deviceLimits.accountsMax - 1}`);
  const account = Number(values.account);
  const keepDays = Number(values['keep-days']);
  if (!/^\d{1,4}$/.test(values['keep-days']) || keepDays > activityLimits.daysMax)
    return wrong(`--keep-days does not take "${values['keep-days']}"; it takes 0 to ${activityLimits.daysMax}`);
  const web = webOf(values.web, values['web-url'], values['web-logins']);
  if (typeof web === 'string') return wrong(web);
  const dashboard = values.dashboard === 'off' ? null : Number(values.dashboard);
  if (dashboard !== null && !isPort(values.dashboard))
    return wrong(`--dashboard does not take "${values.dashboard}"; it takes a port, or off`);
  const relays: string[] = [];
  for (const text of values.relay ?? []) {
    const url = parseRelayUrl(text);
    if (url === null) return wrong(`"${text}" is no relay address; one looks like wss://relay.example.com`);
    if (!relays.includes(url)) relays.push(url);
  }
  if (relays.length > relaysMax) return wrong(`--relay can be given ${relaysMax} times at most`);
  const state = values.state ?? (device === null ? null : defaultState());
  const simulator: SimulatorOptions = { press, board, face, link, crypto, fresh: values.fresh };
  const { json, log = null } = values;
  return {
    type: 'run',
    options: {
      device,
      lines,
      relays,
      state,
      json,
      log,
      keepDays,
      account,
      pair: pairing !== null,
      replaceDevice,
      keyPerApp: values['key-per-app'],
      web,
      dashboard,
      simulator,
    },
  };
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

/** The address that the two options name, null when neither does, or what is wrong with them. */
function addressOf(port: string | undefined, usb: string | undefined): DeviceAddress | null | string {
  if (port !== undefined && usb !== undefined) return '--port and --usb both say where the device is; give one of them';
  if (port?.startsWith('unix:')) {
    return port === 'unix:' ? '--port unix: needs the path of a socket' : { type: 'unix', path: port.slice(5) };
  }
  if (port !== undefined) return { type: 'path', path: port };
  if (usb === undefined) return null;
  const [, vendorId, productId, serialNumber] = /^([0-9a-f]{4}):([0-9a-f]{4})(?::(.+))?$/i.exec(usb) ?? [];
  if (vendorId === undefined || productId === undefined)
    return `--usb does not take "${usb}"; it takes VVVV:PPPP or VVVV:PPPP:SERIAL, as 303a:1001`;
  return { type: 'usb', usb: { vendorId, productId, ...(serialNumber === undefined ? {} : { serialNumber }) } };
}

/** Where the pages are served, null for nowhere, or what is wrong with that. */
function webOf(port: string | undefined, url: string | undefined, logins: boolean): WebOptions | null | string {
  if (port === undefined)
    return url === undefined && !logins ? null : '--web-url and --web-logins need --web, a port on this computer';
  if (!isPort(port)) return `--web does not take "${port}"; it takes a port`;
  if (url === undefined) return { port: Number(port), url: null, logins };
  const { origin, href, protocol } = URL.parse(url) ?? { origin: '', href: '', protocol: '' };
  // Whoever is told where to act is told it by name and in private: without TLS anybody on the way could answer instead.
  if (protocol !== 'https:' || href !== `${origin}/`)
    return `--web-url does not take "${url}"; it takes an address without a path, as https://signer.example.com`;
  return { port: Number(port), url: origin, logins };
}

function readFlags(argv: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: flags, allowPositionals: true });
    const [first] = positionals;
    return first === undefined ? values : `"${first}" is no option, and a command stands first: sallyport status …`;
  } catch (problem) {
    // The first sentence: the others are about a way to say it that is never wanted here.
    return String(problem instanceof Error ? problem.message : problem).replace(/\.(\s.*)?$/s, '');
  }
}

/** Where the state of a host with a real device lives: the user's data directory. */
export function defaultState(): string {
  return envPaths('sallyport', { suffix: '' }).data;
}

/** The version of this package. */
export function version(): string {
  const text: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof text === 'object' && text !== null && 'version' in text ? String(text.version) : 'unknown';
}

function wrong(words: string): Parsed {
  return { type: 'wrong', words: `${words}. --help lists the options.` };
}
