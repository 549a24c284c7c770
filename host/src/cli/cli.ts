/**
 * The commands of the CLI. They own nothing: the host does what its control API is asked, and these say what it answered.
 *
 * Data goes to stdout and everything else to stderr; `--json` makes data JSON; nothing is asked when stdin is no terminal. Exit codes:
 * 0 done, 1 failed, 2 a wrong call, 3 no host is running, 4 refused.
 */
import { Command, CommanderError } from 'commander';
import { defaultState, version } from '../options.ts';
import { addAppCommands } from './app-commands.ts';
import type { Action } from './arguments.ts';
import { addDemoAppCommand } from './demo-app-command.ts';
import { addHostCommands } from './host-commands.ts';
import { commandWith, Ending, exitCodes, type Io } from './io.ts';
import { addMachineCommands } from './machine-commands.ts';
import { addRelayCommands } from './relay-commands.ts';
import { addTrayCommands } from './tray-commands.ts';
import { addWebCommands } from './web-commands.ts';

/** Runs one command; returns its exit code. `program` is what the runtime was started with: its own options, and the file. */
export async function runCli(argv: readonly string[], io: Io, program: readonly string[]): Promise<number> {
  const output = {
    writeOut: io.out,
    writeErr: io.err,
    outputError: (text: string) => io.err(text.replace(/^error: /, 'sallyport: ')),
  };
  const cli = new Command('sallyport');
  cli
    .description('Without a command, or with "run", the host starts: "sallyport --help" has its options.')
    .version(version())
    .configureOutput(output)
    .exitOverride();
  const run: Action =
    (act) =>
    async (...args) => {
      // Commander gives the command itself last, after the options.
      const parser = args.at(-1);
      if (!(parser instanceof Command)) throw new Error('commander did not say which command runs');
      const { state, json } = parser.optsWithGlobals<{ state: string; json: boolean }>();
      await act(commandWith(io, { state, json }), ...args);
    };
  addHostCommands(cli, run);
  addAppCommands(cli, run);
  addRelayCommands(cli, run);
  addWebCommands(cli, run);
  addMachineCommands(cli, run, program);
  addTrayCommands(cli, run, program);
  addDemoAppCommand(cli, run);
  forEachCommand(cli, (command) => {
    command
      .option('--state <dir>', 'the state directory of the host', defaultState())
      .option('--json', 'data as JSON', false);
    command
      .exitOverride()
      .configureOutput(output)
      .showHelpAfterError(`sallyport: "${pathOf(command)} --help" says how it is called.`);
  });
  const mistyped = mistypedIn(cli, argv);
  if (mistyped !== null) {
    io.err(`sallyport: ${mistyped}\n`);
    return exitCodes.wrongCall;
  }
  try {
    await cli.parseAsync([...argv], { from: 'user' });
    return exitCodes.done;
  } catch (problem) {
    if (problem instanceof CommanderError) return problem.exitCode === 0 ? exitCodes.done : exitCodes.wrongCall;
    io.err(`sallyport: ${problem instanceof Error ? problem.message : problem}\n`);
    return problem instanceof Ending ? problem.code : exitCodes.failed;
  }
}

/** Where a group has a default, commander takes a command that is none for one argument too many of that. */
function mistypedIn(cli: Command, [first, second = '']: readonly string[]): string | null {
  const group = cli.commands.find((command) => command.name() === first);
  if (group === undefined || group.commands.length === 0 || group.registeredArguments.length > 0) return null;
  if (!/^\w/.test(second) || second === 'help') return null;
  if (group.commands.some((command) => command.name() === second)) return null;
  return `There is no command "${first} ${second}". "sallyport ${first} --help" lists them.`;
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function forEachCommand(parent: Command, act: (command: Command) => void): void {
  for (const command of parent.commands) {
    if (command.commands.length === 0) act(command);
    forEachCommand(command, act);
  }
}
