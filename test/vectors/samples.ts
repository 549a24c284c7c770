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
