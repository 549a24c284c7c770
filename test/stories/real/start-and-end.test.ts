/**
 * How the host starts, refuses to start, and ends: exit codes, sentences, and nothing left behind. The stories run side by side,
 * because most of each is waiting for a process.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { verifyEvent } from 'nostr-tools/pure';
import { describe, expect, type TestContext, test } from 'vitest';
import { startLoopbackRelay } from '../../../host/src/loopback-relay/server.ts';
import { startProgram } from '../../support/program.ts';
import { openApp } from '../../support/raw-app.ts';
import { expectSigned, type Template } from '../../support/story-events.ts';
import { type DeviceLine, devicePubkey, type HostProgram, ready, startHost, startWhole } from '../../support/whole.ts';

const note: Template = { kind: 1, created_at: 1_735_787_045, tags: [], content: 'a good request' };

/** A directory of the test's own; what the programs leave in their temporary directory is seen there. */
function directory({ onTestFinished }: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-end-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The demo as a program. */
function demo(context: TestContext, temporary: string, stdin: 'ignore' | 'closed' = 'ignore'): HostProgram {
  const host = startHost(['--sim-press', 'approve'], { stdin, env: { TMPDIR: temporary } });
  context.onTestFinished(() => host.signal('SIGKILL'));
  return host;
}

describe.concurrent('a wrong call ends with 2 and a sentence', () => {
  test.each([
    // All others: test/host/options.test.ts, without a process for each.
    [['--frobnicate'], "Unknown option '--frobnicate'"],
    [['--sim-face', 'paper'], '--sim-face does not take "paper"'],
    [['extra'], '"extra" is no option, and a command stands first'],
  ])('%s', async (args, words) => {
    const host = startHost(args);
    expect(await host.gone()).toEqual({ code: 2, signal: null });
    expect(host.stderr()).toContain(words);
    expect(host.lines).toEqual([]);
  });
});

describe.concurrent('a state directory that cannot be had ends with 1 and a sentence', () => {
  test('others may read it', async (context) => {
    const dir = join(directory(context), 'state');
    mkdirSync(dir);
    chmodSync(dir, 0o755);
    const host = startHost(['--state', dir]);
    expect(await host.gone()).toEqual({ code: 1, signal: null });
    expect(host.stderr()).toContain(`Other users of this computer may open ${dir} (mode 755). Run: chmod 700 '${dir}'`);
    expect(readdirSync(dir)).toEqual([]);
  });

  test.each([
    ['a file', 'file', 'is not a directory. Choose another one.'],
    ['below a file', 'file/state', 'cannot be made'],
    // Node's recursive mkdir never comes back from here.
    ['in /proc', '/proc/sallyport/state', 'cannot be made'],
  ])('it is %s', async (_name, path, words) => {
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-end-'));
    writeFileSync(join(dir, 'file'), '', { mode: 0o600 });
    const host = startHost(['--state', resolve(dir, path)]);
    expect(await host.gone()).toEqual({ code: 1, signal: null });
    expect(host.stderr()).toContain(words);
    rmSync(dir, { recursive: true, force: true });
  });

  test('another host is running with it, and does not notice', async (context) => {
    const whole = await startWhole();
    context.onTestFinished(whole.close);
    const second = startHost(['--port', whole.port, '--state', join(whole.dir, 'state')]);
    expect(await second.gone()).toEqual({ code: 1, signal: null });
    expect(second.stderr()).toContain('Another Sallyport is running with');
    expect(second.stderr()).not.toContain('    at ');
    const app = await openApp(whole);
    context.onTestFinished(app.close);
    expect(await app.connect()).toMatchObject({ result: 'ack' });
  });

  test('the simulated device finds its script wrong: a wrong call, and its one sentence is enough', async (context) => {
    const temporary = directory(context);
    const script = join(temporary, 'script');
    writeFileSync(script, 'approve\naprove\n');
    const host = startHost(['--sim-press', script], { env: { TMPDIR: temporary } });
    expect(await host.gone()).toEqual({ code: 2, signal: null });
    expect(host.stderr()).toMatch(/^sallyport-sim: the press script \S+\/script: line 2: "aprove" is not .*\n$/);
    expect(readdirSync(temporary).filter(isOurs)).toEqual([]);
  });
});

describe.concurrent('the end', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends the demo with 0 and leaves nothing', async (signal) => {
    const temporary = mkdtempSync(join(tmpdir(), 'sallyport-end-'));
    const host = startHost(['--sim-press', 'approve'], { env: { TMPDIR: temporary } });
    await ready(host);
    expect(readdirSync(temporary).filter(isOurs)).toHaveLength(1);
    host.signal(signal);
    // `gone` waits for its children too: none of them is left.
    expect(await host.gone()).toEqual({ code: 0, signal: null });
    expect(readdirSync(temporary).filter(isOurs)).toEqual([]);
    rmSync(temporary, { recursive: true, force: true });
    // That everything closes is no news.
    const late = host.lines.filter(
      ({ port, relay, device }) =>
        port !== undefined || relay?.state === 'stopped' || relay?.state === 'failed' || device?.state === 'absent',
    );
    expect(late).toEqual([]);
  });

  test('SIGTERM while it still waits for a relay', async (context) => {
    const temporary = directory(context);
    const env = { TMPDIR: temporary };
    const host = startHost(['--sim-press', 'approve', '--relay', `ws://127.0.0.1:${await freePort()}`], { env });
    await host.untilStderr(/DEMO/);
    host.signal('SIGTERM');
    expect(await host.gone()).toEqual({ code: 0, signal: null });
    expect(host.lines).toEqual([]);
    expect(host.stderr()).not.toContain('sallyport:');
    expect(readdirSync(temporary).filter(isOurs)).toEqual([]);
  });

  test('nobody reads its lines any more: it ends and leaves nothing', async (context) => {
    const temporary = directory(context);
    const host = demo(context, temporary);
    host.stopReading();
    expect(await host.gone()).toEqual({ code: 0, signal: null });
    expect(host.stderr()).not.toContain('EPIPE');
    expect(readdirSync(temporary).filter(isOurs)).toEqual([]);
  });

  test.skipIf(!existsSync('/dev/full'))(
    'its lines cannot be written: a failure, said in a sentence',
    async (context) => {
      const temporary = directory(context);
      const full = openSync('/dev/full', 'w');
      context.onTestFinished(() => closeSync(full));
      const host = startHost(['--sim-press', 'approve'], { linesFd: 3, stdout: full, env: { TMPDIR: temporary } });
      expect(await host.gone()).toEqual({ code: 1, signal: null });
      expect(host.stderr()).toMatch(/^sallyport: What the host says cannot be written: ENOSPC.*\.$/m);
      expect(readdirSync(temporary).filter(isOurs)).toEqual([]);
    },
  );

  test.each([
    ['thrown', "throw new Error('planted')"],
    ['a rejection that nobody took', "Promise.reject(new Error('planted'))"],
  ])('a fault of its own, %s: one sentence, and nothing is left', async (_name, fault) => {
    const temporary = mkdtempSync(join(tmpdir(), 'sallyport-end-'));
    const preload = join(temporary, 'fault.mjs');
    writeFileSync(preload, `process.on('SIGUSR2', () => { ${fault} });`);
    const env = { TMPDIR: temporary, NODE_OPTIONS: `--import=${pathToFileURL(preload)}` };
    const host = startHost(['--sim-press', 'approve'], { env });
    await ready(host);
    host.signal('SIGUSR2');
    expect(await host.gone()).toEqual({ code: 1, signal: null });
    expect(host.stderr()).toMatch(/^sallyport: planted$/m);
    expect(host.stderr()).not.toContain('    at ');
    expect(readdirSync(temporary).filter(isOurs)).toEqual([]);
    rmSync(temporary, { recursive: true, force: true });
  });

  test('a host that is killed takes its simulator along', async (context) => {
    const host = demo(context, directory(context));
    await ready(host);
    host.signal('SIGKILL');
    expect(await host.gone()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('a closed stdin is no reason to end', async (context) => {
    const host = demo(context, directory(context), 'closed');
    await ready(host);
    host.signal('SIGTERM');
    expect(await host.gone()).toEqual({ code: 0, signal: null });
  });

  test('a host that is killed forgets nothing: paired apps work, and a spent secret stays spent', async (context) => {
    const relay = await startLoopbackRelay();
    context.onTestFinished(relay.close);
    const whole = await startWhole({ relay: relay.url });
    context.onTestFinished(whole.close);
    const app = await openApp(whole);
    context.onTestFinished(app.close);
    expect(await app.connect()).toMatchObject({ result: 'ack' });
    const [, spent] = whole.bunker().split('secret=');
    await whole.killHost();
    await whole.startHost();
    expect(await app.ask('ping', [])).toMatchObject({ result: 'pong' });
    expect(await app.ask('get_public_key', [])).toMatchObject({ result: devicePubkey });
    const other = await openApp(whole);
    context.onTestFinished(other.close);
    expect(await other.connect(spent)).toMatchObject({ error: expect.stringContaining('used before') });
    expect(await other.connect()).toMatchObject({ result: 'ack' });
  });
});

test.concurrent('a relay that is down at the start: the host says so, and works when it listens', async (context) => {
  const port = await freePort();
  const url = `ws://127.0.0.1:${port}`;
  const whole = await startWhole({ relay: url });
  context.onTestFinished(whole.close);
  const failed = await whole
    .host()
    .until(({ relay }) => (relay?.state === 'failed' ? relay : null), 'the relay is down');
  expect(failed.reason).not.toBe('');
  const relay = await startLoopbackRelay({ port });
  context.onTestFinished(relay.close);
  await whole.host().until(({ relay }) => (relay?.state === 'listening' ? true : null), 'listening');
  const app = await openApp(whole);
  context.onTestFinished(app.close);
  expect(await app.connect()).toMatchObject({ result: 'ack' });
  const asking = app.ask('sign_event', [JSON.stringify(note)]);
  const [answer] = await Promise.all([asking, whole.device().answer('approve')]);
  expectSigned(JSON.parse(String(answer.result)), note);
});

test.concurrent('where no pseudo-terminal can be had the demo goes over the pipe, and says so', async (context) => {
  const temporary = directory(context);
  const preload = join(temporary, 'no-pty.mjs');
  writeFileSync(
    preload,
    `import { registerHooks } from 'node:module';
     registerHooks({ resolve(name, context, next) {
       if (name === '@lydell/node-pty') throw new Error('no prebuilt binary');
       return next(name, context);
     } });`,
  );
  const env = { TMPDIR: temporary, NODE_OPTIONS: `--import=${pathToFileURL(preload)}` };
  const host = startHost(['--sim-press', 'approve'], { env });
  context.onTestFinished(() => host.signal('SIGKILL'));
  await host.until(({ warning }) => (warning?.includes('linked by a pipe') ? true : null), 'the warning');
  await ready(host);
  expect(host.stderr()).toContain('sallyport-sim: This system has no pseudo-terminal for us: no prebuilt binary');
  host.signal('SIGTERM');
  expect(await host.gone()).toEqual({ code: 0, signal: null });
});

test.concurrent('a simulator that listens on a unix socket signs for a host that is told --port unix:…', async (context) => {
  const dir = directory(context);
  const socket = join(dir, 'socket');
  const listen = ['--listen', `unix:${socket}`, '--face', 'none', '--control', '3'];
  const simulator = startProgram<DeviceLine>(
    'firmware-sim/bin/sallyport-sim.js',
    [...listen, '--demo', '--press', 'approve'],
    { linesFd: 3 },
  );
  context.onTestFinished(() => simulator.signal('SIGKILL'));
  await simulator.until((line) => line.line, 'where the device listens');
  const host = startHost(['--port', `unix:${socket}`, '--state', join(dir, 'state')]);
  context.onTestFinished(() => host.signal('SIGKILL'));
  const bunker = await host.until((line) => line.bunker, 'the bunker line');
  const pubkey = await ready(host);
  const app = await openApp({ bunker: () => bunker, within: (promise) => promise });
  context.onTestFinished(app.close);
  expect(await app.connect()).toMatchObject({ result: 'ack' });
  const answer = await app.ask('sign_event', [JSON.stringify(note)]);
  const event = JSON.parse(String(answer.result));
  expect(event).toMatchObject({ ...note, pubkey });
  expect(verifyEvent(event)).toBe(true);
  host.signal('SIGTERM');
  expect(await host.gone()).toEqual({ code: 0, signal: null });
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const relay = await startLoopbackRelay();
  await relay.close();
  return relay.port;
}

/** Node and its tools leave caches of their own. */
function isOurs(name: string): boolean {
  return name.startsWith('sallyport');
}
