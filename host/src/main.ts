/**
 * The host as a program: `npm start` here, `sallyport` where it is installed. Without options it runs the whole on one machine:
 * an embedded relay, a simulated device, and the host between them.
 *
 * Exit codes: 0 ended on request, 1 could not run or failed, 2 a wrong call.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { x25519 } from '@sallyport/device-protocol';
import { fitLabel } from './core/device/device-request.ts';
import type { HostIdentity } from './core/device/device-session.ts';
import { BAUD_RATE } from './device/serial-port.ts';
import { serialWire } from './device/serial-wire.ts';
import { socketWire } from './device/stream-wire.ts';
import type { Wire, WireEvents } from './device/wire.ts';
import { type Host, runHost } from './host.ts';
import { linesTogether } from './lines-together.ts';
import { type LoopbackRelay, startLoopbackRelay } from './loopback-relay/server.ts';
import { type DeviceAddress, defaultState, type Options, parseOptions } from './options.ts';
import { type PairingManner, pairingTalk } from './pairing-talk.ts';
import { jsonOf, type Report, type Reporter, sentenceOf } from './report.ts';
import { noPseudoTerminal, type Simulator, startSimulator } from './simulator.ts';
import { loadChannelKey } from './store/channel-key.ts';
import { loadRemoteSignerKey } from './store/remote-signer-key.ts';
import { openStore } from './store/store.ts';
import type { WebOptions } from './web/server.ts';

/** How long the bunker line waits for a relay to listen: a request sent before would be missed, a dead relay must not hide it. */
const listeningMs = 5_000;

/** Runs until it is told to end. */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseOptions(argv);
  if (parsed.type === 'say') return console.log(parsed.words);
  if (parsed.type === 'wrong') {
    console.error(`sallyport: ${parsed.words}`);
    process.exitCode = 2;
    return;
  }
  // A request leaves next to nothing behind. V8 would let its space for what is short-lived grow after each burst, by 60 MB and for ever.
  setFlagsFromString('--semi-space-growth-factor=1');
  const cleanUps: (() => unknown)[] = [];
  const ending = new AbortController();
  let code = await new Promise<number>((resolve) => {
    const fail = (problem: unknown): void => {
      if (!ending.signal.aborted) complain(problem);
      resolve(1);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(0));
    // A fault of ours: what depended on it must not go on, and what was started must not stay behind.
    for (const fault of ['uncaughtException', 'unhandledRejection'] as const) process.on(fault, fail);
    for (const stream of [process.stdout, process.stderr]) {
      // Whoever read the lines is gone (`… --json | head -1`): the end of the program, not a failure. A full disk is one.
      stream.on('error', (problem: NodeJS.ErrnoException) =>
        problem.code === 'EPIPE'
          ? resolve(0)
          : fail(new Error(`What the host says cannot be written: ${problem.message}.`)),
      );
    }
    run(parsed.options, cleanUps, resolve, ending.signal).catch(fail);
  });
  ending.abort();
  for (const cleanUp of cleanUps.reverse()) {
    try {
      await cleanUp();
    } catch (problem) {
      complain(problem);
      code = 1;
    }
  }
  // Whatever a library may still hold open: everything of ours is closed.
  process.exit(code);
}

function complain(problem: unknown): void {
  console.error(`sallyport: ${problem instanceof Error ? problem.message : problem}`);
}

async function run(
  options: Options,
  cleanUps: (() => unknown)[],
  end: (code: number) => void,
  ending: AbortSignal,
): Promise<void> {
  const dir = options.state ?? mkdtempSync(join(tmpdir(), 'sallyport-'));
  if (options.state === null) cleanUps.push(() => rmSync(dir, { recursive: true, force: true }));
  const store = openStore(dir);
  if (store.type === 'refused') throw new Error(store.words);
  const key = loadRemoteSignerKey(dir);
  if (key.type === 'refused') throw new Error(key.words);
  const channelKey = loadChannelKey(dir);
  if (channelKey.type === 'refused') throw new Error(channelKey.words);
  const relay = options.relays.length > 0 ? null : await startLoopbackRelay();
  cleanUps.push(() => relay?.close());
  const { device, lines } = options;
  const computer = x25519.publicKey(channelKey.secret);
  const found =
    device === null ? await startDemo(options, dir, computer) : { simulator: null, wire: wireTo(device, lines) };
  if (typeof found === 'number') return end(found);
  const { simulator, wire } = found;
  cleanUps.push(() => simulator?.stop());
  void simulator?.ended.then(({ code }) => end(code === 0 ? 0 : 1));

  const speaker = speak(options, simulator, ending);
  const relays = relaysOf(options, relay);
  // The demo's two ends are made by this very program: what a human would compare, it knows.
  const pin = simulator !== null ? simulator.channelKey : options.replaceDevice ? null : store.pin();
  const identity: HostIdentity = { dh: x25519, secret: channelKey.secret, name: fitLabel(hostname()), pin };
  const talk = pairingTalk(mannerOf(options), process.stdin, {
    pair: () => host.pair(),
    answer: (yes) => host.answerPairing(yes),
    say: (words) => speaker.report({ type: 'warning', words }),
  });
  cleanUps.push(() => talk.close());
  // Loaded when it is needed: a wrong call is told at once.
  const { openOutside } = await import('./outside.ts');
  const outside = openOutside(dir, options, Date.now);
  if (outside.type === 'refused') throw new Error(outside.words);
  cleanUps.push(() => outside.close());
  const tell: Reporter = (report) => {
    speaker.report(report);
    outside.take(report);
  };
  const host = runHost({
    store,
    stages: outside.stages,
    secret: key.secret,
    keyPerApp: options.keyPerApp,
    identity,
    relays,
    wire,
    report: (report) => {
      tell(report);
      if (report.type === 'pairing') talk.news(report.news);
      if (report.type === 'device') setImmediate(() => talk.deviceIs(report.status));
    },
    now: Date.now,
  });
  cleanUps.push(() => host.close());
  simulator?.pages((page) => tell({ type: 'simulator', page }));
  const pinned = (): string | null => simulator?.channelKey ?? store.pin();
  const refusal = await outside.serve(host, computer, pinned, options.dashboard);
  if (refusal !== null) throw new Error(refusal.words);
  if (options.web !== null) await openPages(options.web, options.account, host, speaker.report, cleanUps);
  await host.listening(listeningMs);
  if (ending.aborted) return;
  const uri = startLine(host, options.account, speaker.report);
  const demo = simulator === null ? null : simulator.owners ? 'fresh' : 'throwaway';
  const dashboard = dashboardFor(options, outside.newDashboardAddress);
  const commands = { status: command('status', options.state, dir), demoApp: command('demo-app', options.state, dir) };
  speaker.start({ type: 'bunker', uri, relays, demo, state: dir, commands, dashboard });
  if (simulator?.link === 'pipe') {
    speaker.report({ type: 'warning', words: 'Host and simulator are linked by a pipe: no serial port is exercised.' });
  }
}

/** There is always a line to start with. Where no key is left for it alone it names the main one, and says so. */
function startLine(host: Host, account: number, report: Reporter): string {
  const wanted = { name: 'start', account };
  const line = host.newLine(wanted);
  if (!('code' in line)) return line.uri;
  report({ type: 'warning', words: `The line has the signer's main key. ${line.words} ${line.advice}` });
  const shared = host.newLine({ ...wanted, ownKey: false });
  if ('code' in shared) throw new Error(shared.words);
  return shared.uri;
}

/** Its address lets in whoever opens it, so it is said where a person reads, and in no log of a service. */
function dashboardFor({ json }: Options, newAddress: () => string | null): string | null {
  return !json && process.stdout.isTTY ? newAddress() : null;
}

/** A command for this host: a demo whose directory nobody knows could not be reached by any. */
function command(name: string, state: Options['state'], dir: string): string {
  // From the sources, `npm start` is what there is.
  const self = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'sallyport';
  return `${self} ${name}${state === defaultState() ? '' : ` --state ${dir}`}`;
}

/** Opens the pages that were asked for. */
async function openPages(
  wanted: WebOptions,
  account: number,
  host: Host,
  report: Reporter,
  cleanUps: (() => unknown)[],
): Promise<void> {
  const { serveWeb } = await import('./web/server.ts');
  const fault = (problem: unknown): void => {
    const words = problem instanceof Error ? problem.message : String(problem);
    report({ type: 'warning', words: `A request of the pages failed: ${words}` });
  };
  const web = await serveWeb(wanted, {
    bridge: host.bridge,
    click: host.click,
    introduce: host.introduceStranger,
    now: Date.now,
    fault,
  });
  if (web.type === 'refused') throw new Error(web.words);
  cleanUps.push(() => web.close());
  host.isAt(web.url, wanted.logins ? account : null);
  report({ type: 'web', url: web.url });
}

/** Who can be asked whether two codes are the same. */
function mannerOf(options: Options): PairingManner {
  if (options.device === null) return 'nobody';
  if (options.json) return options.pair ? 'json' : 'nobody';
  return process.stdin.isTTY && process.stdout.isTTY ? 'terminal' : 'nobody';
}

type Dial = (events: WireEvents) => Wire;

function wireTo(address: DeviceAddress, lines: Options['lines']): Dial {
  const settings = { lines, baudRate: BAUD_RATE };
  return (events) => {
    switch (address.type) {
      case 'path':
        return serialWire({ path: address.path, ...settings }, events);
      case 'usb':
        return serialWire({ usb: address.usb, ...settings }, events);
      case 'unix':
        return socketWire(address.path, events);
    }
  };
}

/**
 * The simulator on a pseudo-terminal, paired with the computer of this static key; on a pipe where that was asked for, or where
 * the system has no pseudo-terminals. A number is the exit code when it refused to start: it has said why itself.
 */
async function startDemo(
  options: Options,
  dir: string,
  computer: Uint8Array,
): Promise<{ simulator: Simulator; wire: Dial } | number> {
  const { simulator: wanted, json } = options;
  const link = process.platform === 'win32' ? 'pipe' : wanted.link;
  let start = await startSimulator({ ...wanted, link }, dir, json, computer);
  if (start.simulator === null && start.code === noPseudoTerminal) {
    start = await startSimulator({ ...wanted, link: 'pipe' }, dir, json, computer);
  }
  if (start.simulator !== null) return { simulator: start.simulator, wire: start.simulator.wire };
  if (start.code === null) throw new Error('The simulated device was killed before it listened.');
  return start.code === 2 ? 2 : 1;
}

function relaysOf(options: Options, relay: LoopbackRelay | null): readonly string[] {
  return relay === null ? options.relays : [relay.url];
}

/**
 * Says reports as JSON lines, or as sentences where the simulator's screen leaves room. The bunker line always comes first; that
 * everything closes once the end began is no news.
 */
function speak(
  options: Options,
  simulator: Simulator | null,
  ending: AbortSignal,
): { report: Reporter; start: (bunker: Report) => void } {
  let early: Report[] | null = [];
  const lines = linesTogether((text) => void process.stdout.write(text));
  const say = (report: Report): void => {
    if (ending.aborted) return;
    if (options.json) return lines(JSON.stringify(jsonOf(report)));
    const sentence = sentenceOf(report);
    if (sentence === null) return;
    if (simulator === null) console.log(sentence);
    else simulator.note(sentence);
  };
  return {
    report: (report) => {
      if (early === null) say(report);
      else early.push(report);
    },
    start: (bunker) => {
      const waiting = early ?? [];
      early = null;
      for (const report of [bunker, ...waiting]) say(report);
    },
  };
}
