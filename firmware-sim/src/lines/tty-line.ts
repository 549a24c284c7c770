/**
 * The line over a given tty, for a board that is a real computer: a Raspberry Pi whose USB gadget port (/dev/ttyGS0) the host
 * sees as a serial device. The control lines are not touched; whether a host is there cannot be told from here.
 */
import { SerialPort } from 'serialport';
import { BAUD_RATE, boundedWriter, type Line, type LineEvents, type LineOpening, noLine } from './line.ts';

/**
 * How often the tty is asked whether it is still there: when the host's cable is pulled in the middle of a read, Linux answers
 * "0 bytes" from then on, and serialport reads on at full speed without a word.
 */
const PRESENCE_MS = 1_000;

/** Opens the tty at `path`, locked against a second program. */
export function openTtyLine(path: string, events: LineEvents): Promise<LineOpening> {
  return new Promise((resolve) => {
    const port = new SerialPort({ path, baudRate: BAUD_RATE, autoOpen: false });
    port.open((error) => {
      if (error !== null) resolve(noLine(words(path, error.message)));
      else resolve({ line: lineOver(port, path, events) });
    });
  });
}

/** serialport gives no codes, only the text of the operating system in a sentence of its own. */
function words(path: string, message: string): string {
  if (/no such file|not found/i.test(message)) return `There is no tty ${path}.`;
  if (/permission denied|not permitted/i.test(message)) return `This user may not open ${path}.`;
  if (/cannot lock|busy/i.test(message)) return `Another program holds ${path}.`;
  if (/ioctl|not a tty|typewriter|is a directory|invalid argument/i.test(message)) return `${path} is not a tty.`;
  return `The simulator cannot use ${path}: ${message}`;
}

function lineOver(port: SerialPort, path: string, events: LineEvents): Line {
  let closing: Promise<void> | null = null;
  let dead = false;
  // A vanished tty reports `error` and `close`, and `close` twice when a write was under way.
  const failed = (reason: string): void => {
    if (dead || closing !== null) return;
    dead = true;
    clearInterval(watch);
    events.failed(reason);
  };
  const watch = setInterval(
    () => port.get((error) => error !== null && isGone(error) && failed(`${path} is gone.`)),
    PRESENCE_MS,
  );
  port.on('data', (chunk: Uint8Array) => closing === null && events.bytes(chunk));
  port.on('error', (error) => failed(`${path} broke: ${error.message}`));
  port.on('close', () => failed(`${path} is gone.`));
  const announce = setImmediate(() => events.peer(true));

  return {
    path,
    ...boundedWriter(() => (dead ? null : port)),
    close() {
      clearImmediate(announce);
      clearInterval(watch);
      closing ??= closePort(port);
      return closing;
    },
  };
}

/** A tty without control lines answers ENOTTY, one that was hung up EIO. */
function isGone(error: Error): boolean {
  return /input\/output error|i\/o error|no such device|bad file descriptor/i.test(error.message);
}

/** Throws away what nobody reads first: otherwise the driver drains the line for up to half a minute. */
function closePort(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    if (port.isOpen) port.flush(() => port.close(() => resolve()));
    else resolve();
  });
}
