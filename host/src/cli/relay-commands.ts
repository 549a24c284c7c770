/** The commands about relays: how they are, and which are everybody's. */
import type { Command as Parser } from 'commander';
import type { Action } from './arguments.ts';
import { answerOf, type Command, say } from './io.ts';
import { relaysText } from './show.ts';

/** Adds them. */
export function addRelayCommands(cli: Parser, run: Action): void {
  const relays = cli.command('relays').description('the relays and how they are');
  const told = (command: Command, said: { relays: Parameters<typeof relaysText>[0] }): void =>
    say(command, said.relays, relaysText(said.relays));
  relays
    .command('list', { isDefault: true })
    .description('the relays and how they are')
    .action(run(async (command) => told(command, answerOf(await command.client.call('GET /v0/relays')))));
  relays
    .command('add <url>')
    .description('use one more relay; apps hear of it when they ask, and new bunker lines name it')
    .action(
      run(async (command, url: string) =>
        told(command, answerOf(await command.client.call('POST /v0/relays', { body: { url } }))),
      ),
    );
  relays
    .command('remove <url>')
    .description('use a relay no more, once the apps that are there were led on; lines that only name it lead nowhere')
    .option('--at-once', 'leave it also where an app was not led on, and may not find this signer again')
    .action(
      run(async (command, url: string, options: { atOnce?: true }) => {
        const query = { url, atOnce: options.atOnce === true ? ('yes' as const) : ('no' as const) };
        told(command, answerOf(await command.client.call('DELETE /v0/relays', { query })));
      }),
    );
}
