/** The wire over pipes and over a unix socket. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { socketWire, streamWire } from '../../host/src/device/stream-wire.ts';
import { allBytes, pattern } from '../support/pattern.ts';
import { wireLog } from '../support/wire-log.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-stream-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("a wire over a child process's pipes", () => {
  const child = (program: string) => spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });

  it('carries all byte values and large transfers', async () => {
    const { stdin, stdout } = child('process.stdin.pipe(process.stdout)');
    const log = wireLog();
    const wire = streamWire({ input: stdout, output: stdin }, log.events);
    await log.opened(1);
    wire.write(allBytes);
    wire.write(pattern(200_000));
    await log.bytes(200_256);
    expect(Buffer.compare(log.received(), Buffer.concat([allBytes, pattern(200_000)]))).toBe(0);
    await wire.close();
    expect(log.reports).toEqual([{ type: 'opened' }]);
  });

  it('is closed once when the child ends, also in the middle of a write', async () => {
    const device = child('setInterval(() => {}, 1000)');
    const log = wireLog();
    const wire = streamWire({ input: device.stdout, output: device.stdin }, log.events);
    await log.opened(1);
    wire.write(pattern(256 * 1024));
    device.kill('SIGKILL');
    await log.closed(1);
    await wire.close();
    expect(log.reports.map(({ type }) => type)).toEqual(['opened', 'closed']);
  });
});

describe.runIf(process.platform !== 'win32')('a wire over a unix socket', () => {
  it('waits for the listener, carries bytes, and dials again when it was cut off', async () => {
    const path = join(directory, 'late.sock');
    const log = wireLog();
    const wire = socketWire(path, log.events);
    await log.waiting(/There is no socket .* Start the simulator/);
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.pipe(socket);
    }).listen(path);
    await log.opened(1);
    wire.write(pattern(100_000));
    await log.bytes(100_000);
    expect(Buffer.compare(log.received(), pattern(100_000))).toBe(0);
    sockets[0]?.destroy();
    await log.opened(2);
    expect(log.reports.map(({ type }) => type)).toEqual(['waiting', 'opened', 'closed', 'opened']);
    await wire.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('says that a socket nobody listens on is dead', async () => {
    const path = join(directory, 'dead.sock');
    const program = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    const crashed = spawn(process.execPath, ['-e', program]);
    await new Promise((resolve) => crashed.once('exit', resolve));
    const log = wireLog();
    const wire = socketWire(path, log.events);
    await log.waiting(/Nobody listens on/);
    await wire.close();
  });
});
