/**
 * The simulator's control channel: JSON lines to and from the process that started it. It is not the device protocol and no
 * device has it: through it a test or a demo sees the screen, presses keys and prints notes above the panel.
 *
 *     out  {"line": path, "key": hex} once: where it listens, and the static key of its channel
 *          {"screen": [rows], "waiting": id or null} at each change; -1 while a pairing waits
 *     in   {"press": "approve" | "deny" | "next" | "back"}, {"note": text}, {"quit": true}
 *
 * Keys are pressed from here only where the simulator was told so (`--press control`), and then every screen says AUTO-PRESS.
 *
 * When the other side goes away, so does the simulator: `quit` is called.
 */
import type { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Key } from './board.ts';

export type Control = { readonly say: (message: ControlOut) => void };
export type ControlOut =
  | { readonly line: string; readonly key: string }
  | { readonly screen: readonly string[]; readonly waiting: number | null };
export type ControlActions = {
  /** Null: the keys are not for this channel. */
  readonly press: ((key: Key) => void) | null;
  readonly note: (text: string) => void;
  readonly quit: () => void;
};

/** A QR code with its words is the longest note; beyond this the sender has lost its way. */
const lineMax = 64 * 1024;

/** Speaks on the stream until it ends. */
export function controlOver(stream: Duplex, actions: ControlActions): Control {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    rest += decoder.write(chunk);
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineMax) return actions.quit();
    for (const line of lines) obey(line, actions);
  });
  stream.on('end', actions.quit);
  stream.on('error', actions.quit);
  return { say: (message) => void stream.write(`${JSON.stringify(message)}\n`) };
}

function obey(line: string, actions: ControlActions): void {
  const command: unknown = parse(line);
  if (typeof command !== 'object' || command === null) return;
  if ('press' in command && isKey(command.press)) actions.press?.(command.press);
  // What is printed above the screen may hold lines, but nothing that moves the cursor onto it.
  if ('note' in command && typeof command.note === 'string') actions.note(command.note.replace(/[^\P{C}\n]/gu, ''));
  if ('quit' in command) actions.quit();
}

/** A line that is no JSON is no command. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function isKey(value: unknown): value is Key {
  return value === 'approve' || value === 'deny' || value === 'next' || value === 'back';
}
