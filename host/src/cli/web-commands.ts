/** The commands about how others find this signer: its announcement, and who has a name at its web address. */
import type { Command as Parser } from 'commander';
import { type Action, accountOf } from './arguments.ts';
import { answerOf, type Command, Ending, exitCodes, say } from './io.ts';
import { announcedText, namesText } from './show.ts';

/** Adds them. */
export function addWebCommands(cli: Parser, run: Action): void {
  cli
    .command('announce')
    .description('tell the world of this signer (NIP-89), so that apps can list it')
    .option('--name <words>', 'what it is called', 'Sallyport')
    .option('--relay <url...>', 'where apps look for signers, beside its own relays')
    .action(
      run(async (command, { name, relay = [] }: { name: string; relay?: string[] }) => {
        const body = { name, relays: relay };
        const said = answerOf(await command.client.call('POST /v0/announce', { body }, command.io.until));
        say(command, said, announcedText(said));
        if (!said.relays.some(({ taken }) => taken)) throw new Ending(exitCodes.refused, 'No relay took it.');
      }),
    );
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
        const body = { name, account: accountOf(options.account, '--account'), relays: options.relay ?? [] };
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
