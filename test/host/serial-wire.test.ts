/** The serial wire: the port suite on the mock and on a real pseudo-terminal, then what only one of the two can show. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SerialPort } from 'serialport';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PIECE_MS_MAX } from '../../host/src/device/outbox.ts';
import { type PortClass, PRESENCE_MS } from '../../host/src/device/serial-port.ts';
import { type SerialTarget, serialWire, type UsbIdentity } from '../../host/src/device/serial-wire.ts';
import { type After, afterRealTime, type Wire } from '../../host/src/device/wire.ts';
import { mockBinding, spyingMock } from '../support/mock-port.ts';
import { allBytes, pattern } from '../support/pattern.ts';
import { type PtyDevice, ptyMissing, startPtyDevice } from '../support/pty-device.ts';
import { wireLog } from '../support/wire-log.ts';
import { type PortWorld, portSuite } from './port-suite.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-wire-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let links = 0;
const freshLink = (): string => join(directory, `device-${++links}`);

function mockWorld(): PortWorld {
  mockBinding.reset();
  const { PortClass, deviceEnd } = spyingMock();
  return {
    name: 'mock',
    path: '/mock/device',
    PortClass,
    plug: async () => mockBinding.createPort('/mock/device', { echo: true }),
    burst: async (bytes) => deviceEnd().emitData(Buffer.from(pattern(bytes))),
    unplugAll: async () => mockBinding.reset(),
  };
}

function ptyWorld(): PortWorld {
  const path = freshLink();
  let device: PtyDevice | null = null;
  return {
    name: 'pty',
    path,
    PortClass: SerialPort,
    async plug() {
      device = await startPtyDevice(path);
    },
    burst: async (bytes) => device?.tell(`burst ${bytes}`),
    unplugAll: async () => device?.unplug(),
  };
}

portSuite('the mock of serialport', mockWorld);

describe('a serial wire over the mock, in particular', () => {
  beforeEach(() => mockBinding.reset());

  it.each([
    ['leave', []],
    ['both-low', [{ dtr: false, rts: false }]],
    ['both-high', [{ dtr: true, rts: true }]],
  ] as const)('sets both control lines in one call, or none: %s', async (lines, calls) => {
    mockBinding.createPort('/mock/lines');
    const spy = spyingMock();
    const log = wireLog();
    const target = { path: '/mock/lines', lines, baudRate: 115_200 };
    const wire = serialWire(target, log.events, { PortClass: spy.PortClass });
    await log.opened(1);
    expect(spy.lineCalls).toEqual(calls);
    await wire.close();
  });

  it('uses a new port object for every connection', async () => {
    mockBinding.createPort('/mock/again');
    const spy = spyingMock();
    const log = wireLog();
    const target = { path: '/mock/again', lines: 'leave', baudRate: 115_200 } as const;
    const wire = serialWire(target, log.events, { PortClass: spy.PortClass });
    await log.opened(1);
    spy.ports[0]?.close();
    await log.opened(2);
    expect(log.reports.map(({ type }) => type)).toEqual(['opened', 'closed', 'opened']);
    expect(spy.ports.length).toBe(2);
    await wire.close();
  });

  it('closes a connection whose write does not come to an end', async () => {
    mockBinding.createPort('/mock/stuck');
    const spy = spyingMock();
    const log = wireLog();
    const { after, fire } = handFired(PIECE_MS_MAX);
    const target = { path: '/mock/stuck', lines: 'leave', baudRate: 115_200 } as const;
    const wire = serialWire(target, log.events, { PortClass: spy.PortClass, after });
    await log.opened(1);
    spy.deviceEnd().write = () => new Promise(() => undefined);
    wire.write(allBytes);
    fire();
    await log.opened(2);
    expect(log.reports[1]).toEqual({ type: 'closed', reason: 'The device took no bytes for 10 s.' });
    await wire.close();
  });
});

describe('a port that vanishes without a word', () => {
  it('is noticed when it answers EIO, and a port without control lines is not taken for one', async () => {
    mockBinding.reset();
    mockBinding.createPort('/mock/silent');
    const spy = spyingMock();
    const log = wireLog();
    const { after, fire, armed } = handFired(PRESENCE_MS);
    const target = { path: '/mock/silent', lines: 'leave', baudRate: 115_200 } as const;
    const wire = serialWire(target, log.events, { PortClass: spy.PortClass, after });
    await log.opened(1);
    const end = spy.deviceEnd();
    end.get = () => Promise.reject(new Error('Error: Inappropriate ioctl for device, cannot get'));
    const rearmed = armed();
    fire();
    await rearmed;
    expect(log.count('closed')).toBe(0);
    end.get = () => Promise.reject(new Error('Error: Input/output error, cannot get'));
    fire();
    await log.opened(2);
    expect(log.reports.map(({ type }) => type)).toEqual(['opened', 'closed', 'opened']);
    await wire.close();
  });
});

describe('a port found by its USB identity', () => {
  const ours: UsbIdentity = { vendorId: '1209', productId: 'ABCD' };
  const open = (usb: UsbIdentity, PortClass: PortClass = spyingMock().PortClass) => {
    const log = wireLog();
    const target: SerialTarget = { usb, lines: 'leave', baudRate: 115_200 };
    return { log, wire: serialWire(target, log.events, { PortClass }) };
  };
  beforeEach(() => mockBinding.reset());

  it('is opened, and no other is', async () => {
    mockBinding.createPort('/mock/modem', { vendorId: '1199', productId: '9071' });
    mockBinding.createPort('/mock/ours', { vendorId: '1209', productId: 'abcd' });
    const spy = spyingMock();
    const { log, wire } = open(ours, spy.PortClass);
    await log.opened(1);
    expect(spy.ports.map((port) => port.path)).toEqual(['/mock/ours']);
    await wire.close();
  });

  it('is waited for', async () => {
    mockBinding.createPort('/mock/modem', { vendorId: '1199', productId: '9071' });
    const { log, wire } = open(ours);
    await log.waiting(/No device with the USB identity 1209:ABCD is plugged in/);
    mockBinding.createPort('/mock/ours', { vendorId: '1209', productId: 'abcd' });
    await log.opened(1);
    await wire.close();
  });

  it('is told apart by the serial number, and not guessed', async () => {
    mockBinding.createPort('/mock/one', { vendorId: '1209', productId: 'abcd' });
    mockBinding.createPort('/mock/two', { vendorId: '1209', productId: 'abcd' });
    const unclear = open(ours);
    await unclear.log.waiting(/Several devices .* Give the serial number/);
    await unclear.wire.close();
    expect(unclear.log.count('opened')).toBe(0);
    const spy = spyingMock();
    const clear = open({ ...ours, serialNumber: '2' }, spy.PortClass);
    await clear.log.opened(1);
    expect(spy.ports.map((port) => port.path)).toEqual(['/mock/two']);
    await clear.wire.close();
  });

  it('cannot be found where ports cannot be listed, and that is said', async () => {
    class Unlisted extends spyingMock().PortClass {
      static override list = () => Promise.reject(new Error('spawn udevadm ENOENT'));
    }
    const { log, wire } = open(ours, Unlisted);
    await log.waiting(/cannot be listed \(spawn udevadm ENOENT\)\. Name the port/);
    await wire.close();
  });
});

describe('a port of something else', () => {
  const wires: Wire[] = [];
  afterEach(() => Promise.all(wires.splice(0).map((wire) => wire.close())));
  const file = join(directory, 'a-file');
  writeFileSync(file, 'not a port');
  it.runIf(process.platform !== 'win32').each([file, directory, '/dev/null'])('is named as such: %s', async (path) => {
    const log = wireLog();
    wires.push(serialWire({ path, lines: 'both-low', baudRate: 115_200 }, log.events));
    await log.waiting(/is not a serial port\. Name the port of the device\./);
    expect(log.count('opened')).toBe(0);
  });
});

const missing = await ptyMissing();
if (missing !== null) console.log(`skipped: the port suite on a pseudo-terminal. ${missing}`);
else {
  portSuite('a pseudo-terminal', ptyWorld);

  describe('a serial wire over a pseudo-terminal, in particular', () => {
    const devices: PtyDevice[] = [];
    const wires: Wire[] = [];
    const plug = async (link: string): Promise<PtyDevice> => {
      const device = await startPtyDevice(link);
      devices.push(device);
      return device;
    };
    const open = (path: string) => {
      const log = wireLog();
      const wire = serialWire({ path, lines: 'both-low', baudRate: 115_200 }, log.events);
      wires.push(wire);
      return { wire, log };
    };
    afterEach(async () => {
      await Promise.all(wires.splice(0).map((wire) => wire.close()));
      await Promise.all(devices.splice(0).map((device) => device.unplug()));
    });

    it('is closed once when unplugged while idle, and opens again after the replug', async () => {
      const link = freshLink();
      const device = await plug(link);
      const { wire, log } = open(link);
      await log.opened(1);
      await device.unplug();
      await log.closed(1);
      await log.waiting(/There is no port/);
      await plug(link);
      await log.opened(2);
      expect(log.reports.map(({ type }) => type)).toEqual(['opened', 'closed', 'waiting', 'opened']);
      wire.write(allBytes);
      await log.bytes(256);
      expect(log.received()).toEqual(allBytes);
    });

    it('is closed once when unplugged with a write in flight, and opens again after the replug', async () => {
      const link = freshLink();
      const device = await plug(link);
      const { wire, log } = open(link);
      await log.opened(1);
      device.freeze();
      // Far more than a terminal buffers: while nobody reads, a write is under way at any time.
      wire.write(pattern(256 * 1024));
      await device.unplug();
      await log.closed(1);
      await plug(link);
      await log.opened(2);
      expect(log.count('closed')).toBe(1);
      wire.write(allBytes);
      await log.bytes(256);
      expect(log.received().subarray(-256)).toEqual(allBytes);
    });

    it('is closed once when unplugged while bytes come in', async () => {
      // About a third of these end in the silent hang-up that only the presence check notices.
      for (let round = 1; round <= 6; round++) {
        const link = freshLink();
        const device = await plug(link);
        const { wire, log } = open(link);
        await log.opened(1);
        void device.tell('burst 262144');
        await log.bytes(round * 20_000);
        await device.unplug();
        await log.closed(1);
        await wire.close();
        expect(log.count('closed')).toBe(1);
      }
    });

    it('is closed as stuck when more is written than may wait, and opens again', async () => {
      const link = freshLink();
      const device = await plug(link);
      const { wire, log } = open(link);
      await log.opened(1);
      device.freeze();
      wire.write(pattern(200 * 1024));
      wire.write(pattern(200 * 1024));
      expect(log.reports.at(-1)).toMatchObject({ type: 'closed', reason: expect.stringMatching(/wait to be sent/) });
      await log.opened(2);
    });

    it('leaves no descriptor open and nothing that keeps the process alive', async () => {
      const link = freshLink();
      await plug(link);
      const terminal = readlinkSync(link);
      const { wire, log } = open(link);
      await log.opened(1);
      await wire.close();
      if (existsSync('/proc/self/fd')) expect(openFiles()).not.toContain(terminal);

      const module = fileURLToPath(new URL('../../host/src/device/serial-wire.ts', import.meta.url));
      const program = `
        const { serialWire } = await import(${JSON.stringify(module)});
        const target = (path) => ({ path, lines: 'leave', baudRate: 115200 });
        const silent = { bytes() {}, closed() {}, opened() {}, waiting() {} };
        const away = serialWire(target('/nowhere'), { ...silent, waiting: () => away.close() });
        const wire = serialWire(target(${JSON.stringify(link)}), { ...silent, opened: () => {
          wire.write(new Uint8Array(1000));
          wire.close().then(() => console.log('closed'));
        } });`;
      const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=sallyport-source', '-e', program]);
      expect(stdout).toBe('closed\n');
    });
  });
}

/** Real time, except for waits of one length: those end when the test says so. `armed` settles at the next such wait. */
function handFired(length: number) {
  let last: (() => void) | null = null;
  let tell: (() => void) | null = null;
  const after: After = (ms, callback) => {
    if (ms !== length) return afterRealTime(ms, callback);
    last = callback;
    tell?.();
    return () => undefined;
  };
  const armed = (): Promise<void> =>
    new Promise((resolve) => {
      tell = resolve;
    });
  return { after, fire: () => last?.(), armed };
}

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the descriptor with which the directory was read
    }
  });
}
