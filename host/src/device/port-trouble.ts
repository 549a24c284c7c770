/**
 * Why a serial port does not open, in words for the user with advice. serialport gives no error codes, only the text of the
 * operating system inside a sentence of its own; the texts below are those of Linux (glibc, musl), macOS and Windows.
 */

/** One reason, as it is found in the text of the error. */
type Trouble = { readonly text: RegExp; readonly words: (path: string) => string };

const TROUBLES: readonly Trouble[] = [
  {
    text: /no such file|file not found|does not exist/i,
    words: (path) => `There is no port ${path}. Plug the device in, or check the name of the port.`,
  },
  {
    // On Windows a port that another program holds answers "Access denied"; there are no rights to lack.
    text: /cannot lock port|port is locked|resource busy|access denied/i,
    words: (path) =>
      `Another program holds ${path}. End it (a serial monitor, a second host) and this goes on by itself.`,
  },
  {
    text: /permission denied|operation not permitted/i,
    words: (path) =>
      `This user may not open ${path}. Install the udev rule, or join the group that owns the port (dialout, uucp) and log in again.`,
  },
  {
    // ENOTTY of a regular file, a pipe or /dev/null; EISDIR; ENXIO of a socket.
    text: /inappropriate ioctl|not a typewriter|not a tty|is a directory|invalid argument/i,
    words: (path) => `${path} is not a serial port. Name the port of the device.`,
  },
  {
    text: /no such device|i\/o error|input\/output error|device not configured|broken pipe/i,
    words: (path) => `There is no device behind ${path}. Replug it, or check the name of the port.`,
  },
];

/** What keeps the port from opening. */
export function portTrouble(path: string, message: string): string {
  const known = TROUBLES.find((trouble) => trouble.text.test(message));
  return known?.words(path) ?? `The port ${path} does not open: ${message}`;
}

/** True when the port has no control lines at all, as a pseudo-terminal (ENOTTY): not a failure. */
export function lacksControlLines(message: string): boolean {
  return /inappropriate ioctl|not a typewriter|not a tty/i.test(message);
}

/** True when an open port answers that its device is gone: EIO of a port that was hung up, ENXIO, ENODEV, EBADF. */
export function saysUnplugged(message: string): boolean {
  return /input\/output error|i\/o error|no such device|device not configured|bad file descriptor/i.test(message);
}
