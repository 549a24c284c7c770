/**
 * One connection over one serial port: a fresh SerialPort object each time, because an object whose port vanished can be
 * "opened" again and then sends nothing. It never pulses DTR or RTS.
 */
import type { Duplex } from 'node:stream';
import { lacksControlLines, portTrouble, saysUnplugged } from './port-trouble.ts';
import type { Pipe, PipeEvents } from './redial.ts';
import type { After } from './wire.ts';

/**
 * What to do with DTR and RTS when the port is open. `leave` never touches them. Boards differ: DTR low with RTS high resets
 * an ESP32, DTR high with RTS low presses its BOOT button, and TinyUSB takes a high DTR for "a host is there".
 */
export type ControlLines = 'leave' | 'both-low' | 'both-high';

/**
 * How often an open port is asked whether it is still there. On Linux a port that vanishes in the middle of a read answers
 * "0 bytes" from then on; serialport reads on at full speed and reports nothing. A second of that is bearable.
 */
export const PRESENCE_MS = 1_000;

/** The usual rate, for a real UART; on USB CDC and on a pseudo-terminal the rate means nothing. */
export const BAUD_RATE = 115_200;

/** How a port is opened. */
export type PortSettings = { readonly lines: ControlLines; readonly baudRate: number };

/** What is used of the `serialport` package: its SerialPort and its SerialPortMock both fit. */
export type PortClass = {
  new (options: { path: string; baudRate: number; autoOpen: false; hupcl: false }): Port;
  list(): Promise<readonly PortInfo[]>;
};
export type PortInfo = {
  readonly path: string;
  readonly serialNumber?: string | undefined;
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
};
type Callback = (error: Error | null) => void;
type Port = Duplex & {
  readonly isOpen: boolean;
  readonly closing: boolean;
  open(callback: Callback): void;
  set(lines: { dtr: boolean; rts: boolean }, callback: Callback): void;
  get(callback: Callback): void;
  flush(callback: Callback): void;
  close(): void;
};

/** Opens the port at `path` as one connection. */
export function dialPort(
  PortClass: PortClass,
  path: string,
  settings: PortSettings,
  events: PipeEvents,
  after: After,
): Pipe {
  // hupcl: false keeps DTR low while Windows opens the port. On Linux it does nothing: HUPCL is set by default and
  // serialport never clears it, so that DTR drops on the last close; the udev rule's business, not ours.
  const port = new PortClass({ path, baudRate: settings.baudRate, autoOpen: false, hupcl: false });
  let over = false;
  let cancelWatch: (() => void) | null = null;

  // An unplugged port reports any of these, some twice; whoever listens takes the first.
  port.on('error', (error: Error) => events.ended(`The device was unplugged (${error.message}).`));
  port.on('close', () => events.ended('The device was unplugged.'));
  port.on('end', () => events.ended('The device was unplugged.'));

  const opening = new Promise<void>((resolve) => {
    port.open((error) => {
      resolve();
      if (over) return;
      if (error !== null) events.failed(portTrouble(path, error.message));
      else setLines(port, settings.lines, (refused) => (refused === null ? begin() : events.failed(refused)));
    });
  });
  const begin = (): void => {
    if (over) return;
    port.on('data', (chunk: Uint8Array) => events.bytes(chunk));
    watch();
    events.opened();
  };
  const watch = (): void => {
    cancelWatch = after(PRESENCE_MS, () => {
      // Reading the control lines changes nothing. A pseudo-terminal has none and says so; a vanished port says EIO.
      port.get((error) => {
        if (over) return;
        if (error !== null && saysUnplugged(error.message)) events.ended('The device was unplugged.');
        else watch();
      });
    });
  };

  return {
    write(piece, done) {
      port.write(piece, (error) => {
        if (error === null || error === undefined) done();
      });
    },
    async close() {
      over = true;
      cancelWatch?.();
      await opening;
      await letGo(port);
    },
  };
}

/** Sets both lines in one call (serialport asserts the one that is not named), or makes no call at all. */
function setLines(port: Port, lines: ControlLines, then: (refused: string | null) => void): void {
  if (lines === 'leave') {
    then(null);
    return;
  }
  const high = lines === 'both-high';
  port.set({ dtr: high, rts: high }, (error) => {
    if (error === null || lacksControlLines(error.message)) then(null);
    else then(`The control lines of the port cannot be set: ${error.message}`);
  });
}

/** Resolves when the operating system has the port back. */
function letGo(port: Port): Promise<void> {
  return new Promise((resolve) => {
    // After a failed write the stream says `close` while its file is still open; `closing` tells the two apart.
    const settle = (): void => {
      if (!port.isOpen && !port.closing) resolve();
    };
    port.on('close', settle);
    port.on('error', () => !port.closing && resolve());
    settle();
    // What was not sent is thrown away: otherwise closing a line that nobody reads takes the driver up to 30 seconds.
    if (port.isOpen) port.flush(() => (port.isOpen ? port.close() : settle()));
  });
}
