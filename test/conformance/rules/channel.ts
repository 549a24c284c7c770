/** Chapter 13: the handshake, what is sealed, who asks, and the pairing of computers. */
import { type CommandBy, capabilities, type DeviceError, frameFlags, type RequestOf } from '@sallyport/device-protocol';
import { must, type Rule } from '../bench.ts';
import { newComputer, pair } from '../computers.ts';
import { nameOf, sameBytes, type Talk } from '../talk.ts';
import { signing } from './asking.ts';
import { mustRefuse } from './messages.ts';

const key = new Uint8Array(32).fill(9);
const app = { client: key, remoteSigner: key };

/** What only a paired computer may ask, by the capability that it comes with. */
type Asked = { readonly [C in CommandBy<'host'>]?: RequestOf<C> };
const forPairedOnly: readonly (readonly [number, Asked])[] = [
  [capabilities.channel, { hosts: {}, revoke_host: { key } }],
  [
    capabilities.accounts,
    {
      lock: {},
      wipe: {},
      rename_device: { name: 'conformance' },
      accounts: {},
      account_create: { name: 'conformance' },
      account_remove: { account: 0 },
    },
  ],
  [
    capabilities.clients,
    {
      clients: { from: 0 },
      client_revoke: app,
      grants: { ...app, from: 0 },
      grants_propose: { ...app, grants: [] },
      grant_revoke: { ...app, grant: 1 },
    },
  ],
  [capabilities.log, { log_read: { from: 1 }, log_head: { nonce: key } }],
];

/** A frame of this session meets a device that has forgotten it. */
async function mustBeOver(talk: Talk, words: string): Promise<void> {
  const from = talk.frames.length;
  await talk.bench.until(() => false, 50);
  talk.raw(frameOf(talk));
  await talk.until(`unknown_session after ${words}`, () =>
    talk.frames.slice(from).some((one) => one.type === 'unknown_session'),
  );
}

const frameOf = (talk: Talk): Uint8Array => talk.encoded(talk.nextFrame(new Uint8Array(20)));

/** A sealed ping, damaged or not, or an unsealed one, as the next frame. */
function pingFrame(talk: Talk, change: (bytes: Uint8Array) => Uint8Array, flags: number): Uint8Array {
  const ping = talk.bytesOf({ type: 'request', id: 0x7000_0000, command: 'ping', body: { nonce: new Uint8Array(8) } });
  const sealed = (flags & frameFlags.sealed) !== 0;
  const payload = change(sealed ? talk.sealing.seal(ping) : ping);
  return talk.encoded({ ...talk.nextFrame(payload), flags });
}

const whole = frameFlags.first | frameFlags.last;

export const channelRules: readonly Rule[] = [
  {
    chapter: 13,
    name: 'the reply to handshake_finish is the first sealed message, and the state is said after it',
    check: async (talk) => {
      await newComputer().establish(talk);
      await talk.until('the state, after the handshake', () => {
        const answer = talk.heard.findIndex((one) => one.type === 'reply' && one.command === 'handshake_finish');
        return talk.heard.slice(answer).some((one) => one.type === 'notice' && one.notice === 'state');
      });
      const info = await talk.ask('info', {});
      must(info.type === 'reply', `info, sealed: ${nameOf(info)}`);
    },
  },
  {
    chapter: 13,
    name: 'the static key of the device is the same in each session, its ephemeral key is not',
    check: async (talk) => {
      const computer = newComputer();
      const first = await computer.establish(talk);
      await talk.greet();
      const second = await computer.establish(talk);
      must(sameBytes(first.end.peer, second.end.peer), 'another static key');
      const messages = talk.heard.flatMap((one) =>
        one.type === 'reply' && one.command === 'handshake' ? [one.body.message.slice(0, 32)] : [],
      );
      must(messages.length === 2 && !sameBytes(messages[0] ?? key, messages[1] ?? key), 'the same ephemeral key');
    },
  },
  {
    chapter: 13,
    name: 'one handshake in a session, none with a key of low order, no finish without one',
    check: async (talk) => {
      const zero = new Uint8Array(32);
      mustRefuse(await talk.ask('handshake_finish', { message: new Uint8Array(64) }), 'invalid_params', 'finish alone');
      mustRefuse(await talk.ask('handshake', { message: zero }), 'invalid_params', 'a key of low order');
      await newComputer().establish(talk);
      mustRefuse(await talk.ask('handshake', { message: key }), 'invalid_params', 'a second handshake');
    },
  },
  {
    chapter: 13,
    name: 'a last handshake message that does not verify ends the session without a word',
    check: async (talk) => {
      const answer = await talk.ask('handshake', { message: talk.sealing.first(key, key) });
      must(answer.type === 'reply', `handshake: ${nameOf(answer)}`);
      const from = talk.heard.length;
      talk.start('handshake_finish', { message: new Uint8Array(64).fill(7) });
      await mustBeOver(talk, 'a last message that does not verify');
      must(
        talk.heard.slice(from).every(({ type }) => type === 'notice'),
        'the device said something to it',
      );
    },
  },
  {
    chapter: 13,
    name: 'a sealed message that was changed, repeated or put off ends the session without a word',
    check: async (talk) => {
      const changes: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
        ['a changed byte', (bytes) => bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte))],
        ['the message after the next', () => talk.sealing.seal(new Uint8Array(9))],
        ['a tag alone', (bytes) => bytes.slice(-16)],
      ];
      for (const [words, change] of changes) {
        await talk.greet();
        await newComputer().establish(talk);
        const from = talk.heard.length;
        talk.raw(pingFrame(talk, change, whole | frameFlags.sealed));
        await mustBeOver(talk, words);
        must(
          talk.heard.slice(from).every(({ type }) => type === 'notice'),
          `${words}: the device answered`,
        );
      }
    },
  },
  {
    chapter: 13,
    name: 'a message that is not sealed ends a session whose channel stands',
    check: async (talk) => {
      await newComputer().establish(talk);
      const from = talk.heard.length;
      talk.raw(pingFrame(talk, (bytes) => bytes, whole));
      await mustBeOver(talk, 'a message that is not sealed');
      must(
        talk.heard.slice(from).every(({ type }) => type === 'notice'),
        'the device answered it',
      );
    },
  },
  {
    chapter: 13,
    name: 'a computer that nobody paired is not_paired for all that is more than a single approval',
    check: async (talk) => {
      const { paired } = await newComputer().establish(talk);
      must(!paired, 'the device says that it knows a computer that it cannot know');
      for (const [capability, asked] of forPairedOnly) {
        if (!talk.facts().capabilities.includes(capability)) continue;
        for (const [command, body] of Object.entries(asked)) {
          // The table above ties each name to its body; Object.entries forgets it.
          mustRefuse(await talk.ask(command as CommandBy<'host'>, body as never), 'not_paired', command);
        }
      }
      for (const command of ['info', 'ping', 'get_public_key'] as const) {
        const asked = { info: {}, ping: { nonce: new Uint8Array(8) }, get_public_key: { account: 0 } }[command];
        const answer = await talk.ask(command, asked as never);
        const refusals: readonly DeviceError[] = ['fresh', 'locked', 'storage'];
        must(answer.type === 'reply' || refusals.includes(answer.error), `${command}: ${nameOf(answer)}`);
      }
    },
  },
  {
    chapter: 13,
    name: 'a request belongs to the computer that asked it: to another one it is unknown, and it cannot cancel it',
    presses: 0,
    check: async (talk) => {
      const asker = newComputer();
      await asker.establish(talk);
      const id = talk.start('sign_event', signing());
      await talk.ask('ping', { nonce: new Uint8Array(8) });
      await talk.greet();
      await newComputer().establish(talk);
      const asked = await talk.ask('get_result', { request: id });
      must(asked.type === 'reply' && asked.command === 'get_result', `get_result: ${nameOf(asked)}`);
      must(asked.body.state === 'unknown', `another computer is told: ${asked.body.state}`);
      talk.cancel(id, 'sign_event');
      await talk.ask('ping', { nonce: new Uint8Array(8) });
      must(!talk.heard.some((one) => one.type === 'error' && one.id === id), 'another computer could cancel it');
      await talk.greet();
      await asker.establish(talk);
      const mine = await talk.ask('get_result', { request: id });
      must(mine.type === 'reply' && mine.command === 'get_result', `get_result: ${nameOf(mine)}`);
      must(mine.body.state === 'open', `its own computer is told: ${mine.body.state}`);
      talk.cancel(id, 'sign_event');
      mustRefuse(await talk.answerTo(id, 'the cancelled request'), 'cancelled', 'cancel');
    },
  },
  {
    chapter: 13,
    name: 'a pairing that is refused at the computer is cancelled, and pairs nobody',
    presses: 0,
    check: async (talk) => {
      const computer = newComputer();
      const { answer } = await pair(talk, await computer.establish(talk), false);
      mustRefuse(answer, 'cancelled', 'pair_confirm with no');
      mustRefuse(await talk.ask('hosts', {}), 'not_paired', 'hosts after that');
    },
  },
  {
    chapter: 13,
    name: 'a paired computer is known in the next session, is in the list, and takes others out of it without a press',
    computer: 'paired',
    presses: 1,
    check: async (talk, computer) => {
      const hosts = await talk.ask('hosts', {});
      must(hosts.type === 'reply' && hosts.command === 'hosts', `hosts: ${nameOf(hosts)}`);
      const mine = hosts.body.hosts.find((one) => sameBytes(one.key, computer.key));
      must(mine?.name === 'conformance', 'the paired computer is not in the list under its name');
      const answer = await talk.ask('revoke_host', { key });
      must(answer.type === 'reply', `revoke_host of a key that nobody has: ${nameOf(answer)}`);
    },
  },
];
