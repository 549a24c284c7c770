/**
 * One plausible body for every row of the tables, and a few extremes. A row without a sample does not compile, so neither
 * vectors nor tests can forget one.
 */
import { commands } from '../../device-protocol/src/commands.ts';
import type { DeviceError } from '../../device-protocol/src/errors.ts';
import { deviceErrors } from '../../device-protocol/src/errors.ts';
import { limits } from '../../device-protocol/src/limits.ts';
import type {
  Command,
  Hello,
  HelloRequest,
  Message,
  Notice,
  NoticeOf,
  ReplyOf,
  RequestOf,
} from '../../device-protocol/src/messages.ts';
import { pattern } from '../support/pattern.ts';

export type Named<T> = { readonly name: string; readonly body: T };

const key = pattern(32);
const head = new Uint8Array(Buffer.from('hello'));
const textAsked = { account: 0, label: 'Coracle', peer: key, input: { length: head.length, head } };
const pair = { client: key, remoteSigner: pattern(32) };
const envelope = {
  account: 0,
  client: key,
  createdAt: 1_700_000_000,
  tags: [['p', '07'.repeat(32)]],
  sig: pattern(64),
  conversationKey: key,
  input: { length: head.length, head },
};
const { conversationKey: _, ...signed } = envelope;
const addressed = { ...signed, answerAt: 1_700_000_001 };
const sealed = { createdAt: 1_700_000_001, id: key, sig: pattern(64), output: { length: head.length, head } };
const allowNotes = { id: 7, verdict: 'allow', method: 'sign_event', kind: 1, uses: 100, perMinute: 10 } as const;
const neverRead = { id: 8, verdict: 'deny', method: 'nip44_decrypt', peer: key } as const;
const textGiven = { output: { length: head.length, head } };

export const requests: { readonly [C in Command]: readonly Named<RequestOf<C>>[] } = {
  info: [{ name: 'plain', body: {} }],
  get_result: [
    { name: 'plain', body: { request: 4 } },
    { name: 'largest id', body: { request: 0xffff_fffe } },
  ],
  ping: [{ name: 'plain', body: { nonce: pattern(8) } }],
  handshake: [{ name: 'plain', body: { message: pattern(32) } }],
  handshake_finish: [{ name: 'plain', body: { message: pattern(64) } }],
  pair: [{ name: 'plain', body: { name: 'a desk' } }],
  pair_reveal: [{ name: 'plain', body: { random: key } }],
  pair_confirm: [
    { name: 'yes', body: { yes: true } },
    { name: 'no', body: { yes: false } },
  ],
  hosts: [{ name: 'plain', body: {} }],
  revoke_host: [{ name: 'plain', body: { key } }],
  get_public_key: [
    { name: 'plain', body: { account: 0 } },
    { name: 'last account', body: { account: limits.accountsMax - 1 } },
  ],
  sign_event: [
    {
      name: 'whole input',
      body: { account: 0, label: 'Coracle', input: { length: 11, head: hex('841a6553f1000180626869') } },
    },
    {
      name: 'longer input than its head',
      body: { account: 0, label: 'Jumble ✨', input: { length: limits.streamMax, head: pattern(16) } },
    },
    { name: 'empty label and head', body: { account: 0, label: '', input: { length: 5000, head: new Uint8Array(0) } } },
  ],
  nip44_encrypt: [{ name: 'plain', body: textAsked }],
  nip44_decrypt: [
    { name: 'plain', body: textAsked },
    { name: 'longest input', body: { ...textAsked, input: { length: limits.resultMax, head } } },
  ],
  nip04_encrypt: [{ name: 'plain', body: textAsked }],
  nip04_decrypt: [{ name: 'plain', body: textAsked }],
  lock: [{ name: 'plain', body: {} }],
  unlock: [{ name: 'plain', body: {} }],
  wipe: [{ name: 'plain', body: {} }],
  mix_entropy: [{ name: 'plain', body: { entropy: key } }],
  rename_device: [{ name: 'plain', body: { name: 'Anna ✨' } }],
  accounts: [{ name: 'plain', body: {} }],
  account_create: [{ name: 'plain', body: { name: 'work' } }],
  account_derive: [{ name: 'plain', body: { name: 'old', index: 7 } }],
  account_import: [
    { name: 'a secret', body: { name: 'from before', secret: key } },
    { name: 'an encrypted one', body: { name: 'from before', ncryptsec: 'ncryptsec1qqqq' } },
  ],
  account_rename: [{ name: 'plain', body: { account: 1, name: 'play' } }],
  account_remove: [{ name: 'plain', body: { account: 1 } }],
  account_address: [{ name: 'plain', body: { account: 1, addressed: true } }],
  backup_check: [{ name: 'plain', body: {} }],
  nip46_request: [
    { name: 'whole input', body: envelope },
    { name: 'longest input', body: { ...envelope, input: { length: limits.requestStreamMax, head } } },
  ],
  client_connect: [{ name: 'announced', body: { ...envelope, announced: true } }],
  user_request: [
    { name: 'whole input', body: { ...addressed, announced: false, secrets: [] } },
    { name: 'a newcomer', body: { ...addressed, announced: false, secrets: [key] } },
  ],
  client_introduce: [
    {
      name: 'plain',
      body: { ...pair, account: 0, name: 'Coracle', perms: 'sign_event:1', announced: true, createdAt: 1_700_000_000 },
    },
  ],
  clients: [{ name: 'plain', body: { from: 0 } }],
  client_revoke: [{ name: 'plain', body: pair }],
  grants: [{ name: 'plain', body: { ...pair, from: 0 } }],
  grants_propose: [
    {
      name: 'with limits',
      body: {
        ...pair,
        grants: [
          { ...allowNotes, id: 0, session: 'yes', ms: 3_600_000 },
          { ...neverRead, id: 0 },
        ],
      },
    },
  ],
  grant_revoke: [{ name: 'plain', body: { ...pair, grant: 7 } }],
  log_read: [{ name: 'plain', body: { from: 1 } }],
  log_head: [{ name: 'plain', body: { nonce: key } }],
  chunk_get: [
    { name: 'plain', body: { request: 4, offset: 3584, length: 3840 } },
    { name: 'from the start', body: { request: 4, offset: 0, length: 1 } },
  ],
  chunk_put: [{ name: 'plain', body: { request: 4, offset: 3840, bytes: pattern(4) } }],
};

export const replies: { readonly [C in Command]: readonly Named<ReplyOf<C>>[] } = {
  info: [
    {
      name: 'a demo',
      body: { state: 'ready', name: 'Sallyport', accounts: 1, marks: ['simulator', 'demo'], damagedFrames: 3 },
    },
    {
      name: 'a device that keeps apps',
      body: { state: 'locked', name: 'Anna', accounts: 0, marks: [], damagedFrames: 0, clientsMax: 64, addressed: 1 },
    },
    { name: 'a new device', body: { state: 'fresh', name: 'Sallyport', accounts: 0, marks: [], damagedFrames: 0 } },
  ],
  get_result: [
    { name: 'unknown', body: { request: 4, state: 'unknown' } },
    { name: 'open', body: { request: 4, state: 'open' } },
    { name: 'ended', body: { request: 4, state: 'ended' } },
  ],
  ping: [{ name: 'plain', body: { nonce: pattern(8) } }],
  handshake: [{ name: 'plain', body: { message: pattern(96) } }],
  handshake_finish: [
    { name: 'a paired computer', body: { paired: true } },
    { name: 'an unknown one', body: { paired: false } },
  ],
  pair: [{ name: 'plain', body: { commitment: key } }],
  pair_reveal: [{ name: 'plain', body: { random: key } }],
  pair_confirm: [{ name: 'plain', body: {} }],
  hosts: [
    { name: 'none', body: { hosts: [] } },
    { name: 'one', body: { hosts: [{ key, name: 'a desk' }] } },
  ],
  revoke_host: [{ name: 'plain', body: {} }],
  get_public_key: [{ name: 'plain', body: { pubkey: key } }],
  sign_event: [{ name: 'plain', body: { id: key, sig: pattern(64), pubkey: key } }],
  nip44_encrypt: [
    { name: 'whole output', body: textGiven },
    { name: 'output that was pushed before', body: { output: { length: 100_000, head: new Uint8Array(0) } } },
  ],
  nip44_decrypt: [{ name: 'plain', body: textGiven }],
  nip04_encrypt: [{ name: 'plain', body: textGiven }],
  nip04_decrypt: [{ name: 'plain', body: textGiven }],
  lock: [{ name: 'plain', body: {} }],
  unlock: [{ name: 'plain', body: {} }],
  wipe: [{ name: 'plain', body: {} }],
  mix_entropy: [{ name: 'plain', body: {} }],
  rename_device: [{ name: 'plain', body: {} }],
  accounts: [
    {
      name: 'two',
      body: {
        accounts: [
          { account: 0, name: 'account 0', pubkey: key, origin: 'derived', index: 0 },
          { account: 1, name: 'from before', pubkey: pattern(32), origin: 'imported', addressed: true },
        ],
      },
    },
  ],
  account_create: [{ name: 'plain', body: { account: 1, pubkey: key } }],
  account_derive: [{ name: 'plain', body: { account: 1, pubkey: key } }],
  account_import: [{ name: 'plain', body: { account: 1, pubkey: key } }],
  account_rename: [{ name: 'plain', body: {} }],
  account_remove: [{ name: 'plain', body: {} }],
  account_address: [{ name: 'plain', body: {} }],
  backup_check: [{ name: 'plain', body: {} }],
  nip46_request: [
    { name: 'a signature', body: { result: 'signature', id: key, sig: pattern(64), pubkey: key } },
    { name: 'a text', body: { result: 'text', output: textGiven.output } },
    { name: 'the public key', body: { result: 'public_key', pubkey: key } },
    { name: 'nothing more', body: { result: 'ack' } },
  ],
  client_connect: [{ name: 'plain', body: { granted: 2 } }],
  user_request: [
    { name: 'a result', body: { about: 'sign_event', ...sealed, kind: 1 } },
    { name: 'an error', body: { about: 'nip44_decrypt', ...sealed, error: 7 } },
    { name: 'a pairing', body: { about: 'pair', ...sealed, secret: key, name: 'Coracle' } },
  ],
  client_introduce: [{ name: 'plain', body: { granted: 0 } }],
  clients: [
    { name: 'none', body: { total: 0, clients: [] } },
    { name: 'one', body: { total: 1, clients: [{ ...pair, account: 0, name: 'Coracle', grants: 2 }] } },
  ],
  client_revoke: [{ name: 'plain', body: {} }],
  grants: [{ name: 'two', body: { total: 2, grants: [allowNotes, neverRead] } }],
  grants_propose: [{ name: 'one of two', body: { given: [true, false] } }],
  grant_revoke: [{ name: 'plain', body: {} }],
  log_read: [
    { name: 'none', body: { first: 1, entries: [] } },
    { name: 'one', body: { first: 1, entries: [{ number: 1, entry: head }] } },
  ],
  log_head: [{ name: 'plain', body: { number: 1, head: key, logKey: key, sig: pattern(64) } }],
  chunk_get: [{ name: 'plain', body: { bytes: pattern(16) } }],
  chunk_put: [{ name: 'plain', body: {} }],
};

export const noticeBodies: { readonly [N in Notice]: readonly Named<NoticeOf<N>>[] } = {
  progress: [
    { name: 'waiting for the button', body: { request: 4, step: 'waiting_for_button', left: 42_000 } },
    { name: 'queued', body: { request: 6, step: 'queued' } },
    { name: 'sending', body: { request: 4, step: 'sending', percent: 37 } },
  ],
  state: [
    { name: 'fresh', body: { state: 'fresh' } },
    { name: 'locked', body: { state: 'locked' } },
    { name: 'ready', body: { state: 'ready' } },
  ],
};

export const helloSample: Hello = {
  versionMin: 1,
  versionMax: 1,
  nonce: pattern(8),
  bootId: hex('b007b007b007b007'),
  resetReason: 'power',
  firmware: 'sallyport 0.1.0',
  model: 'simulator',
  frameMax: limits.frameDefault,
  messageMax: limits.messageMax,
  window: 18,
  streamMax: limits.streamMax,
  requestsMax: limits.requestsMax,
  capabilities: [1],
};

export const helloRequestSample: HelloRequest = { versionMin: 1, versionMax: 1, nonce: pattern(8) };

/** Every message of the samples: requests, replies, notices, each error, and a cancel for each command. */
export function everyMessage(): readonly { readonly name: string; readonly message: Message }[] {
  const names = Object.keys(commands) as Command[];
  const id = (command: Command): number => (commands[command].by === 'host' ? 4 : 3);
  return [
    ...names.flatMap((command) => [
      ...requests[command].map(({ name, body }) => ({
        name: `${command} request, ${name}`,
        message: { type: 'request', id: id(command), command, body } as Message,
      })),
      ...replies[command].map(({ name, body }) => ({
        name: `${command} reply, ${name}`,
        message: { type: 'reply', id: id(command), command, body } as Message,
      })),
      { name: `${command} cancel`, message: { type: 'cancel', id: id(command), command } as Message },
    ]),
    ...(Object.keys(noticeBodies) as Notice[]).flatMap((notice) =>
      noticeBodies[notice].map(({ name, body }) => ({
        name: `${notice} notice, ${name}`,
        message: { type: 'notice', notice, body } as Message,
      })),
    ),
    ...(Object.keys(deviceErrors) as DeviceError[]).map((error) => ({
      name: `error ${error}`,
      message: { type: 'error', id: 4, command: 'sign_event', error } as Message,
    })),
    {
      name: 'error with a detail',
      message: { type: 'error', id: 4, command: 'ping', error: 'malformed', detail: 'tag at byte 7' } as Message,
    },
  ];
}

function hex(digits: string): Uint8Array {
  return new Uint8Array(Buffer.from(digits, 'hex'));
}
