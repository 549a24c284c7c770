/** The commands about the icon in the panel: to show it, and to have it shown at each login. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Command as Parser } from 'commander';
import type { Action } from './arguments.ts';
import { autostartFor } from './autostart.ts';
import { type Command, Ending, exitCodes, say } from './io.ts';
import { openAddress } from './open-address.ts';
import type { Service } from './service.ts';

export function addTrayCommands(cli: Parser, run: Action, program: readonly string[]): void {
  const tray = cli.command('tray').description('an icon in the panel: how everything is, and what waits for you');
  tray.command('show', { isDefault: true }).description('show it until it is quit').action(run(show));
  tray
    .command('install')
    .description('have it shown from each login on')
    .option('--print', 'print what would be written instead')
    .action(
      run(async (command, { print }: { print?: true }) => {
        const made = autostartOf(command, program);
        if (print === true) return say(command, made, made.text);
        mkdirSync(dirname(made.path), { recursive: true });
        writeFileSync(made.path, made.text, { mode: 0o600 });
        const start = made.start.map((line) => `  ${line}\n`).join('');
        say(command, made, `${made.path} is written. To have it now:\n${start}`);
      }),
    );
  tray
    .command('uninstall')
    .description('have it shown no more at login')
    .action(
      run(async (command) => {
        const made = autostartOf(command, program);
        rmSync(made.path, { force: true });
        say(command, made, [`${made.path} is gone.\n`, ...made.stop.map((line) => `  ${line}\n`)].join(''));
      }),
    );
}

/** The parts of the tray are loaded by those who want it. */
async function show({ io, client, state }: Command): Promise<void> {
  const [{ runTray }, { faceFor }] = await Promise.all([
    import('../tray/run-tray.ts'),
    import('../tray/system-face.ts'),
  ]);
  const note = (line: string): void => io.err(`sallyport: ${line}\n`);
  const openFace = faceFor(process.platform, process.env, state);
  // At the end of a session it is told to end, and takes its notice away.
  const ending = new AbortController();
  process.once('SIGTERM', () => ending.abort());
  const until = AbortSignal.any([io.until, ending.signal]);
  const end = await runTray({ client, openFace, openAddress, now: Date.now, note, until });
  if (end !== 'quit') throw new Ending(exitCodes.failed, 'There is no icon.');
}

/** It rests nearly all the time: room for short-lived values, which the runtime makes for speed, only lies there (10 MB). */
const small = ['--max-semi-space-size=1'];

/** The file that shows the icon at each login. */
export function autostartOf({ state }: Command, program: readonly string[]): Service {
  const whole = resolve(state);
  const args = ['tray', '--state', whole];
  const wanted = { node: process.execPath, program: [...small, ...program], args, home: homedir(), state: whole };
  return autostartFor(process.platform, wanted, process.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'));
}
