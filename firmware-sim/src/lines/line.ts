/**
 * What the simulator listens on: a line that carries bytes to and from one host. A pseudo-terminal, a unix socket, a real tty
 * and a pair of pipes all look like this to the board.
 */
import type { Writable } from 'node:stream';

/**
 * What a line reports. `peer` says whether a host is there; lines that cannot know (a terminal, a pipe that is open from the
 * start) say `true` once. `failed` comes at most once, and then the line is dead. Nothing is reported before the opening has
 * been settled, and nothing after `close()`.
 */
export type LineEvents = {
  bytes(chunk: Uint8Array): void;
  peer(connected: boolean): void;
  failed(reason: string): void;
};

/**
 * An open line. `path` is what the host is told to open. `write` never blocks: what does not fit, or has nobody to go to, is
 * dropped and counted, because the link protocol retransmits. `close` never rejects.
 */
export type Line = {
  readonly path: string;
  write(bytes: Uint8Array): void;
  dropped(): number;
  close(): Promise<void>;
};

/** A line, or in plain words why there is none. */
export type LineOpening =
  | { readonly line: Line }
  | { readonly line: null; readonly reason: string; readonly unsupported: boolean };

/** Bytes that may wait for a host that does not read: twice a full window of the largest frames (2 × 32 × 4 KiB). */
export const LINE_BYTES_MAX = 256 * 1024;

/** The rate of a serial line: a formality on USB and on a pseudo-terminal; on a real UART what hosts try first. */
export const BAUD_RATE = 115_200;

/** The opening that did not happen; `unsupported` when no line of this kind can be had on this system. */
export function noLine(reason: string, why: 'refused' | 'unsupported' = 'refused'): LineOpening {
  return { line: null, reason, unsupported: why === 'unsupported' };
}

/** A bounded `write` over a Node stream, or over nobody while `output` answers null. */
export function boundedWriter(output: () => Writable | null): Pick<Line, 'write' | 'dropped'> {
  let dropped = 0;
  return {
    write(bytes) {
      const stream = output();
      if (stream?.writable !== true || stream.writableLength + bytes.length > LINE_BYTES_MAX) dropped += bytes.length;
      else stream.write(bytes);
    },
    dropped: () => dropped,
  };
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The system's code of an error (`EAGAIN`, `ENOENT`), or the empty string. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
