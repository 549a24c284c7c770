/**
 * What the device does with each message. The handlers are one table over the commands that the host may ask: a command without
 * a handler does not compile.
 */
import {
  type CommandBy,
  type DeviceError,
  encodeErrorFor,
  type Message,
  type Reply,
  type Request,
  type Unreadable,
} from '@sallyport/device-protocol';
import { chunkWasRefused, chunkWasTaken, claim, end, takeChunk, takeRequest } from './asking.ts';
import { say, stateName, type Turn } from './turn.ts';

type Handlers = { readonly [C in CommandBy<'host'>]: (turn: Turn, request: Request<C>) => void };

const handlers: Handlers = {
  info: (turn, { id }) => {
    const { account, marks, link } = turn.state;
    const { overflow, cobs, crc, header } = link.decoder.damage;
    reply(turn, {
      type: 'reply',
      id,
      command: 'info',
      body: {
        state: stateName(account),
        name: 'Sallyport',
        accounts: typeof account === 'string' ? 0 : 1,
        marks: [
          ...(marks.simulator ? (['simulator'] as const) : []),
          ...(marks.demo ? (['demo'] as const) : []),
          ...(marks.autoPress ? (['auto_press'] as const) : []),
        ],
        damagedFrames: overflow + cobs + crc + header,
      },
    });
  },
  get_result: (turn, { id, body }) => {
    const state = claim(turn, body.request);
    reply(turn, { type: 'reply', id, command: 'get_result', body: { request: body.request, state } });
  },
  ping: (turn, { id, body }) => reply(turn, { type: 'reply', id, command: 'ping', body }),
  get_public_key: (turn, { id, body }) => {
    const { account } = turn.state;
    const refuse = (error: DeviceError): void => say(turn, { type: 'error', id, command: 'get_public_key', error });
    if (account === 'fresh') return refuse('fresh');
    if (account === 'unreadable') return refuse('storage');
    if (body.account !== 0) return refuse('unknown_account');
    reply(turn, { type: 'reply', id, command: 'get_public_key', body: { pubkey: account.pubkey } });
  },
  sign_event: (turn, { id, command, body }) => takeRequest(turn, id, { command, body }),
  nip44_encrypt: (turn, { id, command, body }) => takeRequest(turn, id, { command, body }),
  nip44_decrypt: (turn, { id, command, body }) => takeRequest(turn, id, { command, body }),
  nip04_encrypt: (turn, { id, command, body }) => takeRequest(turn, id, { command, body }),
  nip04_decrypt: (turn, { id, command, body }) => takeRequest(turn, id, { command, body }),
};

/** Acts on one message of the host. */
export function dispatch(turn: Turn, message: Message | Unreadable): void {
  switch (message.type) {
    case 'request':
      return handle(turn, message);
    case 'reply':
      if (message.command === 'chunk_get') takeChunk(turn, message.id, message.body.bytes);
      else if (message.command === 'chunk_put') chunkWasTaken(turn, message.id);
      return;
    case 'error':
      return chunkWasRefused(turn, message.id);
    case 'cancel': {
      const job = turn.state.jobs.find((one) => one.id === message.id);
      // An ended request needs no cancelling: its answer is on the way.
      if (job !== undefined) end(turn, job, 'cancelled');
      return;
    }
    case 'notice':
      return; // the host has nothing to announce in this version
    case 'unreadable':
      if (message.request === undefined) return;
      return say(turn, encodeErrorFor(message.request.id, message.request.code, message.error, message.detail));
  }
}

function handle(turn: Turn, request: Request): void {
  const { id, command } = request;
  if (command === 'chunk_get' || command === 'chunk_put') {
    return say(turn, { type: 'error', id, command, error: 'unsupported', detail: 'a command of the device' });
  }
  if (id % 2 !== 0)
    return say(turn, { type: 'error', id, command, error: 'invalid_params', detail: 'ids of the host are even' });
  // The table's type ties each name to its request; a union indexed by its own name needs this one widening.
  const handler = handlers[command] as (turn: Turn, request: Request) => void;
  handler(turn, request);
}

function reply(turn: Turn, message: Reply): void {
  say(turn, message);
}
