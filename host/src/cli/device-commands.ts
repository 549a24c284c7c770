/** The commands that ask the device: what apps may do there, its lock, and an event in this computer's own name. */
import type { Command as Parser } from 'commander';
import { wishesOf } from '../core/apps/wishes.ts';
import { type Action, accountOf, appKey, numberOf, wrong } from './arguments.ts';
import { answerOf, type Command, Ending, exitCodes, look, say } from './io.ts';
import * as show from './show.ts';

type GrantOptions = {
  readonly never: boolean;
  readonly session: boolean;
  readonly peer?: string;
  readonly uses?: string;
  readonly perMinute?: string;
  readonly minutes?: string;
};

/** Adds them; `device` is the command that has those about the device itself. */
export function addDeviceCommands(cli: Parser, device: Parser, run: Action): void {
  cli
    .command('grants <key> [action] [what]')
    .description(
      'what the device lets an app do without asking; propose a permission (sign_event:1), or revoke a number',
    )
    .option('--never', 'propose that it may never do this', false)
    .option('--session', 'until the device is locked', false)
    .option('--peer <key>', 'with this person only (encrypting and decrypting)')
    .option('--uses <number>', 'so many times')
    .option('--per-minute <number>', 'so often a minute')
    .option('--minutes <number>', 'for so long, or until the device is locked')
    .action(
      run(async (command, key: string, action: string | undefined, what: string | undefined, options: GrantOptions) => {
        const params = { client: await appKey(command, key) };
        if (action === undefined) return list(command, params);
        if (action === 'propose' && what !== undefined) return propose(command, params, what, options);
        if (action === 'revoke' && what !== undefined) return revoke(command, params, what);
        throw wrong('grants takes nothing more, "propose" with a permission, or "revoke" with a number');
      }),
    );
  cli
    .command('sign')
    .description('sign the event (JSON) on stdin in the name of this computer; the device shows it and asks')
    .option('--account <number>', 'the account of the device that signs', '0')
    .action(
      run(async (command, options: { account: string }) => {
        const account = accountOf(options.account, '--account');
        const event = eventIn(await command.io.stdin());
        await look(command, 'it shows the event, and asks whether to sign it');
        const said = answerOf(
          await command.client.call('POST /v0/sign', { body: { event, account } }, command.io.until),
        );
        command.io.out(`${JSON.stringify(said.event)}\n`);
      }),
    );
  device
    .command('lock')
    .description('lock the device')
    .action(
      run(async (command) => {
        const done = answerOf(await command.client.call('POST /v0/device/lock', {}, command.io.until));
        say(command, done, 'The device is locked.');
      }),
    );
  device
    .command('unlock')
    .description('have the device ask for its PIN')
    .action(
      run(async (command) => {
        await look(command, 'if it is locked, it asks for its PIN');
        const done = answerOf(await command.client.call('POST /v0/device/unlock', {}, command.io.until));
        say(command, done, 'The device is open.');
      }),
    );
  device
    .command('log')
    .description('check the log of the device, and compare it with the activity of this computer')
    .option('--anew', 'take the log that is there now for the one that later checks go on from', false)
    .action(
      run(async (command, { anew }: { anew: boolean }) => {
        const said = answerOf(await command.client.call('POST /v0/device/log', { body: { anew } }, command.io.until));
        say(command, said, show.deviceLogText(said));
        if (!['sound', 'begun', 'gap'].includes(said.verdict))
          throw new Ending(exitCodes.failed, 'Do not go on like this.');
      }),
    );
}

type App = { readonly client: string };

async function list(command: Command, params: App): Promise<void> {
  const { grants } = answerOf(await command.client.call('GET /v0/apps/:client/grants', { params }, command.io.until));
  say(command, grants, show.grantsText(grants));
}

async function propose(command: Command, params: App, what: string, options: GrantOptions): Promise<void> {
  const wishes = wishesOf(what);
  if (wishes.length === 0) throw wrong(`"${what}" is no permission; one looks like sign_event:1 or nip44_decrypt`);
  const number = (text: string | undefined, name: string): number | null =>
    text === undefined ? null : numberOf(text, name);
  const minutes = number(options.minutes, '--minutes');
  const limits = {
    verdict: options.never ? 'deny' : 'allow',
    session: options.session,
    uses: number(options.uses, '--uses'),
    perMinute: number(options.perMinute, '--per-minute'),
    ms: minutes === null ? null : minutes * 60_000,
  } as const;
  const { peer = null } = options;
  const grants = wishes.map((wish) => ({ ...wish, ...limits, peer: wish.method === 'sign_event' ? null : peer }));
  await look(command, grants.length === 1 ? 'it asks whether to give this' : 'it asks about each');
  const said = await command.client.call(
    'POST /v0/apps/:client/grants',
    { params, body: { grants } },
    command.io.until,
  );
  const { given } = answerOf(said);
  say(command, given, `Given: ${given.filter((each) => each).length} of ${given.length}.`);
}

async function revoke(command: Command, { client }: App, what: string): Promise<void> {
  const params = { client, number: numberOf(what, 'the number of a grant') };
  const said = await command.client.call('DELETE /v0/apps/:client/grants/:number', { params }, command.io.until);
  say(command, answerOf(said), 'It is taken away: the device asks again.');
}

function eventIn(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrong('what came on stdin is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an event is a JSON object');
  return { ...value };
}
