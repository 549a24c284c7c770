/** The commands that speak to the running host. Each is a request of the control API, and what it answered. */
import type { Command as Parser } from 'commander';
import { renderUnicodeCompact } from 'uqr';
import { answerOf, type Command, Ending, endingOf, exitCodes, say } from './io.ts';
import * as show from './show.ts';

/** Adds them; `run` makes an action of a function. */
export type Action = <A extends unknown[]>(
  act: (command: Command, ...args: A) => Promise<void>,
) => (...args: A) => Promise<void>;

export function addHostCommands(cli: Parser, run: Action): void {
  addLooking(cli, run);
  addDevice(cli, run);
  addLog(cli, run);
  addApps(cli, run);
  addNarrowing(cli, run);
}

function addLooking(cli: Parser, run: Action): void {
  cli
    .command('status')
    .description('how everything is, at a glance')
    .action(
      run(async (command) => {
        const status = answerOf(await command.client.call('GET /v0/status'));
        say(command, status, show.statusText(status));
      }),
    );
  cli
    .command('relays')
    .description('the relays and how they are')
    .action(
      run(async (command) => {
        const { relays } = answerOf(await command.client.call('GET /v0/relays'));
        say(command, relays, relays.map((relay) => `${show.relayText(relay)}\n`).join(''));
      }),
    );
  cli
    .command('requests')
    .description('what is open: who waits for the device')
    .action(
      run(async (command) => {
        const { requests } = answerOf(await command.client.call('GET /v0/requests'));
        say(command, requests, show.requestsText(requests));
      }),
    );
  for (const [name, route, words] of [
    ['metrics', 'GET /v0/metrics', 'counters and latencies as Prometheus text'],
    ['watch', 'GET /v0/watch', 'what goes on, as server-sent events, until Ctrl-C'],
  ] as const) {
    cli
      .command(name)
      .description(words)
      .action(
        run(async ({ client, io }) => {
          const end = await client.stream(route, {}, io.out, io.until);
          if (end.type !== 'ended') throw endingOf(end);
        }),
      );
  }
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
        say(command, said, show.deviceText(said));
      }),
    );
  device
    .command('accounts')
    .description('the public keys that the device told')
    .action(
      run(async (command) => {
        const said = answerOf(await command.client.call('GET /v0/device'));
        say(command, said.accounts, show.accountsText(said));
      }),
    );
}

type LogOptions = Record<
  'app' | 'kind' | 'method' | 'outcome' | 'since' | 'until' | 'before' | 'limit',
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
      .option('--outcome <name>', 'that came to this: answered, denied, …')
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

function addApps(cli: Parser, run: Action): void {
  cli
    .command('pair')
    .description('make a bunker line for an app: it works once')
    .option('--name <words>', 'what the line is called', '')
    .option('--account <number>', 'the account of the device that the app will use', '0')
    .option('--perms <list>', 'what the app may be taken to ask for, as sign_event:1,nip44_decrypt', '')
    .option('--minutes <number>', 'how long the line may be used', '1440')
    .option('--no-qr', 'the line alone')
    .action(
      run(async (command, options: { name: string; account: string; perms: string; minutes: string; qr: boolean }) => {
        const { name, perms } = options;
        const account = numberOf(options.account, '--account');
        const body = { name, perms, account, minutes: numberOf(options.minutes, '--minutes') };
        const line = answerOf(await command.client.call('POST /v0/secrets', { body }));
        const code = options.qr && !command.json ? `${renderUnicodeCompact(line.uri, { ecc: 'L', border: 2 })}\n` : '';
        if (code !== '') command.io.err(`${code}Paste this line into an app, or scan the code. It works once:\n`);
        say(command, line, line.uri);
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
        const params = { client: await appKey(command, key) };
        const said = await appAction(command, params, action, options.minutes);
        say(command, said, '');
      }),
    );
}

async function appAction(command: Command, params: { client: string }, action: string, minutes?: string) {
  const { client } = command;
  if (action === 'revoke') return answerOf(await client.call('DELETE /v0/apps/:client', { params }));
  if (action === 'resume') return answerOf(await client.call('POST /v0/apps/:client/resume', { params }));
  if (action !== 'pause') throw wrong(`an app is not to be ${action}ed; it takes revoke, pause or resume`);
  return answerOf(await client.call('POST /v0/apps/:client/pause', { params, body: pauseOf(minutes) }));
}

function addNarrowing(cli: Parser, run: Action): void {
  cli
    .command('pause')
    .description('refuse everything of every app for a while')
    .option('--minutes <number>', 'how long; without it until you resume')
    .action(
      run(async (command, { minutes }: { minutes?: string }) => {
        say(command, answerOf(await command.client.call('POST /v0/pause', { body: pauseOf(minutes) })), '');
      }),
    );
  cli
    .command('resume')
    .description('end the pause and the kill switch')
    .action(run(async (command) => say(command, answerOf(await command.client.call('POST /v0/resume')), '')));
  cli
    .command('kill')
    .description('the kill switch: end what is open and refuse everything until you resume')
    .action(run(async (command) => say(command, answerOf(await command.client.call('POST /v0/kill')), '')));
  const rules = cli.command('rules').description('what is refused without asking the device');
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
    .option('--note <words>', 'why; the app is told', '')
    .action(
      run(async (command, options: { app?: string; method?: string; kind?: string; note: string }) => {
        const { app, method = null, kind, note } = options;
        const client = app === undefined ? null : await appKey(command, app);
        const body = { client, method, note, kind: kind === undefined ? null : numberOf(kind, '--kind') };
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
  cli
    .command('dry-run <app> <method> [kind]')
    .description('what would come of a request; nobody is asked')
    .action(
      run(async (command, app: string, method: string, kind: string | undefined) => {
        const client = await appKey(command, app);
        const body = { client, method, kind: kind === undefined ? null : numberOf(kind, 'a kind') };
        const said = answerOf(await command.client.call('POST /v0/dry-run', { body }));
        say(command, said, show.judgementText(said));
      }),
    );
}

/** The key of a paired app from the start of it. */
async function appKey(command: Command, start: string): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(start)) return start;
  const { apps } = answerOf(await command.client.call('GET /v0/apps'));
  const found = apps.filter(({ client }) => client.startsWith(start.toLowerCase()));
  const [only] = found;
  if (only === undefined || start === '')
    throw new Ending(exitCodes.refused, `No paired app has a key that begins with "${start}".`);
  if (found.length > 1) throw new Ending(exitCodes.refused, `Several apps have keys that begin with "${start}".`);
  return only.client;
}

async function queryOf(command: Command, options: LogOptions) {
  const { app, kind, method, outcome, since, until, before, limit } = options;
  return {
    ...(app === undefined ? {} : { client: await appKey(command, app) }),
    ...(kind === undefined ? {} : { kind: numberOf(kind, '--kind') }),
    ...(method === undefined ? {} : { method }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(since === undefined ? {} : { since: timeOf(since) }),
    ...(until === undefined ? {} : { until: timeOf(until) }),
    ...(before === undefined ? {} : { before: numberOf(before, '--before') }),
    ...(limit === undefined ? {} : { limit: numberOf(limit, '--limit') }),
  };
}

function pauseOf(minutes: string | undefined): { minutes: number | null } {
  return { minutes: minutes === undefined ? null : numberOf(minutes, '--minutes') };
}

function numberOf(text: string, what: string): number {
  if (!/^\d{1,15}$/.test(text)) throw wrong(`${what} is a number, and "${text}" is none`);
  return Number(text);
}

function timeOf(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw wrong(`"${text}" is no time; one looks like 2026-01-31 or 2026-01-31T12:00Z`);
  return time;
}

function wrong(words: string): Ending {
  return new Ending(exitCodes.wrongCall, `${words}.`);
}
