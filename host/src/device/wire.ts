/**
 * The byte edge of the host: a pipe to one device that may be plugged in and out at any time. Bytes only; frames, sessions
 * and retransmission are the link's business. Whatever carries the bytes (serial port, socket, child process) looks the same.
 */

/**
 * What a wire reports. `opened` and `closed` alternate, one each per connection; `bytes` come in between only; `waiting` says
 * why nothing is open, with advice, and only when that reason changes. Nothing is reported from within the call that made
 * the wire, and nothing after `close()`; a `write` that finds the device stuck reports `closed` before it returns.
 */
export type WireEvents = {
  opened(): void;
  bytes(chunk: Uint8Array): void;
  closed(reason: string): void;
  waiting(reason: string): void;
};

/**
 * A hot-plugged byte pipe to one device. `write` takes the bytes over (they must not be changed afterwards) and never blocks;
 * what is written while nothing is open is lost, as on an unplugged cable: the link retransmits. `close` ends everything,
 * leaves no timer behind and never rejects.
 */
export type Wire = { write(bytes: Uint8Array): void; close(): Promise<void> };

/** Calls back after that many milliseconds, unless the returned function was called before. Tests pass a virtual one. */
export type After = (ms: number, callback: () => void) => () => void;

/** The clock of the machine. */
export const afterRealTime: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
};
