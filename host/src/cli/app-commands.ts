/** The commands about apps: lines for new ones, and what becomes of those that are paired. */
import type { Command as Parser } from 'commander';
import { renderUnicodeCompact } from 'uqr';
import { lineMinutesMax } from '../control/schemas.ts';
import { parseNostrconnect } from '../core/apps/nostrconnect-uri.ts';
import { strangePermission } from '../core/apps/wishes.ts';
import { bridgeLimits } from '../core/bridge/bridge-limits.ts';
import { parseRelayUrl } from '../relays/relay-url.ts';
import { type Action, accountOf, appKey, numberOf, oneOf, pauseOf, pauseText, wordsOf, wrong } from './arguments.ts';
import { answerOf, type Command, endingOf, look, say } from './io.ts';
import * as show from './show.ts';

type LineOptions = {
  readonly ownKey?: boolean;
  readonly userKey?: boolean;
  readonly name: string;
  readonly account: string;
  readonly perms: string;
  readonly minutes: string;
  readonly old: boolean;
  readonly qr: boolean;
};

/** Adds them. */
export function addAppCommands(cli: Parser, run: Action): void {
  cli
    .command('pair')
    .description('make a bunker line for an app: it works once')
    .option('--name <words>', 'what the line is called', '')
    .option('--account <number>', 'the account of the device that the app will use', '0')
    .option('--perms <list>', 'what the app may be taken to ask for, as sign_event:1,nip44_decrypt', '')
    .option('--minutes <number>', 'how long the line may be used', '1440')
    .option('--own-key', 'with a remote-signer key that no other app gets: apps cannot be linked by it')
    .option('--user-key', 'with the key of the account itself, for apps of early 2024 (see: sallyport user-key)')
    .option('--old', 'in the form of 2023, npub…#secret, for apps that read nothing newer', false)
    .option('--no-qr', 'the line alone')
    .action(
      run(async (command, options: LineOptions) => {
        const { perms } = options;
        const name = wordsOf(options.name, '--name', bridgeLimits.nameMax);
        const account = accountOf(options.account, '--account');
        const strange = strangePermission(perms);
        if (strange !== null)
          throw wrong(`"${strange}" is no permission; one looks like sign_event:1 or nip44_decrypt`);
        const minutes = numberOf(options.minutes, '--minutes', 1, lineMinutesMax);
        const body = { name, perms, account, minutes, ...keyOf(options) };
        const line = answerOf(await command.client.call('POST /v0/secrets', { body }));
        const shown = options.old ? line.oldToken : line.uri;
        const code = options.qr && !command.json ? `${renderUnicodeCompact(shown, { ecc: 'L', border: 2 })}\n` : '';
        if (code !== '') command.io.err(`${code}Paste this line into an app, or scan the code. It works once:\n`);
        say(command, line, shown);
      }),
    );
  cli
    .command('connect <line>')
    .description('pair the app that shows this nostrconnect line; - reads it from stdin')
    .option('--name <words>', 'what you call the app', '')
    .option('--account <number>', 'the account of the device that the app will use', '0')
    .option('--own-key', 'it gets a remote-signer key that no other app gets')
    .action(
      run(async (command, line: string, options: { name: string; account: string; ownKey?: boolean }) => {
        const uri = line === '-' ? (await command.io.stdin()).trim() : line;
        const introduction = parseNostrconnect(uri, parseRelayUrl);
        if ('code' in introduction) throw endingOf({ type: 'refused', ...introduction });
        const own = options.ownKey === true ? { ownKey: true } : {};
        const name = wordsOf(options.name, '--name', bridgeLimits.nameMax);
        const body = { uri, name, account: accountOf(options.account, '--account'), ...own };
        await look(command, 'it shows the app, and asks whether to pair it');
        const app = answerOf(await command.client.call('POST /v0/connect', { body }, command.io.until));
        say(command, app, `Paired with ${app.name === '' ? 'the app' : app.name}. It was told so on its own relays.`);
      }),
    );
  cli
    .command('apps')
    .description('the paired apps')
    .action(
      run(async (command) => {
        const { apps } = answerOf(await command.client.call('GET /v0/apps'));
        say(command, apps, show.appsText(apps));
      }),
    );
  cli
    .command('app <key> <action>')
    .description('revoke, pause or resume an app: its key, or the start of it')
    .option('--minutes <number>', 'how long the pause is; without it until you resume')
    .action(
      run(async (command, key: string, action: string, options: { minutes?: string }) => {
        const act = oneOf(['revoke', 'pause', 'resume'], action, 'action');
        const params = { client: await appKey(command, key) };
        const { done, words } = await appAction(command, params, act, options.minutes);
        say(command, done, words);
      }),
    );
}

type AppAction = 'revoke' | 'pause' | 'resume';

async function appAction(command: Command, params: { client: string }, action: AppAction, minutes?: string) {
  const { client } = command;
  switch (action) {
    case 'revoke': {
      const done = answerOf(await client.call('DELETE /v0/apps/:client', { params }));
      return { done, words: 'Its session is over: nothing of it is asked until it is paired again.' };
    }
    case 'resume': {
      const done = answerOf(await client.call('POST /v0/apps/:client/resume', { params }));
      return { done, words: 'It may ask again.' };
    }
    case 'pause': {
      const done = answerOf(await client.call('POST /v0/apps/:client/pause', { params, body: pauseOf(minutes) }));
      return { done, words: `Everything of it is refused ${pauseText(minutes)}.` };
    }
  }
}

/** Whose key a line names, where it is not the one of all. */
function keyOf({ ownKey, userKey }: LineOptions): { readonly ownKey?: true; readonly userKey?: true } {
  if (ownKey === true && userKey === true) throw wrong('a line has one key: --own-key or --user-key');
  if (userKey === true) return { userKey };
  return ownKey === true ? { ownKey } : {};
}
