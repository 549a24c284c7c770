/** The commands about this computer: backups, the service, the port, completion, and what may be wrong. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Command as Parser } from 'commander';
import { passphraseMin } from '../control/device-schemas.ts';
import { parseOptions } from '../options.ts';
import { type Action, wrong } from './arguments.ts';
import { completionScript } from './completion.ts';
import { examine } from './doctor.ts';
import { type Command, Ending, exitCodes, say } from './io.ts';
import { thisMachine } from './machine.ts';
import { type Service, serviceFor, udevRule } from './service.ts';
import { autostartOf } from './tray-commands.ts';

export function addMachineCommands(cli: Parser, run: Action, program: readonly string[]): void {
  addBackups(cli, run);
  addService(cli, run, program);
  cli
    .command('udev')
    .description('print the udev rule for the port of a device (Linux)')
    .option('--usb <vendor:product>', 'its USB identity', '303a:1001')
    .action(
      run(async (command, { usb }: { usb: string }) => {
        const [, vendor, product] = /^([0-9a-f]{4}):([0-9a-f]{4})$/i.exec(usb) ?? [];
        if (vendor === undefined || product === undefined) throw wrong(`--usb takes VVVV:PPPP, and "${usb}" is none`);
        const rule = udevRule(vendor.toLowerCase(), product.toLowerCase());
        say(command, { rule }, rule);
      }),
    );
  cli
    .command('doctor')
    .description('look for what may be wrong')
    .action(
      run(async (command) => {
        const started = { service: serviceOf(command, program, []).path, tray: autostartOf(command, program).path };
        const findings = await examine(command.state, command.client, started, thisMachine);
        say(
          command,
          findings,
          findings.map(({ ok, about, words }) => `${ok ? '✓' : '✗'} ${about}: ${words}\n`).join(''),
        );
        if (findings.some(({ ok }) => !ok)) throw new Ending(exitCodes.failed, 'Something needs a look.');
      }),
    );
  cli
    .command('completion <shell>')
    .description('print the completion of commands for bash, zsh or fish')
    .action(
      run(async ({ io }, shell: string) => {
        const text = completionScript(
          shell,
          cli.commands.map((each) => ({ name: each.name(), words: each.description() })),
        );
        if (text === null) throw wrong(`There is no completion for "${shell}"; there is for bash, zsh and fish`);
        io.out(text);
      }),
    );
}

type PassphraseOption = { readonly passphraseFile?: string };

function addBackups(cli: Parser, run: Action): void {
  const words = 'read the passphrase from this file instead of asking';
  cli
    .command('backup <file>')
    .description('write an encrypted backup of keys, apps and lines')
    .option('--passphrase-file <path>', words)
    .action(
      run(async (command, file: string, options: PassphraseOption) => {
        if (existsSync(file)) throw new Ending(exitCodes.failed, `${file} is there already. It is not replaced.`);
        const passphrase = await passphraseOf(command, options, true);
        const made = await backupBy(command, passphrase);
        writeFileSync(file, made, { mode: 0o600, flag: 'wx' });
        say(command, { file, bytes: made.length }, `${file} is written. Without its passphrase it opens to nobody.`);
      }),
    );
  cli
    .command('restore <file>')
    .description('put a backup into an empty state directory: every bunker line works on, here')
    .option('--passphrase-file <path>', words)
    .action(
      run(async (command, file: string, options: PassphraseOption) => {
        if (!existsSync(file)) throw new Ending(exitCodes.failed, `${file} is not there.`);
        const { backupMax, restoreBackup } = await backupFiles();
        if (statSync(file).size > backupMax) throw new Ending(exitCodes.failed, `${file} is no backup.`);
        const refused = await restoreBackup(
          readFileSync(file),
          command.state,
          await passphraseOf(command, options, false),
        );
        if (refused !== null) throw new Ending(exitCodes.failed, refused.words);
        const told = `${command.state} is restored. Do not run the host on the old machine as well: both would answer.`;
        say(command, { state: command.state }, told);
      }),
    );
}

/** The store and its cryptography: no other command needs them, and the icon in the panel stays small without. */
const backupFiles = () => import('../store/backup-file.ts');

/** A host that runs has the database, and makes it; without one this command does. */
async function backupBy({ client, state }: Command, passphrase: string): Promise<Uint8Array> {
  const said = await client.call('POST /v0/backup', { body: { passphrase } });
  if (said.type === 'answer') return Buffer.from(said.answer.file, 'base64');
  if (said.type !== 'absent') throw new Ending(exitCodes.failed, said.words);
  const { makeBackup } = await backupFiles();
  const made = await makeBackup(state, passphrase);
  if (!(made instanceof Uint8Array)) throw new Ending(exitCodes.failed, made.words);
  return made;
}

async function passphraseOf({ io }: Command, { passphraseFile }: PassphraseOption, twice: boolean): Promise<string> {
  if (passphraseFile !== undefined) {
    if (!existsSync(passphraseFile)) throw wrong(`${passphraseFile} is not there`);
    return checked(readFileSync(passphraseFile, 'utf8').replace(/\r?\n$/, ''));
  }
  if (!io.asks) throw wrong('Nobody can be asked for a passphrase here; give --passphrase-file');
  const passphrase = await io.secret('Passphrase: ');
  if (twice && (await io.secret('Again: ')) !== passphrase) throw new Ending(exitCodes.failed, 'They differ.');
  return checked(passphrase);
}

function checked(passphrase: string): string {
  if ([...passphrase].length < passphraseMin)
    throw new Ending(exitCodes.failed, `A passphrase has ${passphraseMin} characters at least.`);
  return passphrase;
}

function addService(cli: Parser, run: Action, program: readonly string[]): void {
  const service = cli.command('service').description('the host as a service of yours');
  service
    .command('install [options...]')
    .description('write the service; what follows -- are the options of "sallyport run"')
    .option('--print', 'print it instead')
    .action(
      run(async (command, options: string[], { print }: { print?: true }) => {
        const made = serviceOf(command, program, forService(options));
        if (print === true) return say(command, made, made.text);
        mkdirSync(command.state, { recursive: true, mode: 0o700 });
        mkdirSync(dirname(made.path), { recursive: true });
        writeFileSync(made.path, made.text, { mode: 0o600 });
        say(
          command,
          made,
          `${made.path} is written. To start it:\n${made.start.map((line) => `  ${line}\n`).join('')}An icon in the panel, too: sallyport tray install\n`,
        );
      }),
    );
  service
    .command('uninstall')
    .description('remove the service')
    .action(
      run(async (command) => {
        const made = serviceOf(command, program, []);
        rmSync(made.path, { force: true });
        say(
          command,
          made,
          `${made.path} is gone. To end what runs:\n${made.stop.map((line) => `  ${line}\n`).join('')}`,
        );
      }),
    );
}

/** The options of a service: those of a host that has a device. The demo has a throwaway key, and its keys need a terminal. */
function forService(options: readonly string[]): readonly string[] {
  if (options.some((option) => option === '--state' || option.startsWith('--state=')))
    throw wrong('--state is said before the --: the service may write there and nowhere else');
  const parsed = parseOptions(options);
  if (parsed.type === 'wrong') throw new Ending(exitCodes.wrongCall, parsed.words);
  if (parsed.type === 'say' || parsed.options.device === null)
    throw wrong('A service needs a device: sallyport service install -- --port PATH, or --usb VVVV:PPPP');
  return options;
}

function serviceOf({ state }: Command, program: readonly string[], options: readonly string[]): Service {
  const whole = resolve(state);
  const args = ['run', '--state', whole, ...options];
  return serviceFor(process.platform, { node: process.execPath, program, args, home: homedir(), state: whole });
}
