/**
 * The commands of the control channel, parsed once into a closed type. The table of them, with what each does, is in
 * firmware-sim/README.md; its keys are those below.
 */
import type { Key } from './board.ts';
import type { ResetReason } from './simulated-device.ts';

export type Command =
  | { readonly type: 'press'; readonly key: Key }
  | { readonly type: 'hold'; readonly key: Key }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'quit' }
  | { readonly type: 'wait'; readonly holds: (text: string) => boolean; readonly withinMs: number }
  | { readonly type: 'screenshot'; readonly path: string | null; readonly scale: number }
  | { readonly type: 'clock'; readonly ms: number }
  | { readonly type: 'seed'; readonly seed: string }
  | { readonly type: 'dump'; readonly path: string }
  | { readonly type: 'load'; readonly path: string }
  | { readonly type: 'unplug' }
  | { readonly type: 'plug' }
  | { readonly type: 'reboot'; readonly reason: ResetReason }
  | { readonly type: 'boot_noise'; readonly bytes: Uint8Array };

/** A command with the id under which its answer is awaited; null: nobody waits for one. */
export type Parsed =
  | { readonly id: string | number | null; readonly command: Command }
  | { readonly id: string | number | null; readonly wrong: string };

/** A day at a time: further ahead everything that can fall due has done so. */
const clockMax = 24 * 60 * 60 * 1000;
const withinDefaultMs = 10_000;
const withinMaxMs = 600_000;
/** Pixels for each pixel; 8 makes 2,000 of 240. */
const scaleMax = 8;
/** More than any boot ROM prints, and less than the line can hold at once. */
const noiseMax = 16 * 1024;

const resetReasons = ['unknown', 'power', 'button', 'watchdog', 'fault', 'update'] as const;

/** Parses one line. */
export function parseCommand(line: string): Parsed {
  const fields = parseObject(line);
  if (fields === null) return { id: null, wrong: 'not a JSON object' };
  const id = typeof fields['id'] === 'string' || typeof fields['id'] === 'number' ? fields['id'] : null;
  const name = Object.keys(fields).find((key) => Object.hasOwn(readers, key));
  const read = name === undefined ? undefined : readers[name];
  if (name === undefined || read === undefined) return { id, wrong: 'no such command' };
  const command = read(fields[name], fields);
  return typeof command === 'string' ? { id, wrong: `${name}: ${command}` } : { id, command };
}

type Fields = Readonly<Record<string, unknown>>;

/** Each gives the command, or what is wrong with it. */
const readers: Readonly<Record<string, (value: unknown, fields: Fields) => Command | string>> = {
  press: (key) => (isKey(key) ? { type: 'press', key } : 'approve, deny, next or back is expected'),
  hold: (key) => (isKey(key) ? { type: 'hold', key } : 'approve, deny, next or back is expected'),
  note: (text) => (typeof text === 'string' ? { type: 'note', text } : 'a text is expected'),
  quit: () => ({ type: 'quit' }),
  wait: (text, fields) => {
    const withinMs = integer(fields['within'] ?? withinDefaultMs, 0, withinMaxMs);
    if (typeof text !== 'string' || withinMs === null) return 'a text and a time of 10 minutes at most are expected';
    if (fields['regex'] !== true) return { type: 'wait', holds: (screen) => screen.includes(text), withinMs };
    const expression = parseExpression(text);
    return expression === null
      ? 'not a regular expression'
      : { type: 'wait', holds: (screen) => expression.test(screen), withinMs };
  },
  screenshot: (path, fields) => {
    const scale = integer(fields['scale'] ?? 1, 1, scaleMax);
    if (scale === null || (path !== true && !isPath(path)))
      return `true or a path, and a scale from 1 to ${scaleMax}, are expected`;
    return { type: 'screenshot', path: path === true ? null : path, scale };
  },
  clock: (value) => {
    const ms = integer(value, 0, clockMax);
    return ms === null ? 'milliseconds, a day at most, are expected' : { type: 'clock', ms };
  },
  seed: (seed) => (typeof seed === 'string' ? { type: 'seed', seed } : 'a text is expected'),
  dump: (path) => (isPath(path) ? { type: 'dump', path } : 'a path is expected'),
  load: (path) => (isPath(path) ? { type: 'load', path } : 'a path is expected'),
  unplug: () => ({ type: 'unplug' }),
  plug: () => ({ type: 'plug' }),
  reboot: (value) => {
    const reason = resetReasons.find((one) => one === value);
    return reason === undefined ? `one of ${resetReasons.join(', ')} is expected` : { type: 'reboot', reason };
  },
  boot_noise: (text) => {
    if (typeof text !== 'string') return 'bytes in base64 are expected';
    const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
    return bytes.length > noiseMax ? `${noiseMax} bytes at most are expected` : { type: 'boot_noise', bytes };
  },
};

function parseObject(line: string): Fields | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null; // a line that is no JSON is no command
  }
}

function parseExpression(text: string): RegExp | null {
  try {
    return new RegExp(text, 'mu');
  } catch {
    return null; // said to the sender in words
  }
}

function integer(value: unknown, low: number, high: number): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high ? value : null;
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** True for the names of the keys. */
export function isKey(value: unknown): value is Key {
  return value === 'approve' || value === 'deny' || value === 'next' || value === 'back';
}
