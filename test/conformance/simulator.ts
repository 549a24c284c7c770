/**
 * Our own simulator as the device that is tested: started as the program that it is, on a pseudo-terminal, its buttons pressed
 * through its control channel. Nothing of it is imported.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { Duplex } from 'node:stream';
import { type Bench, must } from './bench.ts';

export type Simulator = {
  readonly path: string;
  /** Presses once this request is on the screen. */
  readonly press: (until: Bench['until'], request: number, key: 'approve' | 'deny' | 'hold') => Promise<void>;
  /** Confirms a pairing once its screen shows these digits. */
  readonly compare: (until: Bench['until'], code: string) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const startMs = 20_000;
const screenMs = 20_000;
/** A press counts only if it began after the screen was drawn. */
const fingerMs = 30;
/** A question that takes a hold may come right after another one: then its keys count a moment later. */
const readMs = 600;

export async function startSimulator(): Promise<Simulator> {
  const program = createRequire(import.meta.url).resolve('@sallyport/firmware-sim/bin');
  const child = spawn(
    process.execPath,
    [
      '--conditions=sallyport-source',
      program,
      '--demo',
      '--board',
      'oled128',
      '--face',
      'none',
      '--control',
      '3',
      '--press',
      'control',
    ],
    { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] },
  );
  const control = child.stdio[3];
  if (!(control instanceof Duplex)) throw new Error('no channel to the simulator');
  let path: string | null = null;
  let waiting: number | null = null;
  let screen = '';
  const lines = createInterface({ input: control });
  lines.on('line', (line) => {
    const said: { line?: string; waiting?: number | null; screen?: readonly string[] | null } = JSON.parse(line);
    if (said.line !== undefined) path = said.line;
    if (said.screen !== undefined) screen = (said.screen ?? []).join('').replace(/\s/g, '');
    if (said.waiting !== undefined) waiting = said.waiting;
  });
  const patience = setTimeout(() => child.kill('SIGKILL'), startMs);
  while (path === null) await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => fail())]);
  clearTimeout(patience);
  return {
    path,
    press: async (until, request, key) => {
      must(await until(() => waiting === request, screenMs), 'the request came onto no screen');
      await until(() => false, key === 'hold' ? readMs : fingerMs);
      control.write(`${JSON.stringify(key === 'hold' ? { hold: 'approve' } : { press: key })}\n`);
    },
    compare: async (until, code) => {
      must(await until(() => waiting === -1 && screen.includes(code), screenMs), 'the digits came onto no screen');
      await until(() => false, fingerMs);
      control.write('{"hold":"approve"}\n');
    },
    stop: async () => {
      const gone = once(child, 'exit');
      control.write('{"quit":true}\n');
      await gone;
    },
  };
}

function fail(): never {
  throw new Error('the simulator did not start');
}
