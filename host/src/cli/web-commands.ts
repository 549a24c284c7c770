/** The commands about the web address of the host: who has a name there. */
import type { Command as Parser } from 'commander';
import { type Action, numberOf } from './arguments.ts';
import { answerOf, type Command, say } from './io.ts';
import { namesText } from './show.ts';

/** Adds them. */
export function addWebCommands(cli: Parser, run: Action): void {
  const names = cli.command('names').description('who has a name at the web address of this host (NIP-05)');
  const told = (command: Command, said: { names: Parameters<typeof namesText>[0] }): void =>
    say(command, said.names, namesText(said.names));
  names
    .command('list', { isDefault: true })
    .description('the names')
    .action(run(async (command) => told(command, answerOf(await command.client.call('GET /v0/names')))));
  names
    .command('add <name>')
    .description('give the key of an account a name')
    .option('--account <number>', 'the account of the device', '0')
    .option('--relay <url...>', 'where this user is found')
    .action(
      run(async (command, name: string, options: { account: string; relay?: string[] }) => {
        const body = { name, account: numberOf(options.account, '--account'), relays: options.relay ?? [] };
        told(command, answerOf(await command.client.call('POST /v0/names', { body })));
      }),
    );
  names
    .command('remove <name>')
    .description('take a name away; the account stays')
    .action(
      run(async (command, name: string) =>
        told(command, answerOf(await command.client.call('DELETE /v0/names/:name', { params: { name } }))),
      ),
    );
}
