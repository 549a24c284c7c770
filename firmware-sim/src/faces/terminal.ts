/**
 * The terminal face: a person sees the device's screen at the bottom of the terminal and presses its keys. Lines from elsewhere
 * (`note`) scroll by above it. Without a terminal the screens are printed one after the other, as plain text.
 */
import { performance } from 'node:perf_hooks';
import type { Readable, Writable } from 'node:stream';
import type { Key } from '../board.ts';
import { holdMs } from '../firmware/jobs/reviewing.ts';
import { rowCells } from '../firmware/screen/cells.ts';
import type { Screen } from '../firmware/screen/screens.ts';

export type TerminalFace = {
  readonly screen: (screen: Screen) => void;
  readonly note: (line: string) => void;
  readonly close: () => void;
};

type Terminal = {
  readonly input: Readable & { readonly isTTY?: boolean; readonly setRawMode?: (raw: boolean) => unknown };
  readonly output: Writable & { readonly isTTY?: boolean };
  readonly press: (key: Key, began?: number) => void;
  /** The same key is still down, since `began`. */
  readonly hold: (key: Key, began: number) => void;
  /** The clock by which the beginning of a press is told, in milliseconds. */
  readonly now: () => number;
  readonly quit: () => void;
};

const hint = 'a approve · A hold · d deny · ↓ ↑ page · Ctrl-C end';

/** What the keys of a terminal mean; arrows come as escape sequences. */
const keys: ReadonlyMap<string, Key> = new Map([
  ['a', 'approve'],
  ['d', 'deny'],
  [' ', 'next'],
  ['\x1b[B', 'next'],
  ['\x1b[C', 'next'],
  ['\x1b[A', 'back'],
  ['\x1b[D', 'back'],
]);
/** A capital letter is a key that is held down: not every terminal repeats a key, or lets it be known that one is still down. */
const capitals: ReadonlyMap<string, Key> = new Map([
  ['A', 'approve'],
  ['D', 'deny'],
]);
const controlC = '\x03';
/** A held key comes again and again: first after half a second at most, then quickly. Within this it is still the same press. */
const repeatMs = 700;

/** Takes over the terminal until `close`. */
export function terminalFace({ input, output, press, hold, now, quit }: Terminal): TerminalFace {
  const live = output.isTTY === true;
  let drawn: readonly string[] = [];
  let held = { key: '', began: 0, last: 0, told: false };
  let capital: ReturnType<typeof setTimeout> | undefined;

  function listen(chunk: string): void {
    // A paste or a quick hand brings several keys at once; escape sequences stay together.
    for (const key of splitKeys(chunk)) {
      if (key === controlC) return quit();
      const pressed = keys.get(key) ?? capitals.get(key);
      if (pressed === 'next' || pressed === 'back') turn(key, pressed);
      else if (pressed !== undefined) finger(key, pressed);
    }
  }

  /** Pages and wheels turn as long as the key is down; that says yes to nothing. */
  function turn(key: string, pressed: Key): void {
    lift();
    held = { key, began: now(), last: performance.now(), told: true };
    press(pressed);
  }

  /** One press, however often the terminal repeats it; held as soon as it is that old. */
  function finger(key: string, pressed: Key): void {
    const before = held;
    const began = beginningOf(key);
    if (key !== before.key || began !== before.began) {
      lift();
      press(pressed, began);
      if (capitals.has(key)) capital = setTimeout(() => hold(pressed, began), holdMs);
      return;
    }
    if (held.told || capitals.has(key) || now() - began < holdMs) return;
    held = { ...held, told: true };
    hold(pressed, began);
  }

  function lift(): void {
    clearTimeout(capital);
  }

  /** When the press of this key began: one that is held must not approve what is shown meanwhile. */
  function beginningOf(key: string): number {
    // A finger is held in the time of people, whatever the device's clock does meanwhile.
    const time = performance.now();
    const same = key === held.key && time - held.last < repeatMs;
    held = same ? { ...held, last: time } : { key, began: now(), last: time, told: false };
    return held.began;
  }

  function wipe(): string {
    return live && drawn.length > 0 ? `\x1b[${drawn.length}A\x1b[J` : '';
  }

  // Keys come from a person at a terminal, or not at all: bytes of a pipe would be an approval that nobody gave.
  if (input.isTTY === true) {
    input.setRawMode?.(true);
    input.setEncoding('utf8');
    input.on('data', listen);
  }
  // A closed stdin (a service, a pipeline) is no reason to stop: there is just nobody who presses.
  input.on('error', () => input.pause());

  return {
    screen: (screen) => {
      const panel = framed(screen, live);
      output.write(`${wipe()}${panel.join('\n')}\n`);
      drawn = panel;
    },
    note: (line) => {
      const again = live && drawn.length > 0 ? `${drawn.join('\n')}\n` : '';
      output.write(`${wipe()}${line}\n${again}`);
    },
    close: () => {
      lift();
      input.off('data', listen);
      input.setRawMode?.(false);
      input.pause();
    },
  };
}

/** Cuts what came at once into keys; an arrow is the three characters ESC [ A to D. */
function splitKeys(chunk: string): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < chunk.length; at += found.at(-1)?.length ?? 1) {
    const arrow = chunk.slice(at, at + 3);
    found.push(keys.has(arrow) ? arrow : chunk.charAt(at));
  }
  return found;
}

/** The screen in a frame, with what the keys of the terminal do. */
export function framed(screen: Screen, live: boolean): readonly string[] {
  const width = screen.board === 'lcd240' ? 30 : 16;
  const line = '─'.repeat(width);
  // A terminal has widths of its own for many characters: the right edge is put where it belongs, whatever it did.
  const right = (row: string): string => (live && rowCells(row) !== row.length ? `\x1b[${width + 2}G│` : '│');
  const rows = screen.rows.map((row) => `│${row}${right(row)}`);
  return [`┌${line}┐`, ...rows, `└${line}┘`, ...(live ? [hint] : [])];
}
