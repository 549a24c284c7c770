/**
 * The host as a program: `npm start` here, `sallyport` where it is installed. Without options it runs the whole on one machine:
 * an embedded relay, a simulated device, and the host between them.
 *
 * Exit codes: 0 ended on request, 1 could not run or failed, 2 a wrong call.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { x25519 } from '@sallyport/device-protocol';
import { fitLabel } from './core/device-request.ts';
import type { HostIdentity } from './core/device-session.ts';
import { serialWire } from './device/serial-wire.ts';
import { runHost } from './host.ts';
import { type LoopbackRelay, startLoopbackRelay } from './loopback-relay/server.ts';
import { type Options, parseOptions } from './options.ts';
import { type PairingManner, pairingTalk } from './pairing-talk.ts';
import { jsonOf, type Report, type Reporter, sentenceOf } from './report.ts';
import { type Simulator, startSimulator } from './simulator.ts';
import { loadChannelKey } from './store/channel-key.ts';
import { loadRemoteSignerKey } from './store/remote-signer-key.ts';
import { openStore } from './store/store.ts';

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
  const cleanUps: (() => unknown)[] = [];
  const stopped = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(0));
    // Whoever read the lines is gone (`… --json | head -1`): the end of the program, not a crash that leaves things behind.
    process.stdout.on('error', () => resolve(0));
    process.stderr.on('error', () => resolve(0));
    run(parsed.options, cleanUps, resolve).catch((problem: unknown) => {
      console.error(`sallyport: ${problem instanceof Error ? problem.message : problem}`);
      resolve(1);
    });
  });
  const code = await stopped;
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  // Whatever a library may still hold open: everything of ours is closed.
  process.exit(code);
}

async function run(options: Options, cleanUps: (() => unknown)[], end: (code: number) => void): Promise<void> {
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
  const simulator = options.port === null ? await startDemo(options, dir, x25519.publicKey(channelKey.secret)) : null;
  cleanUps.push(() => simulator?.stop());
  void simulator?.ended.then(({ code }) => end(code === 0 ? 0 : 1));

  const speaker = speak(options, simulator);
  const { port, lines } = options;
  // The demo's two ends are made by this very program: what a human would compare, it knows.
  const pin = simulator !== null ? simulator.channelKey : options.replaceDevice ? null : store.pin();
  const identity: HostIdentity = { dh: x25519, secret: channelKey.secret, name: fitLabel(hostname()), pin };
  const talk = pairingTalk(mannerOf(options), process.stdin, {
    pair: () => host.pair(),
    answer: (yes) => host.answerPairing(yes),
    say: (words) => speaker.report({ type: 'warning', words }),
  });
  cleanUps.push(() => talk.close());
  const host = runHost({
    store,
    secret: key.secret,
    identity,
    relays: relaysOf(options, relay),
    wire: (events) =>
      simulator === null ? serialWire({ path: port ?? '', lines, baudRate: 115_200 }, events) : simulator.wire(events),
    report: (report) => {
      speaker.report(report);
      if (report.type === 'pairing') talk.news(report.news);
      if (report.type === 'device') setImmediate(() => talk.deviceIs(report.status));
    },
    now: Date.now,
  });
  cleanUps.push(() => host.close());
  await host.listening(listeningMs);
  const uri = host.newBunkerUri('start');
  speaker.start({ type: 'bunker', uri, relays: relaysOf(options, relay), demo: simulator !== null });
  if (simulator?.link === 'pipe') {
    speaker.report({ type: 'warning', words: 'Host and simulator are linked by a pipe: no serial port is exercised.' });
  }
}

/** The simulator on a pseudo-terminal; on a pipe where it was asked for, or where the system has no pseudo-terminals. */
async function startDemo(options: Options, dir: string, computer: Uint8Array): Promise<Simulator> {
  const { simulator, json } = options;
  const link = process.platform === 'win32' ? 'pipe' : simulator.link;
  return startSimulator({ ...simulator, link }, dir, json, computer);
}

/** Who can be asked whether two codes are the same. */
function mannerOf(options: Options): PairingManner {
  if (options.port === null) return 'nobody';
  if (options.json) return options.pair ? 'json' : 'nobody';
  return process.stdin.isTTY && process.stdout.isTTY ? 'terminal' : 'nobody';
}

function relaysOf(options: Options, relay: LoopbackRelay | null): readonly string[] {
  return relay === null ? options.relays : [relay.url];
}

/** Says reports as JSON lines, or as sentences where the simulator's screen leaves room. The bunker line always comes first. */
function speak(options: Options, simulator: Simulator | null): { report: Reporter; start: (bunker: Report) => void } {
  let early: Report[] | null = [];
  const say = (report: Report): void => {
    if (options.json) return console.log(JSON.stringify(jsonOf(report)));
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
