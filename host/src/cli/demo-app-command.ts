/** `sallyport demo-app`: an app to try a signer with, on a page of this computer. */
import type { Command as Parser } from 'commander';
import { type Action, numberOf } from './arguments.ts';
import { type Command, Ending, exitCodes, say } from './io.ts';
import { openAddress } from './open-address.ts';

export function addDemoAppCommand(cli: Parser, run: Action): void {
  cli
    .command('demo-app')
    .description('a small app in the browser, to try a signer with')
    .option('--port <number>', 'the port of its page on 127.0.0.1; 0: whichever is free', '0')
    .option('--print', 'say the address, and open nothing', false)
    .action(
      run(async (command, { port, print }: { port: string; print: boolean }) => {
        const { serveDemoApp } = await import('../demo-app/server.ts');
        const served = await serveDemoApp(numberOf(port, '--port', 0, 65_535));
        if ('refused' in served) throw new Ending(exitCodes.failed, served.refused);
        const url = `${served.url}${await relayHint(command)}`;
        say(command, { url }, url);
        if (!print && !command.json && command.io.asks) await openAddress(url);
        command.io.err('Ctrl-C ends it.\n');
        await ended(command.io.until);
        served.close();
      }),
    );
}

/** A relay that the host listens on, where one runs: the app meets it there. It needs none. */
async function relayHint({ client }: Command): Promise<string> {
  const said = await client.call('GET /v0/relays');
  const relay =
    said.type === 'answer' ? said.answer.relays.find(({ own, state }) => own && state === 'listening') : undefined;
  return relay === undefined ? '' : `#relay=${encodeURIComponent(relay.url)}`;
}

function ended(until: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    if (until.aborted) settle();
    else until.addEventListener('abort', () => settle(), { once: true });
  });
}
