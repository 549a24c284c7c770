/**
 * What `sallyport` does with its arguments: the name of a command runs that, and everything else starts the host, as ever. What is not
 * needed is not loaded.
 */
import { argv as process_argv } from 'node:process';

/** All commands but `run`; a test holds the list to the CLI. */
export const commandNames: ReadonlySet<string> = new Set([
  'accounts',
  'announce',
  'app',
  'apps',
  'backup',
  'completion',
  'connect',
  'dashboard',
  'demo-app',
  'device',
  'diagnostics',
  'doctor',
  'dry-run',
  'export',
  'grants',
  'kill',
  'log',
  'metrics',
  'names',
  'pair',
  'pause',
  'relays',
  'requests',
  'restore',
  'resume',
  'rules',
  'service',
  'sign',
  'status',
  'tray',
  'udev',
  'user-key',
  'watch',
  'why',
]);

/** Runs until it is done, or told to end. */
export async function main(argv: readonly string[]): Promise<void> {
  const [first = '', ...rest] = argv;
  // `help`, and `help pair`, as many programs have it.
  if (first === 'help') return main([...rest, '--help']);
  if (/^\w/.test(first) && first !== 'run' && !commandNames.has(first)) {
    console.error(`sallyport: There is no command "${first}". --help lists them.`);
    process.exitCode = 2;
    return;
  }
  if (!commandNames.has(first)) {
    const host = await import('./main.ts');
    return host.main(first === 'run' ? rest : argv);
  }
  const [{ runCli }, { terminalIo }] = await Promise.all([import('./cli/cli.ts'), import('./cli/terminal-io.ts')]);
  // From the sources the runtime is told under which condition it finds them; without that a service could not start.
  process.exitCode = await runCli(argv, terminalIo(), [...process.execArgv, process_argv[1] ?? '']);
}
