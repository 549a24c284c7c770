/** The commands that look at the running host and narrow what it lets through. Each is a request of the control API, and what it answered. */
import type { Command as Parser } from 'commander';
import { askedMethods, noteMax, ruleMethods } from '../core/narrowing/narrowing.ts';
import {
  type Action,
  accountOf,
  appKey,
  numberOf,
  oneOf,
  pauseOf,
  pauseText,
  timeOf,
  wordsOf,
  wrong,
} from './arguments.ts';
import { addDeviceCommands } from './device-commands.ts';
import { answerOf, type Command, endingOf, look, say } from './io.ts';
import { openAddress } from './open-address.ts';
import * as show from './show.ts';
import { watch } from './watching.ts';

/** Adds them. */
export function addHostCommands(cli: Parser, run: Action): void {
  addLooking(cli, run);
  addDevice(cli, run);
  addLog(cli, run);
  addNarrowing(cli, run);
  addRules(cli, run);
}

function addLooking(cli: Parser, run: Action): void {
  cli
    .command('dashboard')
    .description('open the dashboard in the browser, by a link that works once')
    .option('--print', 'say the link, and open nothing', false)
    .action(
      run(async (command, { print }: { print: boolean }) => {
        const said = answerOf(await command.client.call('POST /v0/dashboard'));
        say(command, said, said.url);
        if (print || command.json || !command.io.asks) return;
        const opened = await openAddress(said.url);
        command.io.err(opened ? 'Look at your browser.\n' : 'No browser opened: open the link in one.\n');
      }),
    );
  cli
    .command('status')
    .description('how everything is, at a glance')
    .action(
      run(async (command) => {
        const status = answerOf(await command.client.call('GET /v0/status'));
        say(command, status, show.statusText(status));
      }),
    );
  const requests = cli.command('requests').description('what is open: who waits for the device');
  requests
    .command('list', { isDefault: true })
    .description('who waits for the device')
    .action(
      run(async (command) => {
        const { requests } = answerOf(await command.client.call('GET /v0/requests'));
        say(command, requests, show.requestsText(requests));
      }),
    );
  requests
    .command('reject <number>')
    .description('refuse one: the device stops asking, and the app is told')
    .action(
      run(async (command, number: string) => {
        const params = { number: numberOf(number, 'the number of a request') };
        say(command, answerOf(await command.client.call('DELETE /v0/requests/:number', { params })), 'It is refused.');
      }),
    );
  cli
    .command('metrics')
    .description('counters and latencies as Prometheus text')
    .action(
      run(async ({ client, io }) => {
        const end = await client.stream('GET /v0/metrics', {}, io.out, io.until);
        if (end.type !== 'ended') throw endingOf(end);
      }),
    );
  cli.command('watch').description('what goes on, as it happens, until Ctrl-C').action(run(watch));
  cli
    .command('diagnostics')
    .description('what a maker needs to find a fault, without secrets, texts and whole keys of apps')
    .action(
      run(async (command) => {
        const bundle = answerOf(await command.client.call('GET /v0/diagnostics'));
        command.io.out(`${JSON.stringify(bundle, null, command.json ? 0 : 2)}\n`);
      }),
    );
}

function addDevice(cli: Parser, run: Action): void {
  const device = cli.command('device').description('the device');
  device
    .command('status')
    .description('the device, as the host sees it')
    .action(
      run(async (command) => {
        const said = answerOf(await command.client.call('GET /v0/device'));
        say(command, said, show.deviceAndPageText(said));
      }),
    );
  addDeviceCommands(cli, device, run);
  cli
    .command('accounts')
    .description('the public keys that the device told')
    .action(
      run(async (command) => {
        const said = answerOf(await command.client.call('GET /v0/device'));
        say(command, said.accounts, show.accountsText(said));
      }),
    );
  cli
    .command('user-key <account> <on-or-off>')
    .description('whether an account answers apps of early 2024, which ask its own key: to be held on the device')
    .action(
      run(async (command, account: string, word: string) => {
        const number = accountOf(account, 'the account');
        const on = oneOf(['on', 'off'], word, 'setting') === 'on';
        if (on) await look(command, 'it says what that means, and asks for a hold of its button');
        const asked = { params: { number }, body: { on } };
        const said = answerOf(await command.client.call('POST /v0/accounts/:number/user-key', asked, command.io.until));
        const words = on ? '"sallyport pair --user-key" makes a line for such an app.' : 'It answers no more.';
        say(command, said, on ? `Account ${number} answers at its own key. ${words}` : words);
      }),
    );
}

type LogOptions = Record<
  'app' | 'kind' | 'method' | 'outcome' | 'text' | 'since' | 'until' | 'before' | 'limit',
  string | undefined
>;

function addLog(cli: Parser, run: Action): void {
  const searched = (name: string, words: string): Parser =>
    cli
      .command(name)
      .description(words)
      .option('--app <key>', 'of this app: its key, or the start of it')
      .option('--kind <number>', 'of this kind of event')
      .option('--method <name>', 'of this method')
      .option('--outcome <name>', 'that came to this, as rows say it: answered, denied, "timed out", …')
      .option('--text <words>', 'with this in the name of the app, the method, the outcome or the reason')
      .option('--since <time>', 'from this time on, as 2026-01-31 or 2026-01-31T12:00Z')
      .option('--until <time>', 'up to this time');
  searched('log', 'the activity log, newest first')
    .option('--limit <number>', 'rows, 1 to 1000', '50')
    .option('--before <id>', 'the page before this row')
    .action(
      run(async (command, options: LogOptions) => {
        const page = answerOf(
          await command.client.call('GET /v0/activity', { query: await queryOf(command, options) }),
        );
        say(command, page, show.logText(page.rows));
        if (page.next !== null) command.io.err(`More: sallyport log --before ${page.next}\n`);
      }),
    );
  searched('export', 'the activity log as JSON lines').action(
    run(async (command, options: LogOptions) => {
      const { before: _, limit: __, ...query } = await queryOf(command, options);
      const end = await command.client.stream('GET /v0/export', { query }, command.io.out, command.io.until);
      if (end.type !== 'ended') throw endingOf(end);
    }),
  );
  cli
    .command('why <id>')
    .description('what came of a request, and why; the id is that of the log')
    .action(
      run(async (command, id: string) => {
        const params = { number: numberOf(id, 'the id of a row') };
        const row = answerOf(await command.client.call('GET /v0/activity/:number', { params }));
        say(command, row, show.whyText(row));
      }),
    );
}

function addNarrowing(cli: Parser, run: Action): void {
  cli
    .command('pause')
    .description('refuse everything of every app for a while')
    .option('--minutes <number>', 'how long; without it until you resume')
    .action(
      run(async (command, { minutes }: { minutes?: string }) => {
        const done = answerOf(await command.client.call('POST /v0/pause', { body: pauseOf(minutes) }));
        say(command, done, `Everything is refused ${pauseText(minutes)}.`);
      }),
    );
  cli
    .command('resume')
    .description('end the pause and the kill switch')
    .action(
      run(async (command) => {
        const done = answerOf(await command.client.call('POST /v0/resume'));
        say(command, done, 'Apps may ask again. A pause of a single app and the rules stay.');
      }),
    );
  cli
    .command('kill')
    .description('the kill switch: end what is open and refuse everything until you resume')
    .action(
      run(async (command) => {
        const done = answerOf(await command.client.call('POST /v0/kill'));
        say(command, done, 'What was open is ended, and everything is refused until you run: sallyport resume');
      }),
    );
  cli
    .command('dry-run <app> <method> [kind]')
    .description('what would come of a request; nobody is asked')
    .action(
      run(async (command, app: string, method: string, kind: string | undefined) => {
        const client = await appKey(command, app);
        const body = {
          client,
          method: oneOf(askedMethods, method, 'method'),
          kind: kind === undefined ? null : numberOf(kind, 'a kind'),
        };
        const said = answerOf(await command.client.call('POST /v0/dry-run', { body }));
        say(command, said, show.judgementText(said));
      }),
    );
}

type RuleOptions = { app?: string; method?: string; kind?: string; note: string; all: boolean };

function addRules(cli: Parser, run: Action): void {
  const rules = cli.command('rules').description('what this host refuses by itself');
  const told = (command: Command, said: { rules: Parameters<typeof show.rulesText>[0] }): void =>
    say(command, said.rules, show.rulesText(said.rules));
  rules
    .command('list', { isDefault: true })
    .description('the rules')
    .action(run(async (command) => told(command, answerOf(await command.client.call('GET /v0/rules')))));
  rules
    .command('add')
    .description('refuse what all of this describes')
    .option('--app <key>', 'of this app')
    .option('--method <name>', 'this method')
    .option('--kind <number>', 'events of this kind')
    .option('--all', 'everything of every app', false)
    .option('--note <words>', 'why; the app is told', '')
    .action(
      run(async (command, options: RuleOptions) => {
        const { app, kind, all } = options;
        const note = wordsOf(options.note, '--note', noteMax);
        const method = options.method === undefined ? null : oneOf(ruleMethods, options.method, 'method of a rule');
        if (all === (app !== undefined || method !== null || kind !== undefined))
          throw wrong('A rule takes --app, --method or --kind, or else --all: everything of every app');
        const client = app === undefined ? null : await appKey(command, app);
        const body = { client, method, note, all, kind: kind === undefined ? null : numberOf(kind, '--kind') };
        told(command, answerOf(await command.client.call('POST /v0/rules', { body })));
      }),
    );
  rules
    .command('remove <number>')
    .description('remove a rule')
    .action(
      run(async (command, number: string) => {
        const params = { number: numberOf(number, 'the number of a rule') };
        told(command, answerOf(await command.client.call('DELETE /v0/rules/:number', { params })));
      }),
    );
}

async function queryOf(command: Command, options: LogOptions) {
  const { app, kind, method, outcome, text, since, until, before, limit } = options;
  return {
    ...(app === undefined ? {} : { client: await appKey(command, app) }),
    ...(kind === undefined ? {} : { kind: numberOf(kind, '--kind') }),
    ...(method === undefined ? {} : { method }),
    // Rows are shown with spaces.
    ...(outcome === undefined ? {} : { outcome: outcome.replaceAll(' ', '_') }),
    ...(text === undefined ? {} : { text }),
    ...(since === undefined ? {} : { since: timeOf(since) }),
    ...(until === undefined ? {} : { until: timeOf(until) }),
    ...(before === undefined ? {} : { before: numberOf(before, '--before') }),
    ...(limit === undefined ? {} : { limit: numberOf(limit, '--limit') }),
  };
}
