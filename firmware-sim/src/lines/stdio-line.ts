/**
 * The line over a pair of pipes: the process's own stdin and stdout, or streams that are given. For hosts that start the
 * simulator as a child where no pseudo-terminal exists.
 */
import type { Readable, Writable } from 'node:stream';
import { boundedWriter, type LineEvents, type LineOpening } from './line.ts';

/** Where the host's bytes come from and where ours go. */
export type StdioEnds = { readonly input: Readable; readonly output: Writable };

/** Opens the line over stdin and stdout, unless other ends are given. When the host hangs up, `peer(false)` is reported. */
export async function openStdioLine(events: LineEvents, ends: StdioEnds = stdio()): Promise<LineOpening> {
  const { input, output } = ends;
  let over = false;
  let closing: Promise<void> | null = null;
  const announce = setImmediate(() => events.peer(true));
  // The end of input and a broken pipe on output are the same event: the host is gone.
  const hungUp = (): void => {
    if (over) return;
    over = true;
    clearImmediate(announce);
    events.peer(false);
  };
  const listener = (chunk: Uint8Array): void => events.bytes(chunk);
  input.on('data', listener);
  input.on('end', hungUp);
  for (const stream of new Set<Readable | Writable>([input, output])) stream.on('error', hungUp).on('close', hungUp);

  const close = async (): Promise<void> => {
    over = true;
    clearImmediate(announce);
    input.off('data', listener);
    input.destroy();
    // Node refuses to close its own stdout. A given stream is destroyed, not ended: nobody may be reading what is left.
    if (output !== process.stdout) output.destroy();
  };
  return {
    line: {
      path: 'stdio',
      ...boundedWriter(() => (over ? null : output)),
      close() {
        closing ??= close();
        return closing;
      },
    },
  };
}

function stdio(): StdioEnds {
  return { input: process.stdin, output: process.stdout };
}
