/**
 * When the writes to a file are on the disk. A flush runs beside the program, and one of them serves all writes before it: what waits for
 * the disk is what depends on a write, not the next computation. Everything that waits is called in its order.
 */
import { fdatasync, fdatasyncSync } from 'node:fs';

export type DiskPromise = {
  /** Something was written to the file: its flush begins, or follows the one that runs. */
  readonly wrote: () => void;
  /** Calls `then` when all that was written so far is on the disk: at once where it is. */
  readonly whenKept: (then: () => void) => void;
  /** Waits for the disk, and calls everything that waited. */
  readonly keepNow: () => void;
  /** Another file takes its place, wholly on the disk; `close` is called when no flush needs the old one any more. */
  readonly replaced: (file: number, close: () => void) => void;
};

/** Steps that may wait at once: a device has eight requests open, and each has a handful of messages. Beyond that the disk is waited for. */
const waitingMax = 256;

/** `failed` is called when the disk says that it did not keep what was written. */
export function diskPromise(opened: number, failed: (problem: Error) => void): DiskPromise {
  let file = opened;
  let written = 0;
  let kept = 0;
  let flushing = false;
  const closeOld: (() => void)[] = [];
  let waiting: { readonly needs: number; readonly then: () => void }[] = [];

  function flush(): void {
    flushing = true;
    const covers = written;
    fdatasync(file, (problem) => {
      flushing = false;
      for (const close of closeOld.splice(0)) close();
      if (problem !== null) return failed(problem);
      keptUpTo(covers);
      if (kept < written && !flushing) flush();
    });
  }

  function keptUpTo(version: number): void {
    kept = Math.max(kept, version);
    // What is called may write and wait in turn: it comes after all that waits now.
    while (waiting[0] !== undefined && waiting[0].needs <= kept) waiting.shift()?.then();
  }

  function keepNow(): void {
    if (kept === written && waiting.length === 0) return;
    const covers = written;
    try {
      fdatasyncSync(file);
    } catch (problem) {
      waiting = [];
      return failed(problem instanceof Error ? problem : new Error(String(problem)));
    }
    keptUpTo(covers);
  }

  return {
    wrote: () => {
      written++;
      if (!flushing) flush();
    },
    whenKept: (then) => {
      if (kept === written && waiting.length === 0) return then();
      waiting.push({ needs: written, then });
      if (waiting.length > waitingMax) keepNow();
    },
    keepNow,
    replaced: (next, close) => {
      file = next;
      if (flushing) closeOld.push(close);
      else close();
    },
  };
}
