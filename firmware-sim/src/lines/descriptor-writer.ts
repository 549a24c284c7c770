/**
 * Writes to a descriptor that does not block and that no Node stream can write to properly: the master of a pseudo-terminal.
 * Bounded; while the other side takes nothing it tries again with growing pauses, because Node cannot be told to wait for it.
 */
import { writeSync } from 'node:fs';
import { codeOf, LINE_BYTES_MAX, messageOf } from './line.ts';

/** First and longest pause while the host does not read: quick enough for full speed, slow enough to cost nothing idle. */
const PAUSE_MS_MIN = 1;
const PAUSE_MS_MAX = 50;

/** `stop` must be called before the descriptor is closed: its number may be given to another file at once. */
export type DescriptorWriter = { write(bytes: Uint8Array): void; dropped(): number; stop(): void };

/** A writer on `fd`. `failed` is called at most once, never from within `write`, and then everything is dropped. */
export function descriptorWriter(fd: number, failed: (reason: string) => void): DescriptorWriter {
  let waiting: Uint8Array[] = [];
  let batch: Uint8Array = new Uint8Array(0);
  let size = 0;
  let dropped = 0;
  let over = false;
  let timer: NodeJS.Timeout | null = null;
  let pause = PAUSE_MS_MIN;

  const flush = (): void => {
    timer = null;
    while (size > 0) {
      if (batch.length === 0) {
        batch = Buffer.concat(waiting);
        waiting = [];
      }
      const count = tryWrite();
      if (over) return;
      if (count === 0) {
        timer = setTimeout(flush, pause);
        pause = Math.min(pause * 2, PAUSE_MS_MAX);
        return;
      }
      pause = PAUSE_MS_MIN;
      batch = batch.subarray(count);
      size -= count;
    }
  };

  /** How many bytes the terminal took; 0 when it is full. */
  const tryWrite = (): number => {
    try {
      return writeSync(fd, batch);
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return 0;
      over = true;
      dropped += size;
      size = 0;
      queueMicrotask(() => failed(`The line cannot be written to: ${messageOf(error)}`));
      return 0;
    }
  };

  return {
    write(bytes) {
      if (over || size + bytes.length > LINE_BYTES_MAX) {
        dropped += bytes.length;
        return;
      }
      waiting.push(bytes);
      size += bytes.length;
      if (timer === null) flush();
    },
    dropped: () => dropped,
    stop() {
      over = true;
      size = 0;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
