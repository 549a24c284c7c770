/**
 * The line over a pseudo-terminal: the host opens it with the real serialport, as if a device were plugged in. Closing the
 * line is unplugging it. Needs nothing but npm; where there are no pseudo-terminals it says so instead.
 *
 * All byte values pass both ways, nothing is echoed, and the host may close and open again. What the simulator writes while
 * nobody has the terminal open is either read later or thrown away by the host's opening, as with a real port.
 */
import { descriptorWriter } from './descriptor-writer.ts';
import { type LineEvents, type LineOpening, noLine } from './line.ts';
import { openPtyPair, type PtyPair } from './pty-pair.ts';
import { placeLink, removeLink } from './stable-link.ts';

/** `link`: a symlink to make beside the terminal's own name; it is removed on close if it is still ours. */
export type PtyOptions = { readonly link?: string };

/** Opens a pseudo-terminal. Its path is the link where there is one, otherwise the terminal itself. */
export async function openPtyLine(events: LineEvents, options: PtyOptions = {}): Promise<LineOpening> {
  const pair = await openPtyPair();
  if ('reason' in pair) return noLine(pair.reason, 'unsupported');
  const { link } = options;
  const refused = link === undefined ? null : placeLink(link, pair.path);
  if (refused !== null) {
    await pair.close();
    return noLine(refused);
  }
  return { line: lineOver(pair, link, events) };
}

function lineOver(pair: PtyPair, link: string | undefined, events: LineEvents) {
  let closing: Promise<void> | null = null;
  let dead = false;
  const failed = (reason: string): void => {
    if (dead || closing !== null) return;
    dead = true;
    events.failed(reason);
  };
  const writer = descriptorWriter(pair.masterFd, failed);

  pair.master.on('data', (chunk: Uint8Array) => closing === null && events.bytes(chunk));
  pair.master.on('error', (error: Error) => failed(`The pseudo-terminal broke: ${error.message}`));
  pair.master.on('close', () => {
    // However it closed, the number of the descriptor may belong to another file from now on.
    writer.stop();
    failed('The pseudo-terminal was closed.');
  });
  const announce = setImmediate(() => events.peer(true));

  const close = async (): Promise<void> => {
    clearImmediate(announce);
    writer.stop();
    // Before the terminal goes: its number may be given to somebody else's terminal at once.
    if (link !== undefined) removeLink(link, pair.path);
    await pair.close();
  };
  return {
    path: link ?? pair.path,
    write: writer.write,
    dropped: writer.dropped,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
