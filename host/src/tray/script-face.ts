/**
 * The face on Windows and macOS: a script of the system's own interpreter, which reads what to show as JSON lines on stdin and says
 * what was clicked as JSON lines on stdout. It is started with its path as an argument of its own, and read by no shell. It ends with us.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { paintIcon } from '../core/tray/icon.ts';
import { type Face, type FaceEvents, fromFace, type ToFace } from './contract.ts';
import { png } from './png.ts';

export type Interpreter = { readonly program: string; readonly args: readonly string[] };

/** Large enough for a dense screen; the system makes it smaller. */
const iconSize = 64;
/** A longer line is none of ours. */
const lineMax = 4_096;
/** At the end of its stdin a script ends; one that does not is ended. */
const closeMs = 1_000;

/** Null: there is no script for this system. */
export function interpreterFor(platform: NodeJS.Platform): Interpreter | null {
  const script = (name: string): string => fileURLToPath(new URL(`../../tray-faces/${name}`, import.meta.url));
  switch (platform) {
    case 'win32': {
      const options = ['-NoProfile', '-NonInteractive', '-WindowStyle', 'Hidden', '-ExecutionPolicy', 'RemoteSigned'];
      return { program: 'powershell.exe', args: [...options, '-STA', '-File', script('windows.ps1')] };
    }
    case 'darwin':
      return { program: '/usr/bin/osascript', args: ['-l', 'JavaScript', script('macos.js')] };
    default:
      return null;
  }
}

export async function openScriptFace({ program, args }: Interpreter, events: FaceEvents): Promise<Face | null> {
  const child = spawn(program, [...args], { stdio: ['pipe', 'pipe', 'ignore'], windowsHide: true });
  let isOver = false;
  const over = (why: string): void => {
    if (!isOver) events.ended(why);
    isOver = true;
  };
  const exited = new Promise<void>((settle) => {
    child.once('exit', (code) => settle(over(`${program} ended (${code ?? 'by a signal'}).`)));
    child.once('error', (problem) => settle(over(`${program} could not be started: ${problem.message}`)));
  });
  child.stdin.on('error', () => over(`${program} does not listen.`));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = parsed(line);
    if (said !== null) events.said(said);
  });
  const started = await Promise.race([once(child, 'spawn').then(() => true), exited.then(() => false)]);
  if (!started) return null;
  return {
    tell: (line) => void child.stdin.write(`${asciiJson(withIcon(line))}\n`),
    close: async () => {
      isOver = true;
      child.stdin.end();
      const patience = setTimeout(() => child.kill(), closeMs);
      await exited;
      clearTimeout(patience);
    },
  };
}

/** A script cannot paint: it is given the icon as a PNG, in base64. */
function withIcon(line: ToFace): unknown {
  if (!('setState' in line)) return line;
  const { look, waiting } = line.setState;
  const icon = png(paintIcon(look, waiting > 0, iconSize), iconSize).toString('base64');
  return { setState: { ...line.setState, icon } };
}

/** In ASCII alone: whatever encoding a console has, and wherever a pipe cuts, no character is damaged. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Null: not one of the lines of a face. */
function parsed(line: string) {
  if (line.length > lineMax) return null;
  try {
    return fromFace.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null; // No JSON: an interpreter's own words.
  }
}
