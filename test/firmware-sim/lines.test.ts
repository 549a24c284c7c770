/** What the simulator listens on: every line against a host of its kind. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { SerialPort } from 'serialport';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { LINE_BYTES_MAX, type Line, type LineOpening } from '../../firmware-sim/src/lines/line.ts';
import { openPtyLine } from '../../firmware-sim/src/lines/pty-line.ts';
import { openStdioLine } from '../../firmware-sim/src/lines/stdio-line.ts';
import { openTtyLine } from '../../firmware-sim/src/lines/tty-line.ts';
import { openUnixLine } from '../../firmware-sim/src/lines/unix-line.ts';
import { streamWire } from '../../host/src/device/stream-wire.ts';
import { lineLog } from '../support/line-log.ts';
import { allBytes, pattern } from '../support/pattern.ts';
import { ptyMissing } from '../support/pty-device.ts';
import { wireLog } from '../support/wire-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-lines-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let names = 0;
const fresh = (): string => join(directory, `line-${++names}`);

const lines: Line[] = [];
afterEach(() => Promise.all(lines.splice(0).map((line) => line.close())));
function opened(opening: LineOpening): Line {
  if (opening.line === null) throw new Error(opening.reason);
  lines.push(opening.line);
  return opening.line;
}

describe.runIf(process.platform !== 'win32')('the line over a unix socket', () => {
  it('carries bytes to one host and tells when it comes and goes', async () => {
    const log = lineLog();
    const line = opened(await openUnixLine(fresh(), log.events));
    expect(statSync(line.path).mode & 0o777).toBe(0o600);
    const host = connect(line.path);
    await log.peers([true]);
    host.write(allBytes);
    await log.bytes(256);
    expect(log.received()).toEqual(allBytes);
    line.write(allBytes);
    expect(await read(host, 256)).toEqual(allBytes);
    host.destroy();
    await log.peers([true, false]);
    line.write(pattern(10));
    expect(line.dropped()).toBe(10);
  });

  it('turns a second host away and keeps the first', async () => {
    const log = lineLog();
    const line = opened(await openUnixLine(fresh(), log.events));
    const first = connect(line.path);
    await log.peers([true]);
    const second = connect(line.path);
    await new Promise((resolve) => second.once('close', resolve));
    first.write(allBytes);
    await log.bytes(256);
    expect(log.seen()).toEqual([true]);
    first.destroy();
    await log.peers([true, false]);
    const third = connect(line.path);
    await log.peers([true, false, true]);
    third.destroy();
  });

  it('replaces the socket that a crashed simulator left', async () => {
    const path = fresh();
    const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    const crashed = spawn(process.execPath, ['-e', program]);
    await new Promise((resolve) => crashed.once('exit', resolve));
    expect(existsSync(path)).toBe(true);
    const log = lineLog();
    opened(await openUnixLine(path, log.events));
    const host = connect(path);
    await log.peers([true]);
    host.destroy();
  });

  it('refuses a socket that answers, a file, and a directory that others may change', async () => {
    const live = opened(await openUnixLine(fresh(), lineLog().events));
    const twice = await openUnixLine(live.path, lineLog().events);
    expect(twice).toMatchObject({ line: null, reason: expect.stringMatching(/Another simulator listens/) });
    const file = fresh();
    writeFileSync(file, 'precious');
    const notOurs = await openUnixLine(file, lineLog().events);
    expect(notOurs).toMatchObject({ line: null, reason: expect.stringMatching(/is not a socket; it was left alone/) });
    expect(lstatSync(file).isFile()).toBe(true);
    const open = mkdtempSync(join(directory, 'open-'));
    chmodSync(open, 0o777);
    const exposed = await openUnixLine(join(open, 'socket'), lineLog().events);
    expect(exposed).toMatchObject({ line: null, reason: expect.stringMatching(/can be changed by others/) });
  });

  it('removes its socket, and reports nothing after close', async () => {
    const log = lineLog();
    const line = opened(await openUnixLine(fresh(), log.events));
    const host = connect(line.path);
    await log.peers([true]);
    host.on('error', () => host.destroy());
    await line.close();
    expect(existsSync(line.path)).toBe(false);
    expect(log.seen()).toEqual([true]);
  });

  it('drops what a host does not read, and counts it', async () => {
    const log = lineLog();
    const line = opened(await openUnixLine(fresh(), log.events));
    const host = connect(line.path).pause();
    await log.peers([true]);
    for (let block = 0; block < 1024; block++) line.write(pattern(4096));
    expect(line.dropped()).toBeGreaterThan(4 * 1024 * 1024 - LINE_BYTES_MAX * 4);
    host.destroy();
  });
});

describe('the line over pipes', () => {
  it('carries bytes to a stream wire and tells when the host hangs up', async () => {
    const [toDevice, toHost] = [new PassThrough(), new PassThrough()];
    const [log, host] = [lineLog(), wireLog()];
    const line = opened(await openStdioLine(log.events, { input: toDevice, output: toHost }));
    const wire = streamWire({ input: toHost, output: toDevice }, host.events);
    await log.peers([true]);
    await host.opened(1);
    wire.write(allBytes);
    await log.bytes(256);
    line.write(log.received());
    await host.bytes(256);
    expect(host.received()).toEqual(allBytes);
    await wire.close();
    await log.peers([true, false]);
    line.write(pattern(10));
    expect(line.dropped()).toBe(10);
  });
});

describe('the line over a tty', () => {
  it('says why a tty cannot be used', async () => {
    const opening = await openTtyLine(directory, lineLog().events);
    expect(opening).toMatchObject({ line: null, reason: `${directory} is not a tty.` });
  });
});

const missing = await ptyMissing();
if (missing !== null) console.log(`skipped: the line over a pseudo-terminal. ${missing}`);
else describe('the line over a pseudo-terminal', ptyCases);

function ptyCases(): void {
  it('carries all byte values both ways and never echoes, also what is sent before and between openings', async () => {
    const log = lineLog();
    const line = opened(await openPtyLine(log.events));
    await log.peers([true]);
    let heard = 0;
    for (let opening = 1; opening <= 3; opening++) {
      line.write(allBytes); // nobody has the terminal open
      const port = await openPort(line.path);
      port.write(allBytes);
      heard += 256;
      await log.bytes(heard);
      // Exactly what the host sent: an echo of the line's own bytes would have come before it.
      expect(log.received().subarray(-256)).toEqual(allBytes);
      expect(log.received().length).toBe(heard);
      line.write(Uint8Array.of(0xaa, 0xaa, 0xaa));
      line.write(allBytes);
      const got = await readUntil(port, Uint8Array.of(0xaa, 0xaa, 0xaa, ...allBytes));
      // Before it at most what was sent while nobody had it open, whole.
      expect([0, 256]).toContain(got.length - 259);
      await closePort(port);
    }
    expect(line.dropped()).toBe(0);
  });

  it('never blocks on a host that does not read: it drops and counts, and the rest arrives in order', async () => {
    const line = opened(await openPtyLine(lineLog().events));
    const port = await openPort(line.path);
    const blocks = 256;
    for (let block = 0; block < blocks; block++) line.write(new Uint8Array(4096).fill(block));
    const dropped = line.dropped();
    expect(dropped % 4096).toBe(0);
    expect(dropped).toBeGreaterThan(blocks * 4096 - 2 * LINE_BYTES_MAX);
    const got = await read(port, blocks * 4096 - dropped);
    expect(got.every((byte, index) => byte === Math.floor(index / 4096))).toBe(true);
    await closePort(port);
  });

  it('has a stable symlink, which it removes on close only if it is still its own', async () => {
    const link = fresh();
    symlinkSync('/nowhere', link);
    const first = opened(await openPtyLine(lineLog().events, { link }));
    expect(first.path).toBe(link);
    const target = readlinkSync(link);
    const second = opened(await openPtyLine(lineLog().events, { link }));
    expect(readlinkSync(link)).not.toBe(target);
    await first.close();
    expect(existsSync(link)).toBe(true);
    await second.close();
    expect(lstatSync(link, { throwIfNoEntry: false })).toBeUndefined();
  });

  it('does not replace a file by its symlink', async () => {
    const link = fresh();
    writeFileSync(link, 'precious');
    const opening = await openPtyLine(lineLog().events, { link });
    expect(opening).toMatchObject({ line: null, reason: expect.stringMatching(/exists and is not a symlink/) });
  });

  it('leaves no descriptor open, and may be closed twice', async () => {
    const cycle = async (): Promise<number> => {
      const line = opened(await openPtyLine(lineLog().events));
      await line.close();
      await line.close();
      return readdirSync('/dev/fd').length;
    };
    const first = await cycle();
    for (let times = 0; times < 7; times++) await cycle();
    expect(await cycle()).toBeLessThanOrEqual(first);
  });

  it('is what a tty line can be tried on', async () => {
    const [far, near] = [lineLog(), lineLog()];
    const pty = opened(await openPtyLine(far.events));
    const tty = opened(await openTtyLine(pty.path, near.events));
    await near.peers([true]);
    tty.write(allBytes);
    await far.bytes(256);
    pty.write(far.received());
    await near.bytes(256);
    expect(near.received()).toEqual(allBytes);
    const locked = await openTtyLine(pty.path, lineLog().events);
    expect(locked).toMatchObject({ line: null, reason: expect.stringMatching(/^Another program holds /) });
    await pty.close();
    await near.failed();
    expect(near.failures().length).toBe(1);
  });
}

function openPort(path: string): Promise<SerialPort> {
  return new Promise((resolve, reject) => {
    const port = new SerialPort({ path, baudRate: 115_200, autoOpen: false });
    port.open((error) => (error === null ? resolve(port) : reject(error)));
  });
}

function closePort(port: SerialPort): Promise<void> {
  return new Promise((resolve) => port.close(() => resolve()));
}

function read(stream: NodeJS.ReadableStream, length: number): Promise<Uint8Array> {
  return readWhile(stream, (got) => got.length < length);
}

function readUntil(stream: NodeJS.ReadableStream, end: Uint8Array): Promise<Uint8Array> {
  return readWhile(stream, (got) => !got.subarray(-end.length).equals(end));
}

function readWhile(stream: NodeJS.ReadableStream, more: (got: Buffer) => boolean): Promise<Uint8Array> {
  let got = Buffer.alloc(0);
  return new Promise((resolve) => {
    const listener = (chunk: Buffer): void => {
      got = Buffer.concat([got, chunk]);
      if (more(got)) return;
      stream.off('data', listener);
      resolve(new Uint8Array(got));
    };
    stream.on('data', listener);
  });
}
